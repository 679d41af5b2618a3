"""A certificate of erasure: bound to its entry, provable offline, and plain about what it does not show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.crypto.canonical import canonical_json
from lockhouse.crypto.checkpoint import format_proof, sign_checkpoint, vkey
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.certificate import CANNOT_PROVE, Place, Residue, Statement, certificate, commitment
from lockhouse.ledger.entry import serials_root
from lockhouse.ledger.verify import verify_certificate, verify_export
from tests.unit.ledger.logs import START, Log, busy, some

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.model.rows import LedgerEntry

SALT = some("certificate salt", 32)
STATEMENT = Statement(
    house=some("house").hex(),
    case=some("case").hex(),
    what="person",
    step="erased",
    asked_at=START,
    done_at=START + 60_000,
    keys=1,
    serials_root=serials_root([some("serial", 8)]),
    scope=["everything this house held of the person"],
    recipients=["newsletter"],
    residues=[Residue(what="backup of 1 October", until=START + 86_400_000), Residue(what="paper", until=None)],
    cannot_prove=[*CANNOT_PROVE],
)


def _ended(statement: Statement = STATEMENT) -> tuple[Log, LedgerEntry, Place]:
    log = busy()
    entry = log.end(statement=commitment(statement, salt=SALT))
    log.look()
    log.seal()
    return log, entry, log.place(entry)


def _file() -> bytes:
    _, entry, place = _ended()
    return certificate(STATEMENT, salt=SALT, entry=entry.body, place=place)


def test_a_certificate_verifies_with_the_key_alone() -> None:
    log, entry, place = _ended()
    proven = verify_certificate(certificate(STATEMENT, salt=SALT, entry=entry.body, place=place), vkeys=log.vkeys)
    assert proven.statement == STATEMENT
    assert (proven.entry, proven.at, proven.position) == (entry.id, entry.at, place.position)
    assert proven.checkpoint.size == len(log.entries)


def test_the_ledger_holds_nothing_of_the_statement() -> None:
    _, entry, _ = _ended()
    assert STATEMENT.case.encode() not in entry.body
    assert b"newsletter" not in entry.body


def _edit(change: Callable[[dict[str, Any]], object]) -> bytes:
    sheet = json.loads(_file())
    change(sheet)
    return canonical_json(sheet)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet["statement"].update(done_at=START),
        lambda sheet: sheet["statement"].update(keys=2),
        lambda sheet: sheet["statement"].update(step="final"),
        lambda sheet: sheet["statement"]["residues"].pop(),
        lambda sheet: sheet["statement"].update(cannot_prove=[]),
        lambda sheet: sheet["statement"].update(extra=1),
        lambda sheet: sheet.update(salt=some("another", 32).hex()),
        lambda sheet: sheet.update(salt="00"),
        lambda sheet: sheet.update(proof=sheet["proof"].replace("index 1", "index 2")),
        lambda sheet: sheet.update(proof="nothing"),
        lambda sheet: sheet["entry"].update(at=START),
        lambda sheet: sheet["entry"]["body"].pop("statement"),
        lambda sheet: sheet["entry"]["body"].update(serials=2),
        lambda sheet: sheet.update(v=2),
    ],
)
def test_a_certificate_that_was_changed_anywhere_does_not_verify(change: Callable[[dict[str, Any]], object]) -> None:
    assert verify_certificate(_edit(lambda _: None), vkeys=Log().vkeys).statement == STATEMENT
    with pytest.raises(Tampered):
        verify_certificate(_edit(change), vkeys=Log().vkeys)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b"[" * 100_000, b'{"v":1.5}'])
def test_bytes_that_are_no_certificate_do_not_verify(text: bytes) -> None:
    with pytest.raises(Tampered):
        verify_certificate(text, vkeys=Log().vkeys)


def test_a_certificate_spelt_otherwise_does_not_verify() -> None:
    with pytest.raises(Tampered):
        verify_certificate(json.dumps(json.loads(_file())).encode(), vkeys=Log().vkeys)


def test_a_certificate_of_another_log_does_not_verify() -> None:
    with pytest.raises(Tampered):
        verify_certificate(_file(), vkeys=Log(origin="lockhouse.example/other").vkeys)


def test_a_checkpoint_of_another_origin_does_not_carry_a_certificate_though_its_root_is_the_same() -> None:
    log, entry, place = _ended()
    signed = verify_export(log.lines(), vkeys=log.vkeys)
    text = sign_checkpoint("lockhouse.example/other", signed.entries, signed.root, log.key)
    moved = Place(position=place.position, path=place.path, checkpoint=text)
    made = certificate(STATEMENT, salt=SALT, entry=entry.body, place=moved)
    with pytest.raises(Tampered, match="says what the statement says"):
        verify_certificate(made, vkeys=[vkey("lockhouse.example/other", log.key.public())])


def test_a_house_cannot_leave_out_what_a_certificate_does_not_prove() -> None:
    silent = msgspec.structs.replace(STATEMENT, cannot_prove=[])
    log, entry, place = _ended(silent)
    proof = format_proof(place.position, place.path, place.checkpoint)
    told = {"salt": SALT.hex(), "statement": msgspec.to_builtins(silent), "v": 1}
    with pytest.raises(Tampered, match="says what the statement says"):
        verify_certificate(canonical_json({"entry": json.loads(entry.body), "proof": proof, **told}), vkeys=log.vkeys)


def test_a_certificate_is_not_made_for_an_entry_that_says_something_else() -> None:
    _, entry, place = _ended()
    other = msgspec.structs.replace(STATEMENT, keys=7)
    silent = msgspec.structs.replace(STATEMENT, cannot_prove=[])
    look = busy().entries[3].body
    for statement, body in ((other, entry.body), (silent, entry.body), (STATEMENT, look), (STATEMENT, b"no entry")):
        with pytest.raises(Invalid):
            certificate(statement, salt=SALT, entry=body, place=place)
    with pytest.raises(Invalid):
        certificate(STATEMENT, salt=some("another", 32), entry=entry.body, place=place)


def test_a_commitment_needs_a_salt_that_cannot_be_tried() -> None:
    with pytest.raises(Invalid, match="16 bytes or more"):
        commitment(STATEMENT, salt=b"short")
