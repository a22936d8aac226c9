"""Build a program, or build and become it: the pipeline with the store of earlier builds around it.

Knows neither what compiling is (`pipeline.py`) nor what a record looks like (`records.py`).  Whatever is wrong with the
store, the program is made without it and only takes its time.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cas.kinds import Fault
    from compiler.cas.store import Store
    from compiler.diagnostics import Sink
    from compiler.incremental.session import Session
    from compiler.options import Options
    from compiler.records import Recorder

    Tell = Callable[[str], object]


def ignore(_: str) -> None:
    """For those who are not told."""


def build(path: str, out: str, options: Options, sink: Sink, tell: Tell = ignore) -> int:
    """Write the executable to `out`, whole or not at all; 0, or 1 with diagnostics in `sink`.

    `tell` hears, line by line, of damage in the store that the build got over.
    """
    from compiler.files import write_whole

    kept, image = _made(path, options, sink, tell)
    if not image:
        return 1
    if kept and _holds(out, image):
        return 0
    write_whole(out, image, executable=True)
    return 0


def run_native(path: str, argv: list[str], options: Options, sink: Sink, tell: Tell = ignore) -> int:
    """Compile and become the program: its status, its signals.  Returns only with diagnostics or without a store."""
    import sys

    kept, image = _made(path, options, sink, tell)
    sys.stdout.flush()
    sys.stderr.flush()
    if kept:
        try:
            os.execv(kept, [path, *argv])
        except OSError:  # the store's file system forbids programs, or a collection took it this moment
            kept = ""
    if not image:
        return 1
    from compiler.running import become

    return become(image, [path, *argv])


def _made(path: str, options: Options, sink: Sink, tell: Tell) -> tuple[str, bytes]:
    """The program's executable as (its path in the store or "", its bytes); ("", b"") with diagnostics."""
    from compiler import pipeline

    if not _keeps(options):
        if options.hermetic:
            return "", _watched(path, options, sink, None, "")
        return "", pipeline.compile_program(path, options, sink)[0]
    from compiler import records
    from compiler.cas.kinds import Fault
    from compiler.cas.store import open_store

    store = open_store(offline=options.offline or options.hermetic)
    name = record_key(path, options, shared=store.remote is not None)
    try:
        found = records.find(store, name)
    except Fault as fault:
        store.faults.append(fault)
        found = None
    kept, image = found or ("", b"")
    if not found:
        recorder = records.Recorder()
        if incremental(options):
            image, inputs = _reusing(path, options, recorder, store, sink)
            whole = bool(image) and recorder.absent(inputs)
        if image or sink:
            pass
        elif options.hermetic:
            image = _watched(path, options, sink, recorder, store.root)
            whole = True
        else:
            image, inputs = pipeline.compile_program(path, options, sink, recorder.read)
            whole = recorder.absent(inputs)
        if image and (stale := recorder.changed()):
            _stale(stale, options, store)
        if image and whole:
            try:
                kept = records.keep(store, name, recorder, image)
            except Fault as fault:
                store.faults.append(fault)
            store.trim_when_due()
    if store.faults:
        tell_damage(store.faults, tell)
    return kept, image


def tests(
    path: str, options: Options, chosen: Callable[[list[str]], list[int]], tell: Tell = ignore
) -> list[tuple[str, str, bytes]] | None:
    """(title, place, executable) of the program's own tests that `chosen` picks by their titles; with the answers of
    earlier builds, or None when the whole pipeline has to do it.

    Errors: whatever `chosen` raises.
    """
    if not _keeps(options) or not incremental(options) or options.level != "dev":
        return None
    from compiler.cas.kinds import Fault
    from compiler.cas.store import open_store
    from compiler.incremental.front import Fallback
    from compiler.lir.module import UnsupportedError
    from compiler.records import Recorder

    store = open_store(offline=options.offline)
    session = session_for(path, options, Recorder().read, store, tests=True)
    references = graphs(path, options, "tests")
    session.open([*references, *graphs(path, options)])
    try:
        session.check()
        rows = session.tests()
        picked = [rows[k] for k in chosen([title for title, _, _ in rows])]
        made = [(title, place, session.image(name)) for title, place, name in picked]
    except (Fallback, UnsupportedError):
        return None
    try:
        session.keep(references)
    except Fault as fault:
        store.faults.append(fault)
    store.trim_when_due()
    if store.faults:
        tell_damage(store.faults, tell)
    return made


def _keeps(options: Options) -> bool:
    """Whether results may come from the store: what a build prints about itself must come from a build."""
    return options.cache and not options.verify and not options.memory_stats and options.remarks is None


def incremental(options: Options) -> bool:
    """Whether results of earlier builds can help: all passes run, nothing is watched."""
    return not options.ablate and not options.hermetic


def _reusing(path: str, options: Options, recorder: Recorder, store: Store, sink: Sink) -> tuple[bytes, list[str]]:
    """(the executable, what was read or looked for) with answers of earlier builds; (b"", []) with diagnostics."""
    from compiler.cas.kinds import Fault
    from compiler.incremental.front import Fallback, Lost
    from compiler.lir.module import UnsupportedError

    session = session_for(path, options, recorder.read, store)
    references = graphs(path, options)
    session.open(references)
    try:
        sink.items += session.messages.held().items
        recorder.inputs.clear()
        if sink:
            return b"", []
        try:
            image = session.build()
        except Lost:
            recorder.inputs.clear()
            store.faults += session.objects.faults
            session = session_for(path, options, recorder.read, store)
            session.open([])
            image = session.build()
        inputs = session.front.graph.inputs
    except (Fallback, UnsupportedError):
        recorder.inputs.clear()
        sink.items += session.messages.compile(options).items
        image, inputs = session.messages.image, session.messages.inputs
    finally:
        store.faults += session.objects.faults
    try:
        if not session.spoiled:
            session.keep(references)
        elif sink and session.messages.keeps:
            session.keep_messages(references)
    except Fault as fault:
        store.faults.append(fault)
    return image, inputs


def session_for(
    path: str, options: Options, reader: Callable[[str], bytes], store: Store | None, *, tests: bool = False
) -> Session:
    """A session that makes what these options ask for; without a store, from nothing."""
    from compiler.incremental.session import Session

    return Session(path, options.features, reader, store, options.links, options.level, jobs=options.jobs, tests=tests)


def graphs(path: str, options: Options, what: str = "graph") -> list[str]:
    """The names of the newest graph: by the program's place, and by what it is called."""
    from compiler import records

    stamp = records.compiler_stamp(contents=True)
    features = " ".join(sorted(options.features))
    folder, name = os.path.split(os.path.realpath(path))
    return [
        records.key(what, stamp, options.level, features, folder, name),
        records.key(what, stamp, options.level, features, name),
    ]


def _watched(path: str, options: Options, sink: Sink, recorder: Recorder | None, root: str) -> bytes:
    """Compile under `--hermetic`.  Errors: UsageError for what was read and is no input."""
    from compiler import pipeline, records
    from compiler.hermetic import Watch, undeclared

    recorder = recorder or records.Recorder()
    library = pipeline.runtime_library()
    watch = Watch()
    try:
        image, inputs = pipeline.compile_program(path, options, sink, recorder.read)
    finally:
        watch.stop()
    declared = [*inputs, *(place for place, *_ in recorder.inputs)]
    runtime = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "runtime_c")
    found = undeclared(watch, declared, (runtime, os.path.dirname(os.path.dirname(library)), root))
    changed = not recorder.absent(inputs)
    if image and (found or changed):
        from compiler.cas.faults import FAULTS
        from compiler.cas.kinds import Fault
        from compiler.diagnostics import UsageError

        fault = Fault("CAS_INPUT-001", path=found or "a file that appeared while it ran")
        raise UsageError(str(fault), FAULTS[fault.code].help)
    return image


def _stale(path: str, options: Options, store: Store) -> None:
    """Say that a file has changed since it was read; under `--hermetic` that ends the build.  Errors: UsageError."""
    from compiler.query.faults import QueryFault

    fault = QueryFault("QUERY_INPUT-001", path=path)
    if options.hermetic:
        from compiler.diagnostics import UsageError

        raise UsageError(str(fault), fault.row.help)
    store.faults.append(fault)


def tell_damage(faults: list[Fault], tell: Tell) -> None:
    """Say, a line each, what is damaged; what only costs time is not told."""
    for line in dict.fromkeys(f"zero: {fault}\nhelp: {fault.row.help}\n" for fault in faults if fault.damage):
        tell(line)


def record_key(path: str, options: Options, *, shared: bool, stamp: bytes = b"") -> str:
    """The key of the record: the folder is in it, since a relative path means another file elsewhere.

    `stamp` is the compiler's, where it is known already.
    """
    from compiler import pipeline, records

    library = pipeline.runtime_library()
    settings = (options.level, sorted(options.features), options.hermetic, *options.links, path, os.getcwd())
    if not shared:
        return records.key(stamp or records.compiler_stamp(), library, *settings)
    with open(library, "rb") as file:  # what others share must not depend on when and where ours was installed
        return records.key(records.compiler_stamp(contents=True), file.read(), *settings)


def _holds(path: str, image: bytes) -> bool:
    """Whether the file is an executable of exactly these bytes already."""
    try:
        if not os.access(path, os.X_OK) or os.path.getsize(path) != len(image):
            return False
        with open(path, "rb") as file:
            return file.read() == image
    except OSError:
        return False
