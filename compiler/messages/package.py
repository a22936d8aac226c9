"""PKG: what is wrong with `0x0.pkg`, with the packages it names, or with `0x0.lock`."""

from __future__ import annotations

from compiler.diagnostics import Kind

_EXAMPLE = """

    # comment
    package shapes
    version 0.1.0
    source src
    dep colours lib/colours
    feature debug"""

UNKNOWN_LINE = Kind(
    "PKG_MANIFEST-001",
    "`{word}` begins no line of a manifest",
    help="{advice}",
    explain="A line of `0x0.pkg` is one of package, version, source, dep, feature, or a comment:" + _EXAMPLE,
)
LINE_SHAPE = Kind(
    "PKG_MANIFEST-002",
    "`{word}` takes {wanted}",
    help="write {example}",
    explain="The words of a line are parted by spaces and cannot hold any:" + _EXAMPLE,
)
LINE_TWICE = Kind(
    "PKG_MANIFEST-003",
    "`{what}` is said twice",
    help="delete one of the two lines",
    explain="A package has one name, one version and one source folder; each dependency and feature is listed once.",
)
BAD_PATH = Kind(
    "PKG_MANIFEST-004",
    "`{path}` is no path inside the project",
    help="write a relative path without `..`",
    explain="Paths in a manifest are relative to its folder and do not lead out of it, so that a project can be moved.",
)
BAD_NAME = Kind(
    "PKG_MANIFEST-005",
    "`{name}` is no name",
    help="a name begins with a letter and goes on with letters, digits, `-` and `_`",
    explain="Names of packages, dependencies and features are words of ASCII letters, digits, `-` and `_`.",
)
NO_PACKAGE = Kind(
    "PKG_MANIFEST-006",
    "`{path}` is no package: {why}",
    help="a `dep` line names a folder that holds a 0x0.pkg; `zero lock --restore` puts back one that is locked",
    explain="""\
A package is a folder with a `0x0.pkg` of its own.  The path of a `dep` line leads to that folder, from the folder of
the `0x0.pkg` that the line stands in.""",
)
OUTSIDE = Kind(
    "PKG_MANIFEST-007",
    "`{path}` is no folder below the project's",
    help="put the package into a folder of its own inside the project, not a link to another place",
    explain="""\
Everything a program is made of lies inside its project, so that it can be moved and built elsewhere.  A link that leads
out of it would make the program depend on a place that the lock does not cover.""",
)
OTHER_NAME = Kind(
    "PKG_MANIFEST-008",
    "`{path}` is not the package `{name}`",
    help="{advice}",
    explain="""\
The name in a `dep` line is the one that the package gives itself in the `package` line of its own `0x0.pkg`.""",
)
TWO_FOLDERS = Kind(
    "PKG_MANIFEST-009",
    "`{name}` means two packages: `{first}` and `{second}`",
    help="decide in the program's own 0x0.pkg: dep {name} {first}",
    explain="""\
A name means one package in a whole program.  When two packages bring their own copies of a third, the program says
which one is used, with a `dep` line of its own.""",
)
OTHER_DIGEST = Kind(
    "PKG_DIGEST-001",
    "the package `{name}` in `{path}` is not what the lock says",
    help="look at what changed there; when it is right, run `zero lock`, else `zero lock --restore`",
    explain="""\
The lock pins the contents of every package by a SHA-256 digest.  The files in the package's folder are others: edited,
added or removed since `zero lock` last ran.  Nothing is compiled until both agree.

The digest is that of the lines which `sha256sum` writes for the package's files, sorted by path:

    cd lib/colours
    find . -name '*.0x0' -printf '%P\\n' -o -name 0x0.pkg -printf '%P\\n' |
        LC_ALL=C sort | xargs sha256sum | sha256sum""",
)
NOT_LOCKED = Kind(
    "PKG_DIGEST-002",
    "the package `{name}` is not locked: {what}",
    help="run `zero lock`, and check 0x0.lock in",
    explain="""\
A package is imported through `0x0.lock`, which pins its folder and its contents.  `zero lock` writes it from the `dep`
lines of the manifests.""",
)
LOCK_LINE = Kind(
    "PKG_DIGEST-003",
    "this is no line of a lock",
    help="delete the file and run `zero lock`",
    explain="""\
`0x0.lock` is written by `zero lock` and has one line for each package:

    dep colours lib/colours sha256:0f3a…""",
)
UNFIT_FILE = Kind(
    "PKG_DIGEST-004",
    "`{path}` cannot be part of a package: {why}",
    help="take it out of the package's folder",
    explain="""\
A package is regular files inside its own folder.  A link that leads out, a file that cannot be read or a name that
cannot stand in a line would leave something that the digest does not cover.""",
)
