"""The HIR op table: source-shaped, resolved, typed expressions and patterns, one row each.

`kids` says how many children a node has ("2", "0", "1+", "any"); `imm` names what the node's
immediate is.  The builder, the verifier, the printer, the parser, the dumps and the reference page
read this table.  To add an op, add a row, then its case in `interp.py` and in `compiler/lower/`.
"""

from __future__ import annotations


class Op:
    """One row: code (index), name, arity of children, what `imm` holds, one line of meaning."""

    __slots__ = ("code", "doc", "imm", "kids", "name", "pattern")

    def __init__(self, name: str, kids: str, imm: str, doc: str) -> None:
        self.code = -1
        self.name = name
        self.kids = kids
        self.imm = imm
        self.doc = doc
        self.pattern = name.startswith("p-")


# imm kinds: none; i64 (the value); f64 (bits, unsigned); bool (0 or 1); text (index into Program.texts);
# local (index into the function's locals); inst (index into Program.insts, see program.py);
# const (index into Program.consts); lambda (index into the function's lambdas);
# field (constructor field index); fields (index into Program.field_lists); guard (1 when kid 1 is a guard).
# fmt: off
OPS: tuple[Op, ...] = (
    Op("i64", "0", "i64", "An I64 literal."),
    Op("f64", "0", "f64", "An F64 literal."),
    Op("bool", "0", "bool", "true or false."),
    Op("text", "0", "text", "A Text literal."),
    Op("unit", "0", "none", "The Unit value; also what an empty body is."),
    Op("local", "0", "local", "The value of a parameter or local."),
    Op("local-inst", "0", "inst", "A local bound to a generalized lambda, at type arguments: a closure over what the lambda captures."),
    Op("const", "0", "const", "A top-level constant."),
    Op("fn", "0", "inst", "A top-level function as a value; a nullary one becomes a function of one ignored Unit."),
    Op("builtin-fn", "0", "inst", "A builtin as a value."),
    Op("ctor-fn", "0", "inst", "A constructor with fields, as a function value."),
    Op("let", "2", "local", "Binds kid 0 to a local within kid 1."),
    Op("do", "1+", "none", "Kids in order; the last is the value."),
    Op("region", "1", "none", "Kid 0; what it allocates and does not let out dies here. Never a tail position."),
    Op("if", "3", "none", "Condition, then, else."),
    Op("and", "2+", "none", "Short-circuit conjunction."),
    Op("or", "2+", "none", "Short-circuit disjunction."),
    Op("while", "2", "none", "Condition, body; Unit."),
    Op("for", "3", "local", "lo, hi, body; the local is fresh and immutable each turn; bounds once; Unit."),
    Op("set", "1", "local", "Assigns a mutable local; Unit."),
    Op("call", "any", "inst", "Calls a top-level function with exactly its arguments (none for a nullary one)."),
    Op("apply", "2+", "none", "Calls the function value kid 0 with the other kids; every function value takes at least one: `(f)` passes unit, and a nullary function used as a value ignores it."),
    Op("extern", "any", "text", "Calls the C function of this name with the kids that are not Unit; the whole body of an extern."),
    Op("builtin", "any", "inst", "Calls a builtin; variadic arithmetic is already folded to two operands, text-cat keeps 2+; nullary ones have no kids."),
    Op("make", "any", "inst", "Builds a value with a constructor and all its fields."),
    Op("list", "any", "none", "Builds a list of the kids."),
    Op("array-of", "any", "none", "Builds an array of the kids."),
    Op("field", "1", "field", "Reads a field of a one-constructor value."),
    Op("set-field", "2", "field", "Assigns a mut field: value, new; Unit."),
    Op("with", "2+", "fields", "Copy of kid 0 with the listed fields replaced by the other kids, in order."),
    Op("box", "1", "none", "An Any of kid 0 with its type; kid 0 itself where its type is Any."),
    Op("unbox", "1", "none", "What the Any kid 0 holds, when it has the node's type; panics type."),
    Op("lambda", "1", "lambda", "A closure of one or more parameters; kid 0 is its body."),
    Op("match", "2+", "none", "Kid 0 is the scrutinee, the others are arms, first match wins; exhaustive."),
    Op("arm", "2+", "guard", "Pattern, guard when imm is 1, body."),
    Op("p-any", "0", "none", "Matches anything."),
    Op("p-bind", "0", "local", "Matches anything and binds it."),
    Op("p-i64", "0", "i64", "Matches this I64."),
    Op("p-f64", "0", "f64", "Matches an equal F64 (IEEE)."),
    Op("p-bool", "0", "bool", "Matches this Bool."),
    Op("p-text", "0", "text", "Matches this Text."),
    Op("p-unit", "0", "none", "Matches unit."),
    Op("p-ctor", "any", "inst", "Matches a constructor; kids match its fields, in order."),
    Op("p-nil", "0", "none", "Matches the empty list."),
    Op("p-cons", "2", "none", "Matches head and tail of a list."),
    Op("p-or", "2+", "none", "Matches when one kid does; all bind the same locals."),
)
# fmt: on

for _code, _row in enumerate(OPS):
    _row.code = _code
BY_NAME: dict[str, Op] = {row.name: row for row in OPS}
CODE: dict[str, int] = {row.name: row.code for row in OPS}
