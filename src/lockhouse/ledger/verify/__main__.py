"""``python -m lockhouse.ledger.verify EXPORT --vkey KEY``: the audit as a command, with nothing of the product."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, LockhouseError
from lockhouse.ledger.verify import Report, verify_certificate, verify_export

if TYPE_CHECKING:
    from collections.abc import Sequence

CLEAN, INVALID, TAMPERED = 0, 2, 7
"""Exit codes: all is as it must be; the call was wrong; something was changed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a file, say what was found on standard output, and return the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.certificate:
            return _certificate(asked.file, asked.vkey)
        held = [path.read_text(encoding="utf-8") for path in asked.held]
        with asked.file.open("rb") as lines:
            report = verify_export(lines, vkeys=asked.vkey, held=held)
    except LockhouseError as err:
        return _say(f"{err.code}: {err}", INVALID if isinstance(err, Invalid) else TAMPERED)
    except OSError as err:
        return _say(f"unreadable: {err.strerror}", INVALID)
    return _report(report, as_json=asked.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lockhouse.ledger.verify", description="Verify a ledger export offline.")
    parser.add_argument("file", type=Path, help="the export, or the certificate with --certificate")
    parser.add_argument("--vkey", action="append", required=True, help="a verifier key of the log, not from the export")
    parser.add_argument("--held", action="append", type=Path, default=[], help="a checkpoint you hold from elsewhere")
    parser.add_argument("--certificate", action="store_true", help="the file is an erasure certificate")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return parser


def _certificate(path: Path, vkeys: Sequence[str]) -> int:
    proven = verify_certificate(path.read_bytes(), vkeys=vkeys)
    told = proven.statement
    lines = [
        f"certificate verified: {told.what} {told.step}, {told.keys} keys destroyed",
        f"entry {proven.entry.hex()} at position {proven.position} of {proven.checkpoint.origin}",
        *(f"remains until {_day(residue.until)}: {residue.what}" for residue in told.residues),
        *(f"cannot prove: {sentence}" for sentence in told.cannot_prove),
    ]
    return _say("\n".join(lines), CLEAN)


def _day(until: int | None) -> str:
    """The end of a residue as people read it; the certificate holds ms since 1970."""
    return "nobody can say" if until is None else f"{datetime.fromtimestamp(until // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _report(report: Report, *, as_json: bool) -> int:
    code = CLEAN if report.clean else TAMPERED
    if as_json:
        told = {**report._asdict(), "root": report.root.hex(), "findings": [one._asdict() for one in report.findings]}
        return _say(json.dumps(told, sort_keys=True), code)
    head = f"{report.entries} entries in {len(report.lanes)} lanes, {report.checkpoints} checkpoints verified"
    lines = [f"{one.kind}: {one.where}: {one.sentence}" for one in report.findings]
    return _say("\n".join([head, *lines, "clean" if report.clean else f"{report.found} findings"]), code)


def _say(text: str, code: int) -> int:
    sys.stdout.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
