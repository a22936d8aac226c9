"""`zero doc FILE`: a module's documentation as Markdown."""

from __future__ import annotations

import os

from compiler import pipeline, records
from compiler.building import tell_damage
from compiler.cas.kinds import Fault
from compiler.cas.store import open_store
from compiler.cli.common import FRONT, FRONT_HELP, report
from compiler.cli.options import VALUE
from compiler.cli.streams import err, out
from compiler.diagnostics import Sink
from compiler.documenting import page
from compiler.files import keep_sources, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero doc FILE [-o OUT] [--feature NAME]"
OPTIONS = {**FRONT, "-o": VALUE}
KIND = "api-docs"
HELP = f"{FRONT_HELP}  -o OUT           where the page goes; standard output without it\n"


def run(arguments: Arguments) -> int:
    """0 when the page is written; 1 when the program has errors."""
    sink = Sink()
    target = arguments.get("-o", "")
    if target:
        keep_sources(target, (arguments.file(),))
    text = _page(arguments.file(), arguments.features(), sink)
    if text is None:
        return report(sink, arguments)
    if target:
        write_whole(target, text.encode("utf-8"))
    else:
        out(text)
    return 0


def _page(path: str, features: frozenset[str], sink: Sink) -> str | None:
    """The page, from the store where nothing that it was made from has changed; None with diagnostics in `sink`."""
    store = open_store()
    # As for a program: the folder is in the key, since a relative path means another file elsewhere.
    stamp = records.compiler_stamp(contents=store.remote is not None)
    key = records.key("doc", stamp, *sorted(features), path, os.getcwd())
    text = None
    try:
        found = records.find(store, key, KIND)
        text = found[1].decode("utf-8") if found is not None else None
    except Fault as fault:
        store.faults.append(fault)
    if text is None:
        recorder = records.Recorder()
        graph, program = pipeline.front(path, features, sink, reader=recorder.read)
        if sink or graph is None or program is None:
            return None
        text = page(graph, program)
        if recorder.absent(graph.inputs):
            try:
                records.keep(store, key, recorder, text.encode("utf-8"), KIND)
            except Fault as fault:
                store.faults.append(fault)
    tell_damage(store.faults, err)
    return text
