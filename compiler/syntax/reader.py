"""Read a file's text into `Forms`: one walk of the token expression, no recursion, every error of the file.

A file without errors is read by `quick.py` and not walked at all.  A form with an error in it is left out of `top` and
the rest is read.  When a parenthesis or a text is still open at the end, the walk is done once more, strictly: a `(`
that begins a line then begins a top-level form, whatever is open, so one missing `)` costs one form and one message.
Knows nothing of what a form means.
"""

from __future__ import annotations

from compiler.diagnostics import Diagnostic
from compiler.messages import parse
from compiler.syntax.forms import LIST, SYMBOL, TEXT, Forms
from compiler.syntax.lexer import (
    CLOSE,
    INVISIBLE,
    OPEN,
    SPACES,
    TEXT_TOKEN,
    TOKEN,
    WORD,
    classify,
    decode_text,
    describe,
)
from compiler.syntax.quick import read_quickly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Sink, SourceFile
    from compiler.syntax.forms import Symbols
    from compiler.syntax.lexer import Problem

DEPTH = 10_000
SHOWN = 50  # messages; where the others went wrong need not be looked for
_CLOSING = {"[": "]", "{": "}"}


def read(file: SourceFile, symbols: Symbols, sink: Sink) -> Forms:
    """The forms of a file; what is wrong with it goes to `sink`, in the order of the text."""
    quick = read_quickly(file.text, symbols, DEPTH)
    if quick is not None:
        return quick
    problems: list[Problem] = []
    forms, complete = _walk(file.text, symbols, problems, strict=False)
    if not complete and "\n(" in file.text:
        problems = []
        forms, _ = _walk(file.text, symbols, problems, strict=True)
    _find_invisible(file.text, problems)
    problems.sort(key=lambda problem: (problem[1], problem[0].code))
    for kind, start, end, facts in problems:
        sink.put(Diagnostic(kind, file, start, end, facts))
    return forms


def _find_invisible(text: str, problems: list[Problem]) -> None:
    for match in INVISIBLE.finditer(text):
        at = match.start()
        if at == 0 and text[0] == "\ufeff":
            problems.append((parse.BYTE_ORDER_MARK, 0, 1, {}))
            continue
        code = ord(text[at])
        what = "the control character" if code < 0xA0 else "the invisible character"
        problems.append((parse.INVISIBLE, at, at + 1, {"what": what, "code": f"U+{code:04X}", "digits": f"{code:X}"}))


def _walk(text: str, symbols: Symbols, problems: list[Problem], *, strict: bool) -> tuple[Forms, bool]:
    """One walk over the text; False beside the forms when something is still open at the end."""
    forms = Forms()
    kinds, starts, ends, datas, counts = forms.kind, forms.start, forms.end, forms.data, forms.count
    kids, texts, top = forms.kids, forms.texts, forms.top
    words = symbols.words
    open_nodes: list[int] = []  # the lists that are open, and where their children begin in `pending`
    marks: list[int] = []
    pending: list[int] = []
    broken = False  # the current top-level form has an error
    brackets = {"]": 0, "}": 0}
    position, length = 0, len(text)
    size = 0  # forms so far
    complete = True

    while position <= length:
        restart = -1
        for match in TOKEN.finditer(text, position):
            group = match.lastindex
            if group == WORD:
                word = match[WORD]
                entry = words.get(word)
                if entry is None:
                    entry = words[word] = classify(word, symbols)
                kind, data = entry
                end = match.end()
                if isinstance(kind, int):
                    pending.append(size)
                    size += 1
                    kinds.append(kind)
                    starts.append(end - len(word))
                    ends.append(end)
                    datas.append(data)  # type: ignore[arg-type]  # narrowed by `kind` above
                    counts.append(0)
                else:
                    problems.append((kind, end - len(word), end, data))  # type: ignore[arg-type]
                    broken = True
            elif group == OPEN:
                start = match.end() - 1
                if open_nodes:
                    if strict and text[start - 1] == "\n":
                        if not broken:
                            problems.append(_open_paren(text, [starts[node] for node in open_nodes], start, problems))
                        del open_nodes[:], marks[:], pending[:]
                        broken = False
                    elif len(open_nodes) == DEPTH and not broken:
                        problems.append((parse.TOO_DEEP, start, start + 1, {"limit": f"{DEPTH:,}"}))
                        broken = True
                else:
                    del pending[:]  # atoms between the forms went to `top` already
                    broken = False
                open_nodes.append(size)
                size += 1
                marks.append(len(pending))
                kinds.append(LIST)
                starts.append(start)
                ends.append(start + 1)
                datas.append(0)
                counts.append(0)
                continue
            elif group == CLOSE:
                for end in range(match.start(CLOSE) + 1, match.end() + 1):
                    if not open_nodes:
                        problems.append((parse.EXTRA_PAREN, end - 1, end, {}))
                        continue
                    node = open_nodes.pop()
                    first = marks.pop()
                    ends[node] = end
                    datas[node] = len(kids)
                    counts[node] = len(pending) - first
                    kids += pending[first:]
                    pending[first:] = (node,)
                    if not open_nodes:
                        if not broken:
                            top.append(node)
                        del pending[:]
                        broken = False
                continue
            elif group == TEXT_TOKEN:
                start, end = match.span(TEXT_TOKEN)
                raw = match[TEXT_TOKEN]
                if strict and "\n(" in raw:
                    restart = start
                    break
                value, wrong = decode_text(raw, start)
                if wrong:
                    problems += wrong
                    broken = True
                pending.append(size)
                size += 1
                kinds.append(TEXT)
                starts.append(start)
                ends.append(end)
                datas.append(len(texts))
                texts.append(value)
                counts.append(0)
            elif group is None:
                break
            else:
                start, end = match.span(group)
                if text[start] == '"':
                    restart = start
                    break
                broken |= _other(text, start, end, brackets, problems)
                continue
            if not open_nodes:
                if not broken:
                    top += pending
                del pending[:]
                broken = False
        if restart < 0:
            break
        # A text without an end: report it, drop the form it stands in, go on at the next line that begins with `(`.
        if not broken or not open_nodes:
            begin = starts[open_nodes[0]] if open_nodes else restart
            problems.append(
                (parse.OPEN_TEXT, restart, restart + 1, {"advice": _open_text(text, begin, restart, problems)})
            )
        del open_nodes[:], marks[:], pending[:]
        broken = False
        complete = False
        position = text.find("\n(", restart) if strict else -1
        if position < 0:
            break

    if open_nodes:
        complete = False
        if not broken:
            problems.append(_open_paren(text, [starts[node] for node in open_nodes], length, problems))
    return forms, complete


def _open_paren(text: str, opened: list[int], end: int, problems: list[Problem]) -> Problem:
    start, depth = opened[-1], len(opened)
    if len(problems) < SHOWN:
        from compiler.syntax.unclosed import suspect

        place, line = suspect(text, opened[0], end + 1)
        if place >= 0:
            advice = f"add its `)` before line {line}, which begins no deeper"
            return parse.OPEN_PAREN, place, place + 1, {"advice": advice}
    advice = "add a `)` where it ends" if depth == 1 else f"{depth} parentheses are open here: add their `)`"
    return parse.OPEN_PAREN, start, start + 1, {"advice": advice}


def _open_text(text: str, begin: int, end: int, problems: list[Problem]) -> str:
    advice = 'close it with a `"`; a quote inside a text is written \\"'
    if len(problems) < SHOWN:
        from compiler.syntax.unclosed import running_text

        line = running_text(text, begin, end)
        if line:
            advice += f"; or is it the text of line {line} that lacks its end?"
    return advice


def _other(text: str, start: int, end: int, brackets: dict[str, int], problems: list[Problem]) -> bool:
    """Characters that no token begins with; True when that is a new error."""
    first = text[start]
    if first in "[{":
        brackets[_CLOSING[first]] += 1
        problems.append((parse.BRACKET, start, start + 1, {"bracket": first}))
        return True
    if first in "]}":
        if brackets[first]:
            brackets[first] -= 1  # its partner was reported
            return True
        problems.append((parse.BRACKET, start, start + 1, {"bracket": first}))
        return True
    if INVISIBLE.match(text, start):
        return True  # reported by `_find_invisible`
    if first in SPACES:
        facts = {"what": "the space", "code": f"U+{ord(first):04X}", "digits": f"{ord(first):X}"}
        problems.append((parse.INVISIBLE, start, start + 1, facts))
        return True
    problems.append((parse.UNEXPECTED, start, end, {"what": describe(first)}))
    return True


def same(left: Forms, right: Forms) -> bool:
    """Whether two files read with the same `Symbols` have the same forms, wherever they stand in the text."""
    if left.kind != right.kind or left.count != right.count or left.kids != right.kids or left.texts != right.texts:
        return False
    return left.data == right.data and left.top == right.top


def head(forms: Forms, node: int, symbols: Symbols) -> str:
    """The symbol a list begins with, or an empty text."""
    if forms.kind[node] != LIST or not forms.count[node]:
        return ""
    first = forms.kids[forms.data[node]]
    return symbols.names[forms.data[first]] if forms.kind[first] == SYMBOL else ""
