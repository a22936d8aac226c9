"""A small result that holds one of everything, valid by the schema: what the tests render."""

from __future__ import annotations

from typing import Any


def finding(check_id: str, verdict: str = "pass", **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "check_id": check_id,
        "check": "exact_ratio_at_most",
        "says": f"{check_id} holds <always> & everywhere.",
        "collector": "optimizer",
        "metric": "run_instructions",
        "unit": "instructions",
        "rows": 4,
        "verdict": verdict,
        "judged": verdict if verdict != "waived" else "fail",
        "code": "" if verdict == "pass" else "OVER_LIMIT",
        "measured": "0.5",
        "wanted": "at most 0.9",
        "value": 0.5,
        "budget": 0.9,
        "interval": None,
        "witness": None,
        "details": [],
        "waiver": "",
    }
    return base | more


def gate(
    name: str, milestone: int | None, status: str, findings: list[dict[str, Any]], verdict: str | None
) -> dict[str, Any]:
    return {
        "gate": name,
        "milestone": milestone,
        "title": f"Title of {name}",
        "claim": "A claim.",
        "owner": "harness",
        "tier": "bounded",
        "because": "adr/0001.md",
        "needs": [],
        "status": status,
        "aliases": [],
        "verdict": verdict,
        "reason": "",
        "budget": {"time_s": 10, "memory_mb": 100},
        "spec": {},
        "spec_digest": "sha256:0",
        "findings": findings,
        "problems": [],
        "collections": [],
        "negatives": [],
        "reports": [],
    }


def result() -> dict[str, Any]:
    exact = [
        {"workload": "fib", "before": 100, "after": 50, "ratio": 0.5},
        {"workload": "sieve", "before": 9, "after": 9, "ratio": 1.0},
    ]
    paired = [{"workload": "mix", "ratio": 0.8, "low": 0.7, "high": 0.95, "pairs": 20, "verdict": "pass"}]
    rows = []
    for variant, scale in (("before", 2), ("after", 1)):
        for number, phase in enumerate(("init", "parse", "link")):
            for metric in ("phase_rss", "phase_peak", "tracked_bytes"):
                rows.append(
                    {
                        "gate": "evidence",
                        "workload": f"app/{phase}",
                        "metric": metric,
                        "unit": "bytes",
                        "variant": variant,
                        "pair": 0,
                        "sample": 0,
                        "value": scale * (number + 1) * 1_000_000,
                        "command": "zero build",
                        "commit": "0" * 40,
                        "host": "test",
                        "inputs": "sha256:0",
                        "collector": "memory",
                    }
                )
    return {
        "format": 1,
        "version": "9.9.9",
        "commit": "0" * 40,
        "host": "test-host",
        "evidence_date": "2026-01-02",
        "verdict": {
            "word": "fail",
            "status": 3,
            "text": "fail, 1 of 2 claimed",
            "next": "make first-check",
            "claimed": 1,
            "total": 2,
            "closure": False,
            "missing": ["second"],
        },
        "gates": [
            gate(
                "first", 0, "claimed", [finding("good", details=exact), finding("bad", "fail", details=paired)], "fail"
            ),
            gate("second", 1, "planned", [], None),
        ],
        "milestones": [
            {"milestone": 0, "title": "Zero", "goal": "Start.", "gates": ["first"], "claimed": 1, "state": "fail"},
            {"milestone": 1, "title": "One", "goal": "Go on.", "gates": ["second"], "claimed": 0, "state": "planned"},
        ],
        "rows": rows,
        "waivers": [],
        "drills": [
            {
                "gate": "first",
                "check": "good",
                "breaks": "product",
                "why": "w",
                "outcome": "killed",
                "detail": "d",
                "date": "2026-01-02",
                "is_stale": False,
            }
        ],
        "kill_score": {"kills": 1, "checks": 2, "stale": 0, "not_run": 1},
        "trials": [],
        "negatives": [{"fixture": "F-1", "code": "F", "says": "s", "raised": ["F"], "holds": True}],
        "claims": [],
        "ledgers": {},
        "problems": [],
    }
