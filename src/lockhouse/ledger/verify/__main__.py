"""``python -m lockhouse.ledger.verify FILE --vkey KEY``: the audit as a command, with nothing of the product.

The file is an export, a certificate or a proof, which is seen from its first bytes; or a folder of tiles.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.crypto.cosignature import cosigners
from lockhouse.errors import Invalid, LockhouseError, Tampered
from lockhouse.ledger.verify import (
    Report,
    require_checkpoints,
    verify_certificate,
    verify_export,
    verify_proof,
    verify_tiles,
)
from lockhouse.ledger.verify.proof import HEADER

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

CLEAN, INVALID, TAMPERED = 0, 2, 7
"""Exit codes: all is as it must be; the call was wrong; something was changed."""
EXPORT, CERTIFICATE, PROOF = "export", "certificate", "proof"
SHEET, STATEMENT = b'{"entry":', b'"statement":{'
"""How a certificate begins, and what an export's line of an entry lacks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a file, say what was found on standard output, and return the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        return _verified(asked)
    except LockhouseError as err:
        # Whoever verifies offline stands in no house: its commands must be told which.
        hint = "\nhint: " + err.hint.replace("`lockhouse ", "`lockhouse -C HOUSE ") if err.hint else ""
        return _say(f"{err.code}: {err}{hint}", INVALID if isinstance(err, Invalid) else TAMPERED)
    except OSError as err:
        return _say(f"unreadable: {err.strerror}", INVALID)


def _verified(asked: Namespace) -> int:
    if asked.witness and not asked.held:
        # A check that was asked for and not made would read as one that was passed.
        raise Invalid("--witness", "a checkpoint beside it that the witness has cosigned: --held FILE", got="none")
    if asked.file.is_dir() and not asked.certificate:
        held = _held(asked)
        return _report(verify_tiles(_reading(asked.file), vkeys=asked.vkey, held=held), as_json=asked.json)
    kind = _kind(asked.file)
    if asked.certificate and kind == EXPORT:
        return _say("tampered: certificate: expected one, got an export or something else", TAMPERED)
    if kind != EXPORT and asked.held:
        raise Invalid("--held", "an export or tiles to be held against it", got=f"a {kind}")
    if kind == CERTIFICATE:
        return _certificate(asked)
    if kind == PROOF:
        return _proof(asked)
    held = _held(asked)
    with asked.file.open("rb") as lines:
        report = verify_export(lines, vkeys=asked.vkey, held=held)
    return _report(report, as_json=asked.json)


def _held(asked: Namespace) -> list[str]:
    """The held checkpoints; each seen by one of the witnesses, if any was named."""
    held = [path.read_text(encoding="utf-8", errors="replace") for path in asked.held]
    require_checkpoints(held)
    if asked.witness and not all(cosigners(text, asked.witness) for text in held):
        raise Tampered("held checkpoint: expected a cosignature by a given witness, got none")
    return held


def _reading(folder: Path) -> Callable[[str], bytes]:
    """Gives the files of a folder by their paths in it; nothing for one that is not there."""

    def read(path: str) -> bytes:
        file = folder / path
        return file.read_bytes() if file.is_file() else b""

    return read


def _kind(file: Path) -> str:
    """What a file is, by how it begins; whatever is neither certificate nor proof is read as an export.

    An export that lost its head begins as a certificate does, but has a second line.
    """
    with file.open("rb") as stream:
        first, second = stream.readline(), stream.readline()
    if first.startswith(HEADER) or second.startswith(HEADER):
        return PROOF
    return CERTIFICATE if first.startswith(SHEET) and not second.strip() and STATEMENT in first else EXPORT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lockhouse.ledger.verify", description="Verify an export, a certificate or a proof offline."
    )
    parser.add_argument("file", type=Path, help="an export, a folder of tiles, a certificate or a proof")
    parser.add_argument("--vkey", action="append", required=True, help="a verifier key of the log, not from the export")
    parser.add_argument("--held", action="append", type=Path, default=[], help="a checkpoint you hold from elsewhere")
    parser.add_argument("--witness", action="append", default=[], help="a witness's key: one must have cosigned --held")
    parser.add_argument("--certificate", action="store_true", help="the file must be a certificate")
    parser.add_argument("--entry", type=Path, help="the entry that a proof is about, if the proof does not hold it")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return parser


def _certificate(asked: Namespace) -> int:
    proven = verify_certificate(asked.file.read_bytes(), vkeys=asked.vkey)
    told = proven.statement
    if asked.json:
        value = {
            "kind": CERTIFICATE, "verified": True, "what": told.what, "step": told.step, "keys": told.keys,
            "entry": proven.entry.hex(), "position": proven.position, "log": proven.checkpoint.origin,
        }  # fmt: skip
        return _say(json.dumps(value, sort_keys=True), CLEAN)
    lines = [
        f"certificate verified: {told.what} {told.step}, {_count(told.keys, 'key')} destroyed",
        f"entry {proven.entry.hex()} at position {proven.position} of {proven.checkpoint.origin}",
        *(f"remains until {_day(residue.until)}: {residue.what}" for residue in told.residues),
        *(f"cannot prove: {sentence}" for sentence in told.cannot_prove),
    ]
    return _say("\n".join(lines), CLEAN)


def _proof(asked: Namespace) -> int:
    entry = asked.entry.read_bytes() if asked.entry else b""
    proven = verify_proof(asked.file.read_bytes(), vkeys=asked.vkey, entry=entry)
    told, body = proven.entry, json.dumps(proven.entry.body, sort_keys=True)
    if asked.json:
        value = {
            "kind": PROOF, "verified": True, "entry": told.id, "position": proven.position,
            "log": proven.checkpoint.origin, "body": told.body,
        }  # fmt: skip
        return _say(json.dumps(value, sort_keys=True), CLEAN)
    lines = [
        f"proof verified: {told.kind} of {_day(told.at)}, noted in lane {told.lane} as number {told.n}",
        f"entry {told.id} at position {proven.position} of {proven.checkpoint.origin}",
        f"it says: {body}",
    ]
    return _say("\n".join(lines), CLEAN)


def _day(until: int | None) -> str:
    """The end of a residue as people read it; the certificate holds ms since 1970, whatever number was written."""
    if until is None:
        return "nobody can say"
    try:
        return f"{datetime.fromtimestamp(until // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"a time beyond the calendar ({until} ms)"


def _report(report: Report, *, as_json: bool) -> int:
    code = CLEAN if report.clean else TAMPERED
    if as_json:
        told = {**report._asdict(), "root": report.root.hex(), "findings": [one._asdict() for one in report.findings]}
        return _say(json.dumps(told, sort_keys=True), code)
    done = "verified" if report.clean else "read"
    ways = f"{_count(len(report.lanes), 'lane')}, {_count(report.checkpoints, 'checkpoint')} {done}"
    head = f"{_count(report.entries, 'entry', 'entries')} in {ways}"
    lines = [f"{one.kind}: {one.where}: {one.sentence}" for one in report.findings]
    return _say("\n".join([head, *lines, "clean" if report.clean else _count(report.found, "finding")]), code)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _say(text: str, code: int) -> int:
    sys.stdout.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
