"""A rogue administrator and the ledger: whatever is done to entries, lanes or checkpoints is found and named."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.canonical import canonical_json
from lockhouse.crypto.checkpoint import sign_checkpoint
from lockhouse.crypto.merkle import leaf_hash, root
from lockhouse.crypto.signatures import SigningKey
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.verify import verify_export
from lockhouse.secret import Secret
from tests.unit.ledger.logs import ORIGIN, Log, busy, kinds, some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.ledger.verify import Report


def _entry(lines: Sequence[bytes], lane: str, number: int) -> int:
    """The index of the line with this entry."""
    marks = (f'"lane":"{lane}"'.encode(), f'"n":{number},'.encode())
    return next(at for at, line in enumerate(lines) if all(mark in line for mark in marks))


def _audit(lines: Sequence[bytes], **other: object) -> Report:
    return verify_export(lines, vkeys=Log().vkeys, **other)  # type: ignore[arg-type]  # only known names are handed in


def _named(report: Report, kind: str) -> list[str]:
    return [finding.where for finding in report.findings if finding.kind == kind]


def _renumbered(lines: Sequence[bytes]) -> list[bytes]:
    """As somebody would cover tracks: positions dense again, totals right."""
    told: list[bytes] = []
    entries = 0
    for line in lines:
        if line.startswith(b'{"entry":'):
            told.append(re.sub(rb'"position":\d+', b'"position":%d' % entries, line))
            entries += 1
        else:
            told.append(line)
    told[0] = re.sub(rb'"size":\d+', b'"size":%d' % entries, told[0])
    told[-1] = re.sub(rb'"entries":\d+', b'"entries":%d' % entries, told[-1])
    return told


def test_an_untouched_log_is_clean() -> None:
    report = _audit(busy().lines())
    assert report.findings == ()
    assert (report.entries, report.checkpoints, report.signed) == (14, 2, 14)
    assert report.lanes == {"collect-0": 2, "console": 6, "privacy": 6}


@pytest.mark.asvs("16.4.2")
def test_an_edited_entry_is_named_by_the_one_after_it() -> None:
    lines = busy().lines()
    at = _entry(lines, "console", 2)
    lines[at] = lines[at].replace(b"staff:7f3a", b"staff:0000")
    report = _audit(lines)
    assert kinds(report) == {"edited-entry", "rewritten-tree"}
    assert _named(report, "edited-entry") == ["position 2, lane console, number 2"]


def test_an_edited_entry_at_the_end_of_its_lane_is_found_by_the_tree() -> None:
    lines = busy().lines()
    at = _entry(lines, "privacy", 6)
    lines[at] = lines[at].replace(b"staff:7f3a", b"staff:0000")
    report = _audit(lines)
    assert kinds(report) == {"rewritten-tree"}
    assert "first in positions 7 to 13" in report.findings[0].sentence


def test_a_rewritten_lane_behind_an_edit_does_not_help() -> None:
    lines = busy().lines()
    head = None
    for number in range(2, 7):
        at = _entry(lines, "console", number)
        entry = json.loads(lines[at])["entry"]
        if head is None:
            entry["body"]["actor"] = "staff:0000"
        else:
            entry["prev"] = head
        raw = canonical_json(entry)
        head = leaf_hash(raw).hex()
        lines[at] = b'{"entry":' + raw + lines[at][lines[at].rindex(b',"position"') :]
    report = _audit(lines)
    assert kinds(report) == {"rewritten-tree"}
    assert "first in positions 0 to 6" in report.findings[0].sentence


@pytest.mark.parametrize("covered_up", [False, True])
def test_a_deleted_entry_is_named(covered_up: bool) -> None:  # noqa: FBT001  # a parameter of the test
    lines = busy().lines()
    del lines[_entry(lines, "console", 2)]
    report = _audit(_renumbered(lines) if covered_up else lines)
    assert "lane console, number 2" in _named(report, "deleted-entry")


def test_a_run_of_deleted_entries_is_named_as_one() -> None:
    lines = busy().lines()
    for number in (2, 3, 4):
        del lines[_entry(lines, "console", number)]
    assert _named(_audit(_renumbered(lines)), "deleted-entry") == ["lane console, numbers 2 to 4"]


def test_swapped_entries_are_named() -> None:
    lines = busy().lines()
    one, two = _entry(lines, "console", 2), _entry(lines, "console", 3)
    lines[one], lines[two] = lines[two], lines[one]
    report = _audit(_renumbered(lines))
    assert _named(report, "reordered-entry") == ["position 3, lane console, number 2"]
    assert "deleted-entry" not in kinds(report)


def test_entries_of_two_lanes_that_swap_places_are_found_by_position_and_tree() -> None:
    lines = busy().lines()
    one, two = _entry(lines, "console", 3), _entry(lines, "privacy", 1)
    lines[one], lines[two] = lines[two], lines[one]
    assert "reordered-entry" in kinds(_audit(lines))
    assert kinds(_audit(_renumbered(lines))) == {"rewritten-tree"}


def test_a_duplicated_entry_is_named() -> None:
    lines = busy().lines()
    at = _entry(lines, "privacy", 2)
    lines.insert(at + 1, lines[at])
    report = _audit(_renumbered(lines))
    assert _named(report, "duplicated-entry") == ["position 6, lane privacy, number 2"]


def test_a_forked_lane_is_named() -> None:
    lines = busy().lines()
    at = _entry(lines, "privacy", 2)
    lines.insert(at + 1, lines[at].replace(b"staff:7f3a", b"staff:0000"))
    report = _audit(_renumbered(lines))
    assert _named(report, "forked-lane") == ["position 6, lane privacy, number 2"]


def test_an_invented_first_entry_of_a_lane_is_named() -> None:
    lines = busy().lines()
    at = _entry(lines, "privacy", 1)
    lines[at] = lines[at].replace(b'"prev":"00', b'"prev":"01')
    assert "position 4, lane privacy, number 1" in _named(_audit(lines), "edited-entry")


def test_a_lane_number_from_nowhere_costs_no_memory() -> None:
    lines = busy().lines()
    at = _entry(lines, "console", 2)
    lines[at] = lines[at].replace(b'"n":2,', b'"n":9007199254740991,')
    report = _audit(lines)
    assert "lane console, numbers 2 to 9007199254740990" in _named(report, "deleted-entry")
    assert "forked-lane" in kinds(report)


def test_a_clock_that_was_set_back_is_found() -> None:
    lines = busy().lines()
    at = _entry(lines, "privacy", 6)
    lines[at] = re.sub(rb'"at":\d+', b'"at":1', lines[at])
    assert "clock" in kinds(_audit(lines))


def test_a_checkpoint_by_another_key_is_forged() -> None:
    lines, log = busy().lines(), busy()
    at = [number for number, line in enumerate(lines) if line.startswith(b'{"checkpoint"')][-1]
    stranger = SigningKey.from_secret(Secret(some("stranger", 32)))
    text = sign_checkpoint(ORIGIN, 14, root([entry.leaf for entry in log.entries]), stranger)
    lines[at] = canonical_json({"checkpoint": text})
    report = _audit(lines)
    assert kinds(report) == {"forged-checkpoint", "unsigned-tail"}


def test_a_checkpoint_whose_root_was_changed_is_forged() -> None:
    lines = busy().lines()
    at = next(number for number, line in enumerate(lines) if line.startswith(b'{"checkpoint"'))
    parts = lines[at].split(b"\\n")
    parts[2] = (b"A" if parts[2][:1] != b"A" else b"B") + parts[2][1:]
    lines[at] = b"\\n".join(parts)
    assert kinds(_audit(lines)) == {"forged-checkpoint"}


def test_a_checkpoint_of_another_log_or_size_does_not_pass() -> None:
    lines = busy().lines()
    at = next(number for number, line in enumerate(lines) if line.startswith(b'{"checkpoint"'))
    moved = [*lines[:at], *lines[at + 1 : at + 3], lines[at], *lines[at + 3 :]]
    assert "misplaced-checkpoint" in kinds(_audit(moved))
    other = Log(origin="lockhouse.example/other")
    other.look()
    other.seal()
    foreign = canonical_json({"checkpoint": other.checkpoints[0].text})
    report = verify_export([*lines[:at], foreign, *lines[at + 1 :]], vkeys=(*Log().vkeys, *other.vkeys))
    assert "forged-checkpoint" in kinds(report)


def test_entries_of_another_house_or_log_are_foreign() -> None:
    ours, theirs = busy().lines(), Log(origin="lockhouse.example/other")
    theirs.look()
    theirs.seal()
    ours[_entry(ours, "console", 1)] = theirs.lines()[1]
    assert "foreign-entry" in kinds(_audit(ours))


def test_a_log_cut_off_before_a_held_checkpoint_is_found_only_with_it() -> None:
    whole, cut = busy(), Log()
    cut.store(3)
    for _ in range(3):
        cut.look()
        cut.look(lane="privacy")
    cut.seal()
    assert _audit(cut.lines()).clean
    report = _audit(cut.lines(), held=[whole.checkpoints[-1].text])
    assert kinds(report) == {"truncated-log"}


def test_a_log_written_anew_under_the_real_key_differs_from_a_held_checkpoint() -> None:
    whole, anew = busy(), Log()
    for _ in range(14):
        anew.look()
    anew.seal()
    assert _audit(anew.lines()).clean
    assert kinds(_audit(anew.lines(), held=[whole.checkpoints[0].text])) == {"rewritten-tree"}
    assert _audit(whole.lines(), held=[point.text for point in whole.checkpoints]).clean


def test_a_held_checkpoint_that_nobody_signed_is_refused() -> None:
    with pytest.raises(Tampered):
        _audit(busy().lines(), held=[busy().checkpoints[0].text.replace("7\n", "8\n", 1)])


def test_a_verifier_key_that_is_none_is_the_callers_fault() -> None:
    with pytest.raises(Invalid):
        verify_export(busy().lines(), vkeys=["not a key"], held=[busy().checkpoints[0].text])


def test_leaves_that_do_not_belong_beside_their_entry_are_found() -> None:
    lines = busy().lines()
    at = next(number for number, line in enumerate(lines) if line.startswith(b'{"leaves"'))
    gone = [*lines[:at], *lines[at + 1 :]]
    assert kinds(_audit(gone)) == {"changed-leaves"}
    shorter = json.loads(lines[at])
    shorter["leaves"], shorter["records"] = shorter["leaves"][:64], shorter["records"][:32]
    assert kinds(_audit([*lines[:at], canonical_json(shorter), *lines[at + 1 :]])) == {"changed-leaves"}
    assert kinds(_audit([*lines[: at + 1], lines[at], *lines[at + 1 :]])) == {"malformed-line"}


def test_an_export_that_was_cut_off_says_so() -> None:
    lines = busy().lines()
    assert "incomplete-export" in kinds(_audit(lines[:-1]))
    assert "incomplete-export" in kinds(_audit(lines[1:]))
    assert {"incomplete-export", "unsigned-tail"} <= kinds(_audit(lines[:-3]))
    log = Log()
    log.store(1)
    log.seal()
    assert "changed-leaves" in kinds(_audit(log.lines()[:2]))
    assert "incomplete-export" in kinds(_audit([]))


@pytest.mark.parametrize("kept", range(len(busy().lines())))
def test_an_export_of_which_one_line_is_left_gives_its_findings(kept: int) -> None:
    lines = [b"\x00 damaged"] * len(busy().lines())
    lines[kept] = busy().lines()[kept]
    assert {"malformed-line", "incomplete-export"} <= kinds(_audit(lines))
    lines[kept] = lines[kept][:20]
    assert {"malformed-line", "incomplete-export"} <= kinds(_audit(lines))


def test_a_file_that_was_never_an_export_is_no_tampered_ledger() -> None:
    with pytest.raises(Invalid, match="file: expected an export of a ledger, got something else"):
        _audit([b"# Lockhouse", b"", b'{"a": 1}'])


def test_an_entry_spelt_otherwise_is_found_though_it_means_the_same() -> None:
    for old, new in (
        (b'"n":2,', b'"n": 2,'),
        (b'"n":2,', b'"n":2.0,'),
        (b'"role":"support"', b'"role":"\\u0073upport"'),
    ):
        lines = busy().lines()
        at = _entry(lines, "console", 2)
        assert old in lines[at]
        lines[at] = lines[at].replace(old, new)
        assert kinds(_audit(lines)) & {"malformed-entry", "malformed-line"}


@pytest.mark.parametrize("position", [b"-1", b"01", b"1_0", b"", b"x"])
def test_a_position_that_is_no_number_is_malformed(position: bytes) -> None:
    lines = busy().lines()
    lines[1] = re.sub(rb'"position":0', b'"position":' + position, lines[1])
    assert "malformed-line" in kinds(_audit(lines))


def test_a_thousand_findings_are_kept_and_the_rest_counted() -> None:
    report = _audit([busy().lines()[0], *[b"?"] * 1_200])
    assert len(report.findings) == 1_000
    assert report.found > 1_200


@pytest.mark.parametrize("value", [b"0.5", b"1e3", b"9007199254740993", b"-9007199254740993", b'"\\ud800"', b"NaN"])
def test_a_value_that_two_readers_could_read_differently_is_malformed(value: bytes) -> None:
    lines = busy().lines()
    at = _entry(lines, "console", 2)
    lines[at] = lines[at].replace(b'"count":1,', b'"count":' + value + b",")
    assert "malformed-line" in kinds(_audit(lines))


def test_an_entry_above_64_kib_is_malformed() -> None:
    lines = busy().lines()
    at = _entry(lines, "console", 2)
    lines[at] = lines[at].replace(b'"role":"support"', b'"role":"' + b"x" * 65_536 + b'"')
    assert "malformed-entry" in kinds(_audit(lines))


def test_a_second_head_or_a_head_spelt_otherwise_is_malformed() -> None:
    lines = busy().lines()
    assert kinds(_audit([lines[0], *lines])) == {"malformed-line"}
    assert "malformed-line" in kinds(_audit([lines[0].replace(b":", b": "), *lines[1:]]))


def test_keys_in_the_order_of_another_encoding_are_malformed() -> None:
    # RFC 8785 §3.2.3 sorts by UTF-16 units: the pair of U+10000 stands before U+FF5E, in UTF-8 behind it.
    log = Log()
    log._append("console", "doctor", {"\U00010000": 1, "\uff5e": 2})
    log.seal()
    lines = log.lines()
    one, two = '"\U00010000":1'.encode(), '"\uff5e":2'.encode()
    assert one + b"," + two in lines[1]
    assert _audit(lines).clean
    lines[1] = lines[1].replace(one + b"," + two, two + b"," + one)
    assert "malformed-entry" in kinds(_audit(lines))
