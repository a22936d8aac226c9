"""Every builtin of the language, one row each.

The checker, the interpreters, the lowering, `docs/reference/builtins.md` and the coverage tests read
this table and keep no list of their own.  A type is written as the language writes it; `n` is a type
variable constrained to I64 or F64, other lower-case letters are free.  `variadic` builtins take two or
more operands and are not function values; everything else is an ordinary function value.
`status` says where a builtin stands; today every row is `built`.
"""

from __future__ import annotations


class Builtin:
    """One row: name, type, capability it needs ('pure' needs none), how it can panic, one line of documentation."""

    __slots__ = ("capability", "doc", "id", "name", "panics", "status", "type", "variadic")

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002
        doc: str,
        *,
        capability: str = "pure",
        panics: str = "",
        variadic: bool = False,
        status: str = "built",
    ) -> None:
        self.id = -1
        self.name = name
        self.type = type
        self.doc = doc
        self.capability = capability
        self.panics = panics
        self.variadic = variadic
        self.status = status

    @property
    def misuses(self) -> tuple[str, ...]:
        """How a program can get it wrong, as classes of diagnostics: by count, by type, by place."""
        found = ["TYPE_ARITY"]
        if not self.type.startswith("(-> Unit "):
            found.append("TYPE_CONTRACT")
        if self.capability not in ("pure", "panic"):
            found.append("TYPE_EFFECT")
        return tuple(found)


B = Builtin

# fmt: off
BUILTINS: tuple[Builtin, ...] = (
    B("+", "(-> n n n)", "Sum; I64 wraps.", variadic=True),
    B("-", "(-> n n n)", "Difference; with one operand, negation.", variadic=True),
    B("*", "(-> n n n)", "Product; I64 wraps.", variadic=True),
    B("/", "(-> n n n)", "Quotient; I64 truncates toward zero.", variadic=True, panics="division"),
    B("%", "(-> n n n)", "Remainder with the sign of the dividend; fmod on F64.", panics="division"),
    B("neg", "(-> n n)", "Negation; I64 wraps."),
    B("abs", "(-> n n)", "Absolute value; I64 wraps."),
    B("min", "(-> n n n)", "The lesser; on F64 a NaN operand gives NaN, and -0.0 is less than 0.0."),
    B("max", "(-> n n n)", "The greater; on F64 a NaN operand gives NaN, and 0.0 is greater than -0.0."),
    B("bit-and", "(-> I64 I64 I64)", "Bitwise and."),
    B("bit-or", "(-> I64 I64 I64)", "Bitwise or."),
    B("bit-xor", "(-> I64 I64 I64)", "Bitwise exclusive or."),
    B("bit-not", "(-> I64 I64)", "Bitwise complement."),
    B("shl", "(-> I64 I64 I64)", "Shift left; the count is taken modulo 64."),
    B("shr", "(-> I64 I64 I64)", "Logical shift right; the count is taken modulo 64."),
    B("sar", "(-> I64 I64 I64)", "Arithmetic shift right; the count is taken modulo 64."),
    B("popcount", "(-> I64 I64)", "How many bits are one."),
    B("clz", "(-> I64 I64)", "Leading zero bits; 64 for 0."),
    B("ctz", "(-> I64 I64)", "Trailing zero bits; 64 for 0."),
    B("i64->f64", "(-> I64 F64)", "The nearest F64, ties to even."),
    B("f64->i64", "(-> F64 I64)", "Truncates toward zero; saturates; NaN is 0."),
    B("sqrt", "(-> F64 F64)", "Square root, correctly rounded."),
    B("floor", "(-> F64 F64)", "The greatest integral value not above."),
    B("ceil", "(-> F64 F64)", "The least integral value not below."),
    B("f64-bits", "(-> F64 I64)", "The IEEE-754 bits; of any NaN 0x7ff8000000000000."),
    B("bits-f64", "(-> I64 F64)", "The F64 with these bits."),
    B("not", "(-> Bool Bool)", "Negation."),
    B("=", "(-> a a Bool)", "Structural equality at any depth; IEEE on F64."),
    B("!=", "(-> a a Bool)", "The negation of `=`."),
    B("<", "(-> n n Bool)", "Less; false when an F64 operand is NaN."),
    B("<=", "(-> n n Bool)", "Less or equal."),
    B(">", "(-> n n Bool)", "Greater."),
    B(">=", "(-> n n Bool)", "Greater or equal."),
    B("cons", "(-> a (List a) (List a))", "A list with one more element in front."),
    B("head", "(-> (List a) a)", "The first element.", panics="empty-list"),
    B("tail", "(-> (List a) (List a))", "All but the first element.", panics="empty-list"),
    B("empty?", "(-> (List a) Bool)", "Whether the list has no element."),
    B("len", "(-> (List a) I64)", "How many elements the list has."),
    B("nth", "(-> (List a) I64 a)", "The element at an index, from 0.", panics="index"),
    B("array", "(-> I64 a (Array a))", "An array of n elements, each the initial value.", panics="array-length"),
    B("array-len", "(-> (Array a) I64)", "How many elements the array has."),
    B("array-get", "(-> (Array a) I64 a)", "The element at an index, from 0.", panics="index"),
    B("array-set!", "(-> (Array a) I64 a Unit)", "Replaces the element at an index.", panics="index"),
    B("array-copy", "(-> (Array a) (Array a))", "A shallow copy of the whole array."),
    B("bytes", "(-> I64 Bytes)", "n zero bytes.", panics="array-length"),
    B("bytes-len", "(-> Bytes I64)", "Length in bytes."),
    B("byte-at", "(-> Bytes I64 I64)", "The byte at an index, from 0.", panics="index"),
    B("byte-set!", "(-> Bytes I64 I64 Unit)", "Replaces the byte at an index with the low 8 bits.", panics="index"),
    B("bytes->text", "(-> Bytes Text)", "The same bytes as a Text."),
    B("text->bytes", "(-> Text Bytes)", "The same bytes, mutable."),
    B("bytes-slice", "(-> Bytes I64 I64 Bytes)", "The bytes from lo up to, not with, hi, as new Bytes.", panics="slice"),
    B("text-len", "(-> Text I64)", "Length in bytes."),
    B("text-at", "(-> Text I64 I64)", "The byte at an index, from 0.", panics="index"),
    B("text-slice", "(-> Text I64 I64 Text)", "The bytes from lo up to, not with, hi, as a new Text.", panics="slice"),
    B("text-find", "(-> Text Text I64)", "Byte index of the first occurrence, or -1."),
    B("text<", "(-> Text Text Bool)", "Bytewise order."),
    B("text-cat", "(-> Text Text Text)", "Concatenation.", variadic=True),
    B("i64->text", "(-> I64 Text)", "Decimal digits."),
    B("f64->text", "(-> F64 Text)", "The shortest digits that read back as the same F64."),
    B("f64->fixed", "(-> F64 I64 Text)", "Correctly rounded to this many digits after the point, ties to even.", panics="digits"),
    B("text->i64", "(-> Text (Option I64))", "The integer a whole Text spells, as in source."),
    B("text->f64", "(-> Text (Option F64))", "The number a whole Text spells, correctly rounded."),
    B("show", "(-> a Text)", "The expression that builds the value."),
    B("print", "(-> Text Unit)", "Writes a Text and a newline to standard output.", capability="io"),
    B("write", "(-> Text Unit)", "Writes a Text to standard output.", capability="io"),
    B("read-line", "(-> Unit (Option Text))", "The next line of standard input without its newline; None at the end.", capability="io"),
    B("read-stdin", "(-> Unit (Result Text Text))", "All that is left of standard input.", capability="io"),
    B("read-file", "(-> Text (Result Text Text))", "The contents of a file, or why not.", capability="file"),
    B("write-file", "(-> Text Text (Result Unit Text))", "Writes a file whole, or says why not.", capability="file"),
    B("argv", "(-> Unit (List Text))", "The program's arguments, without its name.", capability="process"),
    B("env", "(-> Text (Option Text))", "The value of an environment variable.", capability="process"),
    B("exit", "(-> I64 a)", "Ends the program; the status is n modulo 256.", capability="io"),
    B("panic", "(-> Text a)", "Ends the program with status 101 and a message.", capability="panic", panics="user"),
    B("now-ns", "(-> Unit I64)", "Nanoseconds of a monotonic clock.", capability="time"),
    B("spawn", "(-> (-> (Actor m) Unit) (Actor m))", "Starts an actor that runs the function, copied with what it captured.", capability="actor"),
    B("send", "(-> (Actor m) m Unit)", "Puts a message, moved or copied, at the end of the actor's mailbox.", capability="actor"),
    B("receive", "(-> (Actor m) m)", "Takes the oldest message of a mailbox of one's own; waits for one.", capability="actor", panics="not-owner"),
    B("join", "(-> (Actor m) Unit)", "Waits until the actor, or an inbox's owner, has ended.", capability="actor"),
    B("inbox", "(-> Unit (Actor m))", "A fresh mailbox owned by the caller.", capability="actor"),
)
# fmt: on

for _number, _row in enumerate(BUILTINS):
    _row.id = _number
BY_NAME: dict[str, Builtin] = {row.name: row for row in BUILTINS}
