"""What the characters of a file mean: one regular expression, and one look at each distinct word.

The reader walks `TOKEN` over a whole file; a word (anything between spaces and parentheses) is classified
once by `classify` and remembered by the reader, so a name that occurs a thousand times costs a thousand
dictionary look-ups.  Knows nothing of nesting or of what a form means.  A new literal is a branch of `classify`.
"""

from __future__ import annotations

import re
from struct import pack, unpack

from compiler.messages import parse
from compiler.syntax.forms import FLOAT, GLYPHS, INT, SYMBOL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from compiler.diagnostics import Kind
    from compiler.syntax.forms import Symbols

    Facts = Mapping[str, object]
    Problem = tuple[Kind, int, int, Facts]  # kind, start, end, facts

SYMBOL_BYTES = 255
SIGNS = "+-*/%<>=!?.:_"
GLYPH_SIGNS = "⊙↥↦≔∷→"  # the other glyphs are letters

# Groups: 1 open, 2 close (all that stand together), 3 word, 4 text, 5 anything else; no group at the end of the file.
# Everything that repeats is possessive: a 1 MB line costs one walk.
OPEN, CLOSE, WORD, TEXT_TOKEN, OTHER = range(1, 6)
WORD_PATTERN = rf"[\w{re.escape(SIGNS)}{GLYPH_SIGNS}]++"
TEXT_PATTERN = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_OTHER = rf"""[^\s()"';\w\[\]{{}}{re.escape(SIGNS)}{GLYPH_SIGNS}]++|."""
TOKEN = re.compile(rf"(?:[ \t\r\n]++|;[^\n]*+)*+(?:(\()|(\)++)|({WORD_PATTERN})|({TEXT_PATTERN})|({_OTHER})|\Z)", re.S)

# Control and invisible characters: category Cc and Cf, line and paragraph separators, the fillers that count as
# letters, non-characters.  A carriage return is one unless it ends a line.
INVISIBLE = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
SPACES = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"

_NUMBER_LIKE = re.compile(r"[+-]?\.?[0-9]")
_INT = re.compile(r"-?[0-9][0-9_]*")
_HEX = re.compile(r"(-?)0x([0-9A-Fa-f_]*[0-9A-Fa-f][0-9A-Fa-f_]*)")
_BIN = re.compile(r"(-?)0b([01_]*[01][01_]*)")
_FLOAT = re.compile(r"-?[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?")

_ESCAPE = re.compile(r"\\(?:u\{([^}\"\\]*)(\}?)|(.))", re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def shown(word: str) -> str:
    """A word as a message prints it: never more than 40 characters."""
    return word if len(word) <= 40 else word[:37] + "…"


def classify(word: str, symbols: Symbols) -> tuple[int, int] | tuple[Kind, Facts]:
    """(kind, data) of a word, or what is wrong with it."""
    first = word[0]
    if (first in "+-." or first.isdigit()) and _NUMBER_LIKE.match(word):
        return _number(word)
    if not word.isascii():
        for character in word:
            if not (character.isascii() or character.isalpha() or character in GLYPH_SIGNS):
                return parse.UNEXPECTED, {"what": describe(character)}
        word = GLYPHS.get(word, word)
    if len(word) > 63 and len(word.encode("utf-8", "surrogatepass")) > SYMBOL_BYTES:
        return parse.LONG_SYMBOL, {"bytes": len(word.encode("utf-8", "surrogatepass"))}
    return SYMBOL, symbols.id(word)


def _number(word: str) -> tuple[int, int] | tuple[Kind, Facts]:
    if _INT.fullmatch(word):
        digits = word.replace("_", "").lstrip("-").lstrip("0") or "0"
        value = int(digits) if len(digits) <= 20 else 1 << 65  # int() refuses very long texts
    elif match := _HEX.fullmatch(word) or _BIN.fullmatch(word):
        digits = match[2].replace("_", "").lstrip("0") or "0"
        value = int(digits, 16 if "x" in word else 2) if len(digits) <= 64 else 1 << 65
    elif ("." in word or "e" in word or "E" in word) and _FLOAT.fullmatch(word):
        number = float(word.replace("_", ""))
        if number in (float("inf"), float("-inf")):
            return parse.FLOAT_RANGE, {"word": shown(word)}
        return FLOAT, unpack("<Q", pack("<d", number))[0]
    else:
        return parse.BAD_NUMBER, {"word": shown(word), "advice": _advice(word)}
    if word[0] == "-":
        value = -value
    if not -(1 << 63) <= value < 1 << 63:
        return parse.INTEGER_RANGE, {"word": shown(word)}
    return INT, value


def _advice(word: str) -> str:
    """What the writer of an almost-number probably meant."""
    sign = "-" if word.startswith("-") else ""
    body = word.lstrip("+-")
    if len(word) <= 40:
        for candidate in (sign + body, sign + "0" + body, word + "0", body.lower()):
            if candidate != word and (_INT.fullmatch(candidate) or _FLOAT.fullmatch(candidate)):
                return f"write `{candidate}`"
    return "a name begins with a letter; numbers look like 12 0xff 1.5 2e9"


def describe(character: str) -> str:
    """A character as a message names it: itself where it can be seen, its number always unless ASCII."""
    if character.isascii() and character.isprintable():
        return f"`{character}`"
    number = f"U+{ord(character):04X}"
    return f"`{character}` ({number})" if character.isprintable() else number


def decode_text(raw: str, start: int) -> tuple[str, list[Problem]]:
    """The value of a text token (with its quotes), and its bad escapes; `start` is its offset in the file."""
    body = raw[1:-1]
    if "\\" not in body:
        return body.replace("\r\n", "\n"), []
    parts: list[str] = []
    problems: list[Problem] = []
    at = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[at : match.start()].replace("\r\n", "\n"))
        at = match.end()
        simple = _ESCAPES.get(match[3] or "")
        if simple is not None:
            parts.append(simple)
            continue
        place = start + 1 + match.start()
        if match[3] is None:
            digits = match[1]
            number = int(digits, 16) if match[2] and re.fullmatch("[0-9A-Fa-f]{1,6}", digits) else -1
            if 0 <= number < 0xD800 or 0xE000 <= number < 0x110000:
                parts.append(chr(number))
            else:
                end = start + 1 + match.end()
                problems.append((parse.BAD_CODE_POINT, place, end, {"escape": shown(match[0])}))
        else:
            escape = match[0] if match[3].isprintable() else "\\" + describe(match[3])
            problems.append((parse.BAD_ESCAPE, place, place + 2, {"escape": escape}))
    parts.append(body[at:].replace("\r\n", "\n"))
    return "".join(parts), problems
