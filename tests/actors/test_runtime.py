"""Actors as the runtime runs them: many, deep ones, deterministic ones, lines that stay whole, the thread sanitizer."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest

from runtime_c import build
from tests.actors.test_programs import build as build_program
from tests.actors.test_programs import execute
from tests.lower.lanes import LANES, run

HERE = pathlib.Path(__file__).parent

MANY = """
(τ Job (Add (n I64)) (Total (to (Actor I64))))
(ƒ work (∷ (→ I64 (Actor Job) Unit)) (sum self)
  (match (receive self)
    ((Add n) (work (+ sum n) self))
    ((Total to) (send to sum))))
(ƒ main (∷ (→ Unit Unit)) (_)
  (≔ ((n 1000) (out (inbox)) (mut total 0)
      (workers (array n (spawn (λ (self) (work 0 self))))))
    (for (i 1 n) (array-set! workers i (spawn (λ (self) (work 0 self)))))
    (for (i 0 100000) (send (array-get workers (% (* i 7919) n)) (Add i)))
    (for (i 0 n) (send (array-get workers i) (Total out)))
    (for (i 0 n) (set! total (+ total (receive out))))
    (for (i 0 n) (join (array-get workers i)))
    (print (i64->text total))))
"""


def compiled(text: str, folder: pathlib.Path, zero: object) -> str:
    (folder / "main.0x0").write_text(text, "utf-8")
    return build_program(str(folder / "main.0x0"), folder, zero)


def test_a_thousand_actors_and_a_hundred_thousand_messages(tmp_path: pathlib.Path, zero: object) -> None:
    binary = compiled(MANY, tmp_path, zero)
    for schedule in ({"ZR_THREADS": "1"}, {"ZR_THREADS": "2"}, {"ZR_SCHED": "det:5"}):
        done = execute(binary, schedule)
        assert (done.returncode, done.stdout) == (0, b"%d\n" % sum(range(100_000))), schedule
        assert b"live_blocks=0 " in done.stderr


ORDER = """
(ƒ talk (∷ (→ I64 (Actor I64) (Actor Unit) Unit)) (name out self)
  (for (i 0 20) (send out name)))
(ƒ main (∷ (→ Unit Unit)) (_)
  (≔ ((out (inbox)) (actors (list (spawn (λ (self) (talk 1 out self))) (spawn (λ (self) (talk 2 out self)))
                                  (spawn (λ (self) (talk 3 out self))))))
    (for (i 0 60) (write (i64->text (receive out))))
    (join (nth actors 0)) (join (nth actors 1)) (join (nth actors 2))))
"""


def test_a_seed_is_a_schedule(tmp_path: pathlib.Path, zero: object) -> None:
    binary = compiled(ORDER, tmp_path, zero)
    orders = {}
    for seed in range(8):
        runs = {execute(binary, {"ZR_SCHED": f"det:{seed}"}).stdout for _ in range(5)}
        assert len(runs) == 1, f"seed {seed} has several schedules"
        orders[seed] = runs.pop()
    assert all(sorted(order) == sorted(b"1" * 20 + b"2" * 20 + b"3" * 20) for order in orders.values())
    assert len(set(orders.values())) > 4, "seeds hardly matter"


LINES = """
(ƒ talk (∷ (→ Text (Actor Unit) Unit)) (line self) (for (i 0 3000) (print line)))
(ƒ main (∷ (→ Unit Unit)) (_)
  (≔ ((a (spawn (λ (self) (talk "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" self))))
      (b (spawn (λ (self) (talk "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" self)))))
    (talk "cc" (: (inbox) (Actor Unit)))
    (join a) (join b)))
"""


def test_lines_do_not_mix(tmp_path: pathlib.Path, zero: object) -> None:
    done = execute(compiled(LINES, tmp_path, zero), {"ZR_THREADS": "3"})
    assert sorted(done.stdout.split(b"\n")) == sorted([b"", *[b"a" * 56, b"b" * 36, b"cc"] * 3000])


DEEP = """
(ƒ depth (∷ (→ I64 I64)) (n) (if (= n 0) 0 (+ 1 (depth (- n 1)))))
(ƒ main (∷ (→ Unit Unit)) (_)
  (≔ ((out (inbox)) (a (: (spawn (λ (self) (send out (depth {})))) (Actor Unit))))
    (print "before")
    (print (i64->text (receive out)))
    (join a)))
"""


@pytest.mark.parametrize("lane", LANES)
def test_depth_interpreted(lane: str) -> None:
    assert run(DEEP.format(10_000), lane) == (0, b"before\n10000\n", b"")
    assert run(DEEP.format(-1), lane) == (102, b"before\n", b"panic: stack exhausted\n")


def test_depth_native(tmp_path: pathlib.Path, zero: object) -> None:
    (tmp_path / "endless").mkdir()
    fine, endless = compiled(DEEP.format(10_000), tmp_path, zero), compiled(DEEP.format(-1), tmp_path / "endless", zero)
    for threads in ("1", "2"):
        done = execute(fine, {"ZR_THREADS": threads})
        assert (done.returncode, done.stdout) == (0, b"before\n10000\n")
        done = execute(endless, {"ZR_THREADS": threads})
        errors = re.sub(rb"^zr-stats: .*\n", b"", done.stderr, flags=re.MULTILINE)
        assert (done.returncode, errors) == (102, b"panic: stack exhausted\n")
        assert done.stdout in (b"before\n", b"")  # the actor may end the program before main has said it


COPY = """
(τ Node (Node (mut next (List Node)) (x I64)))
(ƒ walk (∷ (→ Node I64 I64 I64)) (n steps sum)
  (if (= steps 0) sum (walk (head (. n next)) (- steps 1) (+ sum (. n x)))))
(ƒ long (∷ (→ I64 (List (List I64)) (List (List I64)))) (n made)
  (if (= n 0) made (long (- n 1) (cons (list n) made))))
(ƒ main (∷ (→ Unit Unit)) (_)
  (≔ ((ring (inbox)) (a (Node (list) 1)) (b (Node (list a) 10)) (lists (inbox)) (numbers (long 100000 (list)))
      (b2 (text->bytes "abc")) (raw (inbox)))
    (set-field! a next (list b))
    (send ring b)
    (send ring (Node (list) 5))
    (set-field! a next (list))
    (print (i64->text (walk (receive ring) 5 0)))
    (print (i64->text (. (receive ring) x)))
    (send lists numbers)
    (print (show (= numbers (receive lists))))
    (send raw b2)
    (byte-set! b2 0 65)
    (print (bytes->text (receive raw)))
    (print (bytes->text b2))))
"""


def test_circles_long_lists_and_bytes(tmp_path: pathlib.Path, zero: object) -> None:
    expected = b"32\n5\ntrue\nabc\nAbc\n"
    for lane in LANES:
        assert run(COPY, lane) == (0, expected, b"")
    done = execute(compiled(COPY, tmp_path, zero), {})
    assert (done.returncode, done.stdout) == (0, expected)


RETURN = """
(ƒ spin (∷ (→ I64 (Actor Unit) Unit)) (n self) (spin (+ n 1) self))
(ƒ wait (∷ (→ (Actor Unit) Unit)) (self) (receive self))
(ƒ main (∷ (→ Unit I64)) (_)
  (≔ ((a (spawn wait)) (b (spawn (λ (self) {}))))
    7))
"""


def test_main_ends_the_program(tmp_path: pathlib.Path, zero: object) -> None:
    for lane in LANES:
        assert run(RETURN.format("(wait self)"), lane) == (0, b"7\n", b"")
    binary = compiled(RETURN.format("(spin 0 self)"), tmp_path, zero)
    for threads in ("1", "3"):
        done = execute(binary, {"ZR_THREADS": threads})
        assert (done.returncode, done.stdout) == (0, b"7\n")


EXIT = """
(ƒ leave (∷ (→ (Actor I64) Unit)) (self) (print "leaving") (exit (receive self)))
(ƒ main (∷ (→ Unit Unit)) (_)
  (≔ ((a (spawn leave))) (send a 300) (join a) (print "never")))
"""


def test_exit_in_an_actor(tmp_path: pathlib.Path, zero: object) -> None:
    for lane in LANES:
        assert run(EXIT, lane) == (44, b"leaving\n", b"")
    done = execute(compiled(EXIT, tmp_path, zero), {"ZR_THREADS": "2"})
    assert (done.returncode, done.stdout) == (44, b"leaving\n")


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = str(tmp_path_factory.mktemp("threads") / "threads")
    flags = ["-std=gnu11", "-O1", "-g", "-DZR_HOSTED", "-fno-strict-aliasing", "-fsanitize=thread", "-pthread"]
    sources = build.sources(hosted=True)
    command = [build.compiler(), *flags, "-I.", *sources, str(HERE / "threads.c"), "-o", made]
    subprocess.run(command, check=True, cwd=build.HERE)
    return made


@pytest.mark.parametrize("threads", ["1", "2", "4"])
def test_no_races(sanitized: str, threads: str) -> None:
    # The sanitizer wants its address space where it is without randomisation.
    command = ["setarch", "-R", sanitized, "20", "2000"]
    environment = {**os.environ, "ZR_THREADS": threads, "ZR_STATS": "1", "TSAN_OPTIONS": "exitcode=66"}
    done = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=300)
    assert b"ThreadSanitizer" not in done.stderr, done.stderr.decode()
    assert (done.returncode, done.stdout) == (0, b"%d\n" % sum(range(10_000)))
    assert b"live_blocks=0 " in done.stderr
