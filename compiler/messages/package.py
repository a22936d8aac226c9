"""PKG: what is wrong with `0x0.pkg`."""

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
