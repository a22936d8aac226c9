"""What a module is after reading, cfg and import resolution: names and form indices, no types.

`load.py` fills these; the checker reads them.
"""

from __future__ import annotations

from compiler.owned import Product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.diagnostics import SourceFile
    from compiler.syntax.forms import Forms, Symbols


class Unread(Exception):
    """A form of a module was asked for whose source was not read."""


class NoForms:
    """Stands for the forms of a module whose source was not read."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise Unread(name)

    def rest(self) -> None:
        """There is nothing to pack."""


class Import:
    """One resolved import: `alias` is a symbol id, or -1 when names come in bare."""

    __slots__ = ("alias", "module", "node")

    def __init__(self, alias: int, module: int, node: int) -> None:
        self.alias = alias
        self.module = module  # index into Graph.modules
        self.node = node  # the import form, for diagnostics


class Module:
    """One file of the program.

    The lists hold form indices of top-level forms that are in the program (cfg already applied).
    `exports` maps an exported symbol id to the node that names it, or is None: everything is exported.
    `disabled` maps a symbol id defined only under a false cfg to the name of the feature that is off.
    """

    __slots__ = (
        "consts",
        "disabled",
        "docs",
        "exports",
        "externs",
        "file",
        "forms",
        "functions",
        "id",
        "identity",
        "imports",
        "name",
        "tests",
        "types",
    )

    def __init__(self, id: int, name: str, file: SourceFile, forms: Forms) -> None:  # noqa: A002
        self.id = id
        self.identity = ""  # the file's name within its project, the same wherever the project lies
        self.name = name
        self.file = file
        self.forms = forms
        self.imports: list[Import] = []
        self.exports: dict[int, int] | None = None
        self.functions: list[int] = []
        self.types: list[int] = []
        self.consts: list[int] = []
        self.externs: list[int] = []
        self.tests: list[int] = []
        self.docs: list[int] = []
        self.disabled: dict[int, str] = {}


class Graph(Product):
    """The modules of a program, dependencies before their users.

    When `complete`, the root is the last; otherwise the root, or something it imports, could not be read, and the graph
    holds what could: enough to look for more errors, not enough to compile.
    """

    __slots__ = ("complete", "inputs", "modules", "symbols")
    WHAT = "the module graph"

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.complete = False
        self.inputs: list[str] = []  # every file that was read, or looked for and not there
        self.modules: list[Module] = []

    def drop(self, phase: str) -> None:
        """The forms go, too, whoever holds a module."""
        for module in self.modules:
            module.forms.drop(phase)
        super().drop(phase)
