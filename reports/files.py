"""Reading a result and writing what is made of it: validated on the way in, whole or not at all on the way out."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


class RenderError(Exception):
    """A result that cannot be rendered; the text is one message with a place and a next step."""


def load(path: Path, root: Path) -> dict[str, Any]:
    """The result, validated; RenderError says where it is wrong."""
    import jsonschema

    try:
        result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RenderError(f"{path}:1:1: error[REPORT_NO_RESULT]: no such file\nhelp: make release") from None
    except UnicodeDecodeError as error:
        raise RenderError(
            f"{path}: byte {error.start}: error[REPORT_BAD_RESULT]: not UTF-8\nhelp: make release"
        ) from None
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise RenderError(f"{place}: error[REPORT_BAD_RESULT]: {error.msg}\nhelp: make release") from None
    schema = json.loads((root / "schemas" / "result.json").read_text("utf-8"))
    problem = jsonschema.Draft202012Validator(schema)
    for wrong in problem.iter_errors(result):
        raise RenderError(
            f"{path}: error[REPORT_BAD_RESULT]: {wrong.json_path}: {wrong.message[:200]}\nhelp: make release"
        )
    return result


def write_text(path: Path, text: str) -> None:
    """Write beside, sync, rename."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
