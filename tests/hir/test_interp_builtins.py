"""Every builtin, in the interpreters: values against Python's own functions, panics by kind, fact and place.

`CASES` is checked against the table of builtins: a new row without a case here is red.
"""

from __future__ import annotations

import pathlib

import pytest

from compiler.builtins import BUILTINS
from compiler.hir.interp_builtins import World, table
from compiler.lower.builtins import ENTRIES, NUMERIC, PLAIN
from tests.lower.lanes import LANES, lines, run, shown

HELLO = "héllo\n".encode()


def quote(text: str) -> str:
    return '"' + text + '"'


# builtin -> [(expression, what `show` gives)]; numbers have a file of their own (test_interp_numbers.py)
CASES: dict[str, list[tuple[str, str]]] = {
    "not": [("(not true)", "false"), ("(not false)", "true")],
    "=": [
        ("(= unit unit)", "true"),
        ("(= true false)", "false"),
        ('(= "ab" "ab")', "true"),
        ('(= "ab" "abc")', "false"),
        ("(= (list 1 2) (list 1 2))", "true"),
        ("(= (list 1 2) (list 1))", "false"),
        ("(= (list) (list 1))", "false"),
        ("(= (array-of 1.5 2.5) (array-of 1.5 2.5))", "true"),
        ("(= (array 2 0) (array 3 0))", "false"),
        ("(= (Some (list (Some 1) None)) (Some (list (Some 1) None)))", "true"),
        ("(= (Some 1) None)", "false"),
        ("(= (list (/ 0.0 0.0)) (list (/ 0.0 0.0)))", "false"),
        ("(= (Some 0.0) (Some -0.0))", "true"),
    ],
    "!=": [
        ('(!= "a" "b")', "true"),
        ("(!= (list 1) (list 1))", "false"),
        ("(!= unit unit)", "false"),
        ("(!= true false)", "true"),
    ],
    "cons": [("(cons 1 (list 2 3))", "(list 1 2 3)"), ('(cons "x" (list))', '(list "x")')],
    "head": [("(head (list 7 8))", "7"), ('((: head (→ (List Text) Text)) (list "a"))', '"a"')],
    "tail": [("(tail (list 7 8))", "(list 8)"), ("(tail (list 7))", "(list)")],
    "empty?": [("(empty? (list 1))", "false"), ("(empty? (tail (list 1)))", "true")],
    "len": [("(len (list 1 2 3))", "3"), ("(len (tail (list 1)))", "0")],
    "nth": [("(nth (list 5 6 7) 0)", "5"), ("(nth (list 5 6 7) 2)", "7")],
    "array": [
        ("(array 3 1.5)", "(array-of 1.5 1.5 1.5)"),
        ("(array 0 1)", "(array-of)"),
        ('(array 2 "x")', '(array-of "x" "x")'),
    ],
    "array-len": [("(array-len (array 4 true))", "4"), ("(array-len (array-of 1 2))", "2")],
    "array-get": [("(array-get (array-of 4 5 6) 2)", "6"), ("(array-get (array-of (list 1)) 0)", "(list 1)")],
    "array-set!": [("(≔ ((a (array-of 1 2 3))) (array-set! a 1 9) a)", "(array-of 1 9 3)")],
    "array-copy": [
        (
            "(≔ ((a (array-of 1 2)) (b (array-copy a))) (array-set! a 0 9) (list a b))",
            "(list (array-of 9 2) (array-of 1 2))",
        )
    ],
    "bytes": [("(bytes 3)", "(bytes-of 0 0 0)"), ("(bytes 0)", "(bytes-of)"), ("(= (bytes 2) (bytes 3))", "false")],
    "bytes-len": [("(bytes-len (bytes 5))", "5"), ('(bytes-len (text->bytes "é"))', "2")],
    "byte-at": [(f'(byte-at (text->bytes "aé") {i})', str(b)) for i, b in enumerate("aé".encode())],
    "byte-set!": [
        (f"(≔ ((b (bytes 2))) (byte-set! b 1 {n}) b)", f"(bytes-of 0 {n & 255})")
        for n in (7, 255, 256, -1, 2**63 - 1, -(2**63))
    ],
    "bytes->text": [("(bytes->text (bytes 0))", '""'), ("(bytes->text (bytes 1))", '"\\u{0}"')],
    "text->bytes": [
        ('(text->bytes "é\\u{0}")', "(bytes-of 195 169 0)"),
        ('(≔ ((t "ab") (b (text->bytes t))) (byte-set! b 0 99) (list t (bytes->text b)))', '(list "ab" "cb")'),
        ('(= (text->bytes "ab") (text->bytes "ab"))', "true"),
        ('(!= (list (text->bytes "ab")) (list (text->bytes "ac")))', "true"),
    ],
    "bytes-slice": [
        (f'(bytes->text (bytes-slice (text->bytes "hello") {i} {j}))', quote("hello"[i:j]))
        for i in range(6)
        for j in range(i, 6)
    ]
    + [("(≔ ((b (bytes 2)) (c (bytes-slice b 0 2))) (byte-set! c 0 1) b)", "(bytes-of 0 0)")],
    "text-len": [('(text-len "")', "0"), ('(text-len "héllo")', str(len("héllo".encode())))],
    "text-at": [(f'(text-at "héllo" {i})', str("héllo".encode()[i])) for i in range(6)],
    "text-slice": [(f'(text-slice "hello" {i} {j})', quote("hello"[i:j])) for i in range(6) for j in range(i, 6)],
    "text-find": [
        (f'(text-find "{a}" "{b}")', str(a.find(b)))
        for a in ("", "a", "banana")
        for b in ("", "a", "na", "nan", "x", "bananas")
    ],
    "text<": [(f'(text< "{a}" "{b}")', str(a < b).lower()) for a in ("", "a", "ab", "b") for b in ("", "a", "ab", "b")]
    + [('(text< "z" "é")', "true")],
    "text-cat": [('(text-cat "a" "")', '"a"'), ('(text-cat "a" "b" "c" "d")', '"abcd"')],
    "i64->text": [(f"(i64->text {n})", quote(str(n))) for n in (0, -1, 2**63 - 1, -(2**63))],
    "show": [
        ("(show 1)", '"1"'),
        ("unit", "unit"),
        ('"a\\n\\t\\r\\"\\\\"', '"a\\n\\t\\r\\"\\\\"'),
        ('"\\u{1}\\u{7f}é"', '"\\u{1}\\u{7f}é"'),
        ("2.0", "2.0"),
        ("(tail (list 1))", "(list)"),
        ("(list (list 1) (tail (list 1)))", "(list (list 1) (list))"),
        ("(array-of (Some true) None)", "(array-of (Some true) None)"),
        ('(: (Ok (list "a")) (Result (List Text) I64))', '(Ok (list "a"))'),
        ("(list unit unit)", "(list unit unit)"),
    ],
}

# Checked by programs below instead of by value.
WORLD = {
    "print",
    "write",
    "read-line",
    "read-stdin",
    "read-file",
    "write-file",
    "argv",
    "env",
    "exit",
    "panic",
    "now-ns",
    *("spawn", "inbox", "send", "receive", "join"),  # tests/actors
}
NUMBERS = {
    *{"+", "-", "*", "/", "%", "neg", "abs", "min", "max", "<", "<=", ">", ">=", "sqrt", "floor", "ceil"},
    *{"bit-and", "bit-or", "bit-xor", "bit-not", "shl", "shr", "sar", "popcount", "clz", "ctz"},
    *["i64->f64", "f64->i64", "f64-bits", "bits-f64", "f64->text", "f64->fixed", "text->i64", "text->f64"],
}
BUILT = {row.name for row in BUILTINS if row.status == "built"}


def test_every_builtin_has_a_meaning_a_lowering_and_a_case() -> None:
    assert set(table(World([], None, None))) == BUILT  # type: ignore[arg-type]
    assert {*PLAIN, *NUMERIC, *ENTRIES} == BUILT
    assert len({*PLAIN}) + len({*NUMERIC}) + len({*ENTRIES}) == len(BUILT)
    assert {*CASES} | WORLD | NUMBERS == BUILT


@pytest.mark.parametrize("lane", LANES)
def test_values(lane: str) -> None:
    cases = [case for name in CASES for case in CASES[name]]
    assert shown([e for e, _ in cases], lane) == [w for _, w in cases]


# (expression, message); the expression stands at line 1, column 16 of its program
PANICS = [
    ("(/ 1 0)", "division by zero"),
    ("(% 1 0)", "division by zero"),
    ("(/ -9223372036854775808 -1)", "division overflow"),
    ("(% -9223372036854775808 -1)", "division overflow"),
    ("(head (tail (list 1)))", "empty list"),
    ("(tail (tail (list 1)))", "empty list"),
    ("(nth (list 1 2) 2)", "index 2 out of range for length 2"),
    ("(nth (list 1 2) -1)", "index -1 out of range for length 2"),
    ("(array -1 0)", "array length -1 out of range"),
    ("(array-get (array 3 0) 3)", "index 3 out of range for length 3"),
    ("(array-get (array 3 0) -1)", "index -1 out of range for length 3"),
    ("(array-set! (array 0 0) 0 1)", "index 0 out of range for length 0"),
    ("(bytes -1)", "array length -1 out of range"),
    ("(byte-at (bytes 2) 2)", "index 2 out of range for length 2"),
    ("(byte-set! (bytes 2) -1 0)", "index -1 out of range for length 2"),
    ("(bytes-slice (bytes 2) 1 3)", "slice 1..3 out of range"),
    ('(text-at "abc" 3)', "index 3 out of range for length 3"),
    ('(text-slice "abc" 2 1)', "slice 2..1 out of range"),
    ('(text-slice "abc" 0 4)', "slice 0..4 out of range"),
    ('(text-slice "abc" -1 2)', "slice -1..2 out of range"),
    ("(f64->fixed 1.0 -1)", "digits -1 out of range"),
    ("(f64->fixed 1.0 1001)", "digits 1001 out of range"),
    ('(panic "my \\"words\\"")', 'my "words"'),
]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(("expression", "message"), PANICS, ids=[e for e, _ in PANICS])
def test_panics(expression: str, message: str, lane: str) -> None:
    text = f"(fn main (_) \n {expression} unit)"
    assert run(text, lane) == (101, b"", f"panic: {message}\n  at main.0x0:2:2\n".encode())


@pytest.mark.parametrize("lane", LANES)
def test_a_builtin_as_a_value_panics_where_it_is_mentioned(lane: str) -> None:
    text = "(fn call (:: (-> (-> a b) a b)) (f x) (f x))\n(fn main (_)\n  (call head (tail (list 1))))"
    assert run(text, lane) == (101, b"", b"panic: empty list\n  at main.0x0:3:9\n")


CYCLE = """(type Node (Node (mut next (List Node)) (x I64)))
(fn main (_) (let ((a (Node (list) 1)) (b (Node (list) 1)))
  (set-field! a next (list a)) (set-field! b next (list b b))
  {}))"""


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("expression", ["(print (show a))", "(= a a)", "(!= (list a) (list b))"])
def test_a_value_that_contains_itself_panics(expression: str, lane: str) -> None:
    status, out, err = run(CYCLE.format(f"{expression} unit"), lane)
    assert (status, out, err.split(b"\n")[0]) == (101, b"", b"panic: value contains itself")


@pytest.mark.parametrize("lane", LANES)
def test_a_difference_before_the_cycle_is_found(lane: str) -> None:
    assert lines(CYCLE.format("(print (show (= (list (Node (list) 1) a) (list (Node (list) 2) a))))"), lane) == [
        "false"
    ]


# The world outside.


@pytest.mark.parametrize("lane", LANES)
def test_output_and_exit(lane: str) -> None:
    assert run('(fn main (_) (write "a") (print "b") (write "é\\u{0}") (exit 258))', lane) == (
        2,
        "ab\né\0".encode(),
        b"",
    )
    assert run("(fn main (_) (exit -1))", lane) == (255, b"", b"")
    assert run("(fn main (_) (+ 40 2))", lane) == (0, b"42\n", b"")
    assert run("(fn main (_))", lane) == (0, b"", b"")


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("stdin", [b"", b"\n", b"a\nb", b"a\r\n\n", b"\xff\x00\nrest\nmore"])
def test_input(stdin: bytes, lane: str) -> None:
    text = """(fn more (:: (-> I64 Unit)) (n)
      (if (= n 0) (match (read-stdin) ((Ok t) (print (text-cat "rest:" t))) ((Err e) (print e)))
        (match (read-line) ((Some l) (do (print (text-cat "line:" l)) (more (- n 1)))) (None (print "end")))))
    (fn main (_) (more 2))"""
    expected, rest = b"", stdin
    for _ in range(2):
        if not rest:
            expected += b"end\n"
            break
        line, _, rest = rest.partition(b"\n")
        expected += b"line:" + line + b"\n"
    else:
        expected += b"rest:" + rest + b"\n"
    assert run(text, lane, stdin=stdin) == (0, expected, b"")


@pytest.mark.parametrize("lane", LANES)
def test_files(lane: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "f"
    (tmp_path / "d").mkdir()
    missing, folder = f"{path}.no", tmp_path / "d"
    expressions = [
        f'(write-file "{path}" "héllo\\n")',
        f'(read-file "{path}")',
        f'(read-file "{missing}")',
        f'(read-file "{folder}")',
        f'(write-file "{missing}/f" "")',
        f'(read-file "{path}/f")',
    ]
    got = shown(expressions, lane)
    assert path.read_bytes() == HELLO
    assert got == [
        *("(Ok unit)", '(Ok "héllo\\n")', '(Err "no such file or directory")', '(Err "is a directory")'),
        *('(Err "no such file or directory")', '(Err "not a directory")'),
    ]


@pytest.mark.parametrize("lane", LANES)
def test_process_and_time(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZERO_TEST", "a=b")
    monkeypatch.delenv("ZERO_NOT", raising=False)
    got = shown(
        ["(argv)", '(env "ZERO_TEST")', '(env "ZERO_NOT")', '(env "")', "(<= (now-ns) (now-ns))"],
        lane,
        argv=("x", "y z"),
    )
    assert got == ['(list "x" "y z")', '(Some "a=b")', "None", "None", "true"]
