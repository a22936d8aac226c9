"""Charts as inline SVG, drawn by matplotlib at rendering time.

Colours are drawn as sentinels and then replaced by CSS variables, so one picture serves light, dark and print.
Text stays text.  Byte-identical for equal input: fixed ids, no date, no fonts.  Meaning never rests on colour: marks
differ in shape, and every chart has its table beside it.
"""

from __future__ import annotations

import io
import re
from typing import Any

# sentinel drawn by matplotlib -> CSS variable of the page
COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--muted)",
    "#030303": "var(--rule)",
    "#040404": "var(--after)",
    "#050505": "var(--before)",
    "#060606": "var(--budget)",
}
INK, MUTED, RULE, AFTER, BEFORE, BUDGET = COLOURS

TICKS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 10)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib.figure import Figure

    mpl.rcParams.update(
        {
            "svg.hashsalt": "0x0",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 10,
            "text.color": INK,
            "axes.labelcolor": INK,
            "xtick.color": MUTED,
            "ytick.color": INK,
        }
    )
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.tick_params(length=0)
    return figure, axes


def _svg(figure: Any, title: str, description: str, name: str) -> str:
    """The figure as an SVG element with a title and a description for readers that see no picture."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for sentinel, variable in COLOURS.items():
        text = text.replace(sentinel, variable)
    text = re.sub(r'font: ([0-9.]+)px [^;"]*', r"font-size: \1px", text)
    # Ids are per picture; a page holds several.
    text = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    label = f'role="img" aria-labelledby="{name}-title {name}-desc"'
    head = f'<title id="{name}-title">{_escape(title)}</title><desc id="{name}-desc">{_escape(description)}</desc>'
    text = re.sub(r"(<svg[^>]*)>", lambda m: f"{m[1]} {label}>{head}", text, count=1)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def ratios(name: str, title: str, details: list[dict[str, Any]], budget: float | None) -> str:
    """Ratio after/before by workload on a log scale, with intervals where there are any, against 1 and the budget."""
    shown = sorted(details, key=lambda d: (-float(d["ratio"]), str(d["workload"])))
    figure, axes = _figure(7.2, 0.55 + 0.3 * len(shown) + 0.5)
    places = list(range(len(shown)))
    for place, detail in zip(places, shown, strict=True):
        ratio = float(detail["ratio"])
        low, high = float(detail.get("low", ratio)), float(detail.get("high", ratio))
        axes.plot([1, ratio], [place, place], color=RULE, linewidth=1.2, zorder=1)
        if high > low:
            axes.plot(
                [low, high], [place, place], color=AFTER, linewidth=4, alpha=0.35, zorder=2, solid_capstyle="butt"
            )
        axes.plot([ratio], [place], marker="D" if high > low else "o", color=AFTER, markersize=6, zorder=3)
        axes.annotate(
            f"{ratio:.3f}",
            (1.005, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=9,
            color=INK,
            annotation_clip=False,
        )
    axes.axvline(1, color=MUTED, linewidth=1)
    if budget is not None and budget > 0:
        axes.axvline(budget, color=BUDGET, linewidth=1.6, linestyle=(0, (4, 3)))
        axes.annotate(
            f"budget {budget:g}", (budget, 1.0), xycoords=("data", "axes fraction"), xytext=(3, 3),
            textcoords="offset points", fontsize=9, color=BUDGET, annotation_clip=False,
        )  # fmt: skip
    values = [float(d[k]) for d in shown for k in ("ratio", "low", "high") if k in d]
    edges = [v for v in [*values, 1.0, budget or 1.0] if v > 0]
    axes.set_xscale("log")
    low_edge, high_edge = min(edges) / 1.15, max(edges) * 1.15
    axes.set_xlim(low_edge, high_edge)
    ticks = [t for t in TICKS if low_edge <= t <= high_edge]
    while len(ticks) > 8:
        ticks = [t for t in ticks if t == 1 or ticks.index(t) % 2 == 0]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_yticks(places, [str(d["workload"]) for d in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel("after / before (log scale; left of 1 is less)")
    worst = shown[0]
    description = f"{len(shown)} workloads; the highest ratio is {float(worst['ratio']):.3f} ({worst['workload']})"
    if budget is not None:
        description += f"; the budget is {budget:g}"
    return _svg(figure, title, description + ".", name)


def phases(
    name: str, title: str, order: list[str], before: dict[str, float], after: dict[str, float], unit: str
) -> str:
    """One quantity by phase: nothing freed (hollow squares, dashed) against freed (filled dots, solid)."""
    figure, axes = _figure(7.2, 2.7)
    places = list(range(len(order)))
    for series, label, colour, marker, line, face in (
        (before, "nothing freed", BEFORE, "s", (0, (4, 3)), "none"),
        (after, "freed at each boundary", AFTER, "o", "solid", AFTER),
    ):
        points = [(p, series[phase]) for p, phase in zip(places, order, strict=True) if phase in series]
        axes.plot(
            [p for p, _ in points], [v for _, v in points], color=colour, marker=marker, markerfacecolor=face,
            linestyle=line, linewidth=1.6, markersize=5, label=label,
        )  # fmt: skip
    axes.set_xticks(places, order, rotation=30, ha="right")
    axes.set_ylim(bottom=0)
    axes.set_ylabel(unit)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.legend(frameon=False, fontsize=9, loc="best")
    last = order[-1]
    description = (
        f"{len(order)} phases; at {last}: {before.get(last, 0):.0f} {unit} kept, {after.get(last, 0):.0f} {unit} freed."
    )
    return _svg(figure, title, description, name)
