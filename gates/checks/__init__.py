"""The kinds of check, one module each; a gate names them by module.

A check is a pure function of rows: `<name>(rows, **arguments) -> Outcome`, in a module of that name.
`rows` is never empty.  A module may offer `cannot_fail(**arguments) -> str`: why no measurement could
turn this design red.  A new check is a new module here; nothing else lists it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from gates.engine.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    function: Callable[..., Outcome]
    doubt: Callable[..., str] | None

    def argument_fault(self, arguments: dict[str, Any]) -> str:
        """What is wrong with these arguments; empty when they fit the function's own signature."""
        hints = get_type_hints(self.function)
        parameters = list(inspect.signature(self.function).parameters.values())[1:]
        known = {parameter.name for parameter in parameters}
        for name in arguments:
            if name not in known:
                return f"{self.name} takes no {name!r}; it takes: {', '.join(sorted(known)) or 'nothing'}"
        for parameter in parameters:
            if parameter.name not in arguments:
                if parameter.default is inspect.Parameter.empty:
                    return f"{self.name} needs {parameter.name!r}"
                continue
            value, hint = arguments[parameter.name], hints[parameter.name]
            allowed = (int, float) if hint is float else hint if isinstance(hint, type) else list
            if not isinstance(value, allowed) or isinstance(value, bool) != (hint is bool):
                return f"{self.name}: {parameter.name!r} must be {getattr(hint, '__name__', hint)}"
        return ""

    def cannot_fail(self, arguments: dict[str, Any]) -> str:
        return self.doubt(**arguments) if self.doubt else ""


def load_checks() -> dict[str, Check]:
    found = {}
    for module_info in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        name = module_info.name
        found[name] = Check(name, getattr(module, name), getattr(module, "cannot_fail", None))
    return found


CHECKS: dict[str, Check] = load_checks()
