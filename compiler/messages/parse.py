"""PARSE: what the reader says about text that is not well-formed.

One row per lexical rule of the language; a row knows nothing of what a form means.
"""

from __future__ import annotations

from compiler.diagnostics import Kind

NOT_UTF8 = Kind(
    "PARSE-001",
    "byte {byte} at offset {offset} is not UTF-8",
    help="save the file as UTF-8 without a byte order mark",
    explain="""\
Source files are UTF-8.  The byte at this place cannot stand there: it begins no character, or continues none.
Nothing of the file is read, because its other characters could be misread too.

An editor's "save with encoding", or `iconv -f latin1 -t utf-8`, makes the file readable.""",
)
BYTE_ORDER_MARK = Kind(
    "PARSE-002",
    "the file begins with a byte order mark",
    help='save the file as "UTF-8 without BOM"',
    explain="""\
The character U+FEFF at the start of a file is invisible and tells UTF-8 readers nothing.  One file
would have two spellings, so the language has it without.""",
)
INVISIBLE = Kind(
    "PARSE-003",
    "{what} {code} stands here",
    help="delete it; in a text, write it as \\u{{{digits}}}",
    explain="""\
Control characters, and characters that take no room on the screen or change the direction of writing, are not allowed
anywhere in a file, not even in texts and comments: what one reads must be what is compiled.  Spaces other than the
plain space are allowed in texts and comments only.

    (print "a\\u{200B}b")      ; a zero-width space, visibly""",
)
UNEXPECTED = Kind(
    "PARSE-004",
    "{what} cannot stand here",
    help="a name has letters, digits and the signs + - * / % < > = ! ? . : _",
    explain="""\
Names are runs of letters, digits and the signs + - * / % < > = ! ? . : _ together with the glyphs of the language.
Other characters have a meaning only inside texts and comments.""",
)
BRACKET = Kind(
    "PARSE-005",
    "`{bracket}` is not part of the language",
    help="round parentheses are the only ones",
    explain="""\
Only round parentheses group.  A list value is built by a call:

    (list 1 2 3)""",
)
BAD_NUMBER = Kind(
    "PARSE-006",
    "`{word}` begins like a number but is none",
    help="{advice}",
    explain="""\
What begins like a number must be one, so that a slip of the finger never becomes a name.

    12  -7  1_000  0xff  0b1010          integers
    1.5  -2e9  1e0  6.02e+23             floats: a digit on both sides of the point, or an exponent""",
)
INTEGER_RANGE = Kind(
    "PARSE-007",
    "`{word}` is outside I64",
    help="an I64 goes from -9223372036854775808 to 9223372036854775807",
    explain="""\
Every integer literal is an I64, 64 bits with sign; hexadecimal and binary ones too.  Write a bit pattern with its
highest bit set as the negative number it is, or as a float when only its size matters:

    0x7fffffffffffffff   (bit-not 0)   1e19""",
)
FLOAT_RANGE = Kind(
    "PARSE-008",
    "`{word}` is too large for F64",
    help="the largest F64 is 1.7976931348623157e308",
    explain="""\
A float literal is rounded to the nearest F64; this one would become infinity.  Infinity itself is written as a
division:

    (/ 1.0 0.0)""",
)
BAD_ESCAPE = Kind(
    "PARSE-009",
    "`{escape}` is no escape",
    help='the escapes are \\n \\t \\r \\" \\\\ and \\u{{1F600}}',
    explain="""\
In a text, a backslash begins an escape: \\n newline, \\t tab, \\r carriage return, \\" quote, \\\\ backslash,
\\u{1F600} the character of that number.  A backslash itself is written twice.""",
)
BAD_CODE_POINT = Kind(
    "PARSE-010",
    "`{escape}` names no character",
    help="write one to six hexadecimal digits, at most 10FFFF and not D800 to DFFF: \\u{{1F600}}",
    explain="""\
\\u{...} holds the number of a Unicode character in hexadecimal.  The numbers D800 to DFFF are halves of UTF-16 pairs
and no characters; the last number is 10FFFF.""",
)
OPEN_TEXT = Kind(
    "PARSE-011",
    "this text has no end",
    help="{advice}",
    explain="""\
A text runs from one quote to the next and may hold line ends.  No quote closes this one before the file, or before the
next form that begins a line.""",
)
OPEN_PAREN = Kind(
    "PARSE-012",
    "this parenthesis is not closed",
    help="{advice}",
    explain="""\
Each `(` needs its `)`.  The place is a parenthesis that a later line of its form begins no deeper than; where the
margin tells nothing, it is the innermost that is still open where the file ends, or where the next form begins a
line.""",
)
EXTRA_PAREN = Kind(
    "PARSE-013",
    "this parenthesis closes nothing",
    help="delete it, or look for a missing `(` before it",
    explain="""\
Each `)` closes the last open `(`.  Here none is open: a form has one `)` too many, or has lost its `(`.""",
)
LONG_SYMBOL = Kind(
    "PARSE-014",
    "this name is {bytes} bytes long",
    help="a name has at most 255 bytes",
    explain="""\
Names become symbols of object files and lines of reports; 255 bytes is room enough.""",
)
TOO_DEEP = Kind(
    "PARSE-015",
    "the form nests deeper than {limit} parentheses",
    help="name the inner parts with a `ƒ` or a `≔`",
    explain="""\
Forms nest at most 10,000 deep, so that reading and checking a file needs bounded room whatever is in it.  Only
generated code gets there: let the generator name intermediate results.""",
)
