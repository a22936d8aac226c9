"""The store as a program, for whoever may not import it: steps as JSON on standard input, what came of each as JSON.

    [["put", "mir", "74657874"], ["get", "mir/DIGEST/4"]]  ─▶  [{"address": "mir/DIGEST/4"}, {"payload": "74657874"}]

A step is a word of `STEPS` and its arguments, payloads in hex; a failure is {"fault": CODE}.  The store is that of
`ZERO_CACHE`, with the tier of `ZERO_CACHE_REMOTE` behind it.  Judges nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from compiler.cas.kinds import KINDS, Fault, read_address, spell
from compiler.cas.store import Store, open_store

Answer = dict[str, object]


def kinds(_: Store) -> Answer:
    return {"kinds": {name: kind.schema for name, kind in KINDS.items()}}


def put(store: Store, kind: str, payload: str) -> Answer:
    return {"address": spell(store.put(kind, bytes.fromhex(payload)))}


def get(store: Store, address: str) -> Answer:
    return {"payload": store.get(read_address(address)).hex()}


def lead(store: Store, key: str, address: str) -> Answer:
    store.set(key, read_address(address))
    return {}


def find(store: Store, key: str, kind: str) -> Answer:
    address = store.find(key, kind)
    return {"address": spell(address) if address else ""}


STEPS: dict[str, Callable[..., Answer]] = {"kinds": kinds, "put": put, "get": get, "lead": lead, "find": find}


def main() -> int:
    store = open_store()
    told = []
    for word, *arguments in json.load(sys.stdin):
        try:
            told.append(STEPS[word](store, *arguments))
        except Fault as fault:
            told.append({"fault": fault.code})
        told[-1]["got over"] = [fault.code for fault in store.faults]
        store.faults.clear()
    json.dump(told, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
