"""REGION: where allocations inside a region live.  Remarks, not errors: `--remarks` shows them, and nothing is wrong.

One row per place to live; `REASONS` are the words of `compiler/mir/outlive.py` as people read them.
"""

from __future__ import annotations

from compiler.diagnostics import Kind

REASONS = {
    "": "",
    "after": "it is needed after the region, at {at}",
    "stored": "it is stored at {at} in what outlives the region",
    "sent": "it goes to another actor at {at}",
    "kept": "{whom}, called at {at}, keeps it",
    "unknown": "it is given at {at} to a function that is not known",
}

ALLOCATED = Kind(
    "REGION-001",
    "allocated in the region",
    help="",
    explain="""\
The compiler has proved that nothing outside the region ever leads to what is made here.  It is laid into the region's
own memory, which is given back as a whole where the region ends, cycles included.

    (ƒ main (_) (region (array-get (array 10 7) 3)))    ; the array dies with the region""",
)
PROMOTED = Kind(
    "REGION-002",
    "promoted to the heap: {why}",
    help="",
    explain="""\
What is made here outlives the region, or the compiler cannot prove that it does not.  It is made on the heap and
counted, as without a region; the value is the same.  The remark names the first reason in the order of the program: a
use after the region, a store into something that was there before, a message to an actor, a function that keeps its
argument, or a call of a function value that can be any function.

    (ƒ main (_) (region (array 3 0)))                   ; the array is the region's value""",
)
COUNTED = Kind(
    "REGION-003",
    "counted on the heap: its last owner is gone when the region ends",
    help="",
    explain="""\
Texts and what else the runtime makes by itself is counted inside regions as it is outside.  It does not outlive the
region all the same: who owns it lives in the region or in local variables.

    (ƒ main (_) (region (text-len (text-cat "a" "b"))))""",
)
AROUND = Kind(
    "REGION-004",
    "allocated in a region around this one: {why}",
    help="",
    explain="""\
What is made here outlives the innermost region and not one of those around it: it lives in the innermost that it does
not outlive.

    (ƒ main (_)
      (region (array-get (region (array 3 0)) 1)))      ; the array dies with the outer region""",
)
