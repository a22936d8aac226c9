"""Sealed folders: files with a manifest of their digests, so that an edit is seen and placed.

A seal is no signature: it tells damage and careless edits, not a forger who reseals.  The folder is
replaced as a whole, so a reader sees the old one or the new one.  Knows no gate and no table.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ledgers.problems import Problem, Refused
from ledgers.table import read_bytes, read_text, write_text

MANIFEST = "manifest.json"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def line_marks(data: bytes) -> list[str]:
    """A short digest of each line: not for security, only to say which line was edited."""
    return [sha256(line)[:8] for line in data.splitlines(keepends=True)]


def canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def seal(folder: Path, shown: str, files: Mapping[str, str], facts: Mapping[str, Any]) -> None:
    """Write the files and their manifest in place of the folder."""
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    stale = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    digests = {}
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        for name, text in files.items():
            write_text(fresh / name, text, f"{shown}/{name}")
            data = text.encode("utf-8")
            digests[name] = {"sha256": sha256(data), "lines": line_marks(data)}
        manifest = {**facts, "format": 1, "files": digests}
        manifest["self"] = sha256(canonical(manifest).encode("utf-8"))
        write_text(fresh / MANIFEST, canonical(manifest), f"{shown}/{MANIFEST}")
        if folder.exists():
            folder.rename(stale)
        fresh.rename(folder)
    except OSError as error:
        raise Refused(Problem("FILE_UNWRITABLE", shown, 1, 1, error.strerror or str(error))) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)


def unseal(folder: Path, shown: str) -> dict[str, Any]:
    """The manifest of a folder whose files are what it says; refuses anything else by place and digest."""
    name = f"{shown}/{MANIFEST}"
    text = read_text(folder / MANIFEST, name)
    try:
        manifest = json.loads(text)
        claimed, files = manifest.pop("self"), manifest["files"]
        inside = all("/" not in file for file in files)
    except json.JSONDecodeError as error:
        raise Refused(Problem("EVIDENCE_DAMAGED", name, error.lineno, error.colno, error.msg)) from None
    except (KeyError, AttributeError, TypeError):
        raise Refused(Problem("EVIDENCE_DAMAGED", name, 1, 1, "this is no manifest")) from None
    if not inside:
        raise Refused(Problem("EVIDENCE_DAMAGED", name, 1, 1, "a file of it lies elsewhere"))
    found = sha256(canonical(manifest).encode("utf-8"))
    if found != claimed:
        what = f"its sha256 is {found[:16]}…, it says {str(claimed)[:16]}…"
        raise Refused(Problem("EVIDENCE_EDITED", name, 1, 1, what))
    problems = []
    for file, digest in files.items():
        data = read_bytes(folder / file, f"{shown}/{file}")
        if (found := sha256(data)) != digest["sha256"]:
            line = first_difference(line_marks(data), digest["lines"])
            what = f"its sha256 is {found[:16]}…, the manifest says {digest['sha256'][:16]}…; line {line} differs first"
            problems.append(Problem("EVIDENCE_EDITED", f"{shown}/{file}", line, 1, what))
    if problems:
        raise Refused(problems)
    return dict(manifest)


def first_difference(found: list[str], wanted: list[str]) -> int:
    for number, (one, other) in enumerate(zip(found, wanted, strict=False), 1):
        if one != other:
            return number
    return min(len(found), len(wanted)) + 1
