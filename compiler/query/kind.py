"""What a query is: one row a kind, with the function that answers it.

A kind's values are *kept* (written to the store, so that a later process has them) or only *marked* (their
fingerprint is remembered; who needs the value makes it again).  `always` marks what is asked of the world and not of
other queries: files, mostly.  To add a kind, add a row where the providers are; nothing here knows them.
"""

from __future__ import annotations

import marshal

from compiler.digest import brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.query.engine import Engine


def dumps(value: Any) -> bytes:
    """Equal values give equal bytes: version 2 of the format shares nothing."""
    return marshal.dumps(value, 2)


class Kind:
    """One kind of query.

    `provide(engine, argument)` answers it, deterministically and from what it asks the engine alone; `encode` and
    `decode` are there when values are kept; `mark(value)` gives the bytes whose equality means that nobody who used
    the value can tell a difference, else it is the encoded value.  `schema` moves when the meaning of kept bytes does.
    Answers are kept in groups: those of kinds with the same `pack` whose arguments are the same up to a `#`, or, with
    `shards`, fall into the same one of so many: a file of the store costs as much as hundred answers.
    """

    __slots__ = ("always", "decode", "encode", "mark", "name", "pack", "provide", "schema", "shards", "summary")

    def __init__(
        self,
        name: str,
        summary: str,
        provide: Callable[[Engine, str], Any],
        *,
        schema: int = 1,
        always: bool = False,
        encode: Callable[[Any], bytes] | None = None,
        decode: Callable[[bytes], Any] | None = None,
        mark: Callable[[Any], bytes] | None = None,
        pack: str = "",
        shards: int = 0,
    ) -> None:
        if (encode is None) != (decode is None):
            raise ValueError(f"{name}: what is kept must be read back")
        if encode is None and mark is None:
            raise ValueError(f"{name}: nothing says when its values are equal")
        self.name = name
        self.summary = summary
        self.provide = provide
        self.schema = schema
        self.always = always
        self.encode = encode
        self.decode = decode
        self.mark = mark
        self.pack = pack or name
        self.shards = shards

    def group(self, argument: str) -> str:
        """With which others an answer is kept."""
        of = argument.partition("#")[0]
        return f"{self.pack} {_shard(of) % self.shards if self.shards else of}"


def _shard(of: str) -> int:
    found = _shards.get(of)
    if found is None:
        found = _shards[of] = brief(of.encode("utf-8", "surrogatepass"))[0]
    return found


_shards: dict[str, int] = {}
