"""Read a verb's arguments by its table, by hand: argparse alone would cost as much as a small build's checking.

A table maps an option to FLAG, VALUE, LIST (may come several times) or a tuple of choices.  Knows no verb.
"""

from __future__ import annotations

from compiler.diagnostics import UsageError, meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Table = Mapping[str, str | tuple[str, ...]]

FLAG, VALUE, LIST = "flag", "value", "list"


class Arguments:
    """A verb's words, sorted: files and other words, options, and what stands behind `--`."""

    __slots__ = ("lists", "rest", "usage", "values", "verb", "words")

    def __init__(self, verb: str, usage: str) -> None:
        self.verb = verb
        self.usage = usage
        self.words: list[str] = []
        self.values: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}
        self.rest: list[str] = []

    def has(self, option: str) -> bool:
        return option in self.values

    def get(self, option: str, otherwise: str) -> str:
        return self.values.get(option, otherwise)

    def file(self) -> str:
        """The one file that the verb takes."""
        if not self.words:
            raise UsageError(f"{self.verb}: a file is missing", self.usage)
        if len(self.words) > 1:
            raise UsageError(f"{self.verb}: one file at a time; `{self.words[1]}` is too much", self.usage)
        return self.words[0]

    def files(self) -> list[str]:
        """The files that the verb takes, one at least."""
        if not self.words:
            raise UsageError(f"{self.verb}: a file is missing", self.usage)
        return self.words

    def count(self, option: str) -> int:
        """A number above zero; 0 when it is not given."""
        text = self.values.get(option, "")
        if text and not (text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text)):
            raise UsageError(f"{self.verb}: {option} needs a number from 1 to 9999, and got `{text}`", self.usage)
        return int(text or 0)

    def features(self) -> frozenset[str]:
        return frozenset(self.lists.get("--feature", ()))


def parse(verb: str, argv: list[str], table: Table, usage: str) -> Arguments:
    """Sort the words behind a verb; UsageError for what the table does not know."""
    result = Arguments(verb, usage)
    at = 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "--":
            if "--" not in table:
                raise UsageError(f"{verb}: nothing can stand behind --", usage)
            result.rest = argv[at:]
            break
        if not word.startswith("-") or word == "-":
            result.words.append(word)
            continue
        name, equals, value = word.partition("=")
        kind = table.get(name)
        if kind is None or name == "--":
            raise UsageError(f"{verb}: no option `{name}`", meant(name, table, usage))
        if kind == FLAG:
            if equals:
                raise UsageError(f"{verb}: {name} takes no value", usage)
            result.values[name] = ""
            continue
        if not equals:
            if at == len(argv):
                raise UsageError(f"{verb}: {name} needs a value", usage)
            value = argv[at]
            at += 1
        if not value:
            raise UsageError(f"{verb}: {name} needs a value", usage)
        if kind == LIST:
            result.lists.setdefault(name, []).append(value)
            continue
        if isinstance(kind, tuple) and value not in kind:
            choices = ", ".join(kind)
            raise UsageError(f"{verb}: {name} cannot be `{value}`", meant(value, kind, f"one of {choices}"))
        if name in result.values and result.values[name] != value:
            raise UsageError(f"{verb}: {name} is given twice", usage)
        result.values[name] = value
    return result
