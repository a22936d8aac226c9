"""What can be wrong with a module's outside: its top-level forms, names, imports, exports and features.

Numbers from 100 belong to the top level; below 100 they belong to expressions (`type.py`).
"""

from __future__ import annotations

from compiler.diagnostics import Kind

UNKNOWN_FORM = Kind(
    "SEM_SHAPE-101",
    "`{name}` begins no top-level form",
    help="{advice}",
    explain="""\
At the top level stand definitions only:

    (⊙ name)   (↥ "path.0x0" alias)   (↦ name …)   (ƒ name …)   (τ Name …)
    (const name Type value)   (extern "C" name …)   (test "title" …)   (doc "…")

What the program does is the body of `main`:

    (ƒ main (_) (print "hello"))""",
)
STRAY = Kind(
    "SEM_SHAPE-102",
    "{what} cannot stand at the top level",
    help="{advice}",
    explain="""\
Only definitions stand at the top level, each in parentheses and beginning with its word or glyph, as in
`(const limit I64 10)`.  Expressions belong into the body of a function.""",
)
MODULE_SHAPE = Kind(
    "SEM_SHAPE-103",
    "⊙ takes one lower-case name",
    help="write (⊙ name)",
    explain="""\
A file may say the module's name once; without, it is `main`.

    (⊙ geometry)""",
)
IMPORT_SHAPE = Kind(
    "SEM_SHAPE-105",
    "{what}",
    help='write (↥ "path.0x0") or (↥ "path.0x0" alias)',
    explain="""\
An import is a path as a text, and perhaps an alias, a lower-case name without a point.  With an alias the module's
names are written behind it, without one they come in bare:

    (↥ "lib/geometry.0x0" geo)      (geo.area s)
    (↥ "lib/geometry.0x0")          (area s)""",
)
EXPORT_SHAPE = Kind(
    "SEM_SHAPE-106",
    "{what}",
    help="write the names one after the other: (↦ area Shape Circle)",
    explain="""\
An export lists names this file defines: functions, constants, types and constructors, each by itself.
Without any export everything is exported.""",
)
NAME_SHAPE = Kind(
    "SEM_SHAPE-107",
    "{form} needs a name here",
    help="{advice}",
    explain="""\
Every definition begins with the name it defines:

    (ƒ area (s) …)   (τ Shape …)   (τ (Pair a b) …)   (const limit I64 10)   (extern "C" getpid …)""",
)
CFG_SHAPE = Kind(
    "SEM_SHAPE-109",
    "this condition cannot be read",
    help='write (cfg (feature "name")) or (cfg (not (feature "name")))',
    explain="""\
A `cfg` asks for one feature, or for its absence.  Several may stand in a form: all must hold.

    (ƒ trace (cfg (feature "debug")) (text) (print text))""",
)
EXPORT_WITHOUT_TYPE = Kind(
    "SEM_SHAPE-110",
    "`{name}` is exported and does not state its type",
    help="add (∷ (→ … …)) after its name",
    explain="""\
Who reads or imports a module relies on the types of what it exports; they are stated, not inferred, so that a change of
a body cannot change them unseen.

    (↦ area)
    (ƒ area (∷ (→ F64 F64)) (r) (* 3.14159 (* r r)))""",
)
TITLE_SHAPE = Kind(
    "SEM_SHAPE-111",
    "{form} needs a text here",
    help="write {example}",
    explain="""\
A test has a title, a documentation form has its text:

    (test "sums" (= (+ 1 2) 3))
    (doc "Areas of plane figures.")""",
)
DEFINED_TWICE = Kind(
    "SEM_DUPLICATE-101",
    "`{name}` is defined twice",
    help="rename one of the two, or delete it",
    explain="""\
The top-level names of a module are unique: functions, constants and externs among each other, constructors among
each other, types among each other.  Forms that a `cfg` leaves out do not count.""",
)
LANGUAGE_NAME = Kind(
    "SEM_DUPLICATE-102",
    "`{name}` is already {what}",
    help="choose another name",
    explain="""\
Top-level names may not be those of the language: its builtins, its forms, its types.  Inside a function a local
name may hide a builtin.""",
)
MODULE_TWICE = Kind(
    "SEM_DUPLICATE-103",
    "the module is named twice",
    help="delete one of the two ⊙",
    explain="""\
A file is one module and says its name at most once; without a ⊙ it is called `main`.""",
)
ALIAS_TWICE = Kind(
    "SEM_DUPLICATE-104",
    "the alias `{name}` is given twice",
    help="choose another alias for one of the two imports",
    explain="""\
An alias stands for one module: `geo.area` could otherwise mean two functions.""",
)
EXPORT_TWICE = Kind(
    "SEM_DUPLICATE-106",
    "`{name}` is exported twice",
    help="delete one of the two",
    explain="""\
Each exported name is listed once, in one `↦` or in several.""",
)
IMPORT_TWICE = Kind(
    "SEM_DUPLICATE-107",
    "this file is already imported without alias",
    help="delete one of the two imports",
    explain="""\
Importing a file twice without alias would bring each of its names in twice.""",
)
UNKNOWN_EXPORT = Kind(
    "SEM_UNBOUND-101",
    "`{name}` is exported but not defined in this file",
    help="{advice}",
    explain="""\
An export lists names of its own file.  Nothing is re-exported: what another module defines is imported from there.""",
)
MISSING_IMPORT = Kind(
    "SEM_IMPORT-001",
    "there is no file `{path}`",
    help="{advice}",
    explain="""\
The path of an import is relative to the folder of the file it stands in, with its ending:

    (↥ "lib/geometry.0x0" geo)""",
)
IMPORT_CYCLE = Kind(
    "SEM_IMPORT-002",
    "the imports go in a circle: {path}",
    help="move what both need into a third file",
    explain="""\
A module is compiled after those it imports, so imports cannot lead back to where they began.  Usually a few
definitions are needed on both sides: they make a module of their own.""",
)
OUTSIDE_PROJECT = Kind(
    "SEM_IMPORT-003",
    "`{path}` is outside the project",
    help="import files inside `{folder}`, or put a 0x0.pkg into the folder that holds both",
    explain="""\
A project is the folder of its `0x0.pkg`, or of the root file where there is none.  Imports stay inside it, so that a
project can be moved and built elsewhere; absolute paths and links that lead out are outside too.""",
)
UNREADABLE_IMPORT = Kind(
    "SEM_IMPORT-004",
    "`{path}` cannot be read: {why}",
    help="see to it that it is a file and that you may read it",
    explain="""\
The file exists, and the system refuses to hand it over, for the reason given.""",
)
UNKNOWN_SCHEME = Kind(
    "SEM_IMPORT-005",
    "`{scheme}:` is no kind of import",
    help='imports are "path.0x0", "std:name" or "pkg:name"',
    explain="""\
An import is a relative path, a module of the standard library (`std:`) or of a package in the lock file (`pkg:`).""",
)
UNKNOWN_PACKAGE = Kind(
    "SEM_IMPORT-006",
    "there is no package `{name}` here",
    help="{advice}",
    explain="""\
`pkg:NAME` is a package that the importing file's own `0x0.pkg` lists with a `dep` line and the program's `0x0.lock`
pins.  What a dependency depends on is not yours to import until you list it too.""",
)
INSIDE_PACKAGE = Kind(
    "SEM_IMPORT-007",
    "`{path}` is inside another project",
    help='depend on that project and import it as "pkg:NAME"',
    explain="""\
A folder with a `0x0.pkg` of its own is a project of its own, with its own features.  Its files are imported through
`pkg:`, so that the lock covers them, never by their path.""",
)
FEATURE_OFF = Kind(
    "SEM_FEATURE-001",
    "`{name}` is not in the program: it asks for {feature}",
    help="{advice}",
    explain="""\
A form with a `cfg` whose condition is false is parsed and then left out, with every name it defines.  A use of such a
name needs the same condition, or the command another `--feature`.""",
)
FEATURE_UNDECLARED = Kind(
    "SEM_FEATURE-002",
    "the feature `{name}` is not declared",
    help="{advice}",
    explain="""\
A project with a `0x0.pkg` declares its features there, one line each, so that a slip of the finger in a condition does
not silently leave code out:

    feature debug""",
)
