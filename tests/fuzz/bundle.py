"""A program of several files with how it is run, as one text that can be shrunk, kept and read.

    (ƒ f (x) …)                        what stands before any `;; file:` is main.0x0
    ;; file: lib/part1.0x0             the next file
    ;; feature: wide                   a feature that is on
    ;; schedule: det:3                 ZR_SCHED of the executable
    ;; stdin: "two\\nlines"             as JSON; also `;; argv: ["a", "b"]`

A text without such lines is a bundle of one file.  Knows nothing of the language but that `;` begins a comment.
"""

from __future__ import annotations

import json

MAIN = "main.0x0"
STDIN = "first\n\nlast line"
ARGV = ("one", "", "two words")


class Bundle:
    """Files by path, features, and what the program is given."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.features: list[str] = []
        self.schedule = ""
        self.stdin = STDIN
        self.argv = list(ARGV)

    def text(self) -> str:
        """The bundle as one text; the main file first, so that directives of the run stand at the top."""
        lines = [f";; feature: {name}" for name in self.features]
        if self.schedule:
            lines.append(f";; schedule: {self.schedule}")
        if self.stdin != STDIN:
            lines.append(f";; stdin: {json.dumps(self.stdin)}")
        if tuple(self.argv) != ARGV:
            lines.append(f";; argv: {json.dumps(self.argv)}")
        lines.append(self.files[MAIN].rstrip("\n"))
        for path, text in self.files.items():
            if path != MAIN:
                lines += [f";; file: {path}", text.rstrip("\n")]
        return "\n".join(lines) + "\n"


def unpack(text: str) -> Bundle:
    """The bundle of a text; what a directive says that cannot be read is not said."""
    bundle, path, lines = Bundle(), MAIN, []
    for line in [*text.split("\n"), f";; file: {MAIN}"]:
        word, colon, value = line.removeprefix(";; ").partition(": ")
        if not line.startswith(";; ") or not colon:
            lines.append(line)
        elif word == "file":
            bundle.files[path] = bundle.files.get(path, "") + "\n".join([*lines, ""])
            path, lines = value, []
        elif word == "feature":
            bundle.features.append(value)
        elif word == "schedule":
            bundle.schedule = value
        else:
            try:
                given = json.loads(value)
            except ValueError:
                continue
            if word == "stdin" and isinstance(given, str):
                bundle.stdin = given
            elif word == "argv" and isinstance(given, list):
                bundle.argv = [str(one) for one in given]
    return bundle
