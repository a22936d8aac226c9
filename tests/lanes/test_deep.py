"""Data of any depth is compared, shown, sent and dropped in bounded stack: lists, variants, fields, closures, Any."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = """
(τ Chain (Link Chain) End)
(τ Tree Leaf (Node Tree I64 Tree))
(τ Loop (Loop (mut next (Option Loop)) (size I64)))
(ƒ repeat (∷ (→ (→ a a) I64 a a)) (f n x) (if (= n 0) x (repeat f (- n 1) (f x))))
(ƒ nests (∷ (→ Any I64 Any)) (x n) (if (= n 0) x (nests (: (Some x) Any) (- n 1))))
(ƒ main (_)
  (≔ ((n N))
    (print (show (len (repeat (λ (xs) (cons 1 xs)) (* 10 n) (list)))))
    (match (repeat (λ (c) (Link c)) n End) ((Link _) (print "link")) (End (print "end")))
    (match (repeat (λ (c) (Node c 1 Leaf)) n Leaf) ((Node _ _ _) (print "left")) (Leaf (print "end")))
    (match (repeat (λ (c) (Node Leaf 1 c)) n Leaf) ((Node _ _ _) (print "right")) (Leaf (print "end")))
    (match (repeat (λ (o) (Some (Loop o 1))) n None) ((Some l) (print (show (. l size)))) (None (print "end")))
    (≔ ((f (repeat (λ (g) (λ (x) (if (> x 0) (g (- x 1)) x))) n (λ (x) x)))) (print (show (f 5))))
    (≔ ((b (nests (: 1 Any) (/ n 10))))
      (print (show (= b (nests (: 1 Any) (/ n 10)))))
      (print (show (text-len (show b)))))
    (≔ ((long (repeat (λ (c) (Link c)) n End))
        (a (spawn (λ (self) (match (receive self) ((Link _) (print "got")) (End (print "end")))))))
      (send a long)
      (join a)
      (print (if (= long (repeat (λ (c) (Link c)) n End)) "same" "other")))))
"""
LANES = {
    "interp": (10_000, ("--lane", "interp")),
    "mir": (10_000, ("--lane", "mir")),
    "native-dev": (1_000_000, ("--lane", "native", "--level", "dev")),
    "native-release": (1_000_000, ("--lane", "native", "--level", "release")),
}


@pytest.mark.parametrize("lane", LANES)
def test_depth_costs_no_stack(
    lane: str, tmp_path: Path, zero: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    """Natively the list is 10,000,000 long, and nothing is left when main has returned."""
    n, options = LANES[lane]
    (tmp_path / "main.0x0").write_text(PROGRAM.replace("N)", f"{n})", 1), "utf-8")
    done = zero("run", "main.0x0", *options, cwd=tmp_path, env={"ZR_STATS": "1"})
    shown = len("(: (Some ") * (n // 10) + len("(: 1 Any)") + len(") Any)") * (n // 10)
    expected = [10 * n, "link", "left", "right", 1, 0, "true", shown, "got", "same"]
    assert (done.returncode, done.stdout.decode().split("\n")) == (0, [*map(str, expected), ""])
    if lane.startswith("native"):
        assert b"zr-stats: live_blocks=0 " in done.stderr
