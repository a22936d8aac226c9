"""What a long run printed is read back whole."""

from __future__ import annotations

from tests.heavy.differential import detail, failures, told


def test_a_run_is_read_from_what_it_prints() -> None:
    printed = (
        "seed 7: mir dev stdout\nwanted 0\nprograms: {'crash KeyError in f.py g': 1, 'mir dev stdout': 2, 'ok': 190, "
        "'skipped': 7}  ends: {0: 180, 3: 1, 101: 9}\nnever generated: nothing\n"
    )
    kinds, ends = told(printed)
    assert kinds == {"crash KeyError in f.py g": 1, "mir dev stdout": 2, "ok": 190, "skipped": 7}
    assert ends == {"0": 180, "3": 1, "101": 9}
    assert failures(kinds) == 3
    assert detail(kinds, ends).endswith("skipped 7; status 0 180; status 3 1; status 101 9")
