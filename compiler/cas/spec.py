"""The reference page of the store, from its tables."""

from __future__ import annotations

import inspect

from compiler.cas import kinds, packing, store
from compiler.cas.faults import FAULTS

_INTRO = """\
Results of earlier builds lie in the folder `ZERO_CACHE`, else `zero` in the user's cache folder; `zero cache` looks
after it.  An object is named by the SHA-256 of its kind, its schema and its payload, and every read computes that anew;
references lead from the key of a request to an object.  Whatever is wrong, a build goes on without and makes its own.

`ZERO_CACHE_REMOTE` names a shared folder behind it: read through, written back, never trusted.  `--offline` leaves it
alone.  `ZERO_CACHE_SIZE` is what builds keep the store within, once a day (1G).  `zero build --hermetic` ends without a
result when anything is read that is no input of the build.

## Layout

```
"""


def page() -> str:
    """The whole page."""
    layout = inspect.cleandoc(store.__doc__ or "").split("\n\n")[1:]
    parts = [
        "# The store\n\n*Generated from `compiler/cas/` by `invoke docs`; do not edit.*\n\n",
        _INTRO,
        inspect.cleandoc(layout[0]),
        "\n```\n\n",
        layout[1],
        "\n\n## Kinds\n\n",
        "`in place`: the file is the payload, to be run or linked where it lies.  `links`: the payload begins with\n",
        f"the addresses it needs.  Text from {kinds._TEXT} bytes on is packed by zstd, level {packing.LEVEL}.\n\n",
        "| kind | schema | form | how | what it is |\n|---|---|---|---|---|\n",
    ]
    for kind in kinds.KINDS.values():
        how = [
            word for word, holds in (("in place", kind.place), ("packed", kind.pack), ("links", kind.links)) if holds
        ]
        parts.append(f"| `{kind.name}` | {kind.schema} | {kind.form} | {', '.join(how)} | {kind.doc} |\n")
    parts.append(
        "\n## Failures\n\nA build tells those that are damage, in one line; `zero explain CODE` says more.\n\n"
    )
    parts.append("| code | what is wrong | damage | what to do |\n|---|---|---|---|\n")
    for row in FAULTS.values():
        summary = row.summary.replace("{", "*").replace("}", "*")
        parts.append(f"| {row.code} | {summary} | {'yes' if row.damage else ''} | {row.help} |\n")
    return "".join(parts)
