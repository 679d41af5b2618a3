"""`python -m lockhouse.faces.demo`: the demo without the rest of the command line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import LockhouseError
from lockhouse.faces.demo.options import PEOPLE, SEED
from lockhouse.faces.demo.run import run
from lockhouse.faces.outcomes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo as asked; the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        told = run(**vars(asked))
    except LockhouseError as error:
        sys.stderr.write(
            f"lockhouse: error[{error.code}]: {error}\n" + (f"lockhouse: hint: {error.hint}\n" if error.hint else "")
        )
        return OUTCOMES[type(error)].exit_code
    if asked.as_json and told.value:
        sys.stdout.write(json.dumps(told.value) + "\n")
    return told.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lockhouse demo", description="A whole house, shown.")
    parser.add_argument("--once", action="store_true", help="tell the whole story without asking, then end")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print the figures as one object")
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many made-up customers")
    parser.add_argument("--seed", type=int, default=SEED, help="the same seed, the same day")
    parser.add_argument("--keep", type=Path, help="an empty or new folder to make the house in and leave it")
    parser.add_argument("--real", action="store_true", help="stream real shop transactions instead")
    parser.add_argument("--limit", type=int, default=0, help="with --real: at most so many baskets")
    return parser


if __name__ == "__main__":
    sys.exit(main())
