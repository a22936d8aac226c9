"""`python -m reports [RESULT.json]`: render the newest result, or the one that is named."""

from __future__ import annotations

import sys
from pathlib import Path

from ledgers.problems import ENVIRONMENT, USAGE
from reports.files import RenderError
from reports.render import render

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """0 when the page is written; 2 for a result that cannot be read, 6 when the folder cannot be written."""
    if len(arguments) > 1:
        print("usage: python -m reports [RESULT.json]", file=sys.stderr)
        return USAGE
    results = sorted((ROOT / "reports" / "out").glob("*/result.json"), key=lambda p: p.stat().st_mtime_ns)
    if not arguments and not results:
        print("reports/out: error[REPORT_NO_RESULT]: there is no result yet", file=sys.stderr)
        print("help: make release", file=sys.stderr)
        return USAGE
    path = Path(arguments[0]) if arguments else results[-1]
    try:
        page = render(path, ROOT)
    except RenderError as error:
        print(error, file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"{error.filename}: error[REPORT_NOT_WRITTEN]: {error.strerror}", file=sys.stderr)
        print("help: check the folder, its permissions and the free space", file=sys.stderr)
        return ENVIRONMENT
    shown = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    print(f"report: {shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
