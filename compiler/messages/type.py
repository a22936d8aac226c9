"""TYPE_*: what the checker says about types, arguments, capabilities and tail calls.

One row per message; the checker names a row and a place.  Knows nothing of how a type is inferred.
Names and patterns have their rows in `names.py`.
"""

from __future__ import annotations

from compiler.diagnostics import Kind

MISMATCH = Kind(
    "TYPE_CONTRACT-001",
    "expected {expected}, found {found}",
    help="{advice}",
    explain="""\
Every expression has one type, found by inference.  Here the surroundings ask for another type than the expression has:
an argument, a branch, a condition, a result.  I64 and F64 never mix, conditions are Bool, and both branches
of an `if` have one type.

    (if (< x 10) 1 "many")        ; 1 is I64, "many" is Text
    (+ 1 (f64->i64 2.5))          ; a conversion is written out""",
)
INFINITE = Kind(
    "TYPE_CONTRACT-002",
    "this would have a type that contains itself: {expected} against {found}",
    help="check which operand is the element and which is the whole; a type of your own (τ) may contain itself",
    explain="""\
Inference needs a type to be equal to a larger type that has it inside, and no finite type is.  It mostly comes of an
operand in the wrong place, or of a function applied to itself.

    (ƒ f (x) (x x))               ; x would be a function that takes its own type
    (cons xs xs)                  ; the first operand is one element""",
)
NOT_A_FUNCTION = Kind(
    "TYPE_CONTRACT-003",
    "{found} is not a function and cannot be called",
    help="remove the parentheses to use the value itself",
    explain="""\
The first element of a form in parentheses is called with the others as its arguments.  Here it is a value of another
type.

    (≔ ((x 1)) (x))               ; x alone is the value""",
)
INFIX = Kind(
    "TYPE_CONTRACT-014",
    "`{name}` stands between its operands",
    help="{advice}",
    explain="""\
The first element of a form in parentheses is what is called, operators too, and the others are its operands.  There
is no precedence to know: parentheses say what belongs together.

    (+ x (* 2 y))                 ; not (x + 2 * y)
    (< a b)                       ; not (a < b)""",
)
COMPARES_FUNCTIONS = Kind(
    "TYPE_CONTRACT-004",
    "`{name}` needs values that can be compared or shown, and {found} holds a function",
    help="compare or show the parts that are data",
    explain="""\
`=`, `!=` and `show` look into values, and a function has no inside to look into.  The same holds for lists, arrays
and types of yours that hold functions, for what is boxed in an Any, and for functions that compare values of a type
variable.

    (= inc dec)                   ; rejected
    (= (inc 1) (dec 3))           ; their results can be compared""",
)
THE_TYPE = Kind(
    "TYPE_CONTRACT-012",
    "`the` takes a type without variables and functions out of an Any, and this is {found}",
    help="name the type that was boxed; functions cannot be boxed",
    explain="""\
`(the T e)` looks whether the Any e holds a T.  Which type a variable stands for is the caller's choice, and functions
cannot be put into an Any, because it can be compared and shown.

    (the a x)                     ; rejected
    (the (List I64) x)            ; fine""",
)
COMPARES_ACTORS = Kind(
    "TYPE_CONTRACT-013",
    "`{name}` needs values that can be compared or shown, and {found} holds an actor",
    help="compare or show the parts that are data; give actors numbers of your own",
    explain="""\
`=`, `!=` and `show` look into values, and an actor shares nothing that could be looked at: what it knows, it tells in
messages.  The same holds for lists, arrays and types of yours that hold actors.

    (= worker other)              ; rejected
    (τ Worker (Worker (id I64) (address (Actor Job))))
    (= (. worker id) (. other id))""",
)
FIELD_OF_UNKNOWN = Kind(
    "TYPE_CONTRACT-005",
    "the type whose field `{field}` is meant is not known here",
    help="say it: (: value {example}) where the value stands, or give the function a ∷",
    explain="""\
Different types may have fields of one name, so a field is looked up in a known type.  Nothing around this place says
which type it is.

    (ƒ get-x (∷ (→ Point F64)) (p) (. p x))""",
)
NO_NAMED_FIELDS = Kind(
    "TYPE_CONTRACT-006",
    "{found} has no field that can be named; it {why}",
    help="take it apart with match",
    explain="""\
`.`, `set-field!` and `with` work on types with one constructor and named fields, because only then a value surely has
the field.

    (τ Point (Point (x F64) (y F64)))
    (. p x)""",
)
MAIN_TYPE = Kind(
    "TYPE_CONTRACT-007",
    "main has type {found}; it must be (→ Unit I64) or (→ Unit Unit)",
    help="write (ƒ main (∷ (→ Unit I64)) (_) …); arguments of the program come from (argv)",
    explain="""\
A program begins with `main` of the root module.  It takes nothing, written `(_)`, and gives I64 or Unit; a result
other than unit is printed on its own line.  Arguments of the program come from `(argv)`, the exit status from
`(exit n)`.""",
)
NOT_NUMERIC = Kind(
    "TYPE_CONTRACT-008",
    "`{name}` computes with its operands, so {found} must be I64 or F64",
    help="{advice}",
    explain="""\
A type variable used by arithmetic (`+ - * / % < <= > >= neg abs min max`) stands for I64 or F64 only.  Here it would
stand for another type.

    (ƒ twice (∷ (→ a a)) (x) (+ x x))
    (twice "ab")                  ; rejected: Text has no +""",
)
VARIADIC_VALUE = Kind(
    "TYPE_CONTRACT-009",
    "`{name}` takes any number of operands and is not a function value",
    help="wrap it: (λ (x y) ({name} x y))",
    explain="""\
Builtins of fixed arity are ordinary function values.  Those that take two or more operands, and forms like `list`
and `if`, have no single function type and can only stand first in a form.

    (fold (λ (x y) (+ x y)) 0 xs)""",
)
TOO_GENERAL = Kind(
    "TYPE_CONTRACT-010",
    "the type says {expected} for every choice of its variables, but this is {found}",
    help="write the type that is meant in the ∷, or make the value independent of it",
    explain="""\
A lower-case name in a ∷ is a variable: the caller chooses its type, and the body has to work for every choice.  This
body works only for one.

    (ƒ first (∷ (→ (List a) a)) (xs) 1)    ; the caller may choose Text for a""",
)
CONST_VARIABLE = Kind(
    "TYPE_CONTRACT-011",
    "the type of a constant has a variable: {found}",
    help="name the type, or write a function that takes (_)",
    explain="""\
A constant is one value of one type.

    (const empty (List I64) (list))
    (ƒ empty-of (∷ (→ Unit (List a))) (_) (list))""",
)
ARITY = Kind(
    "TYPE_ARITY-001",
    "`{name}` takes {wanted}, given {given}",
    help="its type is {type}",
    explain="""\
A call gives exactly the arguments that the function takes: there is no partial application.  A λ does that visibly.

    (ƒ add (x y) (+ x y))
    (λ (y) (add 1 y))             ; instead of (add 1)""",
)
CTOR_ARITY = Kind(
    "TYPE_ARITY-002",
    "the constructor `{name}` has {wanted}, given {given}",
    help="{advice}",
    explain="""\
A constructor is given all of its fields, in expressions and in patterns; one without fields stands without parentheses.

    (match o ((Some x) x) (None 0))""",
)
TYPE_ARITY = Kind(
    "TYPE_ARITY-003",
    "the type `{name}` takes {wanted}, given {given}",
    help="(List a), (Array a), (Option a) and (Result a e) show how arguments are written",
    explain="""\
A type with parameters is always written with all of them, and one without is written alone.

    (∷ (→ (List I64) I64))        ; not List alone""",
)
PARAM_COUNT = Kind(
    "TYPE_ARITY-004",
    "the type of `{name}` has {wanted}, its parameter list has {given}",
    help="make them agree; a function of no parameters takes (_) and is typed (→ Unit R)",
    explain="""\
In `(∷ (→ T1 T2 R))` the last type is the result, the others belong to the parameters, one each.

    (ƒ area (∷ (→ F64 F64 F64)) (w h) (* w h))
    (ƒ one (∷ (→ Unit I64)) (_) 1)""",
)
OPERANDS = Kind(
    "TYPE_ARITY-005",
    "`{name}` takes two or more operands, given {given}",
    help="give it at least two{advice}",
    explain="""\
`+ * / text-cat` take two or more operands, `-` also one, then it negates; `and` and `or` take two or more.

    (- x)                         ; negation
    (+ a b c)""",
)
EFFECT = Kind(
    "TYPE_EFFECT-001",
    "`{name}` needs {needs}, which {function} does not declare",
    help="{advice}",
    explain="""\
A function with `(cap …)` promises that it, and all it calls, does nothing beyond the capabilities listed.  A function
that is given away or stored as a value counts where that happens.  Capabilities do not cover each other; `pure`
allows none, except to panic.

    (ƒ report (cap io) (x) (print (show x)))
    (ƒ twice (cap pure) (x) (* 2 x))""",
)
STORE = Kind(
    "TYPE_EFFECT-002",
    "`{name}` changes data that {function} did not make, and {function} is pure",
    help="copy it first (array-copy, with), or drop (cap pure)",
    explain="""\
A pure function may change its own local variables and data that it allocated itself, because nobody else sees that.
What came in as an argument, or out of another data structure, may be shared.

The rule looks at the place stored into: a local whose every value is a new array or record (`array`, `array-of`,
`array-copy`, a constructor, `with`) is its own; anything else is not.  A call of a function that stores into
its arguments is allowed when every array or record given to it is the caller's own, flat one.

    (ƒ sorted (cap pure) (a) (≔ ((b (array-copy a))) (sort! b) b))""",
)
ESCAPE = Kind(
    "TYPE_ESCAPE-001",
    "`{name}` is mut, and a function that goes to another actor cannot capture it",
    help="bind its value by an immutable ≔ first, or send what changes as messages",
    explain="""\
Actors share nothing: a spawned function and a message are moved or copied.  A variable that two actors could
change would be shared, so a λ that is spawned or sent captures immutable variables only.  Arrays and records with
mut fields may be captured; the actor gets a copy.

    (≔ ((mut n 0)) (spawn (λ (self) (set! n 1))))          ; rejected
    (≔ ((mut n 0)) (≔ ((start n)) (spawn (λ (self) (work start)))))""",
)
TAIL = Kind(
    "TYPE_TAIL-001",
    "this call of `{name}` is not in tail position, and {function} asks for it with (tail required)",
    help="{advice}",
    explain="""\
`(tail required)` asks that every call a function makes to itself or to its mutually recursive group is the last thing
it does, so that it runs in constant stack.  Tail positions are the last of ƒ, λ, do, ≔ and arms, both branches of `if`,
and the last operand of `and` and `or`.

    (ƒ sum (tail required) (n acc) (if (= n 0) acc (sum (- n 1) (+ acc n))))""",
)
