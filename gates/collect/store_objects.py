"""What the store keeps: each kind put and got back, builds that use what is there, stable keys, killed writers.

`before` is what the ledger says or what was put, `after` what was counted.  A thousand killed writers take minutes:
that run keeps a row with the digest of the code that ran, and only a row of today's code counts here.  A few are killed
in each collection.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from gates.collect.samples import ROOT, Samples, Unavailable, main
from gates.collect.store_lab import MAIN, Bench, Lab, execute, probe
from ledgers import foreign
from ledgers.table import Row

COMMAND = "python -m gates.collect.store_objects"
OBJECTS, KILLED = "store-objects", "killed-writers"
STATS = "./zero query stats main.0x0 --json"
GIVEN, KEY, EMPTY = ("evidence", "gate-result", "profile"), "1" * 64, b"\n"
KILLS = 20
KILLING = ("-m", "tests.heavy.store", "--kills")
# What a killed writer runs, and what kills it.
CODE = ("compiler/cas/*.py", "compiler/digest.py", "compiler/files.py", "tests/cas/killing.py", "tests/heavy/store.py")


def collect(samples: Samples) -> None:
    if not (ROOT / "compiler" / "cas" / "store.py").exists():
        raise Unavailable("the store is not built yet")
    rows = {str(row["kind"]): row for row in foreign.load(ROOT, OBJECTS).rows}
    with tempfile.TemporaryDirectory(prefix="zero-objects-") as folder:
        bench = Bench(Path(folder))
        kinds(samples, rows, bench)
        reuse(samples, bench.lab("reuse"))
        stable(samples, bench)
        killed(samples)


def both(samples: Samples, workload: str, metric: str, unit: str, before: int, after: int, command: str) -> None:
    samples.add(workload, metric, unit, before, variant="before", command=f"ledger {OBJECTS}")
    samples.add(workload, metric, unit, after, command=command)


def kinds(samples: Samples, rows: dict[str, Row], bench: Bench) -> None:
    """Every kind in ledger and store: its schema, its sample put and got back, whether a build writes it."""
    store = bench.root / "samples"
    (answer,) = probe(store, [["kinds"]])
    known: dict[str, int] = answer["kinds"]
    lab = bench.lab("documented")
    for verb in ("check", "doc"):
        Bench.must(lab.zero(verb, MAIN))
    Bench.must(lab.zero("lock"))
    for kind in sorted({*GIVEN} & set(rows)):  # what gates and the guard keep, through the command that they use
        Bench.must(
            lab.zero("cache", "keep", kind, KEY, str(given(lab.root / kind, bytes.fromhex(str(rows[kind]["sample"])))))
        )
    for kind in sorted(set(rows) | set(known)):
        row = rows.get(kind)
        schema = int(str(row["schema"])) if row else 0
        both(samples, kind, "kind_schema", "number", schema, known.get(kind, 0), "compiler/cas/kinds.py")
        if row is None or kind not in known:
            continue
        payload = bytes.fromhex(str(row["sample"]))
        (put,) = probe(store, [["put", kind, payload.hex()]])
        (got,) = probe(store, [["get", str(put.get("address"))]])
        back = bytes.fromhex(str(got.get("payload", "")))
        same = len(payload) if back == payload else 0
        both(samples, kind, "round_trip", "bytes", len(payload), same, "python -m tests.cas.probe")
        written = int(bool(bench.warm.objects(kind) or lab.objects(kind)))
        both(samples, kind, "written_kinds", "count", int(bool(row["writer"])), written, f"./zero {row['writer']}")
        if row["roadmap"]:
            samples.add(str(row["roadmap"]), "roadmap_objects", "count", 1, command="compiler/cas/kinds.py")


def given(place: Path, payload: bytes) -> Path:
    """A file with a payload; for an empty listing an empty folder."""
    if payload == EMPTY:
        place.mkdir()
    else:
        place.write_bytes(payload)
    return place


def reuse(samples: Samples, lab: Lab) -> None:
    """Builds after the first use what is there: the same checkout asks nothing, another one finds every answer."""
    revision = stats(lab)["revision"]
    before = len(lab.objects())
    Bench.must(lab.build())
    both(samples, "same-checkout/revision", "reused", "count", revision, stats(lab)["revision"], STATS)
    both(samples, "same-checkout/objects", "reused", "count", before, len(lab.objects()), "./zero build")
    asked = sum(kind["asked"] for kind in stats(lab)["kinds"])
    lab.folder = "there"
    Bench.must(lab.build())
    found = stats(lab)
    anew = [row for row in found["recomputed"] if row["reason"] not in ("always", "unkept")]
    both(samples, "other-checkout/asked", "reused", "count", asked, sum(k["asked"] for k in found["kinds"]), STATS)
    both(samples, "other-checkout/answered-anew", "reused", "count", 0, len(anew), STATS)
    programs = sum(path.read_bytes() == lab.image for path in lab.objects("executable"))
    both(samples, "other-checkout/program", "reused", "count", 1, programs, "./zero build")


def stats(lab: Lab) -> dict[str, Any]:
    """What the last build asked and answered anew."""
    told = lab.zero("query", "stats", MAIN, "--json")
    if told.status != 0:
        raise RuntimeError(f"{STATS}: status {told.status}: {told.text.strip()[-200:]}")
    found: dict[str, Any] = json.loads(told.text)
    return found


def stable(samples: Samples, bench: Bench) -> None:
    """Two processes with other seeds of hashing, so that other orders, give everything the same names."""
    found = []
    for seed in ("1", "2"):
        lab = Lab(bench.root / f"seed-{seed}", bench.projects, bench.image, {"PYTHONHASHSEED": seed})
        lab.root.mkdir()
        Bench.must(lab.build())
        # A record holds the time when its build began.
        names = [path for path in lab.objects() if path.parent.parent.name != "build-record-1"]
        found.append({str(path.relative_to(lab.store)) for path in [*names, *lab.refs()]})
    one, two = found
    both(samples, "hash-seeds", "stable_names", "count", len(one | two), len(one & two), "./zero build")


def killed(samples: Samples) -> None:
    """A few killed writers now, and the long run's row if it speaks of today's code."""
    command = [sys.executable, *KILLING, str(KILLS)]
    told = execute(command, ROOT, {})
    found = re.search(r"^(\d+) kills, .*; (\d+) results said", told.text, re.MULTILINE)
    if found is None or told.status not in (0, 3):
        last = told.text.strip().splitlines()[-1:] or [""]
        raise RuntimeError(f"tests.heavy.store: status {told.status}: {last[0]}")
    shown = " ".join(("python", *KILLING, str(KILLS)))
    lost = told.text[: found.start()].count("\n") - told.text[: found.start()].count(" kept, ")
    samples.add("bounded", "killed_writers", "count", int(found[1]), command=shown)
    samples.add("bounded", "results_before_kills", "count", int(found[2]), command=shown)
    samples.add("bounded", "lost_results", "count", lost + int(told.status == 3 and not lost), command=shown)
    today = [row for row in foreign.load(ROOT, KILLED).rows if row["code"] == store_code()]
    if not today:
        for metric in ("long_run_killed_writers", "long_run_lost_results"):
            samples.skip(metric, "no long run of today's store is kept: invoke store --kills 1000 --record")
    for row in today:
        label, command_ = f"seed-{row['seed']}", f"invoke store --kills {row['kills']} --seed {row['seed']} --record"
        samples.add(label, "long_run_killed_writers", "count", int(str(row["kills"])), command=command_)
        samples.add(label, "long_run_lost_results", "count", int(str(row["lost"])), command=command_)


def store_code() -> str:
    """The digest of what a run of killed writers depends on."""
    total = hashlib.sha256()
    for pattern in CODE:
        for path in sorted(ROOT.glob(pattern)):
            total.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
