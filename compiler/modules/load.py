"""Load a program: its root file, everything it imports, and the order to compile them in.

    main.0x0 ─▶ lib/a.0x0 ─▶ lib/b.0x0        modules = [b, a, main]

A walk in depth without recursion; a file is one module however many paths lead to it.  A module is *sound* when it
parses and all its imports are sound; only sound modules come into the graph, so the checker meets no half of a program
and one missing file costs one message.  Knows nothing of types.  A new kind of import is a branch of `_resolve`.
"""

from __future__ import annotations

import os

from compiler.diagnostics import Note, UsageError, meant
from compiler.messages import semantic
from compiler.modules import manifest, toplevel
from compiler.modules.cfg import Features
from compiler.modules.module import Graph, Import, Module, NoForms
from compiler.modules.toplevel import Wanted
from compiler.syntax.forms import Forms, Symbols
from compiler.syntax.reader import read
from compiler.syntax.source import decode, read_bytes, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.diagnostics import Kind, Sink
    from compiler.modules.manifest import Manifest
    from compiler.modules.packages import Locked, Package

    Parse = Callable[[], tuple[Module, list[Wanted], bool]]  # the module, its imports, whether it is sound
    # A file's module, contents, and how to read it, to the module's name and its imports: a path and an alias or "".
    Known = Callable[[Module, bytes, Parse, Symbols], tuple[str, list[tuple[str, str]]]]

STD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "std")
SUFFIX = ".0x0"


def load(
    root: str,
    features: frozenset[str],
    sink: Sink,
    *,
    read_text: Callable[[str], str | bytes] | None = None,
    known: Known | None = None,
    looked: list[str] | None = None,
) -> Graph | None:
    """The modules of the program whose root file is `root`, dependencies first; None when none is sound.

    `read_text` stands in for the file system: a path's contents, or an OSError.  `known` may spare reading a file's
    forms: it is given the file and how to read it, and says what it imports; messages then lack places.  `looked` gets
    the files, and folders with a separator behind them, that the outcome rests on besides what was read.
    Errors: UsageError when the root cannot be read, or a feature is not declared; everything else goes to `sink`.
    """
    return _Loader(features, sink, read_text or read_bytes, known, looked).load(root)


class _Project:
    """A folder whose files may import each other: the program's own, a package's, the standard library's."""

    __slots__ = ("features", "folder", "label", "manifest", "package")

    def __init__(
        self, folder: str, features: Features, found: Manifest | None, package: Package | None, label: str = ""
    ) -> None:
        self.label = label  # what sets names of its files apart from those of other projects
        self.folder = folder
        self.features = features
        self.manifest = found
        self.package = package  # None: not a package


class _Unit:
    """A file on its way to become a module."""

    __slots__ = ("at", "found", "key", "module", "number", "opened", "parsed", "project", "sound", "wanted")

    def __init__(self, key: str, project: _Project, module: Module, wanted: list[Wanted], parsed: bool) -> None:
        self.key = key
        self.project = project
        self.module = module
        self.wanted = wanted
        self.opened: dict[int, int] = {}  # modules whose names come in bare, with the import that says so
        self.at = 0  # the next import to resolve
        self.found: tuple[str, str, _Project] | None = None  # what it means, while that file is read
        self.parsed = parsed
        self.sound = parsed
        self.number = -1  # index in the graph; -1 while under way, or not sound


class _Loader:
    def __init__(
        self,
        features: frozenset[str],
        sink: Sink,
        reader: Callable[[str], str | bytes],
        known: Known | None,
        looked: list[str] | None,
    ) -> None:
        self.known = known
        self.on = features
        self.sink = sink
        self.reader = reader
        self.graph = Graph(Symbols())
        if looked is not None:
            self.graph.inputs = looked
        self.units: dict[str, _Unit] = {}
        self.path: list[_Unit] = []  # from the root to the file being looked at
        self.files = 0
        self.shown = ""  # the program's folder as messages name it
        self.own: Manifest | None = None
        self.locked: Locked | None = None
        self.packages: dict[str, _Project] = {}
        self.library = _Project(STD, Features(features, None), None, None, "std:")
        self.real: dict[str, str] = {}  # folder as written -> without links
        self.holders: dict[str, bool] = {}  # whether a folder below the project's holds a manifest

    def load(self, root: str) -> Graph | None:
        key = os.path.realpath(root)
        try:
            data = self.reader(root)
        except OSError as error:
            hint = f"did you mean {root + SUFFIX}?" if os.path.isfile(root + SUFFIX) else ""
            raise UsageError(f"cannot read {root}: {reason(error)}", hint) from None
        first = self._open(key, root, data, self._project(os.path.dirname(key), os.path.dirname(root)))
        self.path.append(first)
        while self.path:
            unit = self.path[-1]
            if unit.at < len(unit.wanted):
                wanted = unit.wanted[unit.at]
                self._follow(unit, wanted)
            else:
                self.path.pop()
                self._finish(unit)
        self.graph.complete = first.sound
        self.graph.symbols.forget_words()
        return self.graph if self.graph.modules else None

    def _project(self, folder: str, shown: str) -> _Project:
        """The program's own project; its manifest, if any, says which features and packages there are."""
        found = manifest.find(folder)
        above = folder
        while True:
            self.graph.inputs.append(os.path.join(above, manifest.FILE))
            if above in (found, os.path.dirname(above)):
                break
            above = os.path.dirname(above)
        project = _Project(found or folder, Features(self.on, None), None, None)
        if not found:
            return project
        self.shown = os.path.normpath(os.path.join(shown, os.path.relpath(found, folder)))
        path = os.path.normpath(os.path.join(shown, os.path.relpath(found, folder), manifest.FILE))
        try:
            data = self.reader(os.path.join(found, manifest.FILE))
        except OSError as error:
            raise UsageError(f"cannot read {path}: {reason(error)}") from None
        file, readable = decode(self.files, path, data, self.sink)
        self.files += 1
        if readable:
            self.own = project.manifest = manifest.parse(file, found, self.sink)
            project.features.declared = declared = self.own.features
            for name in sorted(self.on):
                if name not in declared:
                    hint = meant(name, declared, f"the features are: {', '.join(declared) or 'none'}")
                    raise UsageError(f"feature `{name}` is not declared in {path}", hint)
        return project

    def _open(self, key: str, path: str, data: str | bytes, project: _Project) -> _Unit:
        before = len(self.sink.items)
        self.graph.inputs.append(key)
        file, readable = decode(self.files, path, data, self.sink)
        self.files += 1
        identity = project.label + os.path.relpath(key, project.folder).replace("%", "%25").replace("#", "%23")

        def parse() -> tuple[Module, list[Wanted], bool]:
            symbols = self.graph.symbols
            forms = read(file, symbols, self.sink) if readable else Forms()
            module = Module(-1, "main", file, forms)
            module.identity = identity
            sound = len(self.sink.items) == before
            mark = len(self.sink.items)
            wanted = toplevel.scan(module, symbols, project.features, self.sink)
            if not sound:
                del self.sink.items[mark:]  # what the broken forms were for is not known
            return module, wanted, sound

        if self.known is None or not readable or isinstance(data, str):
            unit = _Unit(key, project, *parse())
        else:
            module = Module(-1, "main", file, NoForms())  # type: ignore[arg-type]
            module.identity = identity
            symbols = self.graph.symbols
            module.name, imports = self.known(module, data, parse, symbols)
            word = symbols.id
            wanted = [Wanted(-1, -1, text, word(alias) if alias else -1) for text, alias in imports]
            unit = _Unit(key, project, module, wanted, True)
            unit.parsed = False
        self.units[key] = unit
        return unit

    def _follow(self, unit: _Unit, wanted: Wanted) -> None:
        """Resolve one import: attach it, open its file first, or complain."""
        found = unit.found or self._resolve(unit, wanted)
        unit.found = None
        if found is None:
            unit.at += 1
            unit.sound = False
            return
        key, path, project = found
        target = self.units.get(key)
        if target is None:
            try:
                data = self._read(key, path, project)
            except OSError as error:
                self._unreadable(unit, wanted, path, error)
                unit.at += 1
                unit.sound = False
                return
            unit.module.forms.rest()  # however long the chain of imports, one file is open
            self.path.append(self._open(key, path, data, project))
            unit.found = found
            return
        unit.at += 1
        if target in self.path:
            circle = self.path[self.path.index(target) :]
            shown = " → ".join(other.module.file.path for other in (*circle, target))
            self._complain(unit, wanted, semantic.IMPORT_CYCLE, path=shown)
            for other in circle:
                other.sound = False
        elif not target.sound:
            unit.sound = False
        else:
            self._attach(unit, wanted, target)

    def _read(self, key: str, path: str, project: _Project) -> str | bytes:
        """A file's contents; a package's are those that its digest covers."""
        if project.package is not None:
            data = project.package.contents.get(key)
            if data is None:
                raise FileNotFoundError(2, os.strerror(2))
            return data
        return self.reader(path if project is not self.library else key)

    def _resolve(self, unit: _Unit, wanted: Wanted) -> tuple[str, str, _Project] | None:
        """(identity, path as messages print it, project) of the file an import means."""
        text = wanted.path
        scheme, colon, name = text.partition(":")
        if colon and "/" not in scheme and "." not in scheme:
            if scheme == "std":
                return self._standard(unit, wanted, name)
            if scheme == "pkg":
                return self._packaged(unit, wanted, name)
            self._complain(unit, wanted, semantic.UNKNOWN_SCHEME, path=text, scheme=scheme)
            return None
        project = unit.project
        path = os.path.normpath(os.path.join(os.path.dirname(unit.module.file.path), text))
        key = ""
        if "\0" not in text and not os.path.isabs(text):
            key = self._real(os.path.join(os.path.dirname(unit.key), text))
        if not key.startswith(project.folder.rstrip(os.sep) + os.sep) and "\0" not in text:
            folder = os.path.basename(project.folder) or project.folder
            self._complain(unit, wanted, semantic.OUTSIDE_PROJECT, path=text, folder=folder)
            self.graph.inputs.append(os.path.join(os.path.dirname(unit.key), text))  # a link can lead elsewhere
            return None
        if key and self._held(os.path.dirname(key), project.folder):
            self._complain(unit, wanted, semantic.INSIDE_PACKAGE, path=text)
            return None
        if not key:
            return key, path, project  # no file's name holds a NUL: reading it says so
        self._show_links(key, os.path.join(os.path.dirname(unit.key), text), text)
        # Behind a linked file, the path as written can lead to a namesake beside the link.
        return key, path if self._real(path) == key else key, project

    def _show_links(self, key: str, written: str, text: str) -> None:
        """Where links stand on an import's way, read the file by that way, too: a record of the build must see them."""
        inner = text.split("/")
        while inner and inner[0] in (os.curdir, os.pardir):  # above the importing file's folder there are no links
            del inner[0]
        if os.pardir in inner or os.path.normpath(written) != key:
            try:
                self.reader(written)
            except OSError:
                return  # reading it in earnest says so

    def _real(self, path: str) -> str:
        """`os.path.realpath`, with one walk through the folders above for all files of a folder."""
        folder, name = os.path.split(path)
        if name in ("", os.curdir, os.pardir):
            return os.path.realpath(path)
        real = self.real.get(folder)
        if real is None:
            real = self.real[folder] = os.path.realpath(folder)
        path = os.path.join(real, name)
        return os.path.realpath(path) if os.path.islink(path) else path

    def _held(self, folder: str, limit: str) -> bool:
        """Whether a folder between `limit` (exclusive) and `folder` is a project of its own."""
        passed = []
        found = False
        while len(folder) > len(limit) and folder not in self.holders:
            path = os.path.join(folder, manifest.FILE)
            self.graph.inputs.append(path)
            passed.append(folder)
            found = os.path.isfile(path)
            if found:
                break
            folder = os.path.dirname(folder)
        found = found or self.holders.get(folder, False)
        for below in passed:
            self.holders[below] = found
        return found

    def _packaged(self, unit: _Unit, wanted: Wanted, text: str) -> tuple[str, str, _Project] | None:
        """`pkg:NAME` is the module NAME in the package's source folder, `pkg:NAME/PATH` another one there."""
        name, slash, inner = text.partition("/")
        known = unit.project.manifest.deps if unit.project.manifest is not None else {}
        if name not in known or self.own is None:
            advice = meant(name, sorted(known), f"add the line `dep {name} PATH` to 0x0.pkg and run `zero lock`")
            self._complain(unit, wanted, semantic.UNKNOWN_PACKAGE, name=name, advice=advice)
            return None
        from compiler.modules.packages import Locked, Packages

        if self.locked is None:
            self.locked = Locked(Packages(self.own, self.shown, self.reader, self.sink, self.files))
        self.locked.packages.files = self.files
        package = self.locked.find(unit.project.package, name, unit.module.file, *_span(unit, wanted.place))
        self.files = self.locked.packages.files
        if package is None:
            return None
        project = self.packages.get(name)
        if project is None:
            features = Features(self.on, package.manifest.features)
            label = f"pkg:{name}/"
            project = self.packages[name] = _Project(package.folder, features, package.manifest, package, label)
        source = os.path.normpath(os.path.join(package.path, package.manifest.source))
        path = os.path.normpath(os.path.join(self.shown, source, (inner if slash else name) + SUFFIX))
        written = os.path.join(self.own.folder, source, (inner if slash else name) + SUFFIX)
        key = os.path.realpath(written)
        self._show_links(key, written, inner)
        return key, path, project

    def _standard(self, unit: _Unit, wanted: Wanted, name: str) -> tuple[str, str, _Project] | None:
        key = os.path.join(STD, name + SUFFIX)
        if os.path.isfile(key) and os.path.dirname(key) == STD:
            return key, f"std:{name}", self.library
        there = sorted(entry[: -len(SUFFIX)] for entry in self._entries(STD) if entry.endswith(SUFFIX))
        advice = meant(name, there, f"the standard library has: {', '.join(there) or 'no module yet'}")
        self._complain(unit, wanted, semantic.MISSING_IMPORT, path=wanted.path, advice=advice)
        return None

    def _unreadable(self, unit: _Unit, wanted: Wanted, path: str, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            self._complain(unit, wanted, semantic.UNREADABLE_IMPORT, path=wanted.path, why=reason(error))
            return
        folder, name = os.path.split(path)
        there = [entry for entry in self._entries(folder) if entry.endswith(SUFFIX)]
        advice = "paths are relative to the folder of the importing file"
        if name + SUFFIX in there:
            advice = f'did you mean "{wanted.path}{SUFFIX}"?'
        else:
            advice = meant(name, sorted(there), advice)
        self._complain(unit, wanted, semantic.MISSING_IMPORT, path=wanted.path, advice=advice)

    def _entries(self, folder: str) -> list[str]:
        self.graph.inputs.append(os.path.join(folder or os.curdir, ""))
        try:
            return os.listdir(folder or os.curdir)
        except (OSError, ValueError):  # a path with a NUL in it is none
            return []

    def _complain(self, unit: _Unit, wanted: Wanted, kind: Kind, **facts: object) -> None:
        start, end = _span(unit, wanted.place)
        self.sink.add(kind, unit.module.file, start, end, (), **facts)

    def _attach(self, unit: _Unit, wanted: Wanted, target: _Unit) -> None:
        if wanted.alias < 0:
            if target.number in unit.opened:
                file = unit.module.file
                note = Note(file, *_span(unit, unit.opened[target.number]), "first imported here")
                self.sink.add(semantic.IMPORT_TWICE, file, *_span(unit, wanted.node), (note,))
                return
            unit.opened[target.number] = wanted.node
        unit.module.imports.append(Import(wanted.alias, target.number, wanted.node))

    def _finish(self, unit: _Unit) -> None:
        """All imports are resolved: check the names, and give the module its place in the order."""
        module = unit.module
        if unit.parsed:
            toplevel.check_names(module, self.graph.symbols, self.sink)
        module.forms.rest()  # until the checker comes to this module
        if unit.sound:
            module.id = unit.number = len(self.graph.modules)
            self.graph.modules.append(module)


def _span(unit: _Unit, node: int) -> tuple[int, int]:
    """Where a form stands; nowhere in a file whose forms were not read: who spared that reads it for the message."""
    if node < 0:
        return 0, 0
    return unit.module.forms.start[node], unit.module.forms.end[node]
