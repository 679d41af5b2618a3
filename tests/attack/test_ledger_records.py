"""A rogue administrator and the record rows: every row is as the ledger remembers it, or gone for a noted reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.ledger.entry import Gone
from lockhouse.ledger.record import record_leaf_of
from lockhouse.ledger.verify import verify_export, verify_records
from tests.unit.ledger.logs import Log, kinds, some

if TYPE_CHECKING:
    from lockhouse.ledger.verify import Report
    from lockhouse.model.rows import Record


def _audit(log: Log) -> Report:
    log.seal()
    return verify_export(log.lines(), vkeys=log.vkeys, records=log.rows)


def _lived() -> tuple[Log, list[bytes], Record]:
    """Two intakes; one record erased, two expired, one sealed again: all lawful. The erased row is handed out."""
    log = Log()
    first, second = log.store(5), log.store(4, lane="collect-1")
    log.seal()
    erased = log.records[first[1]]
    log.delete([first[1]], by=log.end().id)
    ended = log.end("epoch")
    log.delete([second[0], first[3]], by=ended.id, cause="epoch")
    log.reseal([second[1]], by=ended.id)
    return log, list(log.records), erased


def test_records_after_lawful_erasure_expiry_and_resealing_are_clean() -> None:
    log, left, _ = _lived()
    report = _audit(log)
    assert report.findings == ()
    assert len(left) == 6


def test_one_more_row_deleted_by_hand_is_found() -> None:
    log, left, _ = _lived()
    del log.records[left[2]]
    report = _audit(log)
    assert [(one.kind, one.where) for one in report.findings] == [("missing-record", f"record {left[2].hex()}")]


def test_a_row_deleted_by_hand_is_not_hidden_by_a_forged_deletion_row() -> None:
    log, left, _ = _lived()
    entry, gone = next(iter(log.deletions.items()))
    victim = log.records.pop(left[2])
    log.deletions[entry] = [*gone, Gone(victim.id, record_leaf_of(victim))]
    assert {"changed-leaves", "missing-record"} <= kinds(_audit(log))


def test_an_erased_row_that_was_put_back_is_found() -> None:
    log, _, erased = _lived()
    log.records[erased.id] = erased
    report = _audit(log)
    assert [(one.kind, one.where) for one in report.findings] == [("not-deleted", f"record {erased.id.hex()}")]


def test_an_erased_row_put_back_without_its_deletion_row_is_found() -> None:
    log, _, erased = _lived()
    log.records[erased.id] = erased
    log.deletions = {entry: [one for one in gone if one.record != erased.id] for entry, gone in log.deletions.items()}
    assert "changed-leaves" in kinds(_audit(log))


def test_an_edited_row_is_named() -> None:
    log, left, _ = _lived()
    log.records[left[0]] = msgspec.structs.replace(log.records[left[0]], occurred_at=1)
    report = _audit(log)
    assert [(one.kind, one.where) for one in report.findings] == [("edited-record", f"record {left[0].hex()}")]


def test_a_rolled_back_box_is_an_edited_row() -> None:
    log, left, _ = _lived()
    resealed = next(one for one in left if log.records[one].boxes == b"sealed again")
    log.records[resealed] = msgspec.structs.replace(log.records[resealed], boxes=b"boxes " + resealed)
    assert kinds(_audit(log)) == {"edited-record"}


def test_a_row_that_nobody_stored_is_found() -> None:
    log, left, _ = _lived()
    invented = msgspec.structs.replace(log.records[left[0]], id=some("invented"))
    log.records[invented.id] = invented
    assert kinds(_audit(log)) == {"unknown-record"}


def test_a_row_with_the_content_of_another_is_an_edited_row() -> None:
    log, left, _ = _lived()
    log.records[left[0]] = msgspec.structs.replace(log.records[left[1]], id=left[0])
    assert kinds(_audit(log)) == {"edited-record"}


def test_two_rows_with_one_id_are_found() -> None:
    log, _, _ = _lived()
    log.seal()
    rows = list(log.rows())
    report = verify_export(log.lines(), vkeys=log.vkeys, records=lambda: [*rows, rows[0]])
    assert kinds(report) == {"repeated-record"}


def test_a_deletion_without_an_ending_before_it_is_unfounded() -> None:
    log = Log()
    stored = log.store(2)
    log.delete(stored[:1], by=some("no such entry"))
    assert kinds(_audit(log)) == {"unfounded-deletion"}


def test_a_deletion_of_what_was_never_stored_is_unfounded() -> None:
    log = Log()
    stored = log.store(2)
    row = log.records[stored[0]]
    log.records[stored[0]] = msgspec.structs.replace(row, boxes=b"others")
    log.delete(stored[:1], by=log.end().id)
    assert kinds(_audit(log)) == {"unfounded-deletion", "missing-record"}


def test_ids_exchanged_beside_an_intake_are_found() -> None:
    log = Log()
    log.store(2)
    [intake] = log.intakes.values()
    swapped = msgspec.structs.replace(intake, records=intake.records[16:] + intake.records[:16])
    log.intakes[intake.entry] = swapped
    assert kinds(_audit(log)) == {"edited-record"}


def test_a_record_sealed_again_that_was_never_stored_is_found() -> None:
    log = Log()
    log.store(1)
    log.records[some("never")] = msgspec.structs.replace(next(iter(log.records.values())), id=some("never"))
    log.reseal([some("never")], by=some("by"))
    assert kinds(_audit(log)) == {"repeated-record"}


def test_an_intake_of_a_record_that_is_stored_already_is_found() -> None:
    row = (some("record"), some("leaf", 32))
    found = list(verify_records([(*row, False), (*row, False)], [row], []))
    assert [one.kind for one in found] == ["repeated-record"]
