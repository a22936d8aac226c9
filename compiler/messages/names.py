"""SEM_* as the checker gives them: names, shapes of expressions, patterns, mutability, constants.

One row per message, numbers from 020 up where the reader and the module loader have rows of the same
class.  Types and capabilities have their rows in `type.py`.
"""

from __future__ import annotations

from compiler.diagnostics import Kind

EMPTY_FORM = Kind(
    "SEM_SHAPE-020",
    "an empty form means nothing",
    help="write unit for the Unit value, (list) for the empty list, (_) for no parameters",
    explain="""\
Parentheses hold a form: what to do, then its operands.  `()` holds nothing.""",
)
FORM_SHAPE = Kind(
    "SEM_SHAPE-021",
    "this `{name}` is not well-formed",
    help="its shape is {shape}",
    explain="""\
Each form of the language has a fixed shape.

    (≔ ((x e) (mut i 0)) body)    (set! i e)      (while c body)      (for (i lo hi) body)
    (match e (pattern body))      (λ (x y) body)  (. p field)         (set-field! p field e)
    (with p (field e))            (: e Type)      (and a b)           (or a b)""",
)
IF_SHAPE = Kind(
    "SEM_SHAPE-022",
    "`if` takes a condition, a then and an else; here are {given} operands",
    help="write (if condition then else); unit is the else that does nothing",
    explain="""\
An `if` is an expression and always has a value, so both branches are written.

    (if (< n 0) (print "negative") unit)""",
)
FN_SHAPE = Kind(
    "SEM_SHAPE-023",
    "this function is not well-formed: {what}",
    help="write (ƒ name (∷ (→ T R)) (params) body); no parameters are (_)",
    explain="""\
A function has a name, annotations in any order, a list of parameter names and a body.  Annotations are `(∷ type)`,
`(cap …)`, `(doc "…")`, `(inline always|never)` and `(tail required)`, each at most once.

    (ƒ area (∷ (→ F64 F64 F64)) (cap pure) (w h) (* w h))""",
)
TYPE_SHAPE = Kind(
    "SEM_SHAPE-024",
    "this is not a type",
    help="types are I64, Text, (List a), (→ A B R), names of your own types, and lower-case variables",
    explain="""\
A type is a name, a lower-case variable, a type applied to types, or a function type with at least a parameter and a
result.

    (→ (List a) I64)    (Option Text)    (Array F64)""",
)
DATA_SHAPE = Kind(
    "SEM_SHAPE-025",
    "this type declaration is not well-formed: {what}",
    help="write (τ Name Ctor (Ctor Type …)) or (τ (Name a b) …); fields are (name Type) or (mut name Type)",
    explain="""\
A type has a name that begins upper-case, perhaps with variables, and one or more constructors.  A constructor's fields
are either all types or all named.

    (τ (Option a) (Some a) None)
    (τ Point (Point (x F64) (y F64)))
    (τ Counter (Counter (mut count I64)))""",
)
PATTERN_SHAPE = Kind(
    "SEM_SHAPE-026",
    "this is not a pattern",
    help="patterns are literals, _, names, constructors, (list p q), (cons p q) and (or p q)",
    explain="""\
A pattern describes a value; it computes nothing.

    (match xs ((list) 0) ((cons x _) x))
    (match n ((or 1 2) "few") (_ "many"))
    (match n (k (when (< k 0)) "negative") (_ "not negative"))""",
)
PURE_BESIDE = Kind(
    "SEM_SHAPE-027",
    "`pure` cannot stand beside another capability",
    help="list the capabilities without pure",
    explain="""\
`(cap pure)` says that there is none.""",
)
RESERVED = Kind(
    "SEM_SHAPE-028",
    "`{name}` cannot be the name of a value",
    help="{advice}",
    explain="""\
The words of the language's own forms cannot be names, and names of values begin lower-case: upper-case is for types and
constructors.  Builtins can be shadowed by locals.""",
)
PARAM_TWICE = Kind(
    "SEM_DUPLICATE-020",
    "the parameter `{name}` is there twice",
    help="rename one of them, or write _ for one that is not used",
    explain="""\
Parameters of one function have different names.""",
)
PATTERN_TWICE = Kind(
    "SEM_DUPLICATE-021",
    "the pattern binds `{name}` twice",
    help="bind two names and compare them in a guard: (when (= a b))",
    explain="""\
A name stands for one part of the value.""",
)
CTOR_TWICE = Kind(
    "SEM_DUPLICATE-022",
    "the constructor `{name}` is defined already",
    help="rename one of them",
    explain="""\
Constructors of one module have different names, and none is Some, None, Ok or Err, which every module has.""",
)
FIELD_TWICE = Kind(
    "SEM_DUPLICATE-023",
    "the field `{name}` is there twice",
    help="rename or remove one of them",
    explain="""\
Fields of one constructor have different names, and `with` gives each field at most once.""",
)
IMPORT_TWICE = Kind(
    "SEM_DUPLICATE-024",
    "`{name}` comes from two places: {first} and {second}",
    help='import one of them with an alias: (↥ "path" alias), and write alias.{name}',
    explain="""\
An import without alias brings the other module's exports in under their own names.  Two of one name would make
every use of it a guess.""",
)
TYPE_TWICE = Kind(
    "SEM_DUPLICATE-025",
    "the type `{name}` is defined already",
    help="rename one of them",
    explain="""\
Types of one module have different names, and none is a builtin type: I64, F64, Bool, Text, Bytes, Unit, Any, List,
Array, Actor, Option, Result.""",
)
VARIABLE_TWICE = Kind(
    "SEM_DUPLICATE-026",
    "the type variable `{name}` is there twice",
    help="rename one of them",
    explain="""\
The variables of a type are its parameters and have different names.

    (τ (Pair a b) (Pair a b))""",
)
UNBOUND = Kind(
    "SEM_UNBOUND-020",
    "nothing is named `{name}` here",
    help="{advice}",
    explain="""\
A name is a local variable, a parameter, something of this module, of a module imported without alias, or a builtin.
What an import brings in under an alias is written `alias.name`.""",
)
UNBOUND_TYPE = Kind(
    "SEM_UNBOUND-021",
    "no type is named `{name}`",
    help="{advice}",
    explain="""\
A type is builtin, declared with τ in this module, or exported by an imported one.""",
)
UNBOUND_CTOR = Kind(
    "SEM_UNBOUND-022",
    "no constructor is named `{name}`",
    help="{advice}",
    explain="""\
Names that begin upper-case are constructors, in expressions and in patterns.  They come from a τ of this module or from
an imported module that exports them; Some, None, Ok and Err are everywhere.""",
)
UNBOUND_FIELD = Kind(
    "SEM_UNBOUND-023",
    "{type} has no field `{name}`",
    help="{advice}",
    explain="""\
The fields of a type are those that its declaration names.

    (τ Point (Point (x F64) (y F64)))""",
)
UNBOUND_ALIAS = Kind(
    "SEM_UNBOUND-024",
    "no import has the alias `{name}`",
    help="{advice}",
    explain="""\
What stands before the point in `alias.name` is the alias of an import.

    (↥ "list.0x0" l)
    (l.map f xs)""",
)
UNBOUND_VARIABLE = Kind(
    "SEM_UNBOUND-025",
    "the type variable `{name}` is not a parameter of the type",
    help="write (τ (Name {name}) …)",
    explain="""\
A type declaration names all its variables after its name.

    (τ (Box a) (Box a))""",
)
UNBOUND_CAPABILITY = Kind(
    "SEM_UNBOUND-026",
    "there is no capability `{name}`",
    help="{advice}",
    explain="""\
The capabilities are pure, io, file, network, process, time, actor and ffi.""",
)
MISSING_MAIN = Kind(
    "SEM_UNBOUND-027",
    "the program has no main",
    help="write (ƒ main (∷ (→ Unit I64)) (_) …) in the root module",
    explain="""\
To run or build a program, its root module has a function `main`.  Checking and testing do without.""",
)
UNBOUND_MEMBER = Kind(
    "SEM_UNBOUND-028",
    "the module `{where}` has nothing named `{name}`",
    help="{advice}",
    explain="""\
`alias.name` is something that the imported module itself defines; what it imports is not passed on.""",
)
NOT_EXPORTED = Kind(
    "SEM_IMPORT-020",
    "`{name}` is not exported by the module `{where}`",
    help="add it to the module's (↦ …), or use what is exported",
    explain="""\
A module with `(↦ …)` shows only what it lists: functions, constants, types and constructors, each by its name.""",
)
NOT_EXHAUSTIVE = Kind(
    "SEM_MATCH-001",
    "this match does not cover every value: {missing} is missing",
    help="add an arm for it, or (_ …) for all that is left",
    explain="""\
A match has an arm for every value of the scrutinee's type.  The message shows a value that no arm takes.  An arm with a
guard does not count, because its guard may be false.

    (match o ((Some x) x))        ; None is missing""",
)
UNREACHABLE = Kind(
    "SEM_MATCH-002",
    "this arm cannot be reached: the arms above take every value it matches",
    help="remove it, or move it up",
    explain="""\
Arms are tried from the top.  An arm that no value can get to is a mistake or a leftover.

    (match n (_ 0) (1 1))         ; _ takes 1 as well""",
)
OR_NAMES = Kind(
    "SEM_MATCH-003",
    "the alternatives of this pattern bind different names: {names}",
    help="bind the same names in every alternative, or _ in all of them",
    explain="""\
The body of the arm uses the names whichever alternative matched, so all bind the same ones, at the same types.

    (match p ((or (Left x) (Right x)) x))""",
)
MATCH_WORK = Kind(
    "SEM_MATCH-004",
    "this match is too entangled: 1,000,000 steps do not tell whether it covers every value",
    help="match on one part first, and on the others inside its arms; or put (_ …) behind fewer arms",
    explain="""\
To see that a match covers everything, the compiler splits its arms by one field at a time.  Arms that look at different
fields of a wide value can split each other over and over; that is a hard problem in general.
The compiler counts the rows it
looks at and stops after a million, which no match needs that tells its values apart field by field.""",
)
SET_IMMUTABLE = Kind(
    "SEM_MUTABILITY-001",
    "`{name}` cannot be assigned: it is not a mut variable",
    help="bind it with (mut {name} e) in a ≔",
    explain="""\
Only variables bound as `mut` can be assigned; parameters, loop variables, pattern variables and constants keep their
value.

    (≔ ((mut i 0)) (set! i (+ i 1)) i)""",
)
FIELD_IMMUTABLE = Kind(
    "SEM_MUTABILITY-002",
    "the field `{name}` of {type} cannot be assigned: it is not mut",
    help="declare it (mut {name} T), or make a changed copy: (with value ({name} e))",
    explain="""\
Only fields declared `mut` can be assigned.

    (τ Counter (Counter (mut count I64)))""",
)
CONST_CYCLE = Kind(
    "SEM_CONST-001",
    "the constant `{name}` depends on itself: {path}",
    help="give one of them a value of its own",
    explain="""\
A constant is computed from literals and other constants, and that must begin somewhere.""",
)
CONST_FORM = Kind(
    "SEM_CONST-002",
    "`{name}` cannot stand in a constant",
    help="constants hold literals, operators, other constants, constructors and lists",
    explain="""\
A constant is computed before the program begins, without running any of its functions.

    (const width I64 80)
    (const area I64 (* width 25))""",
)
