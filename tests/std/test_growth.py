"""What the library calls linear is: instructions of native programs over five sizes, each twice the one before."""

from __future__ import annotations

import math
import pathlib
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable

import pytest

SIZES = (10_000, 20_000, 40_000, 80_000, 160_000)
EXPONENT = 1.05

PROGRAMS = {
    "text builder": """(↥ "std:text" t)
(ƒ work (n) (≔ ((b (t.builder))) (for (i 0 n) (t.add! b "hello, ") (t.add! b (i64->text i)))
  (text-len (t.build b))))""",
    "hash map": """(↥ "std:hash-map" h)
(ƒ work (n) (≔ ((m (h.new h.number-hash)) (mut s 0))
  (for (i 0 n) (h.put! m (* i 4096) i))
  (for (i 0 n) (set! s (+ s (h.get-or m (* i 4096) 0))))
  s))""",
    "bytes": """(ƒ work (n) (≔ ((b (bytes n)))
  (for (i 0 n) (byte-set! b i i))
  (text-len (bytes->text (bytes-slice b 0 n)))))""",
    "vec": """(↥ "std:vec" v)
(ƒ work (n) (≔ ((xs (v.new))) (for (i 0 n) (v.push! xs i)) (v.fold (λ (a x) (+ a x)) 0 xs)))""",
}
MAIN = "\n(ƒ main (_) (match (text->i64 (head (argv))) ((Some n) (work n)) (None 0)))\n"


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind counts the instructions")
@pytest.mark.parametrize("name", PROGRAMS)
def test_is_linear(name: str, tmp_path: pathlib.Path, zero: Callable[..., subprocess.CompletedProcess[bytes]]) -> None:
    (tmp_path / "main.0x0").write_text(PROGRAMS[name] + MAIN, "utf-8")
    done = zero("build", "main.0x0", "-o", "main", "--level", "release", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    counts = []
    for size in SIZES:
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "./main", str(size)]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
        found = re.search(rb"Collected : (\d+)", ran.stderr)
        assert found, ran.stderr
        counts.append(int(found[1]))
    points = [math.log(size) for size in SIZES]
    slope = statistics.linear_regression(points, [math.log(count) for count in counts]).slope
    assert 0.9 < slope <= EXPONENT, counts
