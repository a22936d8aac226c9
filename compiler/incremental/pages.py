"""A module's page as an answer: of what it shows of the module's forms, and of the types of what it exports.

    documentation ─▶ outline ─▶ forms        signature ─▶ checked

An edit of a body gives another `forms` and `checked`, and the same outline and signatures: the page stays as it is.
"""

from __future__ import annotations

from compiler.types.state import FnInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.documenting import Outline, Signature
    from compiler.incremental.front import Front
    from compiler.query.engine import Engine


def outline(engine: Engine, front: Front, identity: str) -> Outline | None:
    """What a page shows of a module's forms; None of a module that is gone."""
    from compiler.documenting import outline as of_forms

    engine.mark("forms", identity)
    if identity not in front.index:
        return None
    return of_forms(front.with_forms(identity), front.graph.symbols)


def signature(engine: Engine, front: Front, argument: str) -> Signature | None:
    """The types of an exported function's parameters and of its result, and its capabilities; None if it is none."""
    identity, _, name = argument.partition("#")
    functions = engine.ask("checked", identity).interface[4]
    if not any(row[0] == name for row in functions):
        return None
    front.enter(identity)
    c = front.c
    info = c.module_names[front.index[identity]].own_values[c.word(name)].target
    assert isinstance(info, FnInfo)
    show = c.program.types.show
    params = [] if info.nullary else [show(param) for param in info.params]
    return params, show(info.result), sorted(c.effects[info.function.id])


def documentation(engine: Engine, identity: str) -> str:
    """The page."""
    from compiler.documenting import compose

    found = engine.ask("outline", identity)
    if found is None:
        return ""
    return compose(found, lambda name: engine.ask("signature", f"{identity}#{name}"))
