"""A store of results, each named by the digest of what it holds, and references from keys to them apart.

`kinds.py` says what can be kept, `store.py` reads and writes it, `sweep.py` collects garbage, `scan.py` looks for
damage and repairs it, `migrate.py` follows the layout, `remote.py` is the tier behind; `faults.py` has every failure.
A build imports `store.py` and `kinds.py` alone.  Knows neither the language nor who asks.
"""
