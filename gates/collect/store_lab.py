"""A place to do things to a store in: a project that is built by the real compiler, a store with its results, and eyes.

Each scenario gets a copy of one warm store and does its worst; what the compiler then says, which bytes a build ends
with and what changed outside of the store is counted here.  Addresses and references are spelt anew, from ADR 0015
and not from the compiler's code, so that a forged one is as good as a real one.  Knows no ledger and no verdict.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gates.collect import zero
from gates.collect.measure import CLEAN, LIMIT_S
from gates.collect.samples import ROOT

FIXTURE = ROOT / "fixtures" / "projects" / "atlas"
MAIN = "main.0x0"
HELLO = '(ƒ main (_) (print "hello"))\n'
PROBE = ("-m", "tests.cas.probe")
CODE = re.compile(r"(?:CAS|QUERY)_[A-Z]+-\d{3}")
Steps = list[list[str]]


@dataclass(frozen=True, slots=True)
class Told:
    """What a command came to: its status, the codes it said, all its words."""

    status: int
    codes: frozenset[str]
    text: str


def execute(command: list[str], folder: Path, environment: dict[str, str], text: str = "") -> Told:
    done = subprocess.run(
        command,
        cwd=folder,
        env=CLEAN | environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    said = done.stdout + done.stderr
    return Told(done.returncode, frozenset(CODE.findall(said)), said)


def digest(kind: str, payload: bytes) -> str:
    """ADR 0015: SHA-256 over kind, schema and payload."""
    return hashlib.sha256(f"0x0 {kind} 1\0".encode() + payload).hexdigest()


def reference(key: str, said: str) -> bytes:
    """The line of a reference with a right check over key and address."""
    return f"{said} {hashlib.sha256(f'{key} {said}'.encode()).hexdigest()[:16]}\n".encode()


@dataclass(slots=True)
class Lab:
    """One scenario's place: its own store, the projects, which are shared and stay as they are, and what is watched."""

    root: Path
    projects: Path
    image: bytes  # what a build from an empty store makes of the project
    environment: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    folder: str = "here"  # the checkout that is built: `here` made the store, `there` finds only answers in it
    counts: list[tuple[str, int, int]] = field(default_factory=list)  # what, expected, counted

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    @property
    def project(self) -> Path:
        return self.projects / self.folder

    @property
    def out(self) -> Path:
        return self.root / "out"

    # What is done with the product

    def zero(self, *words: str, folder: Path | None = None) -> Told:
        environment = {"ZERO_CACHE": str(self.store)} | self.environment
        return execute(zero.command(*words), folder or self.project, environment)

    def build(self, source: str = MAIN, folder: Path | None = None, *flags: str) -> Told:
        """Build afresh: no earlier output is there to be left standing."""
        self.out.unlink(missing_ok=True)
        return self.zero("build", source, "-o", str(self.out), *flags, *self.flags, folder=folder)

    def start(self, out: Path, folder: Path | None = None) -> subprocess.Popen[bytes]:
        """A build in the background, in a session of its own."""
        return subprocess.Popen(
            zero.command("build", MAIN, "-o", str(out), *self.flags),
            cwd=folder or self.project,
            env=CLEAN | {"ZERO_CACHE": str(self.store)} | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def probe(self, steps: Steps) -> list[dict[str, Any]]:
        return probe(self.store, steps, self.environment)

    def look(self, how: str) -> Told:
        """`put`: keep one more text; else a `zero` command."""
        if how == "put":
            (answer,) = self.probe([["put", "mir", b"one more".hex()]])
            codes = {str(code) for code in answer["got over"]} | (
                {str(answer["fault"])} if "fault" in answer else set()
            )
            return Told(0, frozenset(codes), "")
        return self.zero(*how.split())

    def count(self, what: str, expected: int, counted: int) -> None:
        self.counts.append((what, expected, counted))

    # What lies in the store

    def files(self, pattern: str) -> list[Path]:
        return sorted(path for path in self.store.glob(pattern) if path.is_file() and not path.is_symlink())

    def objects(self, kind: str = "*") -> list[Path]:
        return self.files(f"objects/{kind}-[0-9]*/*/*")

    def refs(self) -> list[Path]:
        return self.files("refs/*/*")

    def record(self) -> Path:
        """The record that names this project's checkout."""
        (found,) = [
            path
            for path in self.objects("build-record")
            if f"{self.projects / 'here' / MAIN}".encode() in path.read_bytes()
        ]
        return found

    def executable(self) -> Path:
        (found,) = [path for path in self.objects("executable") if path.read_bytes() == self.image]
        return found

    def ref_to(self, target: Path) -> Path:
        (found,) = [path for path in self.refs() if address(target) in path.read_text("ascii")]
        return found

    def other(self, path: Path) -> Path:
        """The other program's object of the same kind."""
        kind = path.parent.parent.name.rpartition("-")[0]
        return next(each for each in self.objects(kind) if each != path)

    def keep(self, kind: str, payload: bytes) -> str:
        """Forge an object under its right name; its address."""
        name = digest(kind, payload)
        path = self.store / "objects" / f"{kind}-1" / name[:2] / f"{name[2:]}-{len(payload)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        in_place = kind in ("object", "archive", "executable")
        path.write_bytes(payload if in_place else b"\0" + payload)
        path.chmod(0o755)
        return f"{kind}/{name}/{len(payload)}"

    def reachable(self) -> set[str]:
        """The addresses that the references need, followed here and not by the store."""
        names = {address(path): path for path in self.objects()}
        open_ = [word for path in self.refs() for word in path.read_text("ascii").split()[1:2]]
        seen: set[str] = set()
        while open_:
            word = open_.pop()
            if word in seen or word not in names:
                continue
            seen.add(word)
            if word.partition("/")[0] in ("build-record", "query-graph", "no-change"):
                head = names[word].read_bytes()[1:].partition(b"\n")[0]
                open_ += head.decode("ascii").split()
        return seen


def address(path: Path) -> str:
    """The address of the object in a file."""
    kind = path.parent.parent.name.rpartition("-")[0]
    rest, _, size = path.name.rpartition("-")
    return f"{kind}/{path.parent.name}{rest}/{size}"


def key_of(ref: Path) -> str:
    return ref.parent.name + ref.name


def over(path: Path, data: bytes) -> None:
    """Put other bytes in a file's place, as whoever may write there can."""
    path.chmod(0o755)
    path.write_bytes(data)


def probe(store: Path, steps: Steps, environment: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """What came of steps on the store itself, done by a program of their own."""
    told = execute([sys.executable, *PROBE], ROOT, {"ZERO_CACHE": str(store)} | (environment or {}), json.dumps(steps))
    if told.status != 0:
        raise RuntimeError(f"tests.cas.probe: status {told.status}: {told.text.strip().splitlines()[-1]}")
    found: list[dict[str, Any]] = json.loads(told.text)
    return found


def snapshot(folder: Path) -> dict[str, str]:
    """Every file below a folder with what it holds; links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        if path.is_symlink():
            found[str(path.relative_to(folder))] = f"link to {path.readlink()}"
        elif path.is_file():
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def matching_bytes(image: bytes, other: bytes) -> int:
    """As many as `image` has only where both are equal."""
    same = len(image) if image == other else sum(a == b for a, b in zip(image, other, strict=False))
    return same - abs(len(image) - len(other))


class Bench:
    """One warm store, made once: the project built, and a second program beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.projects = root / "projects"
        for name in ("here", "there"):
            shutil.copytree(FIXTURE, self.projects / name)
        (self.projects / "hello").mkdir()
        (self.projects / "hello" / MAIN).write_text(HELLO, "utf-8")
        cold = Lab(root / "cold", self.projects, b"")
        cold.root.mkdir()
        self.must(cold.build())
        self.image = cold.out.read_bytes()
        warm = Lab(root / "warm", self.projects, self.image)
        warm.root.mkdir()
        self.must(warm.build(folder=self.projects / "hello"))
        self.must(warm.build())
        self.warm = warm

    @staticmethod
    def must(told: Told) -> None:
        if told.status != 0 or told.codes:
            raise RuntimeError(f"zero build of an untouched project: status {told.status}: {told.text.strip()[-200:]}")

    def lab(self, name: str) -> Lab:
        """A scenario's own place, with a copy of the warm store."""
        lab = Lab(self.root / name, self.projects, self.image)
        shutil.copytree(self.warm.store, lab.store)
        lab.outside.mkdir()
        (lab.outside / "notes.txt").write_text("somebody's\n", "utf-8")
        return lab
