"""Find the verb, run it, and end with the right status whatever happens.

Verbs are rows of `VERBS`; a verb's module has `OPTIONS`, `USAGE` and `run(arguments) -> status`.  Only the verb asked
for is imported.  Nothing here knows what compiling is.
"""

from __future__ import annotations

import gc
import os
import sys

from compiler.cli.options import parse
from compiler.cli.streams import complete, err, flush, out
from compiler.diagnostics import UsageError, meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = "0.1.0"
USAGE, CRASH, INTERRUPTED, PIPE_CLOSED = 2, 70, 130, 141

# verb -> (module, what it does)
VERBS: dict[str, tuple[str, str]] = {
    "check": ("check", "say what is wrong with a program"),
    "run": ("run", "run a program; arguments for it stand behind --"),
    "build": ("build", "compile a program to an executable"),
    "dump": ("dump", "print a program at one of its levels"),
    "test": ("test", 'run the (test "…" …) forms of a program'),
    "fmt": ("fmt", "lay source files out"),
    "explain": ("explain", "say more about a diagnostic's code"),
    "lock": ("lock", "pin the packages of a project in 0x0.lock"),
    "doc": ("doc", "write a module's documentation as Markdown"),
    "fuzz": ("fuzz", "compare all lanes on random programs"),
    "cache": ("cache", "look after the results of earlier builds"),
    "query": ("query", "show what earlier builds asked, and why it was answered anew"),
}


def enter() -> None:
    """Run the command line as a whole process; does not return."""
    # The compiler makes few cycles and lives briefly: the collector would only walk the same lists again and again.
    gc.disable()
    sys.unraisablehook = _unraisable
    complete()
    status = main(sys.argv[1:])
    os._exit(status)  # taking the heap down object by object would be for nobody


def _unraisable(found: Any) -> None:
    """Python's own word on what it could not raise, but for memory: that end has its line and its status."""
    if found.exc_type is not MemoryError:
        sys.__unraisablehook__(found)


def main(argv: list[str]) -> int:
    """The status of one command; its output is flushed."""
    try:
        status = _dispatch(argv)
        flush()
    except UsageError as error:
        err(f"zero: {error.message}\n" + (f"help: {error.hint}\n" if error.hint else ""))
        status = USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return PIPE_CLOSED
    except OSError as error:
        if error.filename is None and error.errno in (5, 27, 28, 122):  # standard output on a full disk
            err(f"zero: cannot write the output: {os.strerror(error.errno)}\n")
            return USAGE
        if _lost():
            err("zero: the current folder is gone\nhelp: change to a folder that exists\n")
            return USAGE
        return _crash(argv, error)
    except (EOFError, ValueError) as error:
        return _bytecode(error) or _crash(argv, error)
    except Exception as error:  # anything else is ours
        return _crash(argv, error)
    try:
        flush()
    except OSError:
        return PIPE_CLOSED
    return status


def _bytecode(error: Exception) -> int:
    """The status when it was Python's own import that failed, on bytecode that is cut off; else 0."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None or at.tb_frame.f_code.co_filename != "<frozen importlib._bootstrap_external>":
        return 0
    from compiler.cli.bytecode import remove_damaged

    if not remove_damaged(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))):
        return 0
    err("zero: the compiler's bytecode was cut off, as a full disk does it; it is removed\n")
    err("help: run the command again\n")
    return USAGE


def _dispatch(argv: list[str]) -> int:
    if not argv or argv[0] in ("--help", "-h", "help"):
        if len(argv) > 1 and argv[1] in VERBS:
            return _help(argv[1])
        if argv:
            out(_overview())
            return 0
        raise UsageError("a verb is missing", f"zero {'|'.join(VERBS)}; more with zero --help")
    verb = argv[0]
    if verb in ("--version", "-V"):
        out(f"zero {VERSION}\n")
        return 0
    if verb not in VERBS:
        raise UsageError(f"no verb `{verb}`", meant(verb, VERBS, f"the verbs are {', '.join(VERBS)}"))
    if any(word in ("--help", "-h") for word in _own(argv)):
        return _help(verb)
    module = _module(verb)
    arguments = parse(verb, argv[1:], module.OPTIONS, module.USAGE)
    return int(module.run(arguments))


def _module(verb: str) -> Any:
    """The verb's module; importlib would say the same for a twentieth of a small build."""
    return __import__(f"compiler.cli.{VERBS[verb][0]}", fromlist=["run"])


def _own(argv: list[str]) -> list[str]:
    """The words before `--`: those that are for us."""
    return argv[: argv.index("--")] if "--" in argv else argv


def _help(verb: str) -> int:
    module = _module(verb)
    out(f"usage: {module.USAGE}\n\n{VERBS[verb][1]}\n{module.HELP}")
    return 0


def _overview() -> str:
    width = max(map(len, VERBS))
    lines = [f"  {verb:{width}}  {row[1]}" for verb, row in VERBS.items()]
    return "\n".join(
        (
            "usage: zero VERB …",
            "",
            *lines,
            "",
            "zero VERB --help says more.  Status: 0 fine, 1 errors in the program, 2 usage, 70 an error of ours.",
            "",
        )
    )


def _lost() -> bool:
    """Whether the current folder was removed: then every relative path fails, deep inside."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _crash(argv: list[str], error: BaseException) -> int:
    """One line for the user, and everything we need in a file to attach to a report."""
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(error))
    words = " ".join(argv)
    body = f"zero {VERSION}\npython {sys.version}\narguments: {words}\n\n{text}"
    where = "it could not be written to a file"
    try:
        descriptor, path = tempfile.mkstemp(".txt", "zero-report-")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(body)
        where = f"please attach {path} to a report"
    except OSError:
        pass
    summary = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
    err(f"zero: an error in the compiler ({summary}); {where}\n")
    return CRASH
