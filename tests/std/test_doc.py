"""`zero doc`: what a page shows of a module, and what it keeps private."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from subprocess import CompletedProcess

Zero = Callable[..., "CompletedProcess[bytes]"]

SOURCE = """\
(⊙ shapes)
(doc "Shapes.")
(↦ Shape Dot Open area width greet poke)
(τ Shape (doc "A shape.") Dot (Hidden I64))
(τ (Open a) (Secret a))
(const width I64 (doc "How wide.") 3)
(ƒ area (∷ (→ Shape
    I64)) (cap pure) (doc "How large.") (s) (match s (Dot 0) ((Hidden n) n)))
(ƒ greet (:: (-> Unit Unit)) (doc "Says hello.") (_) (print "hello"))
(ƒ poke (∷ (→ (Array a) a Unit)) (items x) (array-set! items 0 x))
(ƒ private (x) x)
"""

PAGE = """\
# shapes

Shapes.

## Types

### `Shape`

```
Dot
```

A shape.

### `(Open a)`

## Constants

### `width`

`I64`

How wide.

## Functions

### `(area s)`

`(→ Shape I64)`

How large.

### `(greet)`

`(→ Unit Unit)`

*Capabilities: io.*

Says hello.

### `(poke items x)`

`(→ (Array a) a Unit)`

*Stores into data.*
"""


def test_a_page(tmp_path: pathlib.Path, zero: Zero) -> None:
    (tmp_path / "shapes.0x0").write_text(SOURCE, "utf-8")
    done = zero("doc", "shapes.0x0", cwd=tmp_path)
    assert (done.returncode, done.stderr.decode(), done.stdout.decode()) == (0, "", PAGE)
    done = zero("doc", "shapes.0x0", "-o", "shapes.md", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "shapes.md").read_text("utf-8") == PAGE


def test_without_exports_everything_is_shown_and_types_are_inferred(tmp_path: pathlib.Path, zero: Zero) -> None:
    text = "(τ T (A I64) B)\n(ƒ twice (f x) (f (f x)))\n(ƒ two (_) 2)\n(ƒ main (_) (print (show (two))))\n"
    (tmp_path / "m.0x0").write_text(text, "utf-8")
    page = zero("doc", "m.0x0", cwd=tmp_path).stdout.decode()
    assert page == (
        "# main\n\n## Types\n\n### `T`\n\n```\n(A I64)\nB\n```\n\n"
        "## Functions\n\n### `(twice f x)`\n\n`(→ (→ a a) a a)`\n\n### `(two)`\n\n`(→ Unit I64)`\n"
    )


def test_errors_are_diagnostics_and_write_nothing(tmp_path: pathlib.Path, zero: Zero) -> None:
    (tmp_path / "bad.0x0").write_text("(ƒ f (x) (g x))\n", "utf-8")
    done = zero("doc", "bad.0x0", "-o", "out.md", cwd=tmp_path)
    assert done.returncode == 1
    assert b"bad.0x0:1:11: error[SEM_UNBOUND-020]" in done.stderr
    assert not (tmp_path / "out.md").exists()
