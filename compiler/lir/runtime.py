"""Every runtime function that compiled code may call, one row each.

`runtime_c/zr.h` declares the same functions and cffi binds the same declarations;
`tests/runtime/test_tables.py` keeps the three equal.  Types: i64, f64, ptr; "void" and "never" as results.
Texts, lists and objects are `ptr`.  The runtime borrows its arguments and returns owned values
unless the row says otherwise.  `loc` arguments are pointers to NUL-terminated `file:line:col`.
"""

from __future__ import annotations


class Call:
    """One runtime function: parameter types, result type, and what it may do."""

    __slots__ = ("doc", "name", "params", "pure", "result")

    def __init__(self, name: str, params: str, result: str, doc: str, *, pure: bool = False) -> None:
        self.name = name
        self.params = tuple(params.split())
        self.result = result
        self.doc = doc
        self.pure = pure  # no effect but reading its arguments: may be merged or dropped


# fmt: off
CALLS: tuple[Call, ...] = (
    Call("zr_new", "i64 ptr i64", "ptr", "Object of this many bytes (header included) with descriptor and tag; count 1, fields not set."),
    Call("zr_release", "ptr", "void", "Frees an object whose count reached 0, and what only it held, on bounded stack."),
    Call("zr_array_new", "i64 i64 ptr ptr", "ptr", "length, initial element's bits (consumed), descriptor, loc; panics array-length."),
    Call("zr_array_copy", "ptr", "ptr", "A shallow copy; elements that are objects gain a count."),
    Call("zr_equal", "ptr ptr ptr", "i64", "Structural equality of two objects of one type, with loc; panics cycle."),
    Call("zr_show", "ptr ptr", "ptr", "The expression that builds the object, with loc; panics cycle."),
    Call("zr_bytes_new", "i64 ptr", "ptr", "length, loc: zero bytes; panics array-length."),
    Call("zr_bytes_slice", "ptr i64 i64 ptr", "ptr", "bytes, lo, hi, loc; panics slice."),
    Call("zr_bytes_to_text", "ptr", "ptr", "The same bytes as a text."),
    Call("zr_text_to_bytes", "ptr", "ptr", "The same bytes, mutable."),
    Call("zr_text_slice", "ptr i64 i64 ptr", "ptr", "text, lo, hi, loc; panics slice."),
    Call("zr_text_find", "ptr ptr", "i64", "Byte index of the part, or -1.", pure=True),
    Call("zr_text_less", "ptr ptr", "i64", "Bytewise order.", pure=True),
    Call("zr_text_cat", "ptr i64", "ptr", "Concatenates n texts at this address."),
    Call("zr_i64_to_text", "i64", "ptr", "Decimal digits."),
    Call("zr_f64_to_text", "f64", "ptr", "The shortest digits that read back."),
    Call("zr_f64_to_fixed", "f64 i64 ptr", "ptr", "value, digits (0..1000), loc; panics digits."),
    Call("zr_text_is_i64", "ptr", "i64", "Whether the whole text spells an I64.", pure=True),
    Call("zr_text_get_i64", "ptr", "i64", "The I64 that the text spells; 0 when it spells none.", pure=True),
    Call("zr_text_is_f64", "ptr", "i64", "Whether the whole text spells a number (a float or an integer literal).", pure=True),
    Call("zr_text_get_f64", "ptr", "f64", "The F64 that the text spells, correctly rounded.", pure=True),
    Call("zr_list_len", "ptr", "i64", "How many cells.", pure=True),
    Call("zr_list_cell", "ptr i64 ptr", "ptr", "The cell at an index (borrowed from the list), with loc; panics index."),
    Call("zr_fmod", "f64 f64", "f64", "C's fmod.", pure=True),
    Call("zr_print", "ptr", "void", "Writes a text and a newline to standard output (buffered)."),
    Call("zr_write", "ptr", "void", "Writes a text to standard output (buffered)."),
    Call("zr_read_line", "", "i64", "Takes the next line: 1, then zr_taken gives it; 0 at the end."),
    Call("zr_read_stdin", "", "i64", "Takes the rest of standard input: 1; or 0 and zr_taken gives the reason."),
    Call("zr_read_file", "ptr", "i64", "Takes a file's contents: 1; or 0 and zr_taken gives the reason."),
    Call("zr_write_file", "ptr ptr", "i64", "Writes a file whole: 1; or 0 and zr_taken gives the reason."),
    Call("zr_env", "ptr", "i64", "Takes an environment variable: 1; 0 when it is not set."),
    Call("zr_taken", "", "ptr", "The text that the call before took (owned)."),
    Call("zr_argv", "", "ptr", "The arguments without the program's name, as a list of texts (owned)."),
    Call("zr_exit", "i64", "never", "Flushes and ends with n modulo 256."),
    Call("zr_now_ns", "", "i64", "Monotonic nanoseconds."),
    Call("zr_spawn", "ptr", "ptr", "A new actor that runs this function (consumed; moved or copied like a message)."),
    Call("zr_inbox", "", "ptr", "A mailbox owned by the caller."),
    Call("zr_send", "ptr i64 i64", "void", "actor, message's bits (consumed; moved when nobody else owns it, else copied), its field kind."),
    Call("zr_receive", "ptr ptr", "ptr", "actor, loc; the address of the message's bits (owned), good until the next one; panics not-owner."),
    Call("zr_join", "ptr", "void", "Waits for the end of the actor's owner."),
    Call("zr_region_enter", "", "i64", "Begins a region; the result stands for it."),
    Call("zr_region_new", "i64 i64 ptr i64", "ptr", "region, then as zr_new: an object that dies with the region."),
    Call("zr_region_array", "i64 i64 i64 ptr ptr", "ptr", "region, then as zr_array_new."),
    Call("zr_region_copy", "i64 ptr", "ptr", "region, then as zr_array_copy."),
    Call("zr_region_bytes", "i64 i64 ptr", "ptr", "region, then as zr_bytes_new."),
    Call("zr_region_leave", "i64 i64", "void", "Ends a region; not 0 when its objects refer to others, which lose an owner then."),
    Call("zr_panic", "i64 ptr i64 i64", "never", "kind (compiler/panics.py), loc, two facts."),
    Call("zr_any_wrong", "ptr ptr ptr", "never", "An Any, the descriptor of the type it should hold, loc; panics type."),
    Call("zr_panic_text", "ptr ptr", "never", "The program's own message (a text), loc."),
)
# fmt: on

BY_NAME: dict[str, Call] = {row.name: row for row in CALLS}

# Data that compiled code may name: nil and the empty text are static; the descriptors are for values the
# runtime makes itself.
DATA = ("zr_nil", "zr_desc_text", "zr_args")

# Object layout, in bytes; `runtime_c/zr.h` asserts the same.
HEADER = 16  # i32 count (negative: immortal), u32 tag, ptr descriptor
COUNT_OFFSET, TAG_OFFSET, DESC_OFFSET = 0, 4, 8
# Data: fields from HEADER, 8 bytes each.  Text, bytes and array: i64 length at HEADER, then bytes (a text with a NUL)
# or 8-byte elements.  Closure: code address at HEADER, then captures.  Cell, Any: its value at HEADER.
# Actor: the address of its mailbox at HEADER.
# Descriptor: u32 kind, u32 count of fields, ptr name (NUL-terminated constructor name, or 0), then one byte a field.
DESC_TEXT, DESC_DATA, DESC_LIST, DESC_ARRAY, DESC_CLOSURE, DESC_CELL, DESC_BYTES, DESC_ACTOR, DESC_ANY = range(9)
FIELD_I64, FIELD_F64, FIELD_BOOL, FIELD_UNIT, FIELD_REF = range(5)
ARGS_WORDS = 256  # zr_args: thread-local words for arguments beyond the registers
