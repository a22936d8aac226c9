"""The guard: what every change of the compiler passes before it is kept.

`stamp.py` (what a guard depends on), `check.py` (whether its stamp still holds), `states.py` (the corpus compiled in
every state of the store), `functions.py` (how many functions came out), `memory.py` (before and after), `golden.py`
(the executables and the compiler kept beside a stamp), `sweep.py` (parts of the corpus by tag; the daily smoke).
Runs the compiler as a program and imports none of it.
"""
