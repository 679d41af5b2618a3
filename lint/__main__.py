"""`python -m lint src`: print what breaks a house rule, as `file:line: rule: sentence`; 1 if anything does."""

from __future__ import annotations

import sys

from lint.house import findings
from lint.source import files_below


def main(roots: list[str]) -> int:
    """Check every file below the roots; return the exit code."""
    if not roots:
        print("lint: expected files or folders, got none", file=sys.stderr)
        return 2
    found = [each for path in files_below(*roots) for each in findings(path.read_text("utf-8"), path.as_posix())]
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
