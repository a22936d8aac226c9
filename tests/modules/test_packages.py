"""Packages: what `pkg:` imports mean, what the lock pins, and that nothing outside it gets in."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable

import pytest

from compiler import building, pipeline
from compiler.diagnostics import Sink
from compiler.options import Options
from tests.conftest import ROOT

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]
ATLAS = ROOT / "fixtures/projects/atlas"


@pytest.fixture
def atlas(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A copy of the project, as the current folder, with a cache of its own."""
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "atlas"
    shutil.copytree(ATLAS, folder)
    monkeypatch.chdir(folder)
    return folder


def codes(root: str = "main.0x0") -> list[str]:
    sink = Sink()
    pipeline.front(root, frozenset(), sink)
    return [item.kind.code for item in sink.ordered()]


def digest_by_coreutils(folder: pathlib.Path) -> str:
    """The digest as `zero explain PKG_DIGEST-001` says it is, by other people's tools."""
    script = (
        r"find . -name '*.0x0' -printf '%P\n' -o -name 0x0.pkg -printf '%P\n'"
        " | LC_ALL=C sort | xargs sha256sum | sha256sum"
    )
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().split()[0]


def test_the_lock_is_sorted_and_its_digests_are_those_of_sha256sum(zero: Zero, atlas: pathlib.Path) -> None:
    (atlas / "0x0.lock").unlink()
    done = zero("lock", cwd=atlas)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"0x0.lock: 2 packages\n", b"")
    assert (atlas / "0x0.lock").read_text() == "".join(
        f"dep {name} lib/{name} sha256:{digest_by_coreutils(atlas / 'lib' / name)}\n" for name in ("numbers", "shapes")
    )
    assert (atlas / "0x0.lock").read_bytes() == (ATLAS / "0x0.lock").read_bytes()


def test_the_lock_is_found_from_below_and_only_written_when_it_changes(zero: Zero, atlas: pathlib.Path) -> None:
    before = (atlas / "0x0.lock").stat()
    assert zero("lock", cwd=atlas).returncode == 0
    done = zero("lock", "lib", cwd=atlas)
    assert (done.returncode, done.stdout) == (0, b"0x0.lock: 2 packages\n")
    after = (atlas / "0x0.lock").stat()
    assert (before.st_ino, before.st_ctime_ns) == (after.st_ino, after.st_ctime_ns)
    # A package is a project too: what it depends on is then looked for at its own place.
    assert b"PKG_MANIFEST-006" in zero("lock", "lib/shapes", cwd=atlas).stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "lib/numbers/numbers.0x0").write_text("(ƒ square (n) n)\n(ƒ gcd (a b) a)\n"),
        lambda folder: (folder / "lib/numbers/more.0x0").write_text("; nothing\n"),
        lambda folder: (folder / "lib/numbers/0x0.pkg").write_text("package numbers\nversion 9\n"),
        lambda folder: (folder / "lib/shapes/src/area.0x0").rename(folder / "lib/shapes/src/areas.0x0"),
    ],
    ids=["edited", "added", "manifest", "renamed"],
)
def test_any_change_to_a_package_is_found(
    zero: Zero, atlas: pathlib.Path, change: Callable[[pathlib.Path], None]
) -> None:
    change(atlas)
    assert "PKG_DIGEST-001" in codes()
    done = zero("build", "main.0x0", "-o", "out", cwd=atlas)
    assert done.returncode == 1
    assert b"0x0.lock:" in done.stderr
    assert not (atlas / "out").exists()
    assert zero("lock", cwd=atlas).returncode == 0
    assert "PKG_DIGEST-001" not in codes()


def test_what_is_no_source_changes_nothing(atlas: pathlib.Path) -> None:
    (atlas / "lib/numbers/README").write_text("hello")
    os.symlink("numbers.0x0", atlas / "lib/numbers/other")
    assert codes() == []


@pytest.mark.parametrize(
    "name", ["lib/numbers/new.0x0", "0x0.lock", "0x0.pkg", "lib/shapes/0x0.pkg", "lib/shapes/src/x.0x0"]
)
def test_an_earlier_build_is_not_used_when_a_package_changed(atlas: pathlib.Path, name: str) -> None:
    """A package's folder is an input of a build, also where a file is new."""

    def build() -> bool:
        sink = Sink()
        building.build("main.0x0", "out", Options(), sink)
        return not sink

    assert build()
    with (atlas / name).open("a") as file:
        file.write("broken\n")
    assert not build()


def test_an_earlier_build_is_used_when_nothing_changed(atlas: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert building.build("main.0x0", "out", Options(), Sink()) == 0
    monkeypatch.setattr(pipeline, "compile_program", None)
    assert building.build("main.0x0", "out", Options(), Sink()) == 0


def test_a_package_is_what_the_importing_manifest_lists(atlas: pathlib.Path) -> None:
    """`numbers` is there and locked, but the program no longer lists it: only `shapes` may import it."""
    manifest = atlas / "0x0.pkg"
    manifest.write_text(manifest.read_text().replace("dep numbers lib/numbers\n", ""))
    assert codes()[0] == "SEM_IMPORT-006"


def test_a_package_does_not_see_the_program_around_it(atlas: pathlib.Path) -> None:
    (atlas / "common.0x0").write_text("(ƒ one (_) 1)\n")
    (atlas / "lib/numbers/numbers.0x0").write_text('(↥ "../../common.0x0" c)\n(ƒ square (n) n)\n(ƒ gcd (a b) a)\n')
    assert subprocess.run([ROOT / "zero", "lock"], cwd=atlas, check=False).returncode == 0
    assert "SEM_IMPORT-003" in codes()


def test_links_that_lead_out(zero: Zero, atlas: pathlib.Path, tmp_path: pathlib.Path) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(atlas / "lib/numbers", outside)
    shutil.rmtree(atlas / "lib/numbers")
    os.symlink(outside, atlas / "lib/numbers")
    assert "PKG_MANIFEST-007" in codes()
    assert zero("lock", cwd=atlas).returncode == 1
    (atlas / "lib/numbers").unlink()
    shutil.copytree(outside, atlas / "lib/numbers")
    os.symlink(outside, atlas / "lib/numbers/folder")
    assert "PKG_DIGEST-004" in codes()


def test_the_features_of_a_package_are_its_own(atlas: pathlib.Path) -> None:
    """A condition names a feature of the file's own manifest; it is on when the command says so."""
    source = atlas / "lib/shapes/src/area.0x0"
    source.write_text(
        source.read_text() + '(ƒ loud (cfg (feature "loud")) (_) "!")\n(ƒ quiet (cfg (feature "tiny")) (_) "")\n'
    )
    assert subprocess.run([ROOT / "zero", "lock"], cwd=atlas, check=False).returncode == 0
    sink = Sink()
    pipeline.front("main.0x0", frozenset({"loud"}), sink)
    assert [(item.kind.code, item.facts["name"]) for item in sink.items] == [("SEM_FEATURE-002", "tiny")]


def test_packages_that_know_each_other(atlas: pathlib.Path) -> None:
    """Packages may depend on each other; only modules may not go in a circle."""
    with (atlas / "lib/numbers/0x0.pkg").open("a") as file:
        file.write("dep shapes lib/shapes\n")
    (atlas / "lib/numbers/back.0x0").write_text('(↥ "pkg:shapes" s)\n')
    lock = [ROOT / "zero", "lock"]
    assert subprocess.run(lock, cwd=atlas, check=False).returncode == 0
    assert codes() == []
    source = atlas / "lib/numbers/numbers.0x0"
    source.write_text('(↥ "back.0x0" b)\n' + source.read_text())
    assert subprocess.run(lock, cwd=atlas, check=False).returncode == 0
    assert codes() == ["SEM_IMPORT-002"]


def test_a_project_in_another_folder_names_its_files_from_here(zero: Zero, atlas: pathlib.Path) -> None:
    with (atlas / "lib/shapes/src/area.0x0").open("a") as file:
        file.write("(ƒ wrong (∷ (→ Unit I64)) (_) true)\n")
    assert zero("lock", cwd=atlas).returncode == 0
    done = zero("check", "atlas/main.0x0", cwd=atlas.parent)
    assert done.stderr.startswith(b"atlas/lib/shapes/src/area.0x0:")
