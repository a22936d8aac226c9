"""A module's documentation as Markdown: what it exports, with types and the words of `(doc "…")`.

    (ƒ swap (∷ (→ (Pair a b) (Pair b a))) (doc "Turned.") (p) …)   ──▶   ### `(swap p)`
                                                                        `(→ (Pair a b) (Pair b a))`
                                                                        Turned.

`outline` takes from the forms what a page shows of them, `compose` makes the page of that and of the functions' types.
Signatures are shown as the source writes them, with the author's names for type variables, and as inferred where it
does not say; effects come from the checker.  Exports stand in the order of `↦`.  A type shows the constructors that are
exported, so that what is private stays so.  A new kind of top-level form is a branch of `_entry`.
"""

from __future__ import annotations

from compiler.syntax.forms import LIST, SYMBOL, TEXT
from compiler.syntax.reader import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.hir.program import Program
    from compiler.modules.module import Graph, Module
    from compiler.syntax.forms import Symbols

    # section, name, its heading or parts of the call, what stands below (of a function its ∷ or ""), doc
    Entry = tuple[str, str, list[str], str, str]
    Outline = tuple[str, list[str], list[Entry]]  # the module's name, its own docs
    Signature = tuple[list[str], str, list[str]]  # types of the parameters and the result, capabilities

SECTIONS = ("Types", "Constants", "Functions")
SILENT = frozenset({"store", "panic"})  # effects that are no capability of a signature


def page(graph: Graph, program: Program) -> str:
    """The page of the program's root module, from its checked sources."""
    module = graph.modules[-1]
    reading = _Reading(module, graph.symbols)
    typed = {function.start: function for function in program.functions if function.file is module.file}

    def signature(name: str) -> Signature | None:
        function = typed.get(module.forms.start[reading.nodes[name][1]])
        if function is None:
            return None
        show = program.types.show
        params = [show(function.locals[p].type) for p in function.params]
        return params, show(function.result), sorted(function.caps)

    return compose(reading.outline(), signature)


def outline(module: Module, symbols: Symbols) -> Outline:
    """What a page shows of a module's forms."""
    return _Reading(module, symbols).outline()


def compose(found: Outline, signature: Callable[[str], Signature | None]) -> str:
    """The page of a module; `signature` tells of a function's types."""
    title, docs, entries = found
    blocks = [f"# {title}", *docs]
    for section in SECTIONS:
        shown = [_shown(entry, signature) for entry in entries if entry[0] == section]
        if shown:
            blocks += [f"## {section}", *shown]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _shown(entry: Entry, signature: Callable[[str], Signature | None]) -> str:
    section, name, words, below, doc = entry
    lines = [f"### `{words[0]}`", below]
    if section == "Functions":
        told = signature(name)
        written = below or _inferred(told)
        if words[1:] == ["_"] and written.startswith("(→ Unit "):
            words = words[:1]
        call = "(" + " ".join(words) + ")" if words[0] else words[1]
        lines = [f"### `{call}`", f"`{written}`", _effects(told)]
    return "\n\n".join(line for line in (*lines, doc) if line)


def _inferred(told: Signature | None) -> str:
    if told is None:
        return "?"
    params, result, _ = told
    return "(→ " + " ".join([*(params or ["Unit"]), result]) + ")"


def _effects(told: Signature | None) -> str:
    if told is None:
        return ""
    caps = [cap for cap in told[2] if cap not in SILENT]
    words = [f"Capabilities: {', '.join(caps)}."] if caps else []
    if "store" in told[2]:
        words.append("Stores into data.")
    return f"*{' '.join(words)}*" if words else ""


class _Reading:
    """One module's forms: where its names are defined, and what is written there."""

    def __init__(self, module: Module, symbols: Symbols) -> None:
        self.names = symbols.names
        self.symbols = symbols
        self.module = module
        forms = module.forms
        self.nodes: dict[str, tuple[str, int]] = {}  # name -> (section, its top-level form)
        self.ctors: set[str] = set()
        for node in module.types:
            parts = forms.children(node)
            self.nodes[self._name(parts[1])] = ("Types", node)
            self.ctors.update(self._name(part) for part in parts[2:] if not self._note(part))
        for node in module.consts:
            self.nodes.setdefault(self._name(forms.children(node)[1]), ("Constants", node))
        for node in module.functions:
            self.nodes.setdefault(self._name(forms.children(node)[1]), ("Functions", node))
        for node in module.externs:
            self.nodes.setdefault(self._name(forms.children(node)[2]), ("Functions", node))

    def outline(self) -> Outline:
        module = self.module
        exported = list(self.nodes) if module.exports is None else [self.names[symbol] for symbol in module.exports]
        self.visible = self.ctors if module.exports is None else set(exported)
        entries = [self._entry(name) for name in exported if name in self.nodes and name != "main"]
        return module.name, [self._doc_of(node) for node in module.docs], entries

    def _entry(self, name: str) -> Entry:
        section, node = self.nodes[name]
        parts = self.module.forms.children(node)
        if section == "Types":
            words, below = [self._source(parts[1])], self._constructors(parts[2:])
        elif section == "Constants":
            words, below = [self._source(parts[1])], f"`{self._source(parts[2])}`"
        else:
            words, below = self._call(node), self._written(node)
        return section, name, words, below, self._doc(parts)

    def _constructors(self, parts: list[int]) -> str:
        shown = [self._source(p) for p in parts if not self._note(p) and self._name(p) in self.visible]
        return "\n".join(("```", *shown, "```")) if shown else ""

    def _call(self, node: int) -> list[str]:
        """A call as one would write it, with the names of the parameters; of a C function "" and how it is declared."""
        parts = self.module.forms.children(node)
        if head(self.module.forms, node, self.symbols) == "extern":
            return ["", self._source(parts[2])]
        params = next((p for p in parts[2:] if self._params(p)), -1)
        words = [] if params < 0 else [self._source(p) for p in self.module.forms.children(params)]
        return [self._source(parts[1]), *words]

    def _params(self, node: int) -> bool:
        """Whether an element of ƒ is its parameter list: the first list that is no annotation."""
        forms = self.module.forms
        return forms.kind[node] == LIST and head(forms, node, self.symbols) not in (
            "::", "cap", "doc", "inline", "tail", "cfg",
        )  # fmt: skip

    def _written(self, node: int) -> str:
        """The signature that the source writes, or ""."""
        forms = self.module.forms
        for part in forms.children(node)[2:]:
            if head(forms, part, self.symbols) == "::":
                return self._source(forms.children(part)[1]).replace("(-> ", "(→ ")
        return ""

    def _doc(self, parts: list[int]) -> str:
        return "\n\n".join(self._doc_of(p) for p in parts if self._note(p) == "doc")

    def _doc_of(self, node: int) -> str:
        forms = self.module.forms
        return forms.texts[forms.data[forms.children(node)[1]]]

    def _note(self, node: int) -> str:
        """`doc` or `cfg` when the element is such a note, else an empty text."""
        forms = self.module.forms
        word = head(forms, node, self.symbols)
        if forms.count[node] != 2:
            return ""
        kind = forms.kind[forms.children(node)[1]]
        return word if (word, kind) in (("doc", TEXT), ("cfg", LIST)) else ""

    def _name(self, node: int) -> str:
        """The name a form is or begins with."""
        forms = self.module.forms
        if forms.kind[node] == SYMBOL:
            return self.names[forms.data[node]]
        return head(forms, node, self.symbols)

    def _source(self, node: int) -> str:
        """A form as the file writes it, on one line."""
        forms = self.module.forms
        return " ".join(self.module.file.text[forms.start[node] : forms.end[node]].split())
