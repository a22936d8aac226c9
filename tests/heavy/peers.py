"""Build tools that are measured beside ours: whole processes in clean environments, nobody in the background.

A tool that is not installed is not there; whoever measures says `unmeasured`.  To add one, add rows to `NEED`, `BUILD`.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

from gates.collect import measure

INSIDE = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh"]
NEED = {"ninja": ("ninja", "gcc"), "go": ("go",), "cargo": ("cargo", "rustc")}
# name -> (the language of its project, its words)
BUILD = {
    "ninja": ("c", ["--quiet"]),
    "go": ("go", ["build", "-o", "program", "."]),
    "cargo": ("rust", ["build", "--quiet", "--offline"]),
}


class Peer:
    """A command that builds, in an environment; its first run builds everything."""

    def __init__(self, command: list[str], environment: dict[str, str], lines: int) -> None:
        self.command = command
        self.environment = environment
        self.lines = lines

    def run(self) -> measure.Cost:
        return measure.run(self.command, environment=self.environment)

    def cpu_us(self) -> int:
        return round(self.run().cpu_s * 1e6)

    def instructions(self) -> int:
        """Of all programs that the command becomes."""
        tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes"]
        cost = measure.run([*tool, *self.command], environment=self.environment)
        return sum(map(int, re.findall(rb"Collected\s*:\s*([0-9]+)", cost.error)))


def tools() -> dict[str, str]:
    """The programs that peers need and that are there, by name."""
    found = {tool: path for names in NEED.values() for tool in names if (path := shutil.which(tool))}
    if "rustc" in found:  # rustup's stand-in for cargo costs more than cargo
        done = subprocess.run([found["rustc"], "--print", "sysroot"], capture_output=True, text=True, check=False)
        own = pathlib.Path(done.stdout.strip(), "bin")
        found |= {tool: str(own / tool) for tool in ("cargo", "rustc") if (own / tool).exists()}
    return found


def peer(name: str, place: pathlib.Path, lines: int, found: dict[str, str]) -> Peer:
    """A tool that is there, in the folder of its project, with a cache of its own and no network."""
    path = ":".join([*{str(pathlib.Path(tool).parent): None for tool in found.values()}, "/usr/bin", "/bin"])
    environment = {"HOME": str(place), "PATH": path, "GOCACHE": str(place / "cache"), "GOPROXY": "off", "GOFLAGS": ""}
    return Peer([*INSIDE, str(place), found[name], *BUILD[name][1]], environment, lines)
