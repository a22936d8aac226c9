"""What a benchmark prints of its values, and what it calls missed."""

from __future__ import annotations

import pytest

from tests.heavy.results import Values

LEAST = {("build", "rate"): 100}
MOST = {("build", "time"): 50, ("build", "rate"): 200}


@pytest.mark.parametrize(
    ("metric", "value", "bad"),
    [
        ("rate", 99, True),
        ("rate", 100, False),
        ("rate", 200, False),
        ("rate", 201, True),
        ("time", 50, False),
        ("time", 51, True),
        ("size", 10**9, False),
    ],
)
def test_a_value_is_missed_beyond_its_limits(
    metric: str, value: int, bad: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    values = Values()
    assert values.judge("build", metric, value, "count", LEAST, MOST) is bad
    assert ("MISSED" in capsys.readouterr().out) is bad
    assert [(row["workload"], row["metric"], row["value"], row["unit"]) for row in values.rows] == [
        ("build", metric, value, "count")
    ]
    assert values.rows[0].keys() == {"workload", "metric", "value", "unit", "commit", "date"}
