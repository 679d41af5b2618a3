"""How many people an actor has looked up this hour: counted in the very commit that notes the look.

    1 limit     `persons_per_hour` of the actor's roles, or what an admin recorded in its place (`grant record … quota`)
    2 hour      begins with the first person counted; over once an hour has passed by the ledger's time and by the clock
                that no operator can set (of this machine, since it was started)
    3 place     a person who was counted in this hour has theirs; anybody else takes one, and so does whoever was
                looked for and not found
    4 try       a check, or a change, is one of three tries of that field of that person in the hour, whatever is
                answered; after them it is shut, for everybody who counts to the same owner, and after nine of all
                owners together for everybody: whoever has several accounts has no more guesses for it. Those of all
                stand in one row of many, by a keyed hash of the person
    5 commit    the row as it was read is expected where the look is noted: of two processes that want the last place
                one has its whole Change refused, and decides anew

The row is one an owner, with a MAC, and each move of it is an entry of its own beside the look's. Who edits it is
answered with `Tampered`. Who deletes it is found out by the entries of the last hour, before anything is shown. Who
puts an older one of the same hour back is found out by a process that has seen the newer one, and by `ledger verify
--state` in any case. Its tags are keyed, and of one owner and hour: they say of nobody who they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked, digest, place_digest, signed
from lockhouse.ledger.entry import Quota as QuotaEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Quota
from lockhouse.policy.lending import lenders

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Policy

HOUR_MS = 3_600_000
TAG_BYTES = 8
"""Of the 10,000 people of an hour two share a tag once in 10^11 hours."""
MAX_TAGS = 10_000
"""People of an hour who are known again: 80 KB. Whoever looks up more has each of the others counted at every look."""
MAX_TRIES = 3
"""Of one field of one person in an hour: enough for a slip of the tongue, and not for guessing."""
MAX_TRIES_OF_ALL = 9
"""By everybody together: three who each serve the same caller in one hour, and no more for three accounts of one."""
EVERYBODY = "tried"
"""Under this name, and the part that a person falls into, the tries of all are counted; no owner is called so."""
PARTS = 1 << 12
"""Into which people fall by a keyed hash, so that whoever fills a row has shut a few people, and chose none of them."""
MAX_TRIED = 10_000
"""Fields of people that one owner checks in an hour; nobody checks more."""
MAX_TRIED_OF_PART = 1 << 15
"""The same of everybody's checks of a part. A house of four million people with 30 fields each has no more of them."""
UNCOUNTED = frozenset({"count", "send"})
"""Actions that look at nobody, or that no limit is for: what is sent is the policy's own word."""
TRIED = frozenset({"change", "check"})
"""Actions that say whether a value is the one that is held, and so take a try each: a change says it where it changes
nothing."""
CROWD = 200
"""Looks of one owner that may be counted before one that waits: each of them took a place, or opened a new hour."""


class QuotaMoved(Moved):
    """Somebody else's look of the same owner was counted first; nothing of this one was noted."""


class Limit(NamedTuple):
    """How many people an hour; whether a further one is refused, or only counted."""

    most: int
    refuses: bool


NO_LIMIT = Limit(2**53 - 1, refuses=False)
"""Of a check by whoever may look up as many people as they like: its tries are counted all the same."""


class Ended(NamedTuple):
    """Somebody who has ended, by a tag of this look alone: another look counts them again."""

    tag: bytes


class Once:
    """What a look has taken in a commit already; should it have to begin anew, it takes none of it twice.

    Attributes:
        tries: of fields of people. ended: people who have ended, with the tag they are counted by.
    """

    def __init__(self) -> None:
        self.tries = set[tuple[bytes, int]]()
        self.ended: dict[bytes, Ended] = {}


class _Kept(NamedTuple):
    """The row of an owner as it was read, if there is one, the ledger's time of then (ms), and what was taken."""

    owner: str
    row: Quota | None
    now: int
    once: Once


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """That a person was beyond the actor's limit.

    Attributes:
        limit: people an hour. free_at: when (ms) there is room again.
        refused: whether they were not shown; else the limit only observes, and they would have been refused.
    """

    limit: int
    free_at: int
    refused: bool


def limit_of(policy: Policy, ask: Ask) -> Limit | None:
    """The limit that counts for an ask; None without one.

    Of several roles' limits those that refuse come before those that observe, and of these the narrowest counts. What
    an admin recorded of the actor stands in its place.
    """
    if ask.action in UNCOUNTED:
        return None
    stated = [policy.roles[name].limits for name in ask.actor.roles if name in policy.roles]
    if ask.facts.grants and all(one is None or one.persons_per_hour is None for one in stated):
        stated = [role.limits for role in lenders(policy, ask)]  # whoever has no limit has that of who could lend
    found = [(one.mode, one.persons_per_hour) for one in stated if one is not None and one.persons_per_hour is not None]
    if not found:
        return None
    refuses = any(mode == "enforce" for mode, _ in found)
    narrowest = min(most for mode, most in found if not refuses or mode == "enforce")
    return Limit(narrowest if ask.facts.limit is None else ask.facts.limit, refuses)


async def hour_of(house: House, ask: Ask, *, once: Once | None = None) -> Hour | None:
    """The actor's hour as it stands; None if nothing of it is counted. To be asked once the clock is believed.

    Args:
        house, ask: as of `disclose`. once: what the look has taken already.

    Raises:
        Tampered: its row was edited, deleted, or is older than this process has seen it.
    """
    limit = limit_of(house.live().policy, ask)
    if limit is None and ask.action not in TRIED:
        return None
    return await hour_under(house, ask, limit or NO_LIMIT, owner=ask.actor.owner or ask.actor.id, once=once)


def part_of(house: House, person: bytes) -> str:
    """The name under which everybody's tries of a person are counted, together with those of others of their part."""
    at = int.from_bytes(house.row_macs.of("quota/part", lp(person))) % PARTS
    return f"{EVERYBODY}:{at:03x}"


async def hour_under(house: House, ask: Ask, limit: Limit, *, owner: str, once: Once | None = None) -> Hour:
    """The hour of whoever, or whatever, is counted under this name.

    Raises:
        Tampered: as of `hour_of`.
    """
    known = house.quotas.get(owner)  # before the row is read: what another look of this process commits comes after
    rows = checked((await house.reads.get(Quota, [(owner,)])).values(), house.integrity_key)
    row = rows[0] if rows else None
    now = max(house.clock.now_ms(), house.time.ledger_ms, row.at if row else 0)
    if known is not None and (row is None or _progress(row) < known) and not _has_passed(house, known, now=now):
        raise Tampered("quota: expected the row as it was counted last, got an older one or none")
    if row is None:
        await _require_never(house, owner, since=now - HOUR_MS)
    else:
        _remember(house, row)
    return Hour(house, ask, limit, _Kept(owner, row, now, once or Once()))


class Hour:
    """An owner's hour while a look goes on: it takes places, and is committed with what notes the look.

    Attributes:
        limit: that counts.
        over: how many of the look's people are beyond a limit that only observes.
    """

    def __init__(self, house: House, ask: Ask, limit: Limit, kept: _Kept) -> None:
        self._house, self._ask = house, ask
        self._owner, row, now, self._once = kept
        self._row, self._now = row, now
        self._run = int(house.clock.monotonic_s() * 1000)
        begins = row is None or _is_over(row.since, row.run, now=now, run=self._run)
        self._since, self._began = (now, self._run) if row is None or begins else (row.since, row.run)
        self._seen = b"" if row is None or begins else row.seen
        self._tags = {self._seen[at : at + TAG_BYTES] for at in range(0, len(self._seen), TAG_BYTES)}
        self._persons = 0 if row is None or begins else row.persons
        self._tries = _tries_in(b"" if row is None or begins else row.tries)
        self._tried = 0
        self._trying = set[tuple[bytes, int]]()
        self._counted = 0
        self._moved: Quota | None = None
        is_part = self._owner.startswith(f"{EVERYBODY}:")
        self._most = MAX_TRIES_OF_ALL if is_part else MAX_TRIES
        self._room = MAX_TRIED_OF_PART if is_part else MAX_TRIED
        self.limit = limit
        self.over = 0

    @property
    def left(self) -> int:
        """Places that nobody has taken."""
        return max(0, self.limit.most - self._persons)

    def has_place(self, person: bytes | Ended | None) -> bool:
        """Whether a person may be looked up without going beyond the limit; None is nobody in particular."""
        return self.left > 0 or (person is not None and self._tag(person) in self._tags)

    def take(self, person: bytes | Ended | None) -> bool:
        """Count a person who is looked up, once an hour; nobody in particular each time. Whether they are beyond."""
        tag = self._house.ids.random(TAG_BYTES) if person is None else self._tag(person)
        if tag in self._tags or self.limit == NO_LIMIT:
            return False
        is_over = self.left == 0
        self._persons += 1
        self._counted += 1
        self.over += is_over
        if len(self._tags) < MAX_TAGS:
            self._tags.add(tag)
            self._seen += tag
        return is_over

    def ended(self, person: bytes) -> Ended:
        """How somebody who has ended is counted: once a look, and by the next look again."""
        return self._once.ended.setdefault(person, Ended(self._house.ids.random(TAG_BYTES)))

    def has_tried(self, person: bytes, field: int) -> bool:
        """Whether this look has taken its try already, and had to begin anew since."""
        return (person, field) in self._once.tries

    def tries_left(self, person: bytes, field: int) -> int:
        """How often the field of this person may still be checked."""
        tag = self._tag(person, field)
        room = tag in self._tries or len(self._tries) < self._room
        return self._most - self._tries.get(tag, 0) if room else 0

    def try_(self, person: bytes, field: int) -> int:
        """One of the tries is taken, whatever will be answered; how many are left."""
        tag = self._tag(person, field)
        self._trying.add((person, field))
        self._tried = self._tries[tag] = self._tries.get(tag, 0) + 1
        return self._most - self._tried

    def spent(self) -> Spent:
        """What is told of somebody beyond the limit."""
        return Spent(limit=self.limit.most, free_at=self._since + HOUR_MS, refused=self.limit.refuses)

    @property
    def is_moved(self) -> bool:
        """Whether somebody, or a try, was counted."""
        return self._counted > 0 or self._tried > 0

    def beside(self, change: Change, *, asked: bytes) -> Change:
        """The Change that notes the look, which counts it too; the same if nobody is new.

        Args:
            asked: the id of the ask, as its disclosure or refusal names it.
        """
        if not self.is_moved:
            return change
        house, row, entry = self._house, self._row, self._house.ids.new()
        moved = self._moved = signed(
            Quota(
                self._owner, self._since, self._began, self._now, self._persons, self._seen,
                b"".join(tag + bytes([many]) for tag, many in self._tries.items()), entry, b"",
            ),
            house.integrity_key,
        )  # fmt: skip
        said = QuotaEntry(
            actor=self._ask.actor.id, owner=self._owner, ask=asked.hex(), persons=self._persons,
            counted=self._counted, over=self.over, tried=self._tried, row=digest(moved), place=place_digest(moved),
        )  # fmt: skip
        expect = Expect(
            Quota.TABLE, (self._owner,), None if row is None else {"mac": row.mac}, or_absent=False,
            because="quota-moved",
        )  # fmt: skip
        return Change(
            "record", puts=(*change.puts, Put(Quota.TABLE, moved)), expects=(*change.expects, expect),
            entries=(*change.entries, said.draft(id=entry, lane=house.lane, urgent=True)),
        )  # fmt: skip

    def kept(self, answer: Conflict | None) -> None:
        """After the commit: this process knows how far the hour is, or that it is to be read anew.

        Raises:
            QuotaMoved: another look was counted first.
        """
        if answer is not None and answer.because == "quota-moved":
            raise QuotaMoved("quota: expected it as it was read", hint="try again")
        if answer is None and self._moved is not None:
            _remember(self._house, self._moved)
            self._once.tries |= self._trying

    def _tag(self, person: bytes | Ended, *field: int) -> bytes:
        if isinstance(person, Ended):
            return person.tag
        place = lp(self._owner, self._since, person, *field)
        return self._house.row_macs.of("quota/tried" if field else "quota/seen", place)[:TAG_BYTES]


def _tries_in(packed: bytes) -> dict[bytes, int]:
    each = TAG_BYTES + 1
    return {packed[at : at + TAG_BYTES]: packed[at + TAG_BYTES] for at in range(0, len(packed), each)}


def _progress(row: Quota) -> tuple[int, int, int]:
    """When its hour began, and how far it is: neither ever becomes less; and when it began by the other clock."""
    return row.since, row.persons + sum(_tries_in(row.tries).values()), row.run


def _remember(house: House, row: Quota) -> None:
    known = house.quotas.get(row.owner)
    house.quotas[row.owner] = _progress(row) if known is None else max(known, _progress(row))


def _has_passed(house: House, known: tuple[int, int, int], *, now: int) -> bool:
    """Whether the hour that this process knows of is over: then whoever is looked at next opens a new one anyway."""
    since, _, began = known
    return _is_over(since, began, now=now, run=int(house.clock.monotonic_s() * 1000))


def _is_over(since: int, began: int, *, now: int, run: int) -> bool:
    """Whether the hour has passed by both clocks. A machine that was started since has only the ledger's time."""
    return now - since >= HOUR_MS and (run < began or run - began >= HOUR_MS)


async def _require_never(house: House, owner: str, *, since: int) -> None:
    """No entry of the last hour tells of the owner's row, which is not there.

    Raises:
        Tampered: one does: the row was deleted. What is older opens a new hour anyway.
    """
    place = place_digest(Quota(owner, 0, 0, 0, 0, b"", b"", b"", b""))
    entry = await house.quota_entries.of(house.reads, place, since=since)
    if entry is not None:
        raise Tampered(f"quota: expected the row that ledger entry {entry} tells of, got none")
