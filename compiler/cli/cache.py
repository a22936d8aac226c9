"""`zero cache ACTION`: look after the store of results.

Each action is a row of `ACTIONS`; what it does lies in `compiler/cas`.
"""

from __future__ import annotations

import os

from compiler.cas.kinds import KINDS, Fault, address_of, read_address, spell
from compiler.cas.store import GRACE_S, Store, object_name, open_store, ref_name
from compiler.cli.options import FLAG, VALUE
from compiler.cli.streams import out
from compiler.diagnostics import UsageError, meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cas.kinds import Address
    from compiler.cas.scan import Report
    from compiler.cli.options import Arguments

USAGE = (
    "zero cache stats|verify|repair|gc|pin|unpin|path|keep|take [WHAT…] "
    "[--max-size SIZE] [--unused DAYS] [--now] [--offline]"
)
OPTIONS = {"--max-size": VALUE, "--unused": VALUE, "--now": FLAG, "--offline": FLAG}
# What programs around the compiler may keep: its own results it keeps and believes itself.
GIVEN = ("evidence", "gate-result", "profile")
LOCK = "0x0.lock"
SHOWN = 50  # damaged files that are named; the rest is counted
DAMAGED = ABSENT = 1


def run(arguments: Arguments) -> int:
    """0; 1 when `verify` finds or `repair` leaves something damaged, and when there is nothing to `take`."""
    if not arguments.words:
        raise UsageError("cache: an action is missing", USAGE)
    name, *words = arguments.words
    if name not in ACTIONS:
        raise UsageError(f"cache: no action `{name}`", meant(name, ACTIONS, USAGE))
    action, options, takes, _ = ACTIONS[name]
    for option in arguments.values:
        if option not in options:
            raise UsageError(f"cache {name}: {option} has no meaning here", USAGE)
    if bool(words) != takes:
        problem = f"`{words[0]}` is too much" if words else "what is missing: a program, or an object's name"
        raise UsageError(f"cache {name}: {problem}", USAGE)
    try:
        return action(open_store(offline=arguments.has("--offline")), words, arguments)
    except Fault as fault:
        from compiler.cas.faults import FAULTS

        raise UsageError(str(fault), FAULTS[fault.code].help) from None


def path(store: Store, _: list[str], __: Arguments) -> int:
    out(f"{store.root}\n")
    return 0


def stats(store: Store, _: list[str], __: Arguments) -> int:
    from compiler.cas.pins import pins
    from compiler.cas.walk import walk

    number = store.layout()
    objects = {kind: [0, 0] for kind in KINDS}
    others = dict.fromkeys(("ref", "tmp", "aside", "old", "odd", "stray"), 0)
    for found in walk(store):
        if found.what == "object" and found.address is not None:
            objects[found.address[0]][0] += 1
            objects[found.address[0]][1] += found.size
        elif found.what in others:
            others[found.what] += 1
    lines = [f"{'folder':16} {store.root}", f"{'layout':16} {number or 'none yet'}", f"{'kind':16} objects bytes"]
    lines += [f"{kind:16} {count:7} {size}" for kind, (count, size) in objects.items() if count]
    total = [sum(each[at] for each in objects.values()) for at in (0, 1)]
    lines.append(f"{'all':16} {total[0]:7} {total[1]}")
    lines.append(f"{'references':16} {others['ref']:7}")
    lines.append(f"{'pinned':16} {len(pins(store)):7}")
    lines.append(f"{'being written':16} {others['tmp']:7}")
    lines.append(f"{'set aside':16} {others['aside']:7}")
    lines.append(f"{'other':16} {others['old'] + others['odd'] + others['stray']:7}")
    out("\n".join(lines) + "\n")
    return 0


def verify(store: Store, _: list[str], __: Arguments) -> int:
    from compiler.cas.scan import verify as scan

    return _say(scan(store))


def repair(store: Store, _: list[str], __: Arguments) -> int:
    from compiler.cas.scan import repair as mend

    done, report = mend(store)
    out(f"set aside or removed: {done}\n")
    return _say(report)


def gc(store: Store, _: list[str], arguments: Arguments) -> int:
    from compiler.cas.sweep import collect, read_size, size_limit

    limit = read_size(arguments.get("--max-size", "")) if arguments.has("--max-size") else size_limit()
    if limit is None:
        raise UsageError(f"cache gc: `{arguments.get('--max-size', '')}` is no size", "write 500M, 2G or a number")
    days = arguments.get("--unused", "")
    if days and not (days.isascii() and days.isdigit() and len(days) < 8):
        raise UsageError(f"cache gc: `{days}` is no number of days", "write --unused 30")
    swept = collect(
        store,
        max_bytes=limit,
        unused_s=int(days) * 86400 if days else None,
        grace_s=0 if arguments.has("--now") else GRACE_S,
    )
    out(
        f"removed {swept.objects_removed} objects, {swept.bytes_removed} bytes, {swept.refs_removed} references\n"
        f"kept {swept.objects_kept} objects, {swept.bytes_kept} bytes, {swept.refs_kept} references\n"
    )
    return 0


def pin(store: Store, words: list[str], _: Arguments) -> int:
    from compiler.cas.pins import pin as keep

    for address in [address for word in words for address in _addresses(store, word)]:
        keep(store, address)
        out(f"pinned {spell(address)}\n")
    return 0


def unpin(store: Store, words: list[str], _: Arguments) -> int:
    from compiler.cas.pins import unpin as drop

    for address in [address for word in words for address in _addresses(store, word)]:
        if not drop(store, address):
            raise UsageError(f"cache unpin: {spell(address)} is not pinned", "zero cache stats counts the pins")
        out(f"unpinned {spell(address)}\n")
    return 0


def keep(store: Store, words: list[str], _: Arguments) -> int:
    """Keep a file, or for a kind of listings a folder, under a key of the caller's own."""
    from compiler.cas import folders
    from compiler.cas.payloads import hold

    kind, key, place = _given("keep", words)
    if folders.is_listing(kind):
        address = folders.keep(store, kind, key, _files(place))
    else:
        payload = _bytes(place)
        address = address_of(kind, payload)
        hold(address, payload, place)
        store.set(key, store.put(kind, payload))
    out(f"kept {spell(address)}\n")
    return 0


def take(store: Store, words: list[str], _: Arguments) -> int:
    """Write what a key leads to; a folder must not be there yet."""
    from compiler.cas import folders
    from compiler.files import write_whole

    kind, key, place = _given("take", words)
    if folders.is_listing(kind):
        files = folders.find(store, kind, key)
        if files is not None:
            _write_folder(place, files)
    else:
        address = store.find(key, kind)
        files = None if address is None else {b"": store.get(address)}
        if files is not None:
            write_whole(place, files[b""])
    out(f"took {place}\n" if files is not None else f"no {kind} is kept under {key}\n")
    return 0 if files is not None else ABSENT


def _given(action: str, words: list[str]) -> tuple[str, str, str]:
    """Kind, key, path.  Errors: UsageError, Fault CAS_NAME-001."""
    if len(words) != 3:
        raise UsageError(f"cache {action}: it takes a kind, a key and a path", USAGE)
    if words[0] not in GIVEN:
        kinds = ", ".join(GIVEN)
        raise UsageError(
            f"cache {action}: `{words[0]}` is not kept for others", meant(words[0], GIVEN, f"one of {kinds}")
        )
    ref_name(words[1])
    return words[0], words[1], words[2]


def _bytes(path: str) -> bytes:
    from compiler.syntax.source import reason

    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None


def _files(place: str) -> dict[bytes, bytes]:
    """The files of a folder that holds nothing else."""
    from compiler.syntax.source import reason

    try:
        names = sorted(os.listdir(place))
    except OSError as error:
        raise UsageError(f"cannot read {place}: {reason(error)}") from None
    for name in names:
        path = os.path.join(place, name)
        if os.path.islink(path) or not os.path.isfile(path):
            raise UsageError(f"{path} is no regular file", "a folder that is kept holds files and nothing else")
    return {os.fsencode(name): _bytes(os.path.join(place, name)) for name in names}


def _write_folder(place: str, files: dict[bytes, bytes]) -> None:
    """A folder with these files, whole or not at all.  Errors: UsageError."""
    from shutil import rmtree

    from compiler.files import write_whole
    from compiler.syntax.source import reason

    beside = f"{os.path.normpath(place)}.{os.getpid()}.tmp"
    try:
        os.mkdir(beside)
        for path, data in files.items():
            target = os.path.join(beside, os.fsdecode(path))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            write_whole(target, data)
        os.rename(beside, place)
    except OSError as error:
        raise UsageError(f"cannot write {place}: {reason(error)}") from None
    finally:
        rmtree(beside, ignore_errors=True)


def _say(report: Report) -> int:
    lines = [str(fault) if name in str(fault) else f"{name}: {fault}" for name, fault in report.faults]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"and {len(lines) - SHOWN} more"]
    lines.append(f"{report.objects} objects, {report.bytes} bytes, {report.refs} references sound")
    out("\n".join(lines) + "\n")
    return DAMAGED if any(fault.damage or fault.code == "CAS_OBJECT-005" for _, fault in report.faults) else 0


def _addresses(store: Store, word: str) -> list[Address]:
    """What a word names: the packages of a lock, else one object."""
    if os.path.basename(word) != LOCK or not os.path.isfile(word):
        return [_address(store, word)]
    from compiler.diagnostics import Sink, SourceFile
    from compiler.modules.packages import parse_lock
    from compiler.restoring import addresses

    sink = Sink()
    rows = parse_lock(SourceFile(0, word, _bytes(word).decode("utf-8", "replace")), sink)
    if sink:
        raise UsageError(f"{word} has lines that are none of a lock", "`zero lock` writes it")
    return addresses(store, rows)


def _address(store: Store, word: str) -> Address:
    """An object by a file with its contents, by its address, or by how its digest begins."""
    if os.path.isfile(word):
        with open(word, "rb") as file:
            data = file.read()
        for kind in sorted(KINDS, key=lambda kind: not KINDS[kind].place):  # what is run before packs that hold it
            address = address_of(kind, data)
            if os.path.lexists(os.path.join(store.root, object_name(address))):
                return address
        raise UsageError(f"{word} is no result in the store", "build it once more, then pin it")
    if "/" in word:
        return read_address(word)
    from compiler.cas.pins import pins
    from compiler.cas.walk import walk

    every = {found.address for found in walk(store) if found.address is not None} | set(pins(store))
    found = sorted(address for address in every if len(word) >= 6 and address[1].startswith(word))
    if len(found) != 1:
        problem = "means more than one object" if found else "is neither a file nor an object's name"
        raise UsageError(f"`{word}` {problem}", "name a program that was built, or six digits of a digest or more")
    return found[0]


# name -> (what it does, its options, whether it takes words, help)
ACTIONS: dict[str, tuple[Callable[[Store, list[str], Arguments], int], frozenset[str], bool, str]] = {
    "stats": (stats, frozenset(), False, "what there is, by kind"),
    "verify": (verify, frozenset(), False, "read everything and hold it against its name; status 1 for damage"),
    "repair": (
        repair,
        frozenset({"--offline"}),
        False,
        "set aside what is damaged, fetch it anew where that is possible",
    ),
    "gc": (
        gc,
        frozenset({"--max-size", "--unused", "--now"}),
        False,
        "remove what nothing needs, then the longest unused until all fits",
    ),
    "pin": (
        pin,
        frozenset({"--offline"}),
        True,
        "keep WHAT: a program that was built, an object's name, or the packages of a 0x0.lock",
    ),
    "unpin": (unpin, frozenset(), True, "let WHAT go with the next collection that wants its room"),
    "path": (path, frozenset(), False, "the folder: ZERO_CACHE, else `zero` in the user's cache folder"),
    "keep": (
        keep,
        frozenset({"--offline"}),
        True,
        "keep for other programs: KIND KEY PATH, a file or for evidence a folder; KEY is 64 digits in hex",
    ),
    "take": (
        take,
        frozenset({"--offline"}),
        True,
        "write what was kept so: KIND KEY PATH; status 1 when nothing was",
    ),
}
HELP = (
    "\n"
    + "".join(f"  {name:16} {row[3]}\n" for name, row in ACTIONS.items())
    + """
  --max-size SIZE  with gc: 500M, 2G or bytes; else ZERO_CACHE_SIZE, else 1G
  --unused DAYS    with gc: also what was not used for so long
  --now            with gc: also what is younger than an hour; only while nothing else builds
  --offline        leave the remote tier (ZERO_CACHE_REMOTE) alone
"""
)
