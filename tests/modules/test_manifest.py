"""`0x0.pkg`, line by line."""

from __future__ import annotations

import pytest

from compiler.diagnostics import Sink, SourceFile
from compiler.modules.manifest import parse

GOOD = """\
# shapes

package shapes\r
version 0.1.0 # first
  source  src
dep colours lib/colours
feature debug
feature fast
"""


def test_reads_every_kind_of_line() -> None:
    sink = Sink()
    found = parse(SourceFile(0, "0x0.pkg", GOOD), "/p", sink)
    assert not sink
    assert (found.package, found.version, found.source) == ("shapes", "0.1.0", "src")
    assert found.deps == {"colours": "lib/colours"}
    assert found.features == ["debug", "fast"]


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("packages x", "PKG_MANIFEST-001", 1),
        ("package", "PKG_MANIFEST-002", 1),
        ("version 1 2", "PKG_MANIFEST-002", 11),
        ("dep a", "PKG_MANIFEST-002", 1),
        ("feature debug\nfeature debug", "PKG_MANIFEST-003", 1),
        ("source /src", "PKG_MANIFEST-004", 8),
        ("dep a b/../../c", "PKG_MANIFEST-004", 7),
        ("feature -x", "PKG_MANIFEST-005", 9),
    ],
)
def test_complains_at_the_place(line: str, code: str, column: int) -> None:
    sink = Sink()
    file = SourceFile(0, "0x0.pkg", line + "\n")
    parse(file, "/p", sink)
    (item,) = sink.items
    assert (item.kind.code, file.place(item.start)[1]) == (code, column)
