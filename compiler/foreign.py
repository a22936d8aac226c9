"""C functions of a program: the objects they are linked with, and a host that the interpreters call them through.

    externs + objects ──▶ host.c ─C compiler─▶ host.o ─our linker─▶ a process that answers calls over a socket

The host is made of the same objects, runtime and linker as the native program, so that every lane calls the same code.
Knows the op `extern` and nothing else of the language.  A new type that may cross is a row of `TYPES`.
"""

from __future__ import annotations

import os

from compiler.diagnostics import UsageError
from compiler.messages import foreign as say
from compiler.object.errors import LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket
    from typing import Any

    from compiler.diagnostics import Sink
    from compiler.hir.program import Function, Program
    from compiler.object.archive import Archive
    from compiler.object.file import ObjectFile

CHANNEL = 900  # the host's end of the socket: a number that no program meets by counting up

# type -> (in C, C for its bits in `w`, C for the bits of `v`)
TYPES = {
    "i64": ("long long", "w", "v"),
    "bool": ("_Bool", "(_Bool)w", "v"),
    "f64": ("double", "from_bits(w)", "to_bits(v)"),
    "unit": ("void", "", "0"),
}

_SOURCE = """\
static long long from_kernel(long long number, long long *at, long long size) {
    long long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"((long long)CHANNEL), "S"(at), "d"(size)
                     : "rcx", "r11", "memory");
    return result;
}
static int move(long long number, long long *words, long long size) {
    char *at = (char *)words;
    while (size > 0) {
        long long done = from_kernel(number, (long long *)at, size);
        if (done <= 0) return 0;
        at += done;
        size -= done;
    }
    return 1;
}
static inline double from_bits(long long bits) { double value; __builtin_memcpy(&value, &bits, 8); return value; }
static inline long long to_bits(double value) { long long bits; __builtin_memcpy(&bits, &value, 8); return bits; }
"""


class Linked:
    """What `--link` names, read."""

    __slots__ = ("archives", "objects")

    def __init__(self) -> None:
        self.objects: list[ObjectFile] = []
        self.archives: list[Archive] = []

    def defines(self, symbol: str) -> bool:
        from compiler.object.file import LOCAL, UNDEFINED

        return any(symbol in archive.index for archive in self.archives) or any(
            other.name == symbol and other.binding != LOCAL and other.section != UNDEFINED
            for obj in self.objects
            for other in obj.symbols
        )


def read_linked(paths: tuple[str, ...], reader: Callable[[str], bytes] | None = None) -> Linked:
    """Read objects and archives, told apart by what they begin with.  Errors: UsageError."""
    from compiler.object.archive import MAGIC, Archive
    from compiler.object.elf import read_object
    from compiler.syntax.source import read_bytes, reason

    result = Linked()
    for path in paths:
        try:
            data = (reader or read_bytes)(path)
            if data[:8] in (MAGIC, b"!<thin>\n"):
                result.archives.append(Archive(data, path))
            else:
                result.objects.append(read_object(data, path))
        except OSError as error:
            raise UsageError(f"cannot read {path}: {reason(error)}") from None
        except LinkError as error:
            raise refused(error) from None
    return result


def refused(error: LinkError) -> UsageError:
    """What the linker says about files that the user gave it."""
    return UsageError(f"error[{error.code}]: {error}", error.help)


def externs(program: Program) -> list[Function]:
    """The program's C functions, in the order of the program."""
    from compiler.hir.ops import CODE

    extern = CODE["extern"]
    return [f for f in program.functions if f.root >= 0 and f.body.peek("op", f.root) == extern]


def check(program: Program, linked: Linked, sink: Sink) -> None:
    """Complain about C functions that nothing defines."""
    for function in externs(program):
        name = program.texts[function.body.imm[function.root]]
        if not linked.defines(name):
            start, end = function.body.start[function.root], function.body.end[function.root]
            sink.add(say.MISSING_SYMBOL, function.file, start, end, name=name)


def signature(function: Function) -> str:
    """The type of a C function as lanes name it: `i64 f64 -> bool`."""
    from compiler.types.core import BOOL, F64, I64

    words = {I64: "i64", F64: "f64", BOOL: "bool"}
    params = [words[t] for local in function.params if (t := function.locals[local].type) in words]
    return " ".join([*params, "->", words.get(function.result, "unit")])


class Host:
    """A process that calls C functions: `host(symbol, signature, arguments…)` gives the result.

    It starts at the first call, so that every process that runs a part of a program has one with a state of its own.
    """

    def __init__(self, program: Program, linked: Linked) -> None:
        """Errors: UsageError; runtime_c.build.BuildError when there is no C compiler."""
        self.known: dict[tuple[str, str], int] = {}
        for function in externs(program):
            symbol = program.texts[function.body.imm[function.root]]
            self.known.setdefault((symbol, signature(function)), len(self.known))
        self.image = _image(_host_source(list(self.known)), linked)
        self.channel: socket | None = None
        self.process = -1

    def _start(self) -> socket:
        from socket import socketpair

        ours, theirs = socketpair()
        descriptor = os.memfd_create("host", os.MFD_CLOEXEC)
        with theirs, os.fdopen(descriptor, "wb") as file:
            file.write(self.image)
            file.flush()
            path = f"/proc/self/fd/{descriptor}"
            actions = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), CHANNEL)]
            self.process = os.posix_spawn(path, ["host"], os.environ, file_actions=actions)
        return ours

    def __call__(self, symbol: str, shape: str, *arguments: Any) -> Any:
        from struct import pack, unpack

        *params, _, result = shape.split()
        words = [
            pack("<d", value) if kind == "f64" else pack("<q", value)
            for kind, value in zip(params, arguments, strict=True)
        ]
        if self.channel is None:
            self.channel = self._start()
        answer = b""
        try:
            self.channel.sendall(pack("<q", self.known[symbol, shape]) + b"".join(words))
            while len(answer) < 8:
                part = self.channel.recv(8 - len(answer))
                if not part:
                    break
                answer += part
        except OSError:
            answer = b""
        if len(answer) < 8:
            status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
            raise UsageError(f"the C function `{symbol}` ended the program (status {status})")
        value = unpack("<d" if result == "f64" else "<q", answer)[0]
        return None if result == "unit" else bool(value) if result == "bool" else value


def _host_source(functions: list[tuple[str, str]]) -> str:
    lines = [f"#define CHANNEL {CHANNEL}", _SOURCE]
    cases = []
    for number, (symbol, shape) in enumerate(functions):
        *params, _, result = shape.split()
        takes = ", ".join(TYPES[param][0] for param in params) or "void"
        lines.append(f'extern {TYPES[result][0]} c{number}({takes}) __asm__("{symbol}");')
        given = ", ".join(TYPES[param][1].replace("w", f"words[{k}]") for k, param in enumerate(params))
        if result == "unit":
            work = f"c{number}({given}); result = 0;"
        else:
            work = f"{TYPES[result][0]} v = c{number}({given}); result = {TYPES[result][2]};"
        read = f"if (!move(0, words, {8 * len(params)})) return 0;"
        cases.append(f"        case {number}: {{ {read} {work} break; }}")
    lines.append("long long zero_main(void);")
    lines.append("long long zero_main(void) {")
    lines.append("    long long which, result, words[14];")
    lines.append("    while (move(0, &which, 8)) {")
    lines.append("        switch (which) {")
    lines += cases
    lines.append("        default: return 1;")
    lines.append("        }")
    lines.append("        if (!move(1, &result, 8)) return 0;")
    lines.append("    }")
    lines.append("    return 0;")
    lines.append("}")
    return "\n".join(lines) + "\n"


def _image(source: str, linked: Linked) -> bytes:
    """The host's executable."""
    import tempfile

    from compiler import pipeline
    from compiler.object.elf import read_object
    from runtime_c.build import compile_freestanding

    with tempfile.TemporaryDirectory(prefix="zero-host-") as folder:
        path = os.path.join(folder, "host.c")
        with open(path, "w", encoding="ascii") as file:
            file.write(source)
        with open(compile_freestanding(path), "rb") as file:
            stub = read_object(file.read(), "host.o")
    return pipeline.link_program([stub], linked)


def host(program: Program, linked: Linked, sink: Sink) -> Host | None:
    """A host for a program with C functions; None when it has none, or when there is no C compiler (a diagnostic)."""
    found = externs(program)
    if not found:
        return None
    from runtime_c.build import BuildError

    try:
        return Host(program, linked)
    except BuildError as error:
        first = found[0]
        start, end = first.body.start[first.root], first.body.end[first.root]
        sink.add(say.NO_COMPILER, first.file, start, end, why=str(error).partition("\n")[0])
        return None
