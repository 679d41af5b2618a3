"""`lockhouse doctor`: does the house stand as it should, and what mends it?"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from lockhouse.errors import LockhouseError, Tampered, Unavailable
from lockhouse.faces.cli.acting import os_user
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.drafts import difference, is_waiting, unreadable, waits, waits_in_vain
from lockhouse.faces.cli.layout import Said, plain
from lockhouse.faces.cli.mails import seen_mail
from lockhouse.faces.hook_kinds import way_of
from lockhouse.faces.serve.keys import key_file, write_key
from lockhouse.flows import audit
from lockhouse.flows.asked import overdue
from lockhouse.flows.channel import credentials_of
from lockhouse.flows.confirm import much
from lockhouse.flows.forward import backlog
from lockhouse.flows.hold import unreviewed
from lockhouse.flows.staff_audit import examined
from lockhouse.flows.sweep import odd_jobs
from lockhouse.gates.cases import Case, sound_cases
from lockhouse.gates.credentials import lives
from lockhouse.gates.ending.seals import closed_by_none
from lockhouse.gates.ending.spoilt import spoilt_endings
from lockhouse.gates.rings import in_use
from lockhouse.gates.trusted_time import is_watched
from lockhouse.ledger.columns import differing
from lockhouse.ledger.entry import Doctor
from lockhouse.model.change import Change
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.rows import LedgerEntry, Tombstone
from lockhouse.policy.starter import EXAMPLE_CONTACT
from lockhouse.posture.checks import Result, counts, examine
from lockhouse.posture.hosts import is_own
from lockhouse.posture.world import House, JournalPlace, World
from lockhouse.wiring import host_of, jobs
from lockhouse.wiring_leaked import leaked_seen

if TYPE_CHECKING:
    from lockhouse.gates.house import House as TheHouse
    from lockhouse.model.policy import Policy
    from lockhouse.wiring import Opened

FOUND = 1
"""Exit code when something is to be mended."""
OVERDUE_MS = 3_600_000
MAX_READ = 200_000
"""Entries of a ledger that are read: some two seconds of a doctor's time."""
MARKS = {"PASS": "PASS  ", "FAIL": "FAIL  ", "MANUAL": "MANUAL", "ERROR": "ERROR "}


async def doctor(*, production: bool = False, call: Here) -> Said:
    """Examine the house: each check with what it saw and the command or page that mends it. Exit code 1 if one fails.

    Args:
        production: what stands between here and real customers, too; noted in the ledger.
    """
    folder = call.folder()
    host = msgspec.structs.replace(host_of(folder), leaked=leaked_seen(folder))
    world = World(host=host)
    try:
        async with call.open() as opened:
            seen = msgspec.structs.replace(await _house(opened), mail=await seen_mail(opened))
            house = await _runs(opened.house, seen, opened.settings.review_months)
            world = World(host=host, house=house)
            results = examine(world, production=production)
            if production and not house.unsigned:
                await _note(opened, results)
    except LockhouseError as error:
        results = examine(World(host=host, away=error.text, mend=error.hint), production=production)
    results = [
        msgspec.structs.replace(one, sentence=call.located(one.sentence), mend=call.located(one.mend))
        for one in results
    ]
    found = counts(results)
    bad = found["FAIL"] + found["ERROR"]
    value = {"counts": found, "results": [plain(one) for one in results], "production": production}
    return Said(value, _page(results, found), FOUND if bad else 0)


def _page(results: list[Result], found: dict[str, int]) -> str:
    lines, before, wide = [], "", max((len(one.check) for one in results), default=0)
    for one in sorted(results, key=lambda each: ("FAIL", "ERROR", "MANUAL", "PASS").index(each.state)):
        same = one.state == "ERROR" and one.sentence == before  # a house that does not open fails in all at once
        lines.append(f"{MARKS[one.state]}  {one.check:<{wide}} {'The same.' if same else one.sentence}")
        if one.mend and not same:
            lines.append(f"{'':<{wide + 9}}→ {one.mend}")
        before = one.sentence
    total = ", ".join(f"{number} {state}" for state, number in found.items() if number)
    return "\n".join([*lines, "", total])


async def _house(opened: Opened) -> House:
    house = opened.house
    now = house.clock.now_ms()
    row = (await house.reads.get(HouseRow, [(1,)])).get((1,))
    policy = house.live_policy.policy if house.live_policy else None
    wrong = unreadable(opened)
    unsigned = await _unsigned(opened)
    entries = row.tree_size if row else 0
    cases, bad = await sound_cases(house, also_closed=True)
    return House(
        policy=house.live_policy.version if house.live_policy else None,
        differs=await difference(opened),
        waiting=waits(house) or "", draft_waits=await is_waiting(opened), waits_in_vain=waits_in_vain(house),
        no_draft=wrong.text if wrong else "",
        mend_draft=(wrong.hint or "lockhouse policy check") if wrong else "",
        placeholder=policy is not None and policy.controller.contact == EXAMPLE_CONTACT,
        keyless=await _keyless(opened, policy, now),
        pageless=tuple(one.name for one in policy.channels.values() if one.pageless) if policy else (),
        addressless=_addressless(policy, opened.settings.public_url), proving=_proving(policy),
        unserved=_unserved(policy),
        no_write_key=_no_write_key(opened, policy),
        unproven=_unproven(policy, now),
        elsewhere=_elsewhere(policy),
        behind_ms=(row.last_at if row else now) - now,
        backup_at=await _newest_backup(opened, entries),
        now=now,
        overdue=sum(_is_overdue(one, now) for one in cases),
        spoilt=tuple(sorted({one.hex() for one in bad} | {one.name for one in await spoilt_endings(house)})),
        closed=tuple(person.hex() for person in await closed_by_none(house)),
        unreviewed=tuple(row.id.hex() for row in await unreviewed(house, now=now)),
        jobs=tuple(job.hex() for job in await odd_jobs(house, jobs.STATES)),
        unsigned=unsigned,
        entries=entries,
        found=await _found(opened) if entries <= MAX_READ and not unsigned else None,
        unwatched=not await is_watched(house),
        read_shut=house.read_shut,
        journal=await _journal(opened),
        dead=await _dead(house, policy),
        folder=str(opened.folder),
    )  # fmt: skip


async def _runs(house: TheHouse, seen: House, review_months: int) -> House:
    """What was seen, with the retention runs that end much, who works here, and what nobody approved."""
    runs = await much(house)
    unmeant = tuple(one.extent.id.hex() for one in runs if not one.extent.meant)
    return msgspec.structs.replace(
        seen, unmeant=unmeant, announced=sum(one.is_alone for one in runs),
        unanswered=tuple(row.id.hex() for row in await overdue(house, now=seen.now)),
        staff=await examined(house, review_months=review_months),
        doubted=house.doubted, weakened=house.strict.weakened,
    )  # fmt: skip


async def _dead(house: TheHouse, policy: Policy | None) -> dict[str, int]:
    found = {name: (await backlog(house, name))["dead"] for name in (policy.recipients if policy else ())}
    return {name: number for name, number in found.items() if number}


async def _journal(opened: Opened) -> tuple[JournalPlace, ...]:
    """The journal's two files, against what is destroyed; and, if they name other keys, against those in use."""
    destroyed = await _destroyed(opened.house)
    others = opened.journal.named() - destroyed
    return opened.journal.places(destroyed, await in_use(opened.house, others) if others else ())


async def _destroyed(house: TheHouse) -> set[bytes]:
    """The serial of every key that has a tombstone."""
    return {stone.serial async for stones in house.reads.scan(Tombstone) for stone in stones}


def _is_overdue(case: Case, now: int) -> bool:
    """Its time has come, or it was cut off in a step, and nobody has carried it on for an hour."""
    due = case.destroy_at if case.step == "shut" else case.asked_at
    return case.step not in {"done", "cancelled"} and not case.is_unmeant and due + OVERDUE_MS < now


async def _unsigned(opened: Opened) -> str:
    """Why the ledger cannot be signed as it stands: a house whose ledger was changed refuses every commit."""
    try:
        await opened.writer.seal_ledger()
    except (Tampered, Unavailable) as error:
        return error.text
    return ""


async def _found(opened: Opened) -> int:
    """How much an audit finds wrong with the entries, held against every checkpoint that is kept."""
    trusted = audit.Trusted((opened.verifier,), opened.lane_key, anchors=opened.anchors)
    return (await audit.verify(opened.house, sequencer=opened.writer, trusted=trusted)).found


async def _keyless(opened: Opened, policy: Policy | None, now: int) -> tuple[str, ...]:
    if policy is None:
        return ()
    keys = await credentials_of(opened.house)
    living = {name for name, rows in keys.items() if any(lives(row, now) for row in rows)}
    return tuple(name for name, one in policy.channels.items() if one.assurance_key and name not in living)


def _proving(policy: Policy | None) -> tuple[str, ...]:
    if policy is None:
        return ()
    return tuple(
        one.name
        for one in policy.channels.values()
        if one.assurance_key != "public" and any(policy.fields[name].identifies == "person" for name in one.proves)
    )


def _addressless(policy: Policy | None, public_url: str) -> tuple[str, ...]:
    if policy is None or public_url:
        return ()
    return tuple(name for name, one in policy.channels.items() if (way := way_of(one)) and way.signs_address)


def _unserved(policy: Policy | None) -> tuple[str, ...]:
    if policy is None:
        return ()
    channels = [one.name for one in policy.channels.values() if not one.served]
    return (*channels, *(one.name for one in policy.recipients.values() if not one.served))


def _no_write_key(opened: Opened, policy: Policy | None) -> tuple[str, ...]:
    missing = []
    for one in policy.recipients.values() if policy else ():
        if one.served:
            try:
                write_key(opened.folder, one.name)
            except Unavailable:
                missing.append(key_file(one.name))
    return tuple(missing)


def _unproven(policy: Policy | None, now: int) -> tuple[str, ...]:
    if policy is None:
        return ()
    today = f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%d}"
    return tuple(
        one.name
        for one in policy.recipients.values()
        if (one.role != "internal" and one.contract is None) or (one.review is not None and one.review < today)
    )


def _elsewhere(policy: Policy | None) -> tuple[str, ...]:
    """Recipients that are called internal, have no contract, and stand at a host that anybody may run."""
    found = []
    for one in policy.recipients.values() if policy else ():
        host = urlsplit(one.url or "").hostname
        if one.role == "internal" and one.contract is None and host and not is_own(host):
            found.append(f"{one.name} ({host})")
    return tuple(found)


async def _newest_backup(opened: Opened, size: int) -> int | None:
    """When the newest backup was noted, by an entry as it was written; one without a position yet counts too."""
    newest: int | None = None
    async for rows in opened.house.reads.scan(LedgerEntry, chunk=5_000):
        for row in rows:
            if row.kind == "backup" and not differing(row):
                newest = max(row.at, newest or 0)
    return newest if size or newest else None


async def _note(opened: Opened, results: list[Result]) -> None:
    report = msgspec.json.encode(results, order="deterministic")
    said = Doctor(counts=counts(results), hash=sha256(report).hexdigest(), by=os_user(opened.house).id)
    draft = said.draft(id=opened.house.ids.new(), lane=opened.house.lane)
    await opened.house.commits.commit(Change("record", entries=(draft,)))
