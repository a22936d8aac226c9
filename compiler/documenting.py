"""A module's documentation as Markdown: what it exports, with types and the words of `(doc "…")`.

    (ƒ swap (∷ (→ (Pair a b) (Pair b a))) (doc "Turned.") (p) …)   ──▶   ### `(swap p)`
                                                                        `(→ (Pair a b) (Pair b a))`
                                                                        Turned.

Signatures are shown as the source writes them, with the author's names for type variables, and as inferred where it
does not say; effects come from the checker.  Exports stand in the order of `↦`.  A type shows the constructors that are
exported, so that what is private stays so.  A new kind of top-level form is a branch of `_entry`.
"""

from __future__ import annotations

from compiler.syntax.forms import LIST, SYMBOL, TEXT
from compiler.syntax.reader import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.hir.program import Function, Program
    from compiler.modules.module import Graph, Module

SECTIONS = ("Types", "Constants", "Functions")
SILENT = frozenset({"store", "panic"})  # effects that are no capability of a signature


def page(graph: Graph, program: Program) -> str:
    """The page of the program's root module."""
    return _Page(graph, program).text()


class _Page:
    """One module on its way to a page: where its names are defined, and how its functions were typed."""

    def __init__(self, graph: Graph, program: Program) -> None:
        self.names = graph.symbols.names
        self.symbols = graph.symbols
        self.module: Module = graph.modules[-1]
        self.program = program
        forms = self.module.forms
        self.nodes: dict[str, tuple[str, int]] = {}  # name -> (section, its top-level form)
        self.ctors: set[str] = set()
        for node in self.module.types:
            parts = forms.children(node)
            self.nodes[self._name(parts[1])] = ("Types", node)
            self.ctors.update(self._name(part) for part in parts[2:] if not self._note(part))
        for node in self.module.consts:
            self.nodes.setdefault(self._name(forms.children(node)[1]), ("Constants", node))
        for node in self.module.functions:
            self.nodes.setdefault(self._name(forms.children(node)[1]), ("Functions", node))
        for node in self.module.externs:
            self.nodes.setdefault(self._name(forms.children(node)[2]), ("Functions", node))
        self.typed: dict[int, Function] = {
            function.start: function for function in program.functions if function.file is self.module.file
        }

    def text(self) -> str:
        module = self.module
        exported = list(self.nodes) if module.exports is None else [self.names[symbol] for symbol in module.exports]
        self.visible = self.ctors if module.exports is None else set(exported)
        blocks = [f"# {module.name}", *(self._doc_of(node) for node in module.docs)]
        for section in SECTIONS:
            entries = [self._entry(section, self.nodes[name][1]) for name in exported if self._is(name, section)]
            if entries:
                blocks += [f"## {section}", *entries]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _is(self, name: str, section: str) -> bool:
        return name in self.nodes and self.nodes[name][0] == section and name != "main"

    def _entry(self, section: str, node: int) -> str:
        parts = self.module.forms.children(node)
        if section == "Types":
            lines = [f"### `{self._source(parts[1])}`", self._constructors(parts[2:])]
        elif section == "Constants":
            lines = [f"### `{self._source(parts[1])}`", f"`{self._source(parts[2])}`"]
        else:
            lines = [f"### `{self._call(node)}`", f"`{self._signature(node)}`", self._effects(node)]
        return "\n\n".join(line for line in (*lines, self._doc(parts)) if line)

    def _constructors(self, parts: list[int]) -> str:
        shown = [self._source(p) for p in parts if not self._note(p) and self._name(p) in self.visible]
        return "\n".join(("```", *shown, "```")) if shown else ""

    def _call(self, node: int) -> str:
        """A call as one would write it, with the names of the parameters."""
        parts = self.module.forms.children(node)
        if head(self.module.forms, node, self.symbols) == "extern":
            return self._source(parts[2])
        name = self._source(parts[1])
        params = next((p for p in parts[2:] if self._params(p)), -1)
        words = [] if params < 0 else [self._source(p) for p in self.module.forms.children(params)]
        if words == ["_"] and self._signature(node).startswith("(→ Unit "):
            words = []
        return "(" + " ".join([name, *words]) + ")"

    def _params(self, node: int) -> bool:
        """Whether an element of ƒ is its parameter list: the first list that is no annotation."""
        forms = self.module.forms
        return forms.kind[node] == LIST and head(forms, node, self.symbols) not in (
            "::", "cap", "doc", "inline", "tail", "cfg",
        )  # fmt: skip

    def _signature(self, node: int) -> str:
        forms = self.module.forms
        for part in forms.children(node)[2:]:
            if head(forms, part, self.symbols) == "::":
                return self._source(forms.children(part)[1]).replace("(-> ", "(→ ")
        function = self.typed.get(forms.start[node])
        if function is None:
            return "?"
        types = self.program.types
        words = [types.show(function.locals[p].type) for p in function.params] or ["Unit"]
        return "(→ " + " ".join([*words, types.show(function.result)]) + ")"

    def _effects(self, node: int) -> str:
        function = self.typed.get(self.module.forms.start[node])
        if function is None:
            return ""
        caps = sorted(function.caps - SILENT)
        words = [f"Capabilities: {', '.join(caps)}."] if caps else []
        if "store" in function.caps:
            words.append("Stores into data.")
        return f"*{' '.join(words)}*" if words else ""

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
