"""From a lane's head the way leads back to what was signed, or something is not as the house left it."""

from __future__ import annotations

import msgspec
import pytest

from lockhouse.ledger.append import GENESIS, LaneState, append
from lockhouse.ledger.tail import back, before, head_mac, is_own, lane_key, meets
from lockhouse.model.rows import Lane, LedgerEntry
from lockhouse.secret import Secret

HOUSE = b"h" * 16
KEY = lane_key(HOUSE, Secret(b"k" * 32))
SIGNED = 3
"""Of a lane of eight entries."""


def a_lane() -> tuple[Lane, list[LedgerEntry]]:
    state, entries = LaneState("work"), []
    for number in range(1, 9):
        entry, state = append(
            state, house=HOUSE, log="log", id=bytes([number]) * 16, kind="intake",
            body={"count": 1, "root": "00" * 32}, at=number,
        )  # fmt: skip
        entries.append(msgspec.structs.replace(entry, position=number - 1 if number <= SIGNED else None))
    return Lane("work", state.counter, state.head, 0, head_mac(KEY, "work", state.counter, state.head)), entries


def way(lane: Lane, entries: list[LedgerEntry], *, signed: int = SIGNED) -> tuple[list[int], bool]:
    """The numbers that are passed, and whether the way ends where it must."""

    def at(number: int, *, is_signed: bool) -> list[LedgerEntry]:
        return [one for one in entries if one.counter == number and (one.position in range(signed)) is is_signed]

    passed = list(back(lane, lambda number: at(number, is_signed=False)))
    end = before(passed[-1]) if passed else (lane.counter, lane.head)
    met = meets(end, here=at(end[0], is_signed=True), above=at(end[0] + 1, is_signed=True))
    return [one.counter for one in passed], met


def test_the_tail_leads_back_to_what_was_signed() -> None:
    lane, entries = a_lane()
    assert is_own(lane, KEY)
    assert way(lane, entries) == ([8, 7, 6, 5, 4], True)
    assert way(lane, entries[:SIGNED]) == ([], False), "the tail was cut off and the lane was not"


def test_of_a_log_of_which_nothing_was_signed_all_leads_back_to_the_beginning() -> None:
    lane, entries = a_lane()
    assert way(lane, entries, signed=0) == ([8, 7, 6, 5, 4, 3, 2, 1], True)
    assert way(lane, entries[1:], signed=0)[1] is False
    empty = Lane("work", 0, GENESIS, 0, head_mac(KEY, "work", 0, GENESIS))
    assert way(empty, []) == ([], True)


@pytest.mark.parametrize("gone", [4, 5, 8])
def test_behind_a_hole_nothing_is_passed(gone: int) -> None:
    lane, entries = a_lane()
    passed, met = way(lane, [one for one in entries if one.counter != gone])
    assert passed == list(range(8, gone, -1))
    assert met is False


def test_an_entry_beside_another_or_changed_ends_the_way() -> None:
    lane, entries = a_lane()
    assert way(lane, [*entries, msgspec.structs.replace(entries[5], id=b"x" * 16)]) == ([8, 7], False)
    entries[5] = msgspec.structs.replace(entries[5], body=entries[5].body.replace(b'"at":6', b'"at":7'))
    assert way(lane, entries) == ([8, 7], False)


def test_a_copy_of_what_was_signed_does_not_lead_there_again() -> None:
    lane, entries = a_lane()
    short = Lane("work", SIGNED, entries[SIGNED - 1].leaf, 0, b"")
    copy = msgspec.structs.replace(entries[SIGNED - 1], id=b"x" * 16, position=None)
    assert way(short, [*entries[:SIGNED], copy])[1] is False
    assert way(short, entries[:SIGNED]) == ([], True)
    assert way(Lane("work", SIGNED - 1, entries[SIGNED - 2].leaf, 0, b""), entries[:SIGNED])[1] is False, "put back"
    assert lane.counter == len(entries)


def test_a_head_is_the_houses_own_by_its_mac_alone() -> None:
    lane, entries = a_lane()
    for other in (
        msgspec.structs.replace(lane, counter=7), msgspec.structs.replace(lane, counter=-1),
        msgspec.structs.replace(lane, name="console"), msgspec.structs.replace(lane, head=entries[0].leaf),
    ):  # fmt: skip
        assert not is_own(other, KEY)
    assert not is_own(lane, lane_key(b"o" * 16, Secret(b"k" * 32)))


def test_what_cannot_be_read_leads_nowhere() -> None:
    _, entries = a_lane()
    for body in (b"", b"{}", b'{"prev": 1}', b'{"prev": "zz"}'):
        assert before(msgspec.structs.replace(entries[4], body=body)) == (4, b"")
