"""One file's top level: which form is what, which names it defines, and whether its shape is right.

`scan` sorts the forms of a file into a `Module` and lists its imports; `check_names` sees to it that names are new, fit
and, where exported, exist.  What stands inside a function, type or constant is the checker's business.
A new top-level form is a row of `FORMS`.
"""

from __future__ import annotations

from compiler.diagnostics import Note, meant
from compiler.messages import semantic
from compiler.modules import cfg, names
from compiler.syntax.forms import KIND_NAMES, LIST, SYMBOL, TEXT
from compiler.syntax.reader import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from compiler.diagnostics import Sink
    from compiler.modules.cfg import Features
    from compiler.modules.module import Module
    from compiler.syntax.forms import Forms, Symbols

# word -> (how it is written, the Module list it goes to, where its name stands, what it defines)
FORMS: dict[str, tuple[str, str, int, str]] = {
    "module": ("⊙", "", 0, ""),
    "import": ("↥", "", 0, ""),
    "export": ("↦", "", 0, ""),
    "fn": ("ƒ", "functions", 1, "a function"),
    "type": ("τ", "types", 1, "a type"),
    "const": ("const", "consts", 1, "a constant"),
    "extern": ("extern", "externs", 2, "an extern"),
    "test": ("test", "tests", 0, ""),
    "doc": ("doc", "docs", 0, ""),
}
TITLES = {"test": '(test "title" …)', "doc": '(doc "…")'}


COMMENTS = ("//", "/*", "--")  # how comments begin elsewhere
STRAY_ADVICE = "a top-level form begins with a name: (ƒ main (_) …)"


class Wanted:
    """An import as the file writes it, not resolved yet; `alias` is a symbol id, or -1."""

    __slots__ = ("alias", "node", "path", "place")

    def __init__(self, node: int, place: int, path: str, alias: int) -> None:
        self.node = node
        self.place = place  # the node of the path
        self.path = path
        self.alias = alias


def scan(module: Module, symbols: Symbols, features: Features, sink: Sink) -> list[Wanted]:
    """Sort the file's forms into `module`; the imports that are in the program."""
    file, forms = module.file, module.forms
    wanted: list[Wanted] = []
    aliases: dict[int, int] = {}  # the import that gives each
    named = -1
    stray = -1  # where the last thing that was reported as no form stands
    for node in forms.top:
        start, end = forms.start[node], forms.end[node]
        if forms.kind[node] != LIST:
            what = (
                "a name"
                if forms.kind[node] == SYMBOL
                else f"a{'n' * (forms.kind[node] == 2)} {KIND_NAMES[forms.kind[node]]}"
            )
            if stray < 0 or "\n" in file.text[stray:start]:  # the words of one line are one mistake
                foreign = file.text.startswith(COMMENTS, start)
                advice = "a comment begins with `;`" if foreign else STRAY_ADVICE
                sink.add(semantic.STRAY, file, start, end, what=what, advice=advice)
                stray = start
            continue
        word = head(forms, node, symbols)
        row = FORMS.get(word)
        if row is None:
            _unknown(module, node, word, sink)
            continue
        condition = cfg.apply(file, forms, node, symbols, features, sink)
        _glyph, bucket, _at, _what = row
        if condition is not None:
            for symbol, _ in _defined(forms, node, word, symbols):
                module.disabled.setdefault(symbol, condition)
            if word == "import" and forms.count[node] > 2:
                alias = forms.children(node)[2]
                if forms.kind[alias] == SYMBOL:
                    module.disabled.setdefault(forms.data[alias], condition)
        elif word == "module":
            if named >= 0:
                note = Note(file, forms.start[named], forms.end[named], "first named here")
                sink.add(semantic.MODULE_TWICE, file, start, end, (note,))
                continue
            named = node
            _module(module, node, symbols, sink)
        elif word == "import":
            found = _import(module, node, symbols, aliases, sink)
            if found is not None:
                wanted.append(found)
        elif word == "export":
            _export(module, node, symbols, sink)
        elif word in TITLES:
            children = forms.children(node)
            if len(children) < 2 or forms.kind[children[1]] != TEXT or (word == "doc" and len(children) != 2):
                wrong = children[1] if len(children) > 1 and forms.kind[children[1]] != TEXT else node
                example = TITLES[word]
                sink.add(semantic.TITLE_SHAPE, file, forms.start[wrong], forms.end[wrong], form=word, example=example)
                continue
            getattr(module, bucket).append(node)
        elif _has_name(module, node, word, sink):
            getattr(module, bucket).append(node)
    return wanted


def _unknown(module: Module, node: int, word: str, sink: Sink) -> None:
    file, forms = module.file, module.forms
    first = forms.children(node)[0] if forms.count[node] else node
    if not word:
        what = "an empty form" if first == node else "a form that begins with no name"
        sink.add(semantic.STRAY, file, forms.start[node], forms.end[node], what=what, advice=STRAY_ADVICE)
        return
    found = meant(word, (*FORMS, "function", "define", "defun", "def"), "")
    for name, (glyph, *_rest) in FORMS.items():
        found = found.replace(f"`{name}`", f"`{glyph}`")
    if "def" in found or "func" in found or word in ("define", "defun", "def", "function", "func", "fun"):
        found = "a function is written (ƒ name (x) …)"
    advice = found or "expressions belong into the body of a function: (ƒ main (_) …)"
    sink.add(semantic.UNKNOWN_FORM, file, forms.start[first], forms.end[first], name=word, advice=advice)


def _module(module: Module, node: int, symbols: Symbols, sink: Sink) -> None:
    forms = module.forms
    children = forms.children(node)
    name = symbols.names[forms.data[children[1]]] if len(children) == 2 and forms.kind[children[1]] == SYMBOL else ""
    if not name or names.misfit(name):
        wrong = children[1] if len(children) == 2 else node
        sink.add(semantic.MODULE_SHAPE, module.file, forms.start[wrong], forms.end[wrong])
        return
    module.name = name


def _import(module: Module, node: int, symbols: Symbols, aliases: dict[int, int], sink: Sink) -> Wanted | None:
    file, forms = module.file, module.forms
    children = forms.children(node)
    alias = -1
    wrong, what = node, ""
    if len(children) < 2:
        what = "an import needs a path"
    elif forms.kind[children[1]] != TEXT:
        wrong, what = children[1], "the path of an import is a text"
    elif not forms.texts[forms.data[children[1]]]:
        wrong, what = children[1], "the path of this import is empty"
    elif len(children) > 3:
        wrong, what = children[3], "an import has a path and one alias"
    elif len(children) == 3:
        wrong = children[2]
        name = symbols.names[forms.data[wrong]] if forms.kind[wrong] == SYMBOL else ""
        if not name or names.misfit(name):
            what = "an alias is a lower-case name without a point"
        else:
            alias = forms.data[wrong]
    if what:
        sink.add(semantic.IMPORT_SHAPE, file, forms.start[wrong], forms.end[wrong], what=what)
        return None
    if alias >= 0 and aliases.setdefault(alias, node) != node:
        first, again = forms.children(aliases[alias])[2], children[2]
        note = Note(file, forms.start[first], forms.end[first], "first given here")
        name = symbols.names[alias]
        sink.add(semantic.ALIAS_TWICE, file, forms.start[again], forms.end[again], (note,), name=name)
        return None
    return Wanted(node, children[1], forms.texts[forms.data[children[1]]], alias)


def _export(module: Module, node: int, symbols: Symbols, sink: Sink) -> None:
    file, forms = module.file, module.forms
    children = forms.children(node)[1:]
    if module.exports is None:
        module.exports = {}
    if not children:
        sink.add(semantic.EXPORT_SHAPE, file, forms.start[node], forms.end[node], what="an export needs a name")
    for child in children:
        start, end = forms.start[child], forms.end[child]
        if forms.kind[child] != SYMBOL:
            sink.add(semantic.EXPORT_SHAPE, file, start, end, what="an export lists names")
        elif forms.data[child] in module.exports:
            first = module.exports[forms.data[child]]
            note = Note(file, forms.start[first], forms.end[first], "first exported here")
            sink.add(semantic.EXPORT_TWICE, file, start, end, (note,), name=symbols.names[forms.data[child]])
        else:
            module.exports[forms.data[child]] = child


def _has_name(module: Module, node: int, word: str, sink: Sink) -> bool:
    """Whether the form has a name where its kind has one (and an extern its "C")."""
    file, forms = module.file, module.forms
    glyph, _bucket, at, what = FORMS[word]
    children = forms.children(node)
    wrong = children[at] if len(children) > at else node
    if word == "extern" and len(children) > 1:
        if forms.kind[children[1]] != TEXT or forms.texts[forms.data[children[1]]] != "C":
            place = children[1]
            advice = 'the language of an extern is "C": (extern "C" name (∷ …) (cap …))'
            sink.add(semantic.NAME_SHAPE, file, forms.start[place], forms.end[place], form=glyph, advice=advice)
            return False
    if word == "type" and wrong != node and forms.kind[wrong] == LIST and forms.count[wrong]:
        wrong = forms.children(wrong)[0]
    if wrong != node and forms.kind[wrong] == SYMBOL:
        return True
    example = {"fn": "(ƒ name (x) …)", "type": "(τ Name …)", "const": "(const name Type value)"}.get(
        word, '(extern "C" name (∷ …) (cap …))'
    )
    advice = f"write {example} to define {what}"
    sink.add(semantic.NAME_SHAPE, file, forms.start[wrong], forms.end[wrong], form=glyph, advice=advice)
    return False


def _defined(forms: Forms, node: int, word: str, symbols: Symbols) -> Iterable[tuple[int, int]]:
    """(symbol id, node) of every name a definition introduces: its own first, then a type's constructors."""
    _glyph, _bucket, at, _what = FORMS[word]
    children = forms.children(node)
    if not at or len(children) <= at:
        return
    name = children[at]
    if word == "type" and forms.kind[name] == LIST and forms.count[name]:
        name = forms.children(name)[0]
    if forms.kind[name] == SYMBOL:
        yield forms.data[name], name
    if word == "type":
        for child in children[2:]:
            if head(forms, child, symbols):
                child = forms.children(child)[0]
            if forms.kind[child] == SYMBOL:
                yield forms.data[child], child


def check_names(module: Module, symbols: Symbols, sink: Sink) -> None:
    """Complain about names that are taken, misfit, or exported and unknown.

    Types and constructors have a name space each, which the checker builds and looks after.
    """
    forms = module.forms
    values: dict[int, int] = {}  # symbol id -> the node that names it
    types: dict[int, int] = {}
    definitions = [
        (node, word) for word in ("fn", "type", "const", "extern") for node in getattr(module, FORMS[word][1])
    ]
    for node, word in sorted(definitions):
        for position, (symbol, place) in enumerate(_defined(forms, node, word, symbols)):
            if word != "type":
                _unique(module, symbols, values, symbol, place, sink)
            (types if word == "type" and position == 0 else values).setdefault(symbol, place)
    if module.exports is not None:
        stated = {forms.data[forms.children(node)[1]]: node for node in module.functions}
        for symbol, place in list(module.exports.items()):
            if symbol in values or symbol in types:
                _states_type(module, symbols, stated.get(symbol, -1), place, sink)
                continue
            del module.exports[symbol]
            start, end = forms.start[place], forms.end[place]
            name = symbols.names[symbol]
            if symbol in module.disabled:
                cfg.report_use(sink, module.file, start, end, name, module.disabled[symbol])
            else:
                candidates = sorted(symbols.names[other] for other in (*values, *types))
                advice = meant(name, candidates, "define it here, or take it out of the export")
                sink.add(semantic.UNKNOWN_EXPORT, module.file, start, end, name=name, advice=advice)


def _unique(module: Module, symbols: Symbols, values: dict[int, int], symbol: int, place: int, sink: Sink) -> None:
    """Complain about a value's name that is the language's, or is there already."""
    file, forms = module.file, module.forms
    start, end = forms.start[place], forms.end[place]
    name = symbols.names[symbol]
    taken = names.taken(name)
    if taken:
        sink.add(semantic.LANGUAGE_NAME, file, start, end, name=name, what=taken)
    elif symbol in values:
        first = values[symbol]
        note = Note(file, forms.start[first], forms.end[first], "first defined here")
        sink.add(semantic.DEFINED_TWICE, file, start, end, (note,), name=name)


def _states_type(module: Module, symbols: Symbols, function: int, exported: int, sink: Sink) -> None:
    """A function (-1: it is none) that is exported has its ∷."""
    file, forms = module.file, module.forms
    if function < 0 or any(head(forms, child, symbols) == "::" for child in forms.children(function)[2:]):
        return
    place = forms.children(function)[1]
    note = Note(file, forms.start[exported], forms.end[exported], "exported here")
    name = symbols.names[forms.data[place]]
    sink.add(semantic.EXPORT_WITHOUT_TYPE, file, forms.start[place], forms.end[place], (note,), name=name)
