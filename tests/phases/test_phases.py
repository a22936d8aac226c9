"""Memory by phase: what rests, what is dropped, what is left, what a pass costs, and the naive reference."""

from __future__ import annotations

import itertools
import pathlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import columns, pipeline
from compiler.ablate import known
from compiler.diagnostics import Sink, SourceFile
from compiler.ir.places import Places
from compiler.modules.load import load
from compiler.options import Options
from compiler.owned import CODE, DroppedError, Product, Resting
from compiler.passes.order import ORDER
from compiler.syntax.forms import Forms, Symbols
from compiler.syntax.reader import read
from compiler.syntax.source import read_bytes
from gates.collect.phases import read_phases
from tests.conftest import ROOT
from tests.phases import naive, project

PROJECT = str(ROOT / "fixtures" / "projects" / "minisql" / "main.0x0")
EDGES = [0, 1, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -1, -(1 << 63)]
INTS = st.one_of(st.integers(0, 300), st.integers(0, 70_000), st.integers(-(1 << 63), (1 << 64) - 1))


# ---- columns ----


@given(st.lists(st.one_of(INTS, st.sampled_from(EDGES))))
def test_a_column_comes_back(values: list[int]) -> None:
    packed = columns.pack(values)
    assert columns.unpack(packed) == values
    assert [columns.element(packed, at) for at in range(len(values))] == values


@pytest.mark.parametrize("length", [5, 300, 5000])
def test_long_and_short_columns_with_a_few_that_do_not_fit(length: int) -> None:
    for edge, place in itertools.product(EDGES, (0, length // 2, length - 1)):
        values = [number % 200 for number in range(length)]
        values[place] = edge
        packed = columns.pack(values)
        assert columns.unpack(packed) == values
        if length == 5000:
            assert columns.size(packed) < 5000 + 40, "one wide value widens no other"


# ---- places ----


def test_places_are_texts_by_number() -> None:
    given_texts = [
        "a.0x0:1:2",
        "b:c.0x0:10:3",
        "",
        "odd",
        "a.0x0:01:2",
        "a.0x0:1:x",
        "a.0x0:1:2",
        ":1:2",
        "std:list:7:7",
    ]
    places = Places()
    numbers = [places.number(text) for text in given_texts]
    assert [places[number] for number in numbers] == given_texts
    assert numbers[0] == numbers[6]
    assert (numbers[2], places[0]) == (0, "")
    places.settle()
    assert [places.number(text) for text in given_texts] == numbers
    assert places.number_at("a.0x0", 1, 2) == numbers[0]
    assert list(places) == list(dict.fromkeys(["", *given_texts]))


# ---- rest, and drop ----


def test_forms_rest_and_wake() -> None:
    text = "(ƒ f (x) (+ x -9223372036854775808 -1.5 70000))\n" * 40 + '(ƒ main (_) (print "a\\nb"))\n'
    for source in (text, text * 60):  # the second is longer than two bytes reach
        forms, fresh = [read(SourceFile(0, "f", source), symbols, Sink()) for symbols in (Symbols(), Symbols())]
        assert isinstance(forms, Forms)
        forms.rest()
        held = sum(map(columns.size, forms._columns))
        assert forms.peek("kids", 3) == fresh.kids[3]
        assert type(forms) is not Forms, "a peek wakes nothing"
        for name in Forms.COLUMNS:
            assert getattr(forms, name) == getattr(fresh, name)
        assert type(forms) is Forms
        assert held <= 16 * len(fresh.kind)
        forms.rest()
        forms.rest()
        with pytest.raises(AttributeError):
            forms.nonsense  # type: ignore[attr-defined]  # noqa: B018


def products() -> list[tuple[Product, str, str]]:
    """(product, a name to read, what the error calls it), each as the compiler makes it."""
    sink = Sink()
    graph, program = pipeline.front(PROJECT, frozenset(), sink)
    assert graph is not None
    assert program is not None
    forms, body = graph.modules[0].forms, program.functions[0].body
    module = pipeline.middle(program, Options())
    function = next(iter(module.functions.values()))
    return [
        (forms, "kind", "forms"),
        (graph, "modules", "the module graph"),
        (body, "op", "HIR"),
        (program, "functions", "HIR"),
        (function, "blocks", "a function's IR"),
        (module, "functions", "a module's IR"),
    ]


@pytest.mark.parametrize("asleep", [False, True])
def test_reading_after_the_drop_is_an_error(asleep: bool) -> None:
    for product, name, what in products():
        if asleep and isinstance(product, Resting):
            product.rest()
        assert getattr(product, name)
        product.drop("tc_free")
        product.drop("later")
        with pytest.raises(
            DroppedError, match=rf"^{CODE}: {what} was read \({name}\) after tc_free dropped it$"
        ) as caught:
            getattr(product, name)
        assert caught.value.code == "PHASE-001"


def test_dropping_the_whole_drops_its_parts() -> None:
    (forms, *_), (graph, *_), (body, *_), (program, *_), (function, *_), (module, *_) = products()
    for whole, part, name in ((graph, forms, "start"), (program, body, "imm"), (module, function, "args")):
        whole.drop("here")
        with pytest.raises(DroppedError):
            getattr(part, name)


def test_the_pipeline_drops_each_product_at_its_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, set[str]] = {}
    whole = Product.drop

    def watch(self: Product, phase: str) -> None:
        seen.setdefault(type(self).__name__, set()).add(phase)
        whole(self, phase)

    monkeypatch.setattr(Product, "drop", watch)
    image, _ = pipeline.compile_program(PROJECT, Options(), Sink())
    assert image
    assert seen == {
        "Forms": {"tc_free"},
        "Graph": {"tc_free"},
        "Body": {"ast_free"},
        "Program": {"ast_free"},
        "Function": {"lir", "machine"},
        "Module": {"lir"},
        "LirModule": {"object"},
        "Code": {"object"},
    }


@pytest.mark.parametrize("level", ["dev", "release"])
def test_compiling_again_leaves_nothing_behind(level: str) -> None:
    done = run("tests.phases.repeat", PROJECT, "--level", level, "--times", "3")
    sizes = [line.split()[1:] for line in done.stdout.splitlines()]
    assert len(sizes) == 3
    assert sizes[2] == sizes[1], "a third compile grows nothing, to the byte"


# ---- the reference ----


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=True)


def test_the_naive_reader_reads_the_same() -> None:
    for path in sorted((ROOT / "fixtures" / "programs").glob("*.0x0"))[:60]:
        file = SourceFile(0, path.name, read_bytes(str(path)).decode())
        one, other = read(file, Symbols(), Sink()), naive.read(file, Symbols(), Sink())
        assert (other.texts, other.top) == (one.texts, one.top)
        assert list(other.kind) == one.kind
        for node in range(len(one.kind)):
            assert (other.start[node], other.end[node], other.count[node]) == (
                one.start[node],
                one.end[node],
                one.count[node],
            )
            assert other.children(node) == one.children(node)


def test_less_than_the_reference_and_the_same_executable(tmp_path: pathlib.Path) -> None:
    """A small run of `invoke memory`: the shares are those of the issue, and bytes are exact."""
    root = project.write(tmp_path / "p", project.files(12, 10))
    outs = {}
    for way in ("naive", "flat"):
        outs[way] = run("tests.phases.reference", str(root), "-o", str(tmp_path / way), "--reader", way).stderr
    ours = ["compiler.cli", "build", str(root), "-o", str(tmp_path / "ours"), "--no-cache", "--memory-stats"]
    outs["ours"] = run(*ours).stderr
    assert len({(tmp_path / way).read_bytes() for way in outs}) == 1
    rows = {way: read_phases(text) for way, text in outs.items()}
    parse = {way: next(row.tracked for row in found if row.name == "parse") for way, found in rows.items()}
    peak = {way: max(row.tracked for row in found) for way, found in rows.items()}
    assert parse["flat"] <= parse["naive"] // 10
    assert peak["flat"] <= peak["naive"] * 6 // 10
    assert peak["ours"] <= peak["naive"] * 4 // 10


# ---- the generated project ----


def test_the_project_is_the_same_everywhere_and_compiles(tmp_path: pathlib.Path) -> None:
    made = project.files(9, 10)
    assert made == project.files(9, 10)
    assert made != project.files(9, 10, seed=2)
    assert sorted(made) == sorted(["main.0x0", *[f"m{module}.0x0" for module in range(9)]])
    assert sum(text.count("(ƒ ") for text in made.values()) == 9 * 10 + 1
    root = project.write(tmp_path, made)
    sink = Sink()
    assert load(str(root), frozenset(), sink)
    assert pipeline.compile_program(str(root), Options(verify=True), sink)[0]
    single = tmp_path / "single.0x0"
    single.write_text(project.single(30), "utf-8")
    assert pipeline.compile_program(str(single), Options(), sink)[0]


# ---- --ablate ----


def ablated(out: pathlib.Path, name: str, *more: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "compiler.cli", "build", PROJECT, "-o", str(out), "--ablate", name, *more]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_pass_shows_its_cost(tmp_path: pathlib.Path) -> None:
    lines = []
    for out in ("one", "two"):
        done = ablated(tmp_path / out, "inline", "--level", "release")
        assert (done.returncode, done.stdout) == (0, "")
        facts = [dict(word.split("=") for word in line.split()[3:]) for line in done.stderr.splitlines()]
        lines.append([{key: int(value) for key, value in fact.items() if key != "cpu_ms"} for fact in facts])
    assert lines[0] == lines[1], "all but time is exact"
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with_it, without, costs = lines[0]
    assert costs == {key: with_it[key] - without[key] for key in costs}
    assert costs["calls"] > 10_000
    assert without["image_bytes"] == (tmp_path / "one").stat().st_size, "what was written is the one without"


def test_an_unknown_pass_names_the_known_ones(tmp_path: pathlib.Path) -> None:
    done = ablated(tmp_path / "out", "nonsense", "--level", "release")
    assert done.returncode == 2
    assert ", ".join(known("release")) in done.stderr
    assert set(known("release")) == {*[name for name, _, _ in ORDER], "regions"}
    done = ablated(tmp_path / "out", "gvn")
    assert (done.returncode, "--level release" in done.stderr) == (2, True)
    assert not (tmp_path / "out").exists()
