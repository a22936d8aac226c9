"""The projects and the edits of `sweep.py`, as text: each project is a handful of lines, each edit a row.

A name with an @ is no file: `@tests` has the tests built in place of main, `@path` is how the command names the
program, `@object` is the state of the C object that is linked.  To add an edit, add a row: a change has a file, what it
has exactly once, and what stands there afterwards; with nothing to find, the file is (over)written.
"""

from __future__ import annotations

from typing import NamedTuple

Files = dict[str, str]


class Edit(NamedTuple):
    """What is done to a project."""

    name: str
    project: str
    changes: tuple[tuple[str, str, str], ...]

    @property
    def tests(self) -> bool:
        return "@tests" in PROJECTS[self.project] or any(name == "@tests" for name, _, _ in self.changes)


_LOW = """(⊙ low)
(↦ Point Held Mood twice point both limit base steps twos noisy keep pick held first mood)
(τ Point (Point (x I64) (y I64)))
(τ Mood Fine Away)
(τ Inner (Inner (n I64)))
(τ Held (Held (inner Inner)))
(const limit I64 40)
(const base I64 (+ 3 4))
(const step I64 (+ base 1))
(const steps (List I64) (list step limit))
(ƒ more (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ 1 (more (- n limit)))))
(ƒ twice (∷ (→ I64 I64)) (n) (* 2 (more n)))
(ƒ point (∷ (→ I64 Point)) (n) (Point n 1))
(ƒ held (∷ (→ I64 Held)) (n) (Held (Inner n)))
(ƒ both (∷ (→ a (List a))) (x) (list x x))
(ƒ noisy (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ (/ 12 n) (noisy (- n 1)))))
(ƒ other (∷ (→ I64 I64)) (n) (if (< n 1) 1 (+ (/ 13 n) (other (- n 1)))))
(ƒ first (∷ (→ I64 I64)) (n) (+ (noisy n) (other n)))
(ƒ keep (∷ (→ (List I64) I64 (List I64))) (xs n) (if (< n (len xs)) (list n) (keep xs (- n 1))))
(ƒ pick (∷ (→ (List I64) I64 (List I64))) (xs n)
  (if (< n 1) (list 1) (≔ ((ys (pick xs (- n 1)))) (if (< (len ys) (len xs)) ys (list 2)))))
(ƒ mood (∷ (→ I64 Mood)) (n) (if (< n 1) Fine Away))
(τ Two (Two Mood Mood))
(ƒ two (∷ (→ Two I64 I64)) (t n)
  (if (< n 1) (match t ((Two Fine _) 1) ((Two Away Fine) 2) (_ 3)) (+ 1 (two t (- n 1)))))
(ƒ twos (∷ (→ I64 I64)) (n) (two (Two (mood n) (mood (- n 1))) n))
"""
_MIDDLE = """(⊙ middle)
(↥ "low.0x0" low)
(↥ "side.0x0" side)
(↦ sum wide pairs far kept deep picked moody)
(ƒ sum (∷ (→ I64 I64)) (n) (+ (low.twice n) low.limit low.base))
(ƒ wide (∷ (→ I64 I64)) (n) (. (low.point n) x))
(ƒ deep (∷ (→ I64 Text)) (n) (if (= (low.held n) (low.held 3)) "same" (show (low.held n))))
(ƒ pairs (∷ (→ I64 I64)) (n) (len (low.both n)))
(ƒ far (∷ (→ I64 I64)) (n) (+ (low.first n) (side.aside n)))
(ƒ kept (∷ (→ I64 I64)) (n) (≔ ((xs (list n 1 2))) (if (< n 0) (kept (+ n 1)) (+ (len (low.keep xs n)) (len xs)))))
(ƒ picked (∷ (→ I64 I64)) (n)
  (≔ ((xs (list n 1 2))) (if (< n 0) (+ 1 (picked (+ n 1))) (+ (len (low.pick xs n)) (len xs)))))
(ƒ moods (∷ (→ low.Mood I64 I64)) (m n) (if (< n 1) (len (list m m)) (+ 1 (moods m (- n 1)))))
(ƒ wides (∷ (→ low.Point I64 I64)) (p n) (if (< n 1) (. p x) (+ 1 (wides p (- n 1)))))
(ƒ moody (∷ (→ I64 I64)) (n) (+ (moods (low.mood n) n) (wides (low.point n) n) (low.twos n) (len low.steps)))
"""
_SIDE = """(⊙ side)
(↦ aside)
(ƒ tiny (∷ (→ I64 I64)) (n) (* n 3))
(ƒ aside (∷ (→ I64 I64)) (n) (if (< n 1) 7 (+ (tiny n) (aside (- n 3)))))
"""
_MAIN = """(⊙ top)
(↥ "middle.0x0" m)
(↥ "bare.0x0")
(↥ "low.0x0" low)
(ƒ shown (∷ (→ I64 Text)) (n) (show (+ n (len (list n)))))
(ƒ apply (∷ (→ (→ (List I64) I64 (List I64)) I64 I64)) (f n)
  (if (< n 1) (len (f (list 1) 2)) (+ 1 (apply f (- n 1)))))
(ƒ main (_)
  (print (m.deep 4))
  (print (shown (+ (m.sum 1) (m.wide 2) (m.pairs 3) (m.far 4) (m.kept 5) (m.picked 6) (m.moody 7)))))
"""
_CIRCLES = """(⊙ top)
(↥ "box.0x0" b)
(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))
(ƒ inside (∷ (→ b.Box I64 I64)) (box n)
  (if (< n 1) 0 (+ (region (b.keep box (list 1 2) n)) (inside box (- n 1)))))
(ƒ once (∷ (→ b.Box I64 I64)) (box n) (region (+ (b.keep box (list 1 2) n) (b.down box (list 3) n))))
(ƒ apply (∷ (→ (→ I64 I64) I64 I64)) (f n) (if (< n 1) (f n) (+ (f n) (apply f (- n 1)))))
(ƒ by (∷ (→ b.Box I64 I64)) (box n) (region (apply (λ (k) (b.keep box (list 1 2) k)) n)))
(ƒ past (∷ (→ b.Box I64 I64)) (box n) (if (< n 1) 0 (+ 1 (region (b.via box (list 1 2) n)))))
(ƒ around (∷ (→ b.Box I64 I64)) (box n)
  (if (< n 1) 0 (region (≔ ((f (λ (k) (b.keep box (list 1 2) k)))) (+ (f n) (around box (- n 1)))))))
(ƒ moody (∷ (→ b.Crate I64 I64)) (crate n) (region (b.put crate (b.mood n))))
(ƒ main (_) (≔ ((box (b.Box (list 1))) (crate (b.fine 1)))
  (+ (inside box 3) (once box 2) (by box 2) (past box 2) (around box 2) (moody crate 2) (sum (. box held)))))
"""
_BOX = """(⊙ box)
(↦ via Box Crate Mood keep down put mood fine)
(τ Box (Box (mut held (List I64))))
(ƒ keep (∷ (→ Box (List I64) I64 I64)) (box xs n)
  (if (< n 1) 0
    (≔ ((other (Box (list 5))))
      (set-field! other held xs) (set-field! box held (list n))
      (+ 1 (away box xs (- n 2))))))
(ƒ away (∷ (→ Box (List I64) I64 I64)) (box xs n)
  (if (< n 1) 1 (keep box xs n)))
(ƒ via (∷ (→ Box (List I64) I64 I64)) (box xs n) (if (< n 1) 0 (+ (keep box xs n) (via box xs (- n 1)))))
(ƒ up (∷ (→ Box (List I64) I64 I64)) (box xs n) (if (< n 1) 0 (+ 1 (len xs))))
(ƒ down (∷ (→ Box (List I64) I64 I64)) (box xs n) (if (< n 1) 1 (+ (up box xs (- n 1)) 2)))
(τ Mood Fine Away)
(τ Crate (Crate (mut mood Mood)))
(ƒ fine (∷ (→ I64 Crate)) (_) (Crate Fine))
(ƒ put (∷ (→ Crate Mood I64)) (c m) (do (set-field! c mood m) 1))
(ƒ mood (∷ (→ I64 Mood)) (n) (if (< n 1) Fine Away))
"""
_TESTS = """(⊙ top)
(↥ "low.0x0" l)
(ƒ far (∷ (→ (List I64) I64 I64)) (xs n) (if (< n 0) (far xs (+ n 1)) (nth xs n)))
(ƒ main (_) (print (show (l.size (list 1)))))
(test "one" (= (far (list 1 2) 1) 2))
(test "two" (= (region (l.size (list (far (list 3) 0)))) 1))
"""
_TESTS_LOW = """(⊙ low)
(↦ size)
(ƒ size (∷ (→ (List a) I64)) (xs) (match xs ((list) 0) ((cons _ r) (+ 1 (size r)))))
(test "none" (= (size (list true)) 1))
"""
_FOREIGN = """(⊙ top)
(↥ "idle.0x0" idle)
(extern "C" c0 (∷ (→ I64 I64)) (cap ffi))
(ƒ main (_) (print (show (c0 4))))
"""
_NUMBER = """(⊙ top)
(ƒ many (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ 1 (many (- n 2)))))
(ƒ main (_) (do (/ 12 (many 3)) 0))
"""
_LINKS = """(⊙ top)
(↥ "a.0x0" a)
(↥ "b.0x0" b)
(↥ "link.0x0" link)
(ƒ main (_) (+ (a.n 1) (b.n 2) (link.n 3)))
"""
_A = """(⊙ x)
(↦ n)
(ƒ n (∷ (→ I64 I64)) (k) (if (< k 1) 5 (+ 1 (n (- k 1)))))
"""
_COPIES = """(⊙ top)
(↥ "box.0x0" b)
(ƒ passed (∷ (→ I64 I64)) (n) (b.eat (b.make n) n))
(ƒ taken (∷ (→ I64 I64)) (n) (. (b.make n) y))
(ƒ both (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ (passed n) (taken n) (both (- n 1)))))
(ƒ main (_) (both 3))
"""
_COPIED = """(⊙ box)
(↦ Box make eat)
(τ Box (Box (x I64) (y I64)))
(ƒ make (∷ (→ I64 Box)) (n) (if (< n 1) (Box n 1) (make (- n (. (make 0) y)))))
(ƒ eat (∷ (→ Box I64 I64)) (b n) (if (< n 1) (. b x) (+ 1 (eat b (- n 1)))))
"""
_FAR = "(ƒ far (∷ (→ (List I64) I64 I64)) (xs n) (if (< n 0) (far xs (+ n 1)) (nth xs n)))\n"
_SIZE = "(ƒ size (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons _ r) (+ 1 (size r)))))\n"
_LARGE = "".join(f"(+ (* n {k + 9}) " for k in range(30)) + "n" + ")" * 30

PROJECTS: dict[str, Files] = {
    "plain": {
        "main.0x0": _MAIN,
        "middle.0x0": _MIDDLE,
        "low.0x0": _LOW,
        "side.0x0": _SIDE,
        "bare.0x0": "(⊙ bare)\n(↦ unused)\n(ƒ unused (∷ (→ I64 I64)) (n) n)\n",
    },
    "circles": {"main.0x0": _CIRCLES, "box.0x0": _BOX},
    "tests": {"main.0x0": _TESTS, "low.0x0": _TESTS_LOW, "@tests": ""},
    "number": {"main.0x0": _NUMBER},
    "links": {"main.0x0": _LINKS, "a.0x0": _A, "b.0x0": _A.replace("5", "6"), "link.0x0": "@a.0x0"},
    "upper": {
        "main.0x0": _NUMBER,
        "0x0.pkg": "package p\nversion 1.0.0\n",
        "@path": "upper/main.0x0",
        "upper/main.0x0": '(⊙ uppermost)\n(↥ "../main.0x0" m)\n(ƒ main (_) (print "upper"))\n',
    },
    "copies": {"main.0x0": _COPIES, "box.0x0": _COPIED},
    "foreign": {"main.0x0": _FOREIGN, "idle.0x0": "(⊙ idle)\n", "@object": "0"},
}

_ROWS = (
    Edit("nothing", "plain", ()),
    Edit("comment that moves lines", "plain", (("low.0x0", "(⊙ low)\n", "; One more.\n(⊙ low)\n"),)),
    Edit("body", "plain", (("low.0x0", "(* 2 (more n))", "(* 3 (more n))"),)),
    Edit("body that calls more", "plain", (("low.0x0", "(* 2 (more n))", "(* 2 (more (more n)))"),)),
    Edit("body that calls another", "plain", (("side.0x0", "(aside (- n 3))", "(len (list n))"),)),
    Edit("generic at another type", "plain", (("middle.0x0", "(low.both n)", "(low.both (show n))"),)),
    Edit(
        "places change places",
        "plain",
        (
            ("low.0x0", "(ƒ noisy (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ (/ 12 n) (noisy (- n 1)))))\n", ""),
            (
                "low.0x0",
                "(ƒ first",
                "(ƒ noisy (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ (/ 12 n) (noisy (- n 1)))))\n(ƒ first",
            ),
        ),
    ),
    Edit("place in a line", "plain", (("low.0x0", "(if (< n 1) 0 (+ (/ 12 n)", "(if (< n 1)  0 (+ (/ 12 n)"),)),
    Edit("constant", "plain", (("low.0x0", "limit I64 40", "limit I64 41"),)),
    Edit("constant that is made", "plain", (("low.0x0", "(+ 3 4)", "(+ 3 5)"),)),
    Edit("constant that calls", "plain", (("low.0x0", "(+ 3 4)", "(twice 3)"),)),
    Edit("constant of another type", "plain", (("low.0x0", "base I64 (+ 3 4)", 'base Text "x"'),)),
    Edit("field", "plain", (("low.0x0", "(x I64) (y I64)", "(y I64) (x I64)"),)),
    Edit("constant below a constant", "plain", (("low.0x0", "(+ base 1)", "(+ base 2)"),)),
    Edit("constant is longer", "plain", (("low.0x0", "(list step limit)", "(list step limit 1)"),)),
    Edit("field beside", "plain", (("low.0x0", "(y I64)", "(y Text)"), ("low.0x0", "(Point n 1)", '(Point n "1")'))),
    Edit(
        "field more",
        "plain",
        (
            ("low.0x0", "(x I64) (y I64)", "(z I64) (x I64) (y I64)"),
            ("low.0x0", "(Point n 1)", "(Point 5 n 1)"),
        ),
    ),
    Edit(
        "field of what is inside",
        "plain",
        (
            ("low.0x0", "(n I64)))", "(m Text) (n I64)))"),
            ("low.0x0", "(Inner n)", '(Inner "m" n)'),
        ),
    ),
    Edit("field that has another name", "plain", (("low.0x0", "(x I64) (y I64)", "(z I64) (y I64)"),)),
    Edit(
        "another type of result",
        "plain",
        (("low.0x0", "twice (∷ (→ I64 I64)) (n) (* 2 (more n))", "twice (∷ (→ I64 F64)) (n) 2.5"),),
    ),
    Edit("parameter more", "plain", (("low.0x0", "twice (∷ (→ I64 I64)) (n)", "twice (∷ (→ I64 I64 I64)) (n o)"),)),
    Edit("shown no more", "plain", (("low.0x0", "held first mood)", "held mood)"),)),
    Edit(
        "name gone",
        "plain",
        (("low.0x0", "(ƒ point (∷ (→ I64 Point)) (n) (Point n 1))\n", ""), ("low.0x0", "point both", "both")),
    ),
    Edit("type shown no more", "plain", (("low.0x0", "(↦ Point Held", "(↦ Held"),)),
    Edit(
        "borrowed no more",
        "plain",
        (("low.0x0", "(if (< n (len xs)) (list n) (keep xs (- n 1)))", "(if (< n (len xs)) xs (keep xs (- n 1)))"),),
    ),
    Edit("borrowed no more in a ring", "plain", (("low.0x0", "ys (list 2)", "ys xs"),)),
    Edit("taken as a value", "plain", (("main.0x0", "(m.kept 5)", "(m.kept 5) (apply low.keep 1)"),)),
    Edit("taken as a value, in a ring", "plain", (("main.0x0", "(m.kept 5)", "(m.kept 5) (apply low.pick 1)"),)),
    Edit(
        "type that has something in it",
        "plain",
        (("low.0x0", "(τ Mood Fine Away)", "(τ Mood Fine Away (Tired (List I64)))"),),
    ),
    Edit("function becomes large", "plain", (("side.0x0", "(* n 3)", _LARGE),)),
    Edit(
        "bare name that clashes",
        "plain",
        (("bare.0x0", "(↦ unused)", "(↦ unused shown)\n(ƒ shown (∷ (→ I64 I64)) (n) n)"),),
    ),
    Edit(
        "bare name for one that all have",
        "plain",
        (("bare.0x0", "(↦ unused)", "(↦ unused len)\n(ƒ len (∷ (→ (List I64) I64)) (_) 99)"),),
    ),
    Edit("body far below", "plain", (("side.0x0", "1) 7", "1) 8"),)),
    Edit("link leads elsewhere", "links", (("link.0x0", "", "@b.0x0"),)),
    Edit("main gives nothing", "number", (("main.0x0", " 0))\n", " unit))\n"),)),
    Edit("place of main", "number", (("main.0x0", "(ƒ many", "; One more.\n(ƒ many"),)),
    Edit("main called in another way", "number", (("@path", "", "../project/main.0x0"),)),
    Edit("another runtime", "number", (("@runtime", "", "other"),)),
    Edit("body of main", "number", (("main.0x0", "(/ 12", "(/ 13"),)),
    Edit("user keeps it", "plain", (("middle.0x0", "(+ (len (low.keep xs n)) (len xs))", "(len (low.keep xs n))"),)),
    Edit("mistake", "plain", (("side.0x0", "(n) (if", "(n) (or"),)),
    Edit(
        "import more",
        "plain",
        (
            ("side.0x0", "(↦ aside)", '(↥ "new.0x0" new)\n(↦ aside)'),
            ("side.0x0", "1) 7", "1) (new.new 7)"),
            ("new.0x0", "", "(⊙ new)\n(↦ new)\n(ƒ new (∷ (→ I64 I64)) (n) (* n 5))\n"),
        ),
    ),
    Edit(
        "module that grows joins",
        "plain",
        (
            ("side.0x0", "(↦ aside)", '(↥ "new.0x0" new)\n(↦ aside)'),
            ("new.0x0", "", "(⊙ new)\n(ƒ new (∷ (→ a I64)) (x) (new (list x)))\n"),
        ),
    ),
    Edit("module grows", "plain", (("side.0x0", "(↦ aside)", "(↦ aside)\n(ƒ new (∷ (→ a I64)) (x) (new (list x)))"),)),
    Edit(
        "module of the same name",
        "plain",
        (
            ("main.0x0", "(⊙ top)\n", '(⊙ top)\n(↥ "new.0x0" new)\n'),
            ("new.0x0", "", "(⊙ side)\n"),
        ),
    ),
    Edit("module has another name", "plain", (("low.0x0", "(⊙ low)", "(⊙ lower)"),)),
    Edit("main has another name", "plain", (("main.0x0", "(⊙ top)", "(⊙ upper)"),)),
    Edit("names change places", "plain", (("main.0x0", "(⊙ top)", "(⊙ side)"), ("side.0x0", "(⊙ side)", "(⊙ top)"))),
    Edit("file has another name", "plain", (("middle.0x0", '"side.0x0"', '"aside.0x0"'), ("aside.0x0", "", _SIDE))),
    Edit("file moves", "plain", (("middle.0x0", '"side.0x0"', '"in/side.0x0"'), ("in/side.0x0", "", _SIDE))),
    Edit("called in another way", "plain", (("@path", "", "../project/main.0x0"),)),
    Edit(
        "another root",
        "plain",
        (
            ("@path", "", "upper/main.0x0"),
            ("0x0.pkg", "", "package p\nversion 1.0.0\n"),
            ("upper/main.0x0", "", '(⊙ uppermost)\n(↥ "../main.0x0" m)\n(ƒ main (_) (print "upper"))\n'),
        ),
    ),
    Edit("main gone", "plain", (("main.0x0", "(ƒ main", "(ƒ domain"),)),
    Edit("main is made", "plain", (("main.0x0", "(m.wide 2)", "(m.wide 3)"),)),
    Edit(
        "main gives a number",
        "plain",
        (
            ("main.0x0", "  (print (m.deep 4))\n", ""),
            (
                "main.0x0",
                "(print (shown (+ (m.sum 1) (m.wide 2) (m.pairs 3) (m.far 4) (m.kept 5) (m.picked 6) (m.moody 7))))",
                "4",
            ),
        ),
    ),
    Edit(
        "tests in place of main",
        "plain",
        (
            ("@tests", "", ""),
            (
                "main.0x0",
                "(ƒ main",
                _FAR + '(test "t" (= (far (list 1 2) 1) 2))\n(ƒ main',
            ),
        ),
    ),
    Edit("a module becomes the root", "upper", (("@path", "", "main.0x0"),)),
    Edit(
        "a module without main becomes the root",
        "upper",
        (("main.0x0", "ƒ main (_)", "ƒ domain (_)"), ("@path", "", "main.0x0")),
    ),
    Edit(
        "field of what is passed on",
        "copies",
        (("box.0x0", "(Box (x I64)", "(Box (w Text) (x I64)"), ("box.0x0", "(Box n 1)", '(Box "w" n 1)')),
    ),
    # Regions.
    Edit(
        "references go elsewhere",
        "circles",
        (
            (
                "box.0x0",
                "(set-field! other held xs) (set-field! box held (list n))",
                "(set-field! box held xs) (set-field! other held (list n))",
            ),
        ),
    ),
    Edit("a circle opens", "circles", (("box.0x0", "1 (keep box xs n)", "1 (len xs)"),)),
    Edit("a circle closes", "circles", (("box.0x0", "(+ 1 (len xs))", "(+ (len xs) (down box xs (- n 1)))"),)),
    Edit(
        "references come to be",
        "circles",
        (("box.0x0", "(τ Mood Fine Away)", "(τ Mood Fine Away (Tired (List I64)))"),),
    ),
    Edit(
        "a circle takes one more",
        "circles",
        (
            ("box.0x0", "1 (keep box xs n)", "1 (far box xs n)"),
            ("box.0x0", "(ƒ away", "(ƒ far (∷ (→ Box (List I64) I64 I64)) (box xs n) (keep box xs n))\n(ƒ away"),
        ),
    ),
    Edit(
        "one of a circle keeps",
        "circles",
        (
            (
                "box.0x0",
                "(if (< n 1) 1 (keep box xs n)",
                "(if (< n 1) 1 (do (set-field! box held xs) (set-field! box held (list 7)) (keep box xs n))",
            ),
        ),
    ),
    Edit(
        "a box has more in it",
        "circles",
        (
            ("box.0x0", "(mut held (List I64))", "(mut held (List I64)) (mut n I64)"),
            ("box.0x0", "(Box (list 5))", "(Box (list 5) 1)"),
            ("main.0x0", "(b.Box (list 1))", "(b.Box (list 1) 1)"),
        ),
    ),
    # Tests.
    Edit("test", "tests", (("main.0x0", "(list 1 2) 1) 2", "(list 1 2) 0) 2"),)),
    Edit(
        "test more",
        "tests",
        (("main.0x0", '(test "one"', '(test "zero" (= (far (list (l.size (list "x"))) 0) 1))\n(test "one"'),),
    ),
    Edit(
        "test more of a function",
        "tests",
        (
            (
                "main.0x0",
                '(test "two"',
                _FAR.replace("far", "new") + '(test "zero" (= (new (list 2) 0) 1))\n(test "two"',
            ),
        ),
    ),
    Edit("body below a test", "tests", (("low.0x0", "(+ 1 (size r))", "(+ 2 (size r))"),)),
    Edit("tests called in another way", "tests", (("@path", "", "../project/main.0x0"),)),
    Edit(
        "test of a circle",
        "tests",
        (
            (
                "main.0x0",
                '(test "two"',
                """(ƒ odd (∷ (→ (List I64) I64 Bool)) (xs n) (if (< n 1) false (even (list n) (- n 1))))
(ƒ even (∷ (→ (List I64) I64 Bool)) (xs n) (if (< n 1) (= (len xs) 1) (odd (list n) (- n 1))))
(test "circle" (region (odd (list 1) 3)))
(test "two\"""",
            ),
        ),
    ),
    Edit("test gone", "tests", (("low.0x0", '(test "none" (= (size (list true)) 1))', ""),)),
    Edit(
        "tests of a module that joins",
        "tests",
        (
            ("main.0x0", "(ƒ far", '(↥ "new.0x0" new)\n(ƒ far'),
            (
                "new.0x0",
                "",
                f'(⊙ new)\n{_SIZE.replace("size", "long")}(test "new" (= (long (list 2)) 1))\n',
            ),
        ),
    ),
    Edit("place of a test", "tests", (("main.0x0", "(⊙ top)\n", "; One more.\n(⊙ top)\n"),)),
    # C functions.
    Edit("object", "foreign", (("@object", "", "1"),)),
    Edit("extern more", "foreign", (("idle.0x0", "(⊙ idle)\n", '(⊙ idle)\n(extern "C" c1 (∷ (→ I64 I64)))\n'),)),
)
EDITS: dict[str, Edit] = {edit.name: edit for edit in _ROWS}
