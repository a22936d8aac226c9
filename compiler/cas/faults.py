"""Every failure of the store, one row each: what is wrong, what to do, and what the store does about it.

No failure here is an error in a program, so none has a place in a source: a build goes on without the result and makes
it again.  `damage` rows say that something in the store is not what it should be, and are told in one line; the others
may be so at any time and only `zero cache verify` speaks of them.  Codes are permanent.
"""

from __future__ import annotations

FAULTS: dict[str, Row] = {}


class Row:
    """One failure: code, what is wrong (with {facts}), what to do next, and what the store does."""

    __slots__ = ("code", "damage", "explain", "help", "summary")

    def __init__(
        self,
        code: str,
        summary: str,
        *,
        help: str,  # noqa: A002
        explain: str,
        damage: bool = True,
        table: dict[str, Row] = FAULTS,
    ) -> None:
        if code in table:
            raise ValueError(f"{code} is declared twice")
        self.code = code
        self.summary = summary
        self.help = help
        self.explain = explain
        self.damage = damage
        table[code] = self


_REPAIR = "zero cache repair removes what is damaged; a build makes it again"

Row(
    "CAS_OBJECT-001",
    "{name} does not hold what its name says",
    help=_REPAIR,
    explain="""\
An object is named by the SHA-256 of its kind, its schema and its contents, and each read computes it anew.  This one
has other contents: a bad disk, or somebody wrote into the store.  It is set aside and never used.""",
)
Row(
    "CAS_OBJECT-002",
    "{name} is cut off",
    help=_REPAIR,
    explain="""\
The size of an object is part of its name, and this one is shorter: the machine lost power, or the disk was full.  It is
set aside and never used.""",
)
Row(
    "CAS_OBJECT-003",
    "{name} holds what it should, but that is no {kind}: {why}",
    help=_REPAIR,
    explain="""\
The digest fits and the contents are not of the object's kind: they were put there by something other than this
compiler.  Whatever arrives from another tier or is scanned is held against its kind's form besides its digest.""",
)
Row(
    "CAS_OBJECT-004",
    "{name} is {what} instead of a file",
    help=_REPAIR,
    explain="""\
The store follows no symbolic links and reads no devices or pipes, so that nothing in it can lead to another place.""",
)
Row(
    "CAS_OBJECT-005",
    "{name} is referred to, and is not there",
    help="nothing needs to be done; a build makes it again",
    damage=False,
    explain="""\
A reference or another object names it.  It was removed by hand or by a collection that ran while it was being written.
The reference counts as none.""",
)
Row(
    "CAS_OBJECT-006",
    "{name} cannot be unpacked: {why}",
    help=_REPAIR,
    explain="""\
Large text is compressed by zstd.  The object is packed in a way that this compiler does not know, its stream is
broken, or the library is not installed here.  A broken stream is set aside; else the object stays where it is.""",
)
Row(
    "CAS_OBJECT-007",
    "{name} cannot be run",
    help=_REPAIR,
    explain="""\
A program in the store is run where it lies, and this one has lost the permission.  It is set aside and made again.""",
)
Row(
    "CAS_REF-001",
    "the reference {name} is damaged",
    help=_REPAIR,
    explain="""\
A reference leads from the key of a request to the address of its result and carries a check over both, so that neither
a torn write nor the reference of another key is believed.  It is removed.""",
)
Row(
    "CAS_REF-002",
    "the reference {name} leads to a {found}, where a {wanted} was asked for",
    help=_REPAIR,
    explain="""\
Each request knows the kind of its result.  A reference that leads to another kind is not followed.""",
)
Row(
    "CAS_SCHEMA-001",
    "the store has layout {found}, and this compiler knows up to {known}",
    help="use another folder (ZERO_CACHE), or the newer compiler",
    explain="""\
A newer compiler has been here.  Nothing is read, written or removed; builds go on without a store.""",
)
Row(
    "CAS_SCHEMA-002",
    "{name} follows schema {found} of its kind, and this compiler writes {known}",
    help="zero cache gc removes it",
    damage=False,
    explain="""\
The form of a kind's payload has changed, and what was made by another compiler counts as not there.""",
)
Row(
    "CAS_SCHEMA-003",
    "`{found}` is no layout of a store",
    help="remove the folder, or use another one (ZERO_CACHE)",
    explain="""\
The file `format` says by which rules a store is laid out.  It is damaged, or the folder is something else's: nothing in
it is read, written or removed.""",
)
Row(
    "CAS_NAME-001",
    "`{name}` is no name of anything in a store",
    help="an address is KIND/DIGEST/SIZE, a key is 64 hexadecimal digits, a pin is a word of letters and digits",
    explain="""\
Names become paths, so whatever is not exactly a name is refused before any file is looked at: no `..`, no `/` where
none belongs, no unknown kind.""",
)
Row(
    "CAS_PLACE-001",
    "{path}: {why}",
    help="ZERO_CACHE names another folder",
    damage=False,
    explain="""\
The store's folder cannot be made or used.  Builds go on without a store.""",
)
Row(
    "CAS_PLACE-002",
    "{path}: the disk is full",
    help="zero cache gc --max-size 256M makes room",
    damage=False,
    explain="""\
A result could not be kept.  What was written of it is gone, what was there before is as it was; the build goes on.""",
)
Row(
    "CAS_PLACE-003",
    "{path} cannot be written",
    help="what is there is still used; ZERO_CACHE names another folder",
    damage=False,
    explain="""\
The store is on a read-only file system or belongs to somebody else.  Earlier results are used, new ones not kept.""",
)
Row(
    "CAS_PLACE-004",
    "{path} is {what} instead of a folder",
    help="remove it; the store makes its own folders",
    explain="""\
The store follows no symbolic links inside its folder: a result must not land in another place.""",
)
Row(
    "CAS_PLACE-005",
    "{path} is in use by another collection",
    help="try again when it is done",
    damage=False,
    explain="""\
Collecting, repairing and moving to another layout exclude each other.  Reading and writing go on all the time.""",
)
Row(
    "CAS_ROOT-001",
    "{path} is {what} and can hold no results",
    help="ZERO_CACHE names the folder of the store; unset, it is in the user's cache folder",
    explain="""\
The store's root is there and is no folder, so nothing can be found or kept, and each build starts from nothing.  A
relative ZERO_CACHE is another store in each folder that a command is started in.""",
)
Row(
    "CAS_WRITER-001",
    "{name} was left behind by a writer that was killed",
    help="zero cache gc removes it",
    damage=False,
    explain="""\
A result is written under a name of its own and renamed when it is whole, so what a killed writer leaves is never read.
It goes with the next collection after an hour.""",
)
Row(
    "CAS_STRAY-001",
    "{name} does not belong into a store",
    help="remove it, or let ZERO_CACHE name a folder of its own",
    damage=False,
    explain="""\
Something else put it there.  It is never read, and never removed either: it may be somebody's.""",
)
Row(
    "CAS_REMOTE-001",
    "the remote tier {path} cannot be used: {why}",
    help="--offline leaves it alone",
    damage=False,
    explain="""\
The folder of ZERO_CACHE_REMOTE is not there, is full or belongs to somebody else.  The local store goes on alone.""",
)
Row(
    "CAS_REMOTE-002",
    "{name} from the remote tier is refused: {why}",
    help="remove it there: whoever shares that folder can put anything into it",
    explain="""\
What arrives is unpacked, held against its digest and its kind's form before it enters the local store.  It was refused,
and the build makes its own.""",
)
Row(
    "CAS_INPUT-001",
    "the build read {path}, which is no input of it",
    help="only sources, manifests, --link files, the standard library and the runtime may be read under --hermetic",
    explain="""\
Under --hermetic every file that is opened while compiling has to be one that the build's record names, so that the
result depends on nothing else.  Nothing was written.""",
)
Row(
    "CAS_PACKAGE-001",
    "the store does not have the package `{name}` as 0x0.lock pins it",
    help="run `zero lock` where its files are right, with the same ZERO_CACHE or ZERO_CACHE_REMOTE",
    damage=False,
    explain="""\
`zero lock` keeps each package that it pins, and `zero lock --restore` puts its files back from there.  This one was
never kept in this store or in the tier behind it, or a collection took it since.  Nothing was written.""",
)
Row(
    "CAS_PACKAGE-002",
    "in the way of the package `{name}`: {path} ({why})",
    help="move it away; what is not the package's own is never removed",
    damage=False,
    explain="""\
`zero lock --restore` puts missing and changed files of a package back.  A source file that the package does not have
would count into its digest, and nothing is written through a symbolic link or over a folder.  Nothing was written.""",
)
Row(
    "CAS_PACKAGE-003",
    "what the store has for the package `{name}` is not what 0x0.lock pins: {why}",
    help="zero cache repair removes what is damaged; `zero lock` keeps the package again where its files are right",
    explain="""\
Every file that comes from the store is held against its own digest, and all of them against the digest in the lock,
before anything is written.  These were put there by something other than `zero lock`.""",
)
