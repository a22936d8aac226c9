"""What changed since the last release: this result against the blessed one.

`ledgers/baselines/release.json` holds verdicts and measurements of the last release, written by `invoke baseline`.
A gate or check that is gone is listed first, so that a vanished metric is never a silent pass.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PATH = "ledgers/baselines/release.json"


def summary(result: dict[str, Any]) -> dict[str, Any]:
    """What of a result the next release is compared with."""
    return {
        "version": result["version"],
        "commit": result["commit"],
        "verdict": result["verdict"]["text"],
        "checks": {
            f"{gate['gate']}/{f['check_id']}": {"verdict": f["verdict"], "measured": f["measured"], "value": f["value"]}
            for gate in result["gates"]
            for f in gate["findings"]
        },
        "gates": {gate["gate"]: gate["verdict"] or gate["status"] for gate in result["gates"]},
    }


def changes(result: dict[str, Any], root: Path) -> tuple[str, list[tuple[str, str]]]:
    """(what was compared with, sentences with a kind: gone, worse, better, new, moved)."""
    path = root / PATH
    if not path.exists():
        return "", []
    old = json.loads(path.read_text("utf-8"))
    new = summary(result)
    out: list[tuple[str, str]] = []
    for kind in ("gates", "checks"):
        for name in sorted(old[kind].keys() - new[kind].keys()):
            out.append(("gone", f"{name} was judged in {old['version']} and is no longer there"))
    for name in sorted(new["gates"].keys() & old["gates"].keys()):
        before, after = old["gates"][name], new["gates"][name]
        if before != after:
            out.append(("better" if after == "pass" else "worse", f"{name}: {before} → {after}"))
    for name in sorted(new["gates"].keys() - old["gates"].keys()):
        out.append(("new", f"gate {name}: {new['gates'][name]}"))
    for name in sorted(new["checks"].keys() & old["checks"].keys()):
        before, after = old["checks"][name], new["checks"][name]
        if before["verdict"] != after["verdict"]:
            kind = "better" if after["verdict"] == "pass" else "worse"
            out.append((kind, f"{name}: {before['verdict']} → {after['verdict']}"))
        elif before["measured"] != after["measured"]:
            out.append(("moved", f"{name}: {before['measured']} → {after['measured']}"))
    for name in sorted(new["checks"].keys() - old["checks"].keys()):
        out.append(("new", f"check {name}: {new['checks'][name]['verdict']}"))
    rank = {"gone": 0, "worse": 1, "better": 2, "new": 3, "moved": 4}
    out.sort(key=lambda each: rank[each[0]])
    return f"{old['version']} ({str(old['commit'])[:12]})", out


def main(root: Path) -> int:
    """Write the newest result's summary to `PATH`; 3 when that result does not pass, 5 when there is none."""
    from ledgers.problems import FAIL, NOTHING
    from reports.files import load, write_text

    results = sorted((root / "reports" / "out").glob("*/result.json"), key=lambda p: p.stat().st_mtime_ns)
    if not results:
        print("reports/out: error[REPORT_NO_RESULT]: there is no result yet", file=sys.stderr)
        print("help: make release", file=sys.stderr)
        return NOTHING
    result = load(results[-1], root)
    if result["verdict"]["status"] != 0:
        print(f"{results[-1]}: error[BASELINE_NOT_PASSING]: {result['verdict']['text']}", file=sys.stderr)
        print(f"help: {result['verdict']['next']}", file=sys.stderr)
        return FAIL
    (root / PATH).parent.mkdir(parents=True, exist_ok=True)
    write_text(root / PATH, json.dumps(summary(result), indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    print(f"{PATH}: {result['version']}, {result['verdict']['text']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
