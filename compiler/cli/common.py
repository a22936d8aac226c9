"""What the verbs share: options that many take, and how diagnostics leave."""

from __future__ import annotations

from compiler.cli.options import FLAG, LIST, VALUE
from compiler.cli.streams import err
from compiler.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cli.options import Arguments
    from compiler.diagnostics import Sink

ERRORS = 1  # the status when the program has errors

FRONT: dict[str, str | tuple[str, ...]] = {"--feature": LIST, "--json": FLAG, "--sarif": FLAG}
BACK: dict[str, str | tuple[str, ...]] = {
    "--level": ("dev", "release"),
    "--link": LIST,
    "--no-cache": FLAG,
    "--memory-stats": FLAG,
    "--verify": FLAG,
}
# Of those who build for the store.
STORE: dict[str, str | tuple[str, ...]] = {"--jobs": VALUE, "--offline": FLAG, "--hermetic": FLAG}
FRONT_HELP = """
  --feature NAME   switch a feature on; may come several times
  --json, --sarif  diagnostics for machines
"""
BACK_HELP = """\
  --level LEVEL    dev (default) or release
  --link FILE      an object or archive with the program's C functions; may come several times
  --no-cache       use no result of an earlier build
  --memory-stats   print memory by phase on standard error
  --verify         check every level after every pass
"""
STORE_HELP = """\
  --jobs N         processes that make code at the same time; one a core unless it is said
  --offline        leave the remote tier of the store alone
  --hermetic       refuse to read what is no input of the build; implies --offline
"""


def options(arguments: Arguments) -> Options:
    """The compiler's options as the command gives them."""
    return Options(
        features=arguments.features(),
        level=arguments.get("--level", "dev"),
        jobs=arguments.count("--jobs"),
        links=tuple(arguments.lists.get("--link", ())),
        cache=not arguments.has("--no-cache"),
        memory_stats=arguments.has("--memory-stats"),
        verify=arguments.has("--verify"),
        offline=arguments.has("--offline"),
        hermetic=arguments.has("--hermetic"),
    )


def teller(arguments: Arguments) -> Callable[[str], object]:
    """Who hears of damage in the store: standard error, unless it is for machines."""
    return (lambda _: None) if arguments.has("--json") or arguments.has("--sarif") else err


def report(sink: Sink, arguments: Arguments, *, always: bool = False) -> int:
    """Write the diagnostics to standard error; 1 when there are any, else 0.

    With `always`, a machine form is written even when there is nothing to say.
    """
    if not sink and not always:
        return 0
    from compiler.cli import render

    for option, writer in render.WRITERS.items():
        if arguments.has(option):
            err(writer(sink))
            break
    else:
        err(render.text(sink))
    return ERRORS if any(item.severity == "error" for item in sink.items) else 0
