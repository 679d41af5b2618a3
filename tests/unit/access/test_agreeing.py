"""By how many a policy is approved: every case of who proposed, who approves, and who else could."""

from __future__ import annotations

import pytest

from lockhouse.access.agreeing import Agreement, agreement
from lockhouse.access.people import SETTLED_MS, Member, State

NOW = 10 * SETTLED_MS
HOST = Member(b"", State.ACTIVE)


def _member(name: str, *, state: State = State.ACTIVE, active_at: int = 1) -> Member:
    return Member(name.encode(), state, active_at)


MIA, TOM, PUPPET = _member("mia"), _member("tom"), _member("puppet")
NEW, GONE = _member("new", active_at=NOW - SETTLED_MS + 1), _member("gone", state=State.DISABLED)
INVITERS = {b"puppet": b"mia", b"mia": b"", b"tom": b"", b"new": b"", b"gone": b""}

CASES = [
    ("another one, of another line", MIA, TOM, [MIA, TOM], Agreement("two")),
    ("their own, and another could", MIA, MIA, [MIA, TOM], Agreement(None, "same-person")),
    ("their own, and nobody could", MIA, MIA, [MIA], Agreement("one")),
    ("their own, and only their puppet could", MIA, MIA, [MIA, PUPPET], Agreement("one")),
    ("their own, and only one who came yesterday could", MIA, MIA, [MIA, NEW], Agreement("one")),
    ("by their puppet, and nobody else could", MIA, PUPPET, [MIA, PUPPET], Agreement("one")),
    ("by their puppet, and another could", MIA, PUPPET, [MIA, PUPPET, TOM], Agreement(None, "of-one-line")),
    ("by one who came yesterday, and another could", MIA, NEW, [MIA, NEW, TOM], Agreement(None, "too-young")),
    ("by one who came yesterday, and nobody could", MIA, NEW, [MIA, NEW], Agreement("one")),
    ("of the machine's user, and nobody could", HOST, MIA, [MIA], Agreement("one")),
    ("of the machine's user, and another could", HOST, MIA, [MIA, TOM], Agreement(None, "by-host")),
    ("of somebody who is gone, and nobody could", GONE, TOM, [TOM], Agreement("one")),
    ("of somebody who is gone, and another could", GONE, TOM, [TOM, MIA], Agreement(None, "same-person")),
    ("by somebody who is disabled", MIA, GONE, [MIA, TOM], Agreement(None, "not-active")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("proposer", "approver", "others", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_policy_is_approved_by_two_or_by_one_who_is_alone(
    proposer: Member, approver: Member, others: list[Member], said: Agreement
) -> None:
    assert agreement(proposer, approver, others=others, inviters=INVITERS, now=NOW) == said


def test_somebody_more_who_could_never_makes_one_person_enough() -> None:
    for _, proposer, approver, others, said in CASES:
        after = agreement(proposer, approver, others=[*others, TOM], inviters=INVITERS, now=NOW)
        assert said.standing is not None or after.standing is None
