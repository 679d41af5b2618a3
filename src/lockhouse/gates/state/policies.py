"""Which policy rules, what its numbers mean, and whether the house is shut for reading, as the ledger tells of it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.gates.approvals import require_approved
from lockhouse.gates.authority import digest
from lockhouse.gates.live import FORMER, LIVE, WAITING
from lockhouse.gates.state.found import read_rows
from lockhouse.gates.state.history import restored_at
from lockhouse.gates.versions import APPROVALS
from lockhouse.ledger.entry import Acceptance as AcceptanceEntry
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.ledger.entry import Restore as RestoreEntry
from lockhouse.ledger.entry import Staff as StaffEntry
from lockhouse.model.policy import decode_policy
from lockhouse.model.rows import Name, PolicyApproval, PolicyVersion, ReadShut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.gates.house import House
    from lockhouse.gates.state.found import Found
    from lockhouse.gates.state.history import History, Told
    from lockhouse.model.policy import Policy


_RULES = frozenset({"live", "rolled-back"})
"""Steps after which the version that is named rules."""


class Policies:
    """Versions of the policy, names and what shuts reading: rows whose MAC fits."""

    def __init__(
        self, versions: list[PolicyVersion], approvals: list[PolicyApproval], names: list[Name], *,
        shut: list[ReadShut], unsigned: frozenset[int],
    ) -> None:  # fmt: skip
        self._versions = {row.id: row for row in versions}
        self._approvals = {row.version: row for row in approvals}
        self._names = names
        self._shut = shut
        self._unsigned = unsigned

    @classmethod
    async def read(cls, house: House, found: Found) -> Policies:
        """As they stand."""
        versions = await read_rows(house, PolicyVersion, found)
        approvals = await read_rows(house, PolicyApproval, found)
        ruled = [row for row in versions if row.state in {LIVE, FORMER}]
        unsigned = set[int]()
        for row in (one for one in versions if one.state in {LIVE, FORMER, WAITING}):
            try:
                await require_approved(house, row, ruled)
            except Tampered:
                unsigned.add(row.id)
        return cls(
            versions, approvals, await read_rows(house, Name, found), shut=await read_rows(house, ReadShut, found),
            unsigned=frozenset(unsigned),
        )  # fmt: skip

    def hold(self, *, before: History, history: History, found: Found) -> None:
        """Every version and name stands as it was left last, the newest rules, and what is shut is so by a restore."""
        self._hold_versions(before=before, history=history, found=found)
        self._hold_approvals(before=before, history=history, found=found)
        self._hold_names(history, found)
        self._hold_shut(before=before, history=history, found=found)

    def _hold_versions(self, *, before: History, history: History, found: Found) -> None:
        moves = [one for one in history.values() if isinstance(one.body, PolicyEntry)]
        moves.sort(key=lambda one: (one.at, _version(one)))  # of one ms, the ids of two processes say nothing
        ruled = [one for one in moves if one.body.step in _RULES]  # type: ignore[attr-defined]  # PolicyEntry
        approved = [one for one in moves if one.body.step in APPROVALS]  # type: ignore[attr-defined]  # PolicyEntry
        last = {_version(one): one for one in moves}
        for told in last.values():
            number = _version(told)
            if number not in self._versions and told.id in before and told.id not in found.edited:
                is_before = told.at <= restored_at(before.values())
                found.missing(f"policy version {number}", told.id, is_before=is_before)
        for number, row in self._versions.items():
            where = f"policy version {number}"
            if not _is_of(history.get(row.entry), row):
                found.add("edited-row", where, "No entry tells that this document was approved under this number.")
            elif last[number].id in before and row.entry != last[number].id:
                found.add("rolled-back-row", where, "A later entry tells of this version.")
            elif row.state == WAITING and any(one.id in before and _version(one) > number for one in approved):
                found.add("rolled-back-row", where, "It waits, though a later one was approved since.")
            elif ruled and ruled[-1].id in before and (row.state == LIVE) != (number == _version(ruled[-1])):
                sentence = f"It is called otherwise, though version {_version(ruled[-1])} rules by the ledger."
                found.add("rolled-back-row", where, sentence)

    def _hold_approvals(self, *, before: History, history: History, found: Found) -> None:
        """What a member signed stands as its entry tells, fits its version, and was theirs to sign."""
        for number in sorted(self._unsigned):
            found.add("unsigned-policy", f"policy version {number}", "Nobody who could approve it signed it.")
        for number, row in self._approvals.items():
            where, told = f"approval of policy version {number}", history.get(row.entry)
            if told is None or not _tells_of(told, row):
                found.add("edited-row", where, "No entry tells that this was signed.")
            elif _was_disabled(history, row, at=told.at):
                found.add("unsigned-policy", where, "By the ledger whoever signed it was disabled then.")
        for told in before.values():
            signed = isinstance(told.body, PolicyEntry) and told.body.approval is not None
            if signed and _version(told) not in self._approvals and told.id not in found.edited:
                is_before = told.at <= restored_at(before.values())
                found.missing(f"approval of policy version {_version(told)}", told.id, is_before=is_before)

    def _hold_names(self, history: History, found: Found) -> None:
        """A name is never changed and never goes: one that a policy uses, or that others follow, must be there."""
        standing = {(row.kind, row.id) for row in self._names}
        used = {one for row in self._versions.values() for one in numbers_of(decode_policy(row.compiled))}
        for kind, last in _last(standing | used).items():
            for number in range(1, last + 1):
                if (kind, number) not in standing:
                    sentence = "A policy uses this number, or later ones are given out, and its name is not there."
                    found.add("missing-row", f"name {kind}/{number}", sentence)
        for row in self._names:
            told = history.get(row.entry)
            if told is None or not isinstance(told.body, PolicyEntry):
                found.add("edited-row", f"name {row.kind}/{row.id}", "No entry of a policy tells that it was given.")

    def _hold_shut(self, *, before: History, history: History, found: Found) -> None:
        shut_by: Told | None = None
        for told in history.values():
            if isinstance(told.body, RestoreEntry):
                shut_by = told if told.body.shut else None
            elif isinstance(told.body, AcceptanceEntry) and told.body.what == "restore":
                shut_by = None
        entries = {row.entry for row in self._shut}
        if shut_by is not None and shut_by.id in before and shut_by.id not in entries | found.edited:
            found.missing("shutting of a restored house", shut_by.id, is_before=False)
        for entry in entries & before.keys():
            if shut_by is None or shut_by.id != entry:
                found.add("returned-row", f"read_shut, entry {entry.hex()}", "It was accepted, or shut anew, since.")


def _tells_of(told: Told, row: PolicyApproval) -> bool:
    body = told.body
    if not isinstance(body, PolicyEntry) or body.version != row.version or body.approval is None:
        return False
    return equal(body.approval.encode(), digest(row).encode())


def _was_disabled(history: History, row: PolicyApproval, *, at: int) -> bool:
    """Whether the last that the ledger told of the signer's account by then was that it is disabled."""
    whose = row.staff.hex()
    steps = [
        one.body.step
        for one in history.values()
        if isinstance(one.body, StaffEntry) and one.body.staff == whose and one.at < at
        and one.body.step in {"disabled", "enabled", "enrolled"}
    ]  # fmt: skip
    return steps[-1:] == ["disabled"]


def _version(told: Told) -> int:
    return told.body.version if isinstance(told.body, PolicyEntry) else 0


def _is_of(told: Told | None, row: PolicyVersion) -> bool:
    body = told.body if told else None
    same = isinstance(body, PolicyEntry) and (body.version, body.hash) == (row.id, row.hash.hex())
    return same and equal(sha256(row.document).digest(), row.hash)


def _last(numbers: set[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, number in numbers:
        found[kind] = max(number, found.get(kind, 0))
    return found


def numbers_of(policy: Policy) -> Iterator[tuple[str, int]]:
    """Every kind and number of the name registry that a compiled policy uses."""
    yield from (("purpose", one.id) for one in policy.purposes)
    yield from (("class", number) for number in policy.classes.values())
    yield from (("field", one.id) for one in policy.fields.values())
    yield from (("compartment", one.id) for one in policy.compartments)
    yield from (("slot", one.id) for one in policy.slots)
    yield from (("identifier", number) for number in policy.identifiers.values())
    yield from (("event", one.id) for one in policy.events.values())
    yield from (("channel", one.id) for one in policy.channels.values())
    yield from (("recipient", one.id) for one in policy.recipients.values())
