"""`--remarks`: where each allocation in a region lives and why, in the order of the text; the program is fine."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Callable

import pytest

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]

SOURCE = """\
(τ Box (Box (mut held (List I64))))
(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))
(ƒ keep (∷ (→ Box (List I64) Unit)) (box xs) (set-field! box held xs))
(ƒ apply (∷ (→ (→ (List I64) I64) I64)) (f) (region (f (list 6))))
(ƒ main (_)
  (≔ ((box (Box (list))))
    (region (sum (list 1)))
    (region (keep box (list 2)) unit)
    (region (set-field! box held (list 3)))
    (print (show (region (list 4))))
    (region (sum (region (list 5))))
    (region (text-len (text-cat "a" "b")))
    (region (send (inbox) (list 7)))
    (apply sum)))
"""
REMARKS = """\
main.0x0:4:56: remark[REGION-002]: promoted to the heap: it is given at 4:53 to a function that is not known
main.0x0:7:18: remark[REGION-001]: allocated in the region
main.0x0:8:23: remark[REGION-002]: promoted to the heap: `keep`, called at 8:13, keeps it
main.0x0:9:34: remark[REGION-002]: promoted to the heap: it is stored at 9:13 in what outlives the region
main.0x0:10:26: remark[REGION-002]: promoted to the heap: it is needed after the region, at 10:12
main.0x0:11:26: remark[REGION-004]: allocated in a region around this one: it is needed after the region, at 11:13
main.0x0:12:23: remark[REGION-003]: counted on the heap: its last owner is gone when the region ends
main.0x0:13:19: remark[REGION-003]: counted on the heap: its last owner is gone when the region ends
main.0x0:13:27: remark[REGION-002]: promoted to the heap: it goes to another actor at 13:13
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "main.0x0").write_text(SOURCE, "utf-8")
    return tmp_path


def test_check_says_where_and_why(zero: Zero, folder: pathlib.Path) -> None:
    done = zero("check", "--remarks", "main.0x0", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, b"", REMARKS)


def test_build_says_the_same_and_builds(zero: Zero, folder: pathlib.Path) -> None:
    for _ in range(2):  # a build that is kept says it again
        done = zero("build", "--remarks", "main.0x0", "-o", "out", cwd=folder)
        assert (done.returncode, done.stderr.decode()) == (0, REMARKS)
        assert subprocess.run([folder / "out"], capture_output=True, check=True).stdout == b"(list 4)\n6\n"


def test_the_machine_form_tells_remarks_from_errors(zero: Zero, folder: pathlib.Path) -> None:
    done = zero("check", "--remarks", "--json", "main.0x0", cwd=folder)
    rows = json.loads(done.stderr)["diagnostics"]
    assert done.returncode == 0
    shown = "".join(f"main.0x0:{r['line']}:{r['column']}: {r['severity']}[{r['code']}]: {r['message']}\n" for r in rows)
    assert shown == REMARKS
    sarif = json.loads(zero("check", "--remarks", "--sarif", "main.0x0", cwd=folder).stderr)
    assert {row["level"] for row in sarif["runs"][0]["results"]} == {"note"}


def test_after_the_optimizer_what_is_inlined_is_seen(zero: Zero, folder: pathlib.Path) -> None:
    shown = zero("check", "--remarks", "--level", "release", "main.0x0", cwd=folder).stderr.decode()
    assert "keeps it" not in shown
    assert "it is stored at 3:48 in what outlives the region" in shown or "promoted" in shown


def test_errors_come_alone(zero: Zero, folder: pathlib.Path) -> None:
    (folder / "main.0x0").write_text(SOURCE + "(ƒ wrong (_) (region (nothing)))\n", "utf-8")
    done = zero("check", "--remarks", "main.0x0", cwd=folder)
    assert done.returncode == 1
    assert b"remark" not in done.stderr


def test_the_library_has_places_too(zero: Zero, folder: pathlib.Path) -> None:
    text = '(↥ "std:list" l)\n(ƒ main (_) (region (len (l.map (λ (x) (+ x 1)) (list 1 2)))))\n'
    (folder / "main.0x0").write_text(text, "utf-8")
    done = zero("check", "--remarks", "--level", "release", "main.0x0", cwd=folder)
    assert done.returncode == 0
    assert b"main.0x0:2:49: remark[REGION-001]: allocated in the region\nstd:list:" in done.stderr
