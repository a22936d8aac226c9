"""Loading programs from a table of files: order, identity, exports, features, and what is refused."""

from __future__ import annotations

import pathlib

import pytest

from compiler.diagnostics import Sink, UsageError
from compiler.modules.load import load
from compiler.modules.module import Graph

MAIN = "(ƒ main (_) 0)"


def loading(files: dict[str, str], *features: str, root: str = "/project/main.0x0") -> tuple[Graph | None, list[str]]:
    """Load from a file system that is a dict; what is wrong as `path:line:col CODE`."""

    def read_text(path: str) -> str:
        found = files.get(path)
        if found is None:
            raise FileNotFoundError(2, "No such file or directory")
        return found

    sink = Sink()
    graph = load(root, frozenset(features), sink, read_text=read_text)
    wrong = ["{}:{}:{} {}".format(d.file.path, *d.file.place(d.start), d.kind.code) for d in sink.ordered()]
    return graph, wrong


def names(graph: Graph | None, kind: str = "functions", module: int = -1) -> list[str]:
    assert graph is not None
    chosen = graph.modules[module]
    return [graph.symbols.names[chosen.forms.data[chosen.forms.children(n)[1]]] for n in getattr(chosen, kind)]


def test_dependencies_come_first_and_a_file_is_one_module() -> None:
    graph, wrong = loading(
        {
            "/project/main.0x0": '(⊙ app) (↥ "a.0x0" a) (↥ "lib/../lib/b.0x0") ' + MAIN,
            "/project/a.0x0": '(↥ "lib/b.0x0" b)',
            "/project/lib/b.0x0": '(↥ "../lib/c.0x0" c)',
            "/project/lib/c.0x0": "",
        }
    )
    assert wrong == []
    assert graph is not None
    assert graph.complete
    shown = [(m.id, m.name, m.file.path, [(i.alias, i.module) for i in m.imports]) for m in graph.modules]
    alias = graph.symbols.id
    assert shown == [
        (0, "main", "/project/lib/c.0x0", []),
        (1, "main", "/project/lib/b.0x0", [(alias("c"), 0)]),
        (2, "main", "/project/a.0x0", [(alias("b"), 1)]),
        (3, "app", "/project/main.0x0", [(alias("a"), 2), (-1, 1)]),
    ]


def test_forms_are_sorted_by_kind() -> None:
    graph, wrong = loading(
        {"/project/main.0x0": '(doc "d") (ƒ f (x) x) (τ T A) (const c I64 1) (extern "C" e) (test "t" true) ' + MAIN}
    )
    assert wrong == []
    assert graph is not None
    module = graph.modules[0]
    assert names(graph) == ["f", "main"]
    assert [len(getattr(module, kind)) for kind in ("types", "consts", "externs", "tests", "docs")] == [1] * 5
    assert module.exports is None


def test_exports() -> None:
    source = "(↦ f T) (↦ A) (ƒ f (∷ (→ I64 I64)) (x) x) (ƒ g (x) x) (τ T A B)"
    graph, wrong = loading({"/project/main.0x0": source})
    assert wrong == []
    assert graph is not None
    assert sorted(graph.symbols.names[s] for s in graph.modules[0].exports or {}) == ["A", "T", "f"]


FEATURES = """\
(ƒ f (cfg (feature "x")) (a) a)
(ƒ f (cfg (not (feature "x"))) (a) (+ a 1))
(ƒ g (∷ (→ I64 I64)) (cfg (feature "x")) (cfg (feature "y")) (a) a)
(τ T (cfg (feature "x")) A (B I64))
(const c (cfg (not (not (feature "y")))) I64 1)
(test "t" (cfg (feature "x")) true)
(↥ "nowhere.0x0" n (cfg (feature "z")))
(ƒ h (cfg x) x)
"""


@pytest.mark.parametrize(
    ("features", "functions", "disabled"),
    [
        ((), ["f", "h"], {"f": "x", "g": "x", "T": "x", "A": "x", "B": "x", "c": "y", "n": "z"}),
        (("x",), ["f", "h"], {"f": "not x", "g": "y", "c": "y", "n": "z"}),
        (("x", "y"), ["f", "g", "h"], {"f": "not x", "n": "z"}),
    ],
)
def test_features(features: tuple[str, ...], functions: list[str], disabled: dict[str, str]) -> None:
    graph, wrong = loading({"/project/main.0x0": FEATURES}, *features)
    assert wrong == []
    assert graph is not None
    module = graph.modules[0]
    assert names(graph) == functions
    assert {graph.symbols.names[s]: c for s, c in module.disabled.items()} == disabled
    assert len(module.tests) == ("x" in features)
    # The conditions are cut out: nobody behind the loader meets them.
    forms = module.forms
    words = [
        graph.symbols.names[forms.data[k]]
        for n in module.functions
        for k in forms.children(n)
        if forms.count[k] == 0 and forms.kind[k] == 1
    ]
    assert "cfg" not in words


def test_only_sound_modules_come_in() -> None:
    graph, wrong = loading(
        {
            "/project/main.0x0": '(↥ "a.0x0" a) (↥ "b.0x0" b) ' + MAIN,
            "/project/a.0x0": "(ƒ f (x) x",
            "/project/b.0x0": "(ƒ f (x) x)",
        }
    )
    assert wrong == ["/project/a.0x0:1:1 PARSE-012"]
    assert graph is not None
    assert not graph.complete
    assert [m.file.path for m in graph.modules] == ["/project/b.0x0"]
    assert loading({"/project/main.0x0": "("}) == (None, ["/project/main.0x0:1:1 PARSE-012"])


def test_all_errors_of_all_files_in_one_run() -> None:
    _, wrong = loading(
        {
            "/project/main.0x0": '(↥ "a.0x0" a)\n(↥ "gone.0x0" g)\n(ƒ f (x) x)\n(ƒ f (y) y)\n(what)',
            "/project/a.0x0": '(↥ "main.0x0" m)\n(↦ nothing)',
        }
    )
    assert wrong == [
        "/project/main.0x0:2:4 SEM_IMPORT-001",
        "/project/main.0x0:4:4 SEM_DUPLICATE-101",
        "/project/main.0x0:5:2 SEM_SHAPE-101",
        "/project/a.0x0:1:4 SEM_IMPORT-002",
        "/project/a.0x0:2:4 SEM_UNBOUND-101",
    ]


def test_no_module_of_a_circle_comes_in() -> None:
    graph, wrong = loading(
        {
            "/project/main.0x0": '(↥ "a.0x0" a) ' + MAIN,
            "/project/a.0x0": '(↥ "c.0x0" c) (↥ "b.0x0" b)',
            "/project/b.0x0": '(↥ "a.0x0" a)',
            "/project/c.0x0": "(ƒ f (x) x)",
        }
    )
    assert wrong == ["/project/b.0x0:1:4 SEM_IMPORT-002"]
    assert graph is not None
    assert not graph.complete
    assert [m.file.path for m in graph.modules] == ["/project/c.0x0"]


def test_a_long_chain_of_imports_needs_no_stack() -> None:
    count = 3000
    files = {f"/project/m{k}.0x0": f'(↥ "m{k + 1}.0x0" m)' for k in range(count)}
    files[f"/project/m{count}.0x0"] = MAIN
    graph, wrong = loading(files, root="/project/m0.0x0")
    assert wrong == []
    assert graph is not None
    assert len(graph.modules) == count + 1


@pytest.mark.parametrize("path", ["../x.0x0", "/project/a.0x0", "lib/../../x.0x0", "..", "."])
def test_paths_stay_inside(path: str) -> None:
    _, wrong = loading({"/project/main.0x0": f'(↥ "{path}") {MAIN}', "/x.0x0": "", "/project/a.0x0": ""})
    assert wrong == ["/project/main.0x0:1:4 SEM_IMPORT-003"]


def test_a_link_does_not_lead_out(tmp_path: pathlib.Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "outside.0x0").write_text(MAIN)
    (project / "link.0x0").symlink_to(tmp_path / "outside.0x0")
    (project / "main.0x0").write_text('(↥ "link.0x0" l)')
    sink = Sink()
    load(str(project / "main.0x0"), frozenset(), sink)
    assert [d.kind.code for d in sink.items] == ["SEM_IMPORT-003"]
    (tmp_path / "0x0.pkg").write_text("package whole\n")  # now the project is the folder above
    sink = Sink()
    graph = load(str(project / "main.0x0"), frozenset(), sink)
    assert not sink
    assert graph is not None
    assert [m.file.path for m in graph.modules] == [str(project / "link.0x0"), str(project / "main.0x0")]


def test_the_manifest_declares_features(tmp_path: pathlib.Path) -> None:
    (tmp_path / "0x0.pkg").write_text("# a project\npackage p\nfeature debug # loud\n")
    (tmp_path / "main.0x0").write_text(MAIN)
    root = str(tmp_path / "main.0x0")
    assert load(root, frozenset({"debug"}), Sink()) is not None
    with pytest.raises(UsageError) as caught:
        load(root, frozenset({"debgu"}), Sink())
    assert "debgu" in caught.value.message
    assert caught.value.hint == "did you mean `debug`?"


def test_without_a_manifest_any_feature_goes() -> None:
    assert loading({"/project/main.0x0": MAIN}, "whatever")[1] == []


def test_a_missing_root_is_the_commands_mistake() -> None:
    with pytest.raises(UsageError, match="no such file"):
        loading({})
