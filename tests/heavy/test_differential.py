"""What a long run keeps of its programs."""

from __future__ import annotations

from collections import Counter

from tests.fuzz.__main__ import Campaign
from tests.heavy.differential import detail


def test_a_run_tells_what_became_of_its_programs() -> None:
    campaign = Campaign()
    assert str(campaign) == "0 programs agree on all lanes"
    campaign.kinds = Counter({"ok": 190, "skipped": 7, "mir dev stdout": 2, "crash KeyError in f.py g": 1})
    campaign.statuses = Counter({101: 9, 0: 180, 3: 1})
    assert campaign.failures == 3
    assert str(campaign) == (
        "190 programs agree on all lanes; 1 crash KeyError in f.py g; 2 mir dev stdout; 7 skipped "
        "(ended: 180 with 0, 1 with 3, 9 with 101)"
    )
    wanted = "crash KeyError in f.py g 1; mir dev stdout 2; ok 190; skipped 7; status 0 180; status 3 1; status 101 9"
    assert detail(campaign) == wanted
