"""Policy rows owned by people, and `table.py`, the only reader and writer of TSV.

Knows no gate and no compiler.  A new ledger is a schema `schemas/ledger.<name>.json` and its file.
"""
