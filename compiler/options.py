"""What a command asks of the compiler: the options that reach beyond the command line.

One object that verbs fill and `pipeline.py` reads; knows neither.  A new option is a slot and its default here, and a
row in the verb's table.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Sink


class Options:
    """How to compile; the defaults are those of `zero build`."""

    __slots__ = (
        "ablate",
        "cache",
        "features",
        "hermetic",
        "jobs",
        "level",
        "links",
        "memory_stats",
        "offline",
        "remarks",
        "verify",
    )

    def __init__(
        self,
        *,
        features: frozenset[str] = frozenset(),
        level: str = "dev",
        links: tuple[str, ...] = (),
        jobs: int = 0,
        cache: bool = True,
        memory_stats: bool = False,
        ablate: str = "",
        verify: bool = False,
        offline: bool = False,
        hermetic: bool = False,
        remarks: Sink | None = None,
    ) -> None:
        self.features = features
        self.level = level  # dev | release
        self.jobs = jobs  # processes that make code at the same time; 0: one a core
        self.links = links  # objects and archives with the program's C functions
        self.cache = cache  # whether results of earlier builds may be used
        self.memory_stats = memory_stats  # print memory by phase on standard error
        self.ablate = ablate  # a pass that does not run, to see what it costs
        self.verify = verify  # run each level's verifier between passes
        self.offline = offline  # leave the tier behind the store alone
        self.hermetic = hermetic  # end without a result when anything but an input is read; offline, too
        self.remarks = remarks  # takes what there is to say about programs that are fine; None: nobody asks
