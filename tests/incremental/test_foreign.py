"""C functions in the session: declarations and objects are inputs of the link, and of nothing else."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from tests.incremental.project import Anew, Project, session

FLAGS = ("-c", "-O1", "-ffreestanding", "-fno-pic", "-fno-pie", "-fno-stack-protector")
PARTS = """\
(↦ twice third)
(extern "C" twice (∷ (→ I64 I64)) (cap ffi))
(extern "C" third (∷ (→ F64 F64)))
"""
MAIN = """\
(↥ "parts.0x0" p)
(extern "C" answer (∷ (→ Unit I64)))
(ƒ apply (f n) (f n))
(ƒ main (_)
  (print (show (region (len (list (p.twice 4) (answer))))))
  (print (show (apply p.third 1.5)))
  (print (show (apply p.twice 5)))
  (answer))
"""
C = """\
long long answer(void) { return 42; }
long long twice(long long n) { return n * 2; }
double third(double x) { return x / 3.0; }
"""
LINK = {"link", "main"}  # the entry is made for each link
NATIVE = {"lowered", "flow", "native", "borrows"}


def compiled(project: Project, text: str, name: str = "c.o") -> None:
    source = project.folder / "c.c"
    source.write_text(text, "utf-8")
    subprocess.run(["gcc", *FLAGS, source, "-o", project.folder / name], check=True)


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Project:
    made = Project(tmp_path, {"main.0x0": MAIN, "parts.0x0": PARTS}, links=("c.o",))
    compiled(made, C)
    return made


def output(anew: Anew, folder: pathlib.Path) -> bytes:
    path = folder / "program"
    path.write_bytes(anew.image)
    path.chmod(0o755)
    return subprocess.run([path], capture_output=True, check=False).stdout


def test_cold_and_warm(project: Project, tmp_path: pathlib.Path) -> None:
    anew = project.build()
    assert output(anew, tmp_path) == b"2\n0.5\n10\n42\n"
    assert str(project.folder / "c.o") in anew.inputs  # a record of the build knows it, too
    assert project.build().kinds == set()


def test_the_corpus_with_an_object_and_with_an_archive(tmp_path: pathlib.Path) -> None:
    text = (ROOT / "tests/foreign/program.0x0").read_text("utf-8")
    project = Project(tmp_path, {"main.0x0": text}, links=("c.a",))
    compiled(project, (ROOT / "tests/foreign/functions.c").read_text("utf-8"))
    subprocess.run(["ar", "rcs", project.folder / "c.a", project.folder / "c.o"], check=True)
    project.build()
    assert project.build().kinds == set()
    project.links = (str(project.folder / "c.o"),)
    assert project.build().kinds == LINK


def test_an_object_that_changes_is_linked_again(project: Project, tmp_path: pathlib.Path) -> None:
    project.build()
    compiled(project, C.replace("42", "43"))
    anew = project.build()
    assert anew.kinds == LINK
    assert output(anew, tmp_path).endswith(b"\n43\n")


def test_objects_of_a_program_without_externs(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path, {"main.0x0": "(ƒ main (_) 1)\n"}, links=("c.o",))
    compiled(project, C)
    project.build()
    compiled(project, C.replace("42", "43"))
    assert project.build().kinds == LINK
    project.links = ()
    assert project.build().kinds == LINK


def test_an_extern_that_nothing_calls_must_be_there(project: Project) -> None:
    project.build()
    project.edit("parts.0x0", "(extern", '(extern "C" more (∷ (→ I64 I64)))\n(extern', count=2)
    assert project.refuse() == ["no linked object defines the C function `more`"]
    compiled(project, C + "long long more(long long n) { return n; }\n")
    assert not NATIVE & project.build().kinds


def test_an_extern_in_a_module_that_nothing_reaches(project: Project) -> None:
    """Nothing else that the link asks for has changed."""
    project.write({"idle.0x0": "(ƒ idle (x) x)\n", "main.0x0": f'(↥ "idle.0x0" i)\n{MAIN}'})
    project.build()
    project.edit("idle.0x0", "x)\n", 'x)\n(extern "C" more (∷ (→ I64 I64)))\n')
    project.refuse()


def test_an_extern_renamed_and_retyped(project: Project) -> None:
    project.build()
    project.edit("parts.0x0", '"C" twice (∷ (→ I64 I64))', '"C" thrice (∷ (→ I64 I64))')
    project.refuse()  # the export, the uses, the object
    project.edit("parts.0x0", "(↦ twice", "(↦ thrice")
    for use in ("(p.twice", "apply p.twice"):
        project.edit("main.0x0", use, use.replace("twice", "thrice"))
    assert project.refuse() == ["no linked object defines the C function `thrice`"]
    compiled(project, C.replace("twice", "thrice"))
    project.build()
    project.edit("parts.0x0", "(∷ (→ F64 F64))", "(∷ (→ I64 F64))")
    project.edit("main.0x0", "p.third 1.5", "p.third 2")
    project.build()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda project: (project.folder / "c.o").unlink(), "cannot read"),
        (lambda project: (project.folder / "c.o").write_bytes(b"no object"), "error[LINK-004]"),
        (lambda project: compiled(project, C + "void f(void); void g(void) { f(); }\n"), "error[LINK-001]"),
        (
            lambda project: compiled(project, C.replace("answer", "other")),
            "no linked object defines the C function `answer`",
        ),
    ],
    ids=["gone", "no-object", "lacking", "undefined"],
)
def test_what_is_wrong_is_said_by_the_whole_pipeline(
    project: Project, spoil: Callable[[Project], object], message: str
) -> None:
    project.build()
    spoil(project)
    (said,) = project.refuse()
    assert message in said
    compiled(project, C)
    project.build()


def test_the_session_serves_what_zero_builds(
    project: Project, tmp_path: pathlib.Path, zero: Callable[..., object]
) -> None:
    """`zero run` of a program with regions and C functions leaves a graph behind, and its next build starts from it."""
    env = {"ZERO_CACHE": str(tmp_path / "cache")}

    def run() -> tuple[int, bytes]:
        done = zero("run", "main.0x0", "--link", "c.o", cwd=project.folder, env=env)
        return done.returncode, done.stdout  # type: ignore[attr-defined]

    def graphs() -> int:
        kinds = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
        return sum([b"zero queries" in data for data in kinds])

    assert run() == (0, b"2\n0.5\n10\n42\n")
    assert graphs() == 1
    project.edit("main.0x0", "(p.twice 4)", "(p.twice 5) 6")
    assert run() == (0, b"3\n0.5\n10\n42\n")
    assert graphs() == 2
    assert session(project.root, str(tmp_path / "other"), project.links).fallback == ""
