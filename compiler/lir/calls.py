"""How calls become LIR: the program's own by the ABI of `ops.py`, and the ops that are runtime functions.

Units are not passed or returned.  Integers and addresses beyond six and floats beyond eight travel through `zr_args`,
counted in the order of the parameters; caller and callee number them by the same rule, `spread`.
"""

from __future__ import annotations

from compiler.lir.builder import lir_type
from compiler.lir.data import field_kind
from compiler.lir.module import UnsupportedError
from compiler.lir.runtime import ARGS_WORDS, BY_NAME, HEADER
from compiler.panics import PANICS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from compiler.lir.builder import Builder
    from compiler.lir.scalars import Rule

INTEGERS, FLOATS = 6, 8  # arguments of each class that travel in registers

# MIR ops that are a call with the same arguments: op -> (runtime function, whether it takes the place).
RUNTIME: dict[str, tuple[str, bool]] = {
    "value.eq": ("zr_equal", True),
    "value.show": ("zr_show", True),
    "list.len": ("zr_list_len", False),
    "list.cell": ("zr_list_cell", True),
    "array.copy": ("zr_array_copy", False),
    "bytes.new": ("zr_bytes_new", True),
    "bytes.slice": ("zr_bytes_slice", True),
    "bytes.of-text": ("zr_text_to_bytes", False),
    "text.of-bytes": ("zr_bytes_to_text", False),
    "text.slice": ("zr_text_slice", True),
    "text.find": ("zr_text_find", False),
    "text.lt": ("zr_text_less", False),
    "text.of-i64": ("zr_i64_to_text", False),
    "text.of-f64": ("zr_f64_to_text", False),
    "text.fixed": ("zr_f64_to_fixed", True),
    "text.is-i64": ("zr_text_is_i64", False),
    "text.get-i64": ("zr_text_get_i64", False),
    "text.is-f64": ("zr_text_is_f64", False),
    "text.get-f64": ("zr_text_get_f64", False),
    "io.print": ("zr_print", False),
    "io.write": ("zr_write", False),
    "io.read-line": ("zr_read_line", False),
    "io.read-stdin": ("zr_read_stdin", False),
    "io.taken": ("zr_taken", False),
    "file.read": ("zr_read_file", False),
    "file.write": ("zr_write_file", False),
    "process.env": ("zr_env", False),
    "process.argv": ("zr_argv", False),
    "process.exit": ("zr_exit", False),
    "time.now": ("zr_now_ns", False),
    "actor.spawn": ("zr_spawn", False),
    "actor.inbox": ("zr_inbox", False),
    "actor.join": ("zr_join", False),
}


def spread(types: Iterable[str]) -> list[int]:
    """Where each argument of these LIR types goes: -1 a register, else a word of zr_args."""
    integers, floats, words = 0, 0, 0
    places = []
    for type in types:  # noqa: A001
        if type == "f64":
            floats += 1
            inside = floats <= FLOATS
        else:
            integers += 1
            inside = integers <= INTEGERS
        places.append(-1 if inside else words)
        words += not inside
    return places


def receive(b: Builder) -> None:
    """Map the parameters of the MIR function's entry to registers and words of zr_args."""
    params = [value for value in b.source.params if b.source.type[value] != "unit"]
    types = [lir_type(b.source.type[value]) for value in params]
    for value, type, word in zip(params, types, spread(types), strict=True):  # noqa: A001
        if word < 0:
            b.values[value] = b.out.param(0, type, b.source.at[value])
        elif word < ARGS_WORDS:
            b.values[value] = b.emit("args.load", type, (), word)
        else:
            what = f"{b.source.name} has {len(params)} parameters; {ARGS_WORDS + INTEGERS} are supported"
            raise UnsupportedError(what, b.module.places[b.source.at[value]])


def _pass(b: Builder, values: tuple[int, ...]) -> tuple[int, ...]:
    """The register arguments of a call with these MIR arguments; the others are stored into zr_args."""
    passed = [value for value in values if b.source.type[value] != "unit"]
    if len(passed) <= INTEGERS:  # all in registers, whatever they are
        return tuple([b.values[value] for value in passed])
    places = spread([lir_type(b.source.type[value]) for value in passed])
    for value, word in zip(passed, places, strict=True):
        if word >= ARGS_WORDS:
            raise UnsupportedError(f"a call with {len(passed)} arguments", b.module.places[b.at])
        if word >= 0:
            b.emit("args.store", "", (b.use(value),), word)
    return tuple([b.use(value) for value, word in zip(passed, places, strict=True) if word < 0])


def _result(b: Builder, value: int) -> str:
    type = b.source.type[value]  # noqa: A001
    return "" if type == "unit" else lir_type(type)


def _call(b: Builder, value: int) -> int:
    result = _result(b, value)
    made = b.emit("call", result, _pass(b, b.source.args[value]), b.source.imm[value])
    return made if result else -1


def _call_closure(b: Builder, value: int) -> int:
    result = _result(b, value)
    closure = b.source.args[value][0]
    code = b.load("ptr", b.use(closure), HEADER)
    made = b.emit("call.ind", result, (code, *_pass(b, b.source.args[value])))
    return made if result else -1


def _call_c(b: Builder, value: int) -> int:
    result = _result(b, value)
    made = b.emit("call.c", result, tuple([b.use(arg) for arg in b.source.args[value]]), b.source.imm[value])
    if b.source.type[value] == "bool":  # a _Bool fills only the low byte
        made = b.emit("and", "i64", (made, b.const(255)))
    return made if result else -1


def _tail(b: Builder, value: int) -> int:
    b.emit("tail", "", _pass(b, b.source.args[value]), b.source.imm[value])
    return -1


def _tail_closure(b: Builder, value: int) -> int:
    code = b.load("ptr", b.use(b.source.args[value][0]), HEADER)
    b.emit("tail.ind", "", (code, *_pass(b, b.source.args[value])))
    return -1


def _text_cat(b: Builder, value: int) -> int:
    texts = b.source.args[value]
    words = b.words(len(texts))
    for number, text in enumerate(texts):
        b.store("text", b.use(text), words, 8 * number)
    return b.runtime("zr_text_cat", words, b.const(len(texts)))


def _send(b: Builder, value: int) -> int:
    actor, message = b.source.args[value]
    type, bits = b.source.type[message], b.use(message)  # noqa: A001
    if type == "f64":
        bits = b.emit("fbits", "i64", (bits,))
    b.runtime("zr_send", b.use(actor), bits, b.const(field_kind(type)))
    return -1


def _receive_message(b: Builder, value: int) -> int:
    type = b.source.type[value]  # noqa: A001
    bits = b.runtime("zr_receive", b.use(b.source.args[value][0]), b.place())
    return -1 if type == "unit" else b.load(type, bits, 0)


def _panic(b: Builder, value: int) -> int:
    b.panic(PANICS[b.source.imm[value]][0], *[b.use(arg) for arg in b.source.args[value]])
    return -1


def _panic_text(b: Builder, value: int) -> int:
    b.runtime("zr_panic_text", b.use(b.source.args[value][0]), b.place())
    b.emit("trap", "")
    return -1


def _runtime(name: str, takes_place: bool) -> Rule:
    has_result = BY_NAME[name].result not in ("void", "never")

    def rule(b: Builder, value: int) -> int:
        args = [b.use(arg) for arg in b.source.args[value]]
        if takes_place:
            args.append(b.place())
        made = b.runtime(name, *args)
        return made if has_result else -1

    return rule


RULES: dict[str, Rule] = {
    **{name: _runtime(*row) for name, row in RUNTIME.items()},
    "call": _call,
    "call.closure": _call_closure,
    "call.c": _call_c,
    "tailcall": _tail,
    "tailcall.closure": _tail_closure,
    "text.cat": _text_cat,
    "actor.send": _send,
    "actor.receive": _receive_message,
    "panic": _panic,
    "panic.text": _panic_text,
}
