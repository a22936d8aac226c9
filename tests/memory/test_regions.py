"""Regions: what the analysis answers to questions with known answers, and that nothing dies too early or too late.

The counting interpreter ends a region by killing what was made in it: a touch afterwards, an owner that is left, or a
counted object that such a region forgets raises CountError.
"""

from __future__ import annotations

import io
import pathlib
import subprocess

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.hir.interp import run as run_hir
from compiler.mir.ops import OPS
from compiler.options import Options
from tests.corpus.programs import PROGRAMS
from tests.memory.region_programs import program
from tests.mir.running import outcome

PRELUDE = """\
(τ Node (Node (mut next (Option Node)) (mut held (List I64))))
(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))
(ƒ keep (∷ (→ Node (List I64) Unit)) (n xs) (set-field! n held xs))
(ƒ swap (∷ (→ Node Node Unit)) (a b) (set-field! a held (. b held)))
(ƒ id (x) x)
(ƒ use (x) unit)
(ƒ twice (x) (list x x))
(ƒ even (∷ (→ I64 (List I64) (List I64))) (n xs) (if (= n 0) xs (odd (- n 1) xs)))
(ƒ odd (∷ (→ I64 (List I64) (List I64))) (n xs) (if (= n 0) (list) (even (- n 1) xs)))
(ƒ map (f xs) (match xs ((list) (list)) ((cons x r) (cons (f x) (map f r)))))
(ƒ later (∷ (→ (List I64) (→ I64 I64))) (xs) (λ (k) (+ k (sum xs))))
(ƒ through (∷ (→ (→ (List I64) (List I64)) (List I64) I64)) (f xs) (sum (f xs)))
(ƒ tell (∷ (→ (Actor (List I64)) (List I64) Unit)) (a xs) (send a xs))
"""

# An expression with `out`, a Node from before, in scope, whose value is used; and for each allocation inside regions,
# where it lives at dev level: R the region, A a region around, H the heap, C counted by the runtime.
QUESTIONS = [
    ("(region (sum (list 1 2)))", "R"),
    ("(region (list 1 2))", "H"),
    ("(region (id (list 1)))", "H"),
    ("(region (sum (id (list 1))))", "R"),
    ("(region (sum (even 3 (list 1))))", "R"),
    ("(region (even 3 (list 1)))", "H"),
    ("(region (keep out (list 1)))", "H"),
    ("(region (keep (Node None (list)) (list 1)))", "RR"),
    ("(region (swap out (Node None (list 1))))", "RH"),
    ("(region (swap (Node None (list 1)) out))", "RR"),
    ("(region (set-field! out held (list 1)))", "H"),
    ("(≔ ((mut x (list))) (region (set! x (list 1)) (set! x (list))) (sum x))", "R"),  # the first is gone by then
    ("(≔ ((mut x (list))) (region (set! x (list 1)) (sum x)))", "R"),
    ("(≔ ((mut x (list))) (for (i 0 3) (region (set! x (cons i x)))))", "H"),
    ("(for (i 0 3) (region (sum (list i))))", "R"),
    ("(region (≔ ((k (list 1))) ((λ (x) (+ x (sum k))) 2)))", "RR"),
    ("(region (≔ ((k (list 1))) (λ (x) (+ x (sum k)))))", "HH"),
    ("(region ((later (list 1)) 2))", "H"),  # which function `later` gives is not known to its callers
    ("(region (sum (map (λ (x) (* x 2)) (list 1))))", "R"),
    ("(region (≔ ((k 2)) (sum (map (λ (x) (* x k)) (list 1)))))", "RR"),
    ("(region (through id (list 1)))", "H"),  # what a callee's callee gives, the callee takes for anybody's
    ("(region (through (λ (xs) (tail xs)) (list 1)))", "H"),
    ("(region (through (λ (xs) (list (sum xs))) (list 1)))", "R"),
    ("((λ (g) (region (g (list 1)))) sum)", "H"),
    ("(region (head (tail (twice (list 1)))))", "H"),
    ("(region (sum (head (tail (twice (list 1))))))", "R"),
    ("(region (nth (list (list 1)) 0))", "HR"),
    ("(region (send (: (inbox) (Actor (List I64))) (list 1)))", "CH"),
    ("(region (tell (inbox) (list 1)))", "CH"),
    ('(region (text-len (text-cat "a" "b")))', "C"),
    ('(region (len (list (text-cat "a" "b"))))', "RC"),
    ('(region (text-cat "a" "b"))', "H"),
    ("(region (sum (region (list 1))))", "A"),
    ("(region (region (sum (list 1))))", "R"),
    ("(region (≔ ((a (array 1 (list)))) (region (array-set! a 0 (list 1))) (len (array-get a 0))))", "RA"),
    ("(region (≔ ((n (Node None (list)))) (set-field! n next (Some n)) (sum (. n held))))", "RR"),
    ("(region (the I64 (: 5 Any)))", "R"),
    ("(region (byte-at (bytes 3) 1))", "R"),
    ("(region (array-len (array-copy (array 2 0))))", "RR"),
    ("(region (array-len (: (array-of) (Array I64))))", "R"),
    ("(region (with out (held (list 1))))", "HH"),
    ("(region (≔ ((mut n 0) (f (λ (k) (set! n (+ n k))))) (f 1) n))", "RR"),
    ("(region (if true (len (list 1)) (len (list 2))))", "RR"),
    ("(region (match (Some (list 1)) ((Some x) (sum x)) (None 0)))", "RR"),
    ("(region (match (Some (list 1)) ((Some x) x) (None (list))))", "HR"),
]
LETTERS = {"REGION-001": "R", "REGION-002": "H", "REGION-003": "C", "REGION-004": "A"}


def compiled(text: str, level: str):
    found = Sink()
    _, checked = pipeline.front("main.0x0", frozenset(), found, None, lambda _: text.encode())
    assert checked is not None, [item.message for item in found.items]
    return checked, pipeline.middle(checked, Options(level=level, verify=True))


@pytest.mark.parametrize(("body", "answer"), QUESTIONS)
def test_known_answers(body, answer, tmp_path):
    text = f"{PRELUDE}(ƒ main (_)\n  (≔ ((out (Node None (list 9))))\n    (use {body})))\n"
    path = tmp_path / "main.0x0"
    path.write_text(text, "utf-8")
    found, remarks = Sink(), Sink()
    _, checked = pipeline.front(str(path), frozenset(), found)
    assert checked is not None, [item.message for item in found.items]
    pipeline.middle(checked, Options(verify=True, remarks=remarks))
    line = PRELUDE.count("\n") + 3
    shown = [item for item in remarks.ordered() if item.file.place(item.start)[0] == line]
    letters = "".join([LETTERS[item.kind.code] for item in shown])
    assert sorted(letters) == sorted(answer), [item.message for item in shown]


@pytest.mark.parametrize("seed", range(24))
def test_random_programs_are_right_and_end_their_regions_clean(seed):
    text = program(seed)
    checked, _ = compiled(text, "dev")
    out, err = io.BytesIO(), io.BytesIO()
    status = run_hir(checked, argv=[], stdin=io.BytesIO(), stdout=out, stderr=err)
    expected = (status, out.getvalue(), err.getvalue())
    assert status == 0
    for level in ("dev", "release"):
        _, module = compiled(text, level)
        assert outcome(module, check_counts=True) == expected


def test_random_programs_make_things_in_regions():
    """Else the test above would prove nothing."""
    made: dict[str, int] = {}
    for seed in range(24):
        _, module = compiled(program(seed), "dev")
        for function in module.functions.values():
            for block in function.blocks:
                for value in block.body:
                    name = OPS[function.op[value]].name
                    made[name] = made.get(name, 0) + 1
    assert min([made.get(f"region.{name}", 0) for name in ("make", "array", "copy", "closure")]) >= 4


@pytest.mark.parametrize("level", ["dev", "release"])
@pytest.mark.parametrize(
    "path", [p for p in PROGRAMS if p.name.startswith("region") and not p.status], ids=lambda p: p.name
)
def test_the_corpus_ends_its_regions_clean(path, level):
    sink = Sink()
    _, checked = pipeline.front(path.path, frozenset(), sink)
    assert checked is not None
    module = pipeline.middle(checked, Options(level=level, verify=True))
    assert outcome(module, check_counts=True) == (0, path.stdout, b"")


def test_what_comes_from_outside_is_given_back():
    text = '(ƒ main (_) (region (print (head (list (head (argv)) "b"))) (len (list (head (argv))))))'
    for level in ("dev", "release"):
        _, module = compiled(text, level)
        assert outcome(module, argv=["given"], check_counts=True) == (0, b"given\n1\n", b"")


def test_a_region_with_nothing_in_it_costs_nothing():
    _, module = compiled('(ƒ main (_) (region (print "a")))', "dev")
    used = {OPS[f.op[v]].name for f in module.functions.values() for b in f.blocks for v in b.body}
    assert not any(name.startswith("region.") for name in used)


LOOP = """\
(τ Ring (Ring (mut next (Option Ring)) (held (Array (List I64)))))
(ƒ total (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x rest) (+ x (total rest)))))
(ƒ main (_)
  (≔ ((mut t 0) (kept (list 7)))
    (for (i 0 COUNT)
      (set! t (+ t (region
        (≔ ((xs (cons i kept)) (a (array 90 xs)) (ring (Ring None a)))
          (set-field! ring next (Some ring))
          (array-set! a 1 (cons 4 xs))
          (total (array-get (. ring held) 1)))))))
    END))
"""


@pytest.mark.parametrize("level", ["dev", "release"])
def test_memory_does_not_grow_with_the_turns_of_a_loop(level, tmp_path):
    """Natively: the same peak for 3 turns as for 30,000, and nothing is left, rings included."""
    shown = []
    for count in (3, 30_000):
        text = LOOP.replace("COUNT", str(count)).replace("END", "t")
        done = native(text, level, tmp_path)
        assert done.stdout == b"%d\n" % (count * (count - 1) // 2 + 11 * count)
        shown.append(dict(part.split("=") for part in done.stderr.decode().split()[1:]))
    assert shown[0]["peak_bytes"] == shown[1]["peak_bytes"]
    assert [each["live_blocks"] for each in shown] == ["0", "0"]


@pytest.mark.parametrize("level", ["dev", "release"])
@pytest.mark.parametrize(
    ("end", "status"), [("(region (≔ ((a (array 3 t))) (exit (array-len a))))", 3), ('(region (panic "x"))', 101)]
)
def test_the_program_may_end_in_a_region(level, end, status, tmp_path):
    assert native(LOOP.replace("COUNT", "2").replace("END", end), level, tmp_path).returncode == status


def native(text: str, level: str, folder: pathlib.Path) -> subprocess.CompletedProcess[bytes]:
    _, module = compiled(text, level)
    codes, lir = pipeline.back(module, Options(level=level, verify=True))
    path = folder / "program"
    path.write_bytes(pipeline.executable(codes, lir))
    path.chmod(0o755)
    return subprocess.run([path], capture_output=True, check=False, env={"ZR_STATS": "1"})
