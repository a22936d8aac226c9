"""`(cfg …)`: which top-level forms are in the program.

A condition is one feature, or the absence of one.  A form keeps its place in the arrays; the `cfg` elements are cut
out of its children, so that nobody after this file meets them.
"""

from __future__ import annotations

from compiler.diagnostics import meant
from compiler.messages import semantic
from compiler.syntax.forms import LIST, TEXT
from compiler.syntax.reader import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from compiler.diagnostics import Sink, SourceFile
    from compiler.syntax.forms import Forms, Symbols


class Features:
    """The features that are on, and those that may be named (None: any)."""

    __slots__ = ("declared", "on")

    def __init__(self, on: frozenset[str], declared: Sequence[str] | None) -> None:
        self.on = on
        self.declared = declared


def apply(file: SourceFile, forms: Forms, node: int, symbols: Symbols, features: Features, sink: Sink) -> str | None:
    """None when the form is in the program, else the condition that fails, as a phrase; cuts the conditions out."""
    children = forms.children(node)
    conditions = [child for child in children[1:] if _is_cfg(forms, child, symbols)]
    if not conditions:
        return None
    failed: str | None = None
    for condition in conditions:
        phrase = _holds(file, forms, condition, symbols, features, sink)
        if failed is None:
            failed = phrase
    rest = [child for child in children if child not in conditions]
    forms.data[node] = len(forms.kids)
    forms.count[node] = len(rest)
    forms.kids += rest
    return failed


def _is_cfg(forms: Forms, node: int, symbols: Symbols) -> bool:
    """A list `(cfg (…))` or `(cfg "…")`; `(cfg)` and `(cfg x)` are parameter lists."""
    if head(forms, node, symbols) != "cfg" or forms.count[node] < 2:
        return False
    return forms.kind[forms.kids[forms.data[node] + 1]] in (LIST, TEXT)


def _holds(file: SourceFile, forms: Forms, node: int, symbols: Symbols, features: Features, sink: Sink) -> str | None:
    children = forms.children(node)
    inner = children[1]
    wanted = True
    while len(children) == 2 and head(forms, inner, symbols) == "not":
        children = forms.children(inner)
        if len(children) != 2:
            break
        inner = children[1]
        wanted = not wanted
    words = forms.children(inner)
    if (
        len(children) != 2
        or head(forms, inner, symbols) != "feature"
        or len(words) != 2
        or forms.kind[words[1]] != TEXT
    ):
        sink.add(semantic.CFG_SHAPE, file, forms.start[node], forms.end[node])
        return None
    name = forms.texts[forms.data[words[1]]]
    if features.declared is not None and name not in features.declared:
        advice = meant(name, features.declared, f"add the line `feature {name}` to 0x0.pkg")
        sink.add(
            semantic.FEATURE_UNDECLARED, file, forms.start[words[1]], forms.end[words[1]], name=name, advice=advice
        )
        return None
    if (name in features.on) == wanted:
        return None
    return name if wanted else f"not {name}"


def report_use(sink: Sink, file: SourceFile, start: int, end: int, name: str, condition: str) -> None:
    """Say that a name is used whose definition `condition` (as `Module.disabled` holds it) leaves out."""
    wanted, _, feature = condition.rpartition(" ")
    if wanted:
        phrase, advice = (
            f"feature `{feature}` to be off",
            f"leave out --feature {feature}, or give the use the same cfg",
        )
    else:
        phrase, advice = f"feature `{feature}`", f"add --feature {feature}, or give the use the same cfg"
    sink.add(semantic.FEATURE_OFF, file, start, end, name=name, feature=phrase, advice=advice)
