"""The MIR op table: target-free typed SSA with block parameters, one row per op.

Types are interned strings: `i64 f64 bool unit` live in registers; everything else is a counted
reference: `text`, `bytes`, `Any`, `list<T>`, `array<T>`, `fn(T,…)->R`, `cell<T>`, `actor<T>`, and data types by their
instance name
(`Option<i64>`, `main.Shape`).  Every reference points to an object (never null); nullary
constructors and the empty list are static objects.  `Module.layouts` has the variants of each data type
and list (`nil` is tag 0, `cons` tag 1); closures and cells need none.

Type patterns in rows: a type name; `ref` any reference; `any` any type; `T` the same type everywhere in the
row; `any*` zero or more.  Booleans are `bool`.  Ownership (column `owns`): lowering to MIR ignores
counts; the last MIR pass (`compiler/memory/rc.py`) makes every reference be consumed exactly once by adding
`rc.dup` and `rc.drop`.  Function parameters are owned by the callee, results by the caller.

`panics` ops keep their order against other effects and are never hoisted above them; they may be
merged with an identical dominating one, and dropped only if proven not to panic.
To add an op: add a row, its meaning in `interp.py`, its lowering in `compiler/lir/`.
"""

from __future__ import annotations

from compiler.ir.function import Level, Op

# fmt: off
OPS: tuple[Op, ...] = (
    # Constants.
    Op("const.i64", "", "i64", "An I64.", imm="int"),
    Op("const.f64", "", "f64", "An F64 by its bits.", imm="bits"),
    Op("const.bool", "", "bool", "false or true.", imm="bit"),
    Op("const.unit", "", "unit", "The Unit value."),
    Op("const.text", "", "text", "A static text.", imm="text"),
    Op("const.fn", "", "fn", "A top-level function as a static closure; imm names a function whose parameter 0 is an unused environment of the fn type.", imm="function"),
    # I64, wrapping.
    Op("i64.add", "i64 i64", "i64", "Sum.", commutes=True),
    Op("i64.sub", "i64 i64", "i64", "Difference."),
    Op("i64.mul", "i64 i64", "i64", "Product.", commutes=True),
    Op("i64.div", "i64 i64", "i64", "Truncating quotient; panics division, overflow.", effect="panics"),
    Op("i64.rem", "i64 i64", "i64", "Remainder; panics division, overflow.", effect="panics"),
    Op("i64.neg", "i64", "i64", "Negation."),
    Op("i64.abs", "i64", "i64", "Absolute value."),
    Op("i64.min", "i64 i64", "i64", "The lesser.", commutes=True),
    Op("i64.max", "i64 i64", "i64", "The greater.", commutes=True),
    Op("i64.and", "i64 i64", "i64", "Bitwise and.", commutes=True),
    Op("i64.or", "i64 i64", "i64", "Bitwise or.", commutes=True),
    Op("i64.xor", "i64 i64", "i64", "Bitwise exclusive or.", commutes=True),
    Op("i64.not", "i64", "i64", "Bitwise complement."),
    Op("i64.shl", "i64 i64", "i64", "Left shift, count mod 64."),
    Op("i64.shr", "i64 i64", "i64", "Logical right shift, count mod 64."),
    Op("i64.sar", "i64 i64", "i64", "Arithmetic right shift, count mod 64."),
    Op("i64.popcount", "i64", "i64", "One bits."),
    Op("i64.clz", "i64", "i64", "Leading zeros, 64 for 0."),
    Op("i64.ctz", "i64", "i64", "Trailing zeros, 64 for 0."),
    Op("i64.eq", "i64 i64", "bool", "Equal.", commutes=True),
    Op("i64.ne", "i64 i64", "bool", "Not equal.", commutes=True),
    Op("i64.lt", "i64 i64", "bool", "Less."),
    Op("i64.le", "i64 i64", "bool", "Less or equal."),
    Op("i64.gt", "i64 i64", "bool", "Greater."),
    Op("i64.ge", "i64 i64", "bool", "Greater or equal."),
    Op("i64.to-f64", "i64", "f64", "Nearest F64."),
    # F64, IEEE binary64.
    Op("f64.add", "f64 f64", "f64", "Sum."),
    Op("f64.sub", "f64 f64", "f64", "Difference."),
    Op("f64.mul", "f64 f64", "f64", "Product."),
    Op("f64.div", "f64 f64", "f64", "Quotient."),
    Op("f64.rem", "f64 f64", "f64", "fmod."),
    Op("f64.neg", "f64", "f64", "Sign flipped."),
    Op("f64.abs", "f64", "f64", "Sign cleared."),
    Op("f64.min", "f64 f64", "f64", "The lesser; NaN wins; -0.0 is less than 0.0."),
    Op("f64.max", "f64 f64", "f64", "The greater; NaN wins; 0.0 is greater than -0.0."),
    Op("f64.sqrt", "f64", "f64", "Square root."),
    Op("f64.floor", "f64", "f64", "Floor."),
    Op("f64.ceil", "f64", "f64", "Ceiling."),
    Op("f64.eq", "f64 f64", "bool", "IEEE equal.", commutes=True),
    Op("f64.ne", "f64 f64", "bool", "Not IEEE equal.", commutes=True),
    Op("f64.lt", "f64 f64", "bool", "Less; false on NaN."),
    Op("f64.le", "f64 f64", "bool", "Less or equal; false on NaN."),
    Op("f64.gt", "f64 f64", "bool", "Greater; false on NaN."),
    Op("f64.ge", "f64 f64", "bool", "Greater or equal; false on NaN."),
    Op("f64.to-i64", "f64", "i64", "Truncates; saturates; NaN is 0."),
    Op("f64.bits", "f64", "i64", "The bits."),
    Op("f64.from-bits", "i64", "f64", "From the bits."),
    # Bool.
    Op("bool.not", "bool", "bool", "Negation."),
    Op("bool.eq", "bool bool", "bool", "Equal.", commutes=True),
    Op("bool.ne", "bool bool", "bool", "Not equal.", commutes=True),
    Op("select", "bool T T", "T", "Kid 1 when true, else kid 2; register types only (i64 f64 bool unit)."),
    # Objects.  `imm` of make/field/set-field is (tag, …): see each row.
    Op("make", "any*", "ref", "A new object of the result type; imm is the variant's tag. With no fields, the static object.", imm="tag", owns="o", effect="calls"),
    Op("tag", "ref", "i64", "Which variant an object of a data type or list is."),
    Op("field", "ref", "any", "An immutable field: imm (tag, index); the object is known to have this tag.", imm="field", alias=True),
    Op("field.mut", "ref", "any", "A mutable field: imm (tag, index).", imm="field", effect="reads", alias=True),
    Op("field.set", "ref any", "unit", "Replaces a mutable field (the old value is dropped): imm (tag, index).", imm="field", effect="writes", owns="bo"),
    Op("value.eq", "T T", "bool", "Structural equality of references; panics cycle.", effect="panics"),
    Op("value.show", "ref", "text", "Text of the expression that builds it; panics cycle.", effect="panics"),
    # Cells of captured mutable locals.
    Op("cell.new", "any", "ref", "A cell holding a value.", owns="o", effect="calls"),
    Op("cell.get", "ref", "any", "What the cell holds.", effect="reads", alias=True),
    Op("cell.set", "ref any", "unit", "Replaces what the cell holds.", effect="writes", owns="bo"),
    # Values of any type with their type; imm is the type as the language writes it, for messages.
    Op("any.new", "any", "Any", "A value with its type.", imm="text", owns="o", effect="calls"),
    Op("any.get", "Any", "any", "The value, if it has the result's type; panics type.", imm="text", effect="panics", alias=True),
    # Lists beyond make/tag/field.
    Op("list.len", "ref", "i64", "Number of elements."),
    Op("list.cell", "ref i64", "ref", "The cons cell at an index; panics index.", effect="panics", alias=True),
    # Arrays.
    Op("array.new", "i64 any", "ref", "n elements, each the value; panics array-length.", effect="panics", owns="bo"),
    Op("array.of", "any*", "ref", "An array of the operands.", effect="calls", owns="o"),
    Op("array.len", "ref", "i64", "Its length, which never changes."),
    Op("array.get", "ref i64", "any", "The element at an index already checked.", effect="reads", alias=True),
    Op("array.set", "ref i64 any", "unit", "Replaces the element at an index already checked.", effect="writes", owns="bbo"),
    Op("array.copy", "ref", "ref", "A shallow copy.", effect="reads"),
    # Bytes: flat and mutable.
    Op("bytes.new", "i64", "bytes", "This many zero bytes; panics array-length.", effect="panics"),
    Op("bytes.len", "bytes", "i64", "Its length, which never changes."),
    Op("bytes.get", "bytes i64", "i64", "The byte at an index already checked.", effect="reads"),
    Op("bytes.set", "bytes i64 i64", "unit", "Replaces the byte at an index already checked with the low 8 bits.", effect="writes"),
    Op("bytes.slice", "bytes i64 i64", "bytes", "Copy of a range; panics slice.", effect="panics"),
    Op("bytes.of-text", "text", "bytes", "The same bytes, mutable.", effect="calls"),
    Op("check.bounds", "i64 i64", "unit", "Panics index unless 0 <= index < length.", effect="panics"),
    # Texts.
    Op("text.len", "text", "i64", "Bytes."),
    Op("text.byte", "text i64", "i64", "The byte at an index already checked."),
    Op("text.of-bytes", "bytes", "text", "The same bytes, as they are now.", effect="reads"),
    Op("text.slice", "text i64 i64", "text", "Copy of a range; panics slice.", effect="panics"),
    Op("text.find", "text text", "i64", "Byte index or -1."),
    Op("text.lt", "text text", "bool", "Bytewise order."),
    Op("text.cat", "any*", "text", "Concatenation of two or more texts.", effect="calls"),
    Op("text.of-i64", "i64", "text", "Decimal.", effect="calls"),
    Op("text.of-f64", "f64", "text", "Shortest.", effect="calls"),
    Op("text.fixed", "f64 i64", "text", "With this many digits; panics digits.", effect="panics"),
    Op("text.is-i64", "text", "bool", "Whether it spells an I64."),
    Op("text.get-i64", "text", "i64", "The I64 it spells, else 0."),
    Op("text.is-f64", "text", "bool", "Whether it spells a number."),
    Op("text.get-f64", "text", "f64", "The F64 it spells, else 0.0."),
    # The world.
    Op("io.print", "text", "unit", "Text and newline to standard output.", effect="calls"),
    Op("io.write", "text", "unit", "Text to standard output.", effect="calls"),
    Op("io.read-line", "", "bool", "Takes a line (io.taken gives it); false at the end.", effect="calls"),
    Op("io.read-stdin", "", "bool", "Takes the rest of stdin; false: io.taken gives the reason.", effect="calls"),
    Op("file.read", "text", "bool", "Takes a file's contents; false: io.taken gives the reason.", effect="calls"),
    Op("file.write", "text text", "bool", "Writes a file (path, contents); false: io.taken gives the reason.", effect="calls"),
    Op("process.env", "text", "bool", "Takes a variable's value; false when not set.", effect="calls"),
    Op("io.taken", "", "text", "What the op before took.", effect="calls"),
    Op("process.argv", "", "ref", "The arguments, a list<text>.", effect="calls"),
    Op("process.exit", "i64", "unit", "Ends the program; `unreachable` follows.", effect="calls"),
    Op("time.now", "", "i64", "Monotonic nanoseconds.", effect="calls"),
    # Actors.
    Op("actor.spawn", "fn", "ref", "A new actor that runs the function with itself as argument.", effect="calls", owns="o"),
    Op("actor.inbox", "", "ref", "A mailbox owned by the caller.", effect="calls"),
    Op("actor.send", "ref any", "unit", "Puts a message at the end of a mailbox.", effect="calls", owns="bo"),
    Op("actor.receive", "ref", "any", "Takes a mailbox's oldest message, waits for one; panics not-owner.", effect="calls"),
    Op("actor.join", "ref", "unit", "Waits for the end of the mailbox's owner.", effect="calls"),
    # Functions.
    Op("call", "any*", "any", "Calls the function that imm names.", imm="function", effect="calls", owns="o"),
    Op("call.closure", "ref any*", "any", "Calls a closure: the closure, then its arguments.", effect="calls", owns="o"),
    Op("call.c", "any*", "any", "Calls the C function that imm names; i64, f64 and bool cross, and unit as a result.", imm="text", effect="calls"),
    Op("closure", "any*", "fn", "A closure of the function imm names over captured values; that function's parameter 0 is the closure itself.", imm="function", effect="calls", owns="o"),
    Op("capture", "fn", "any", "Captured value imm of a closure of known function: parameter 0, or after inlining a `closure` of this function.", imm="int", alias=True),
    # Counts (only after memory/rc).
    Op("rc.dup", "ref", "unit", "One more owner.", effect="writes"),
    Op("rc.drop", "ref", "unit", "One owner less; frees with what only it held when none is left.", effect="writes", owns="o"),
    # Regions: what is made in one dies with it.  The ops from `region.make` on are put in by memory/regions, before counts.
    Op("region.enter", "", "i64", "Begins a region; the result stands for it.", effect="calls"),
    Op("region.leave", "i64", "unit", "Ends a region and everything made in it; imm 1 when objects outside are referred to from inside.", imm="bit", effect="calls"),
    Op("region.make", "i64 any*", "ref", "`make` in a region, with fields.", imm="tag", owns="bo", effect="calls"),
    Op("region.cell", "i64 any", "ref", "`cell.new` in a region.", owns="bo", effect="calls"),
    Op("region.any", "i64 any", "Any", "`any.new` in a region.", imm="text", owns="bo", effect="calls"),
    Op("region.array", "i64 i64 any", "ref", "`array.new` in a region; panics array-length.", effect="panics", owns="bbo"),
    Op("region.array-of", "i64 any*", "ref", "`array.of` in a region.", effect="calls", owns="bo"),
    Op("region.copy", "i64 ref", "ref", "`array.copy` in a region.", effect="calls"),
    Op("region.bytes", "i64 i64", "bytes", "`bytes.new` in a region; panics array-length.", effect="panics"),
    Op("region.closure", "i64 any*", "fn", "`closure` in a region.", imm="function", owns="bo", effect="calls"),
    # Terminators.
    Op("jump", "", "", "To the successor.", effect="ends"),
    Op("branch", "bool", "", "To successor 0 when true, else 1.", effect="ends"),
    Op("switch", "i64", "", "imm is a tuple of cases; successor k for case k, the last for anything else.", imm="cases", effect="ends"),
    Op("return", "any", "", "Returns the value.", effect="ends", owns="o"),
    Op("tailcall", "any*", "", "Returns what the function imm names returns, using no stack.", imm="function", effect="ends", owns="o"),
    Op("tailcall.closure", "ref any*", "", "The same through a closure.", effect="ends", owns="o"),
    Op("panic", "i64*", "", "Ends the program; imm is the kind (compiler/panics.py), arguments are its facts.", imm="panic", effect="ends"),
    Op("panic.text", "text", "", "Ends the program with the text as message.", effect="ends"),
    Op("unreachable", "", "", "Control never comes here.", effect="ends"),
)
# fmt: on

MIR = Level("mir", OPS)
CODE = MIR.code

REGISTER_TYPES = ("i64", "f64", "bool", "unit")


def is_ref(type: str) -> bool:  # noqa: A002
    """Whether values of this type are counted references."""
    return type not in REGISTER_TYPES
