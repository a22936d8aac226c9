"""Fixtures that every test area shares: golden files and the `zero` command as a process.

`golden(name, text)` compares with `tests/golden/<name>`; `BLESS=1` (or `invoke bless`) rewrites it.
CI never blesses.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"

# Deterministic and free of wall-clock verdicts: two shared cores must not turn a test red.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
settings.load_profile("house")


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """`golden("passes/fold.txt", text)`: equal to the stored file, or blessed."""

    def compare(name: str, actual: str) -> None:
        path = GOLDEN / name
        if os.environ.get("BLESS") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, "utf-8")
        assert path.exists(), f"no golden file {name}; run: invoke bless"
        assert actual == path.read_text("utf-8"), f"{name} differs; run: invoke bless, then read the diff"

    return compare


def run_zero(
    *args: str,
    stdin: bytes = b"",
    cwd: pathlib.Path | None = None,
    env: dict[str, str] | None = None,
    timeout: float = 300,
) -> subprocess.CompletedProcess[bytes]:
    """Run the `zero` command as a user would; returns status, stdout and stderr."""
    return subprocess.run(
        [sys.executable, "-m", "compiler.cli", *args],
        input=stdin,
        capture_output=True,
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ZERO_CACHE": str(ROOT / "build" / "cache"), **(env or {})},
        timeout=timeout,
        check=False,
    )


@pytest.fixture
def zero() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    return run_zero
