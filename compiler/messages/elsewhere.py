"""Words of other languages, and what stands for them here: help for those who come from there.

A row helps only where nothing of the name exists.  `FORMS` are those whose operands are no expressions here, so
they are not looked at once the word is reported.
"""

from __future__ import annotations

_LET = "bind with (≔ ((x e) (y e)) body…), each after the ones before it"
_MATCH = "choose with (match e (pattern body…) …), or nest (if c a b)"
_FN = "a function without a name is written (λ (x) body…)"
_TOP = "functions are defined at the top level: (ƒ name (x) body…)"
_NONE = "what may be missing is an (Option a): (Some x) or None"
_EMPTY = "the empty list is (list), as a pattern too"
_EQUAL = "(= a b) compares by contents, at any depth"
_LOOP = "loop with (while c body…) or (for (i lo hi) body…)"

FORMS: dict[str, str] = {
    "cond": _MATCH,
    "case": _MATCH,
    "switch": _MATCH,
    "let*": _LET,
    "letrec": "a function that calls itself is defined at the top level: (ƒ name (x) body…)",
    "letrec*": "a function that calls itself is defined at the top level: (ƒ name (x) body…)",
    "lambda": _FN,
    "fun": _FN,
    "function": _FN,
    "define": _TOP,
    "def": _TOP,
    "defn": _TOP,
    "defun": _TOP,
    "var": "a variable that changes is bound with (≔ ((mut x e)) body…)",
    "loop": _LOOP,
    "dotimes": _LOOP,
    "foreach": "`each` of std:list calls a function for every element",
    "when": "write (if c (do body…) unit)",
    "unless": "write (if c unit (do body…))",
    "try": "what can fail gives a (Result a e); look at it with match",
    "struct": "types are declared at the top level: (τ Point (Point (x F64) (y F64)))",
}

VALUES: dict[str, str] = FORMS | {
    "begin": "forms in order are (do e…); a body needs none",
    "progn": "forms in order are (do e…); a body needs none",
    "else": "the arm for all that is left is (_ body…); `if` has its else as third operand",
    "elif": "nest (if c a b)",
    "null": _NONE,
    "nil": _EMPTY,
    "Nil": _EMPTY,
    "Cons": "a list's first element and rest are (cons x rest), as a pattern too",
    "Nothing": _NONE,
    "Just": _NONE,
    "none": _NONE,
    "some": _NONE,
    "True": "write true",
    "False": "write false",
    "#t": "write true",
    "#f": "write false",
    "==": _EQUAL,
    "===": _EQUAL,
    "eq?": _EQUAL,
    "eqv?": _EQUAL,
    "equal?": _EQUAL,
    "<>": "write (!= a b)",
    "/=": "write (!= a b)",
    "not=": "write (!= a b)",
    "&&": "write (and a b)",
    "||": "write (or a b)",
    "!": "write (not e)",
    "mod": "write (% a b)",
    "modulo": "write (% a b); it has the sign of a",
    "remainder": "write (% a b)",
    "quotient": "write (/ a b): on I64 it cuts off",
    "++": "(text-cat a b) joins texts; `append` of std:list joins lists",
    "^": "(text-cat a b) joins texts; (bit-xor a b) is exclusive or",
    "string-append": "write (text-cat a b)",
    "str": "(show e) makes a Text of any value, (text-cat a b) joins texts",
    "toString": "write (show e)",
    "to-string": "write (show e)",
    "string-length": "write (text-len t), in bytes",
    "length": "write (len xs), (text-len t) or (array-len a)",
    "size": "write (len xs), (text-len t) or (array-len a)",
    "car": "write (head xs)",
    "first": "write (head xs), or `first` of std:list",
    "cdr": "write (tail xs)",
    "rest": "write (tail xs)",
    "null?": "write (empty? xs)",
    "map": "it is in std:list, std:option and others: import one",
    "filter": "it is in std:list: import it",
    "fold": "it is in std:list: import it",
    "println": "write (print text)",
    "printf": "print takes one Text: (print (text-cat … …)), (show e) makes one",
    "display": "write (write text), or (print text) with a newline",
    "newline": 'write (print "")',
    "vector-ref": "write (array-get a i)",
    "vector-set!": "write (array-set! a i x)",
    "return": "the last form of a body is its value",
    "throw": "(panic message) ends the program; what can fail gives a (Result a e)",
    "raise": "(panic message) ends the program; what can fail gives a (Result a e)",
    "assert": "write (if c unit (panic message))",
}

TYPES: dict[str, str] = {
    "Int": "integers are I64",
    "Integer": "integers are I64",
    "Int64": "integers are I64",
    "Nat": "integers are I64",
    "Float": "floating point is F64",
    "Double": "floating point is F64",
    "Number": "numbers are I64 or F64",
    "String": "texts are Text",
    "Str": "texts are Text",
    "Char": "there is no type of one character: text-at gives a byte, std:text code points, as I64",
    "Boolean": "truth is Bool",
    "Void": "nothing to tell is Unit",
    "Maybe": "what may be missing is an (Option a)",
    "Either": "one of two is a (Result a e)",
    "Vector": "flat memory is (Array a); std:vec grows",
    "Dict": "maps are in std:map",
    "Fn": "a function's type is (→ A B R)",
}
