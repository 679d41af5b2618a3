"""Send on: the reduced event to each recipient, through the outbox, at least once, in order for each person.

Sending is a read. The worker is an actor with the recipient's purpose, passes the disclose gate, and is noted. What a
recipient may not have is held back and counted by reason. The record's id is the message id, so that a recipient can
drop what it gets twice.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.signatures import hmac_sha256
from lockhouse.errors import Refused, Tampered, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.disclose import Records, disclose
from lockhouse.gates.pace import Pace
from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.decision import Actor, Ask
from lockhouse.model.ports import Answer
from lockhouse.model.rows import Outbox, Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from lockhouse.gates.disclose import RecordView, View
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Recipient
    from lockhouse.model.ports import OutboundHTTP

WAITING, SENT, HELD, DEAD = 0, 1, 2, 3
NO_ANSWER, ANSWERED, BAD_ADDRESS = "no-answer", "answer-", "address-refused"
"""Why a row was not taken, as its `reason` says it; behind `answer-` stands the status."""
CHUNK = 100
MAX_BODY_BYTES = 450_000
"""Of a request: Segment-compatible servers take 500 KB and 2,500 events. One event that is larger goes alone."""
PAGE = 500
"""Outbox rows that are counted at once."""
TAMPERED = "tampered"
"""Why a row is a dead letter whose person's rows do not verify: it can be sent again once they are put right."""
MAX_ATTEMPTS = 12
"""Tries of an event that its server fails on (a 500) before it counts as the reason and is a dead letter."""
BACKOFF_S = (1, 2, 5, 15, 60, 300, 900)
_STANDARD = frozenset({"alias", "group", "identify", "page", "screen"})
_PLACES = {"customer_id": "userId", "device_id": "anonymousId", "user_id": "userId"}
"""Where the Segment specification has a place of its own for a field."""


_Event = dict[str, Any]


class Sent(msgspec.Struct, kw_only=True):
    """What one round did, in outbox rows; `wait_s` is how long to leave the recipient alone."""

    sent: int = 0
    held: int = 0
    dead: int = 0
    waiting: int = 0
    wait_s: float = 0.0


async def forward(house: House, name: str, *, http: OutboundHTTP, write_key: str) -> Sent:
    """One round for one recipient: the oldest waiting rows, in order; stops at the first that cannot be delivered.

    Because a row stays waiting until its answer is durable, a crash sends again and never skips. What a server refuses
    for good is found by halves, so that one such event takes no others along.

    Raises:
        Refused: the recipient's address is not one that may be sent to; its oldest row says so from then on.
    """
    recipient = house.live().policy.recipients[name]
    now = house.clock.now_ms()
    rows = await house.reads.find(Outbox, ("recipient", "state"), [(recipient.id, WAITING)], limit=CHUNK)
    if not rows or rows[0].run_at > now:
        return Sent(waiting=len(rows), wait_s=max(0.0, (rows[0].run_at - now) / 1000) if rows else 0.0)
    events, reasons = await _events(house, recipient, rows)
    going = _of_a_size(events) if rows[0].attempts < MAX_ATTEMPTS - 1 else events[:1]
    answer: Answer | None = Answer(status=204)
    while going:
        try:
            answer = await _post(http, recipient, going, write_key=write_key, now=now)
        except Refused:
            if rows[0].reason != BAD_ADDRESS:
                await _mark(house, rows[:1], WAITING, reason=BAD_ADDRESS)
            raise
        if answer is None or _is_passing(answer):
            return await _later(house, rows, answer, alone=going[0] if len(going) == 1 else None)
        if _is_taken(answer) or len(going) == 1:
            break
        going = going[: len(going) // 2]
    assert answer is not None  # noqa: S101  # no answer is one that may pass
    reached = rows if len(going) == len(events) else _up_to(rows, going[-1])
    return await _settled(house, reached, going, answer, reasons)


async def _settled(
    house: House, rows: Sequence[Outbox], going: Sequence[_Event], answer: Answer, reasons: Mapping[bytes, str]
) -> Sent:
    """Each of these rows is what became of it: taken or refused for good by the server, or held back by the policy."""
    sent = {event["messageId"] for event in going}
    result = Sent()
    for row in rows:
        if row.record.hex() in sent:
            continue
        reason = reasons.get(row.record, "nothing-may-be-sent")
        await _mark(house, [row], DEAD if reason == TAMPERED else HELD, reason=reason)
        result.dead += reason == TAMPERED
        result.held += reason != TAMPERED
    answered = [row for row in rows if row.record.hex() in sent]
    if _is_taken(answer):
        await _mark(house, answered, SENT)
        result.sent = len(answered)
    else:
        await _mark(house, answered, DEAD, reason=_fault(answer))
        result.dead += len(answered)
    return result


def _of_a_size(events: list[_Event]) -> list[_Event]:
    """As many of the first events as one request takes, and at least one."""
    size = 0
    for at, event in enumerate(events):
        size += len(msgspec.json.encode(event)) + 1
        if size > MAX_BODY_BYTES and at:
            return events[:at]
    return events


def _up_to(rows: Sequence[Outbox], event: _Event) -> Sequence[Outbox]:
    """The rows as far as this event's; the others are for the next round."""
    at = next(at for at, row in enumerate(rows) if row.record.hex() == event["messageId"])
    return rows[: at + 1]


async def _events(
    house: House, recipient: Recipient, rows: Sequence[Outbox]
) -> tuple[list[dict[str, Any]], dict[bytes, str]]:
    """The events that may go, in the order of the outbox, and why the others may not."""
    actor = Actor(id="service:forward", kind="service", roles=(), shown="forward")
    facts = await house.actor_facts.of(actor)
    views: dict[bytes, RecordView] = {}
    reasons: dict[bytes, str] = {}
    purposes = recipient.purposes
    for purpose in purposes:
        ask = Ask(
            actor=actor, action="send", purpose=purpose, facts=facts, mode="full", reason="send",
            recipient=recipient.name, fields=recipient.fields,
        )  # fmt: skip
        for view in await _disclosed(house, ask, rows, reasons):
            for record in view.timeline:
                views[record.id] = _joined(views.get(record.id), record)
            if view.refused:
                for row in rows:
                    if row.person in view.persons:
                        reasons.setdefault(row.record, view.refused[0])
    events = []
    for row in rows:
        shown = views.get(row.record)
        values = {} if shown is None else {name: one.value for name, one in shown.fields.items() if one.state == "open"}
        if shown is not None and values:
            events.append(_event(house, recipient, shown, values))
    return events, reasons


async def _disclosed(house: House, ask: Ask, rows: Sequence[Outbox], reasons: dict[bytes, str]) -> list[View]:
    """The views of the rows' persons. One whose rows were tampered with does not keep the others' events from going.

    Raises:
        Tampered: nobody's rows are as this house made them; then it is not one person's matter.
    """
    only = Records(only=frozenset(row.record for row in rows), limit=CHUNK)
    try:
        return [view async for view in disclose(house, ask, _persons(rows), records=only)]
    except Tampered:
        views: list[View] = []
        for person in dict.fromkeys(row.person for row in rows):
            own = [row for row in rows if row.person == person]
            try:
                views += [view async for view in disclose(house, ask, _persons(own), records=only)]
            except Tampered:
                reasons.update((row.record, TAMPERED) for row in own)
        if not views:
            raise
        return views


def _joined(before: RecordView | None, now: RecordView) -> RecordView:
    if before is None:
        return now
    opened = {name: one for name, one in now.fields.items() if one.state == "open"}
    return msgspec.structs.replace(before, fields={**before.fields, **opened})


async def _persons(rows: Sequence[Outbox]) -> AsyncIterator[bytes]:
    for person in dict.fromkeys(row.person for row in rows):
        yield person


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(house: House, recipient: Recipient, record: RecordView, values: dict[str, Any]) -> dict[str, Any]:
    """The reduced event in Segment's own shape: what was not allowed is simply not there."""
    event: dict[str, Any] = {"messageId": record.id.hex(), "timestamp": _stamp(record.occurred_at)}
    body = dict(values)
    for field, place in _PLACES.items():
        if field in body:
            event[place] = body.pop(field)
    if "userId" not in event and "anonymousId" not in event:
        event["anonymousId"] = pseudonym(house, recipient, record.person)
    if record.event in _STANDARD:
        event["type"] = record.event
    else:
        event.update(type="track", event=record.event)
    event["traits" if event["type"] in {"identify", "group"} else "properties"] = body
    event["context"] = {"library": {"name": "lockhouse"}}
    return event


def pseudonym(house: House, recipient: Recipient, person: bytes) -> str:
    """A person's name to one recipient: differs for each, cannot be turned back, and dies with the person's ref key."""
    ref = house.keyring.ref(person)
    return hmac_sha256(house.receipt_key, b"lockhouse/pseudonym/1" + recipient.id.to_bytes(4, "big") + ref)[:16].hex()


async def _post(
    http: OutboundHTTP, recipient: Recipient, events: Sequence[dict[str, Any]], *, write_key: str, now: int
) -> Answer | None:
    assert recipient.url is not None  # noqa: S101  # the policy demands it of this kind
    # When it is sent, not when it happened: the other side takes the difference of the two clocks from it.
    body = msgspec.json.encode({"batch": events, "sentAt": _stamp(now)})
    basic = b64encode(f"{write_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    try:
        return await http.post(recipient.url.rstrip("/") + "/v1/batch", body=body, headers=headers)
    except Unavailable:
        return None


def _is_taken(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004  # RFC 9110 §15.3


def _is_passing(answer: Answer) -> bool:
    """Whether it may go through later (RFC 9110: 408, 425, 429 and 5xx); a wrong key can be mended too."""
    return answer.status in {401, 403, 408, 425, 429} or answer.status >= 500  # noqa: PLR2004


def _is_the_events(answer: Answer | None) -> bool:
    """Whether the event may be why: a server that is away, busy or behind a gateway (502 to 504) fails on any."""
    return answer is not None and answer.status >= 500 and answer.status not in {502, 503, 504}  # noqa: PLR2004


def _fault(answer: Answer | None) -> str:
    return NO_ANSWER if answer is None else f"{ANSWERED}{answer.status}"


async def _later(house: House, rows: Sequence[Outbox], answer: Answer | None, *, alone: _Event | None) -> Sent:
    """The whole round waits: sending a later event of a person before an earlier one would break their order.

    A recipient that is away for long loses nothing. Only an event that its server fails on again and again, the last
    time when it was sent `alone`, is a dead letter.
    """
    first = rows[0]
    attempts = first.attempts + 1
    if attempts >= MAX_ATTEMPTS and alone is not None and _is_the_events(answer):
        await _mark(house, _up_to(rows, alone)[-1:], DEAD, reason=_fault(answer))
        return Sent(dead=1)
    wait_s = float(BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1])
    if answer is not None and answer.retry_after_s is not None:
        wait_s = max(wait_s, answer.retry_after_s)
    run_at = house.clock.now_ms() + int(wait_s * 1000)
    later = msgspec.structs.replace(first, attempts=attempts, run_at=run_at, reason=_fault(answer))
    await house.commits.commit_each([_change(first, later)])
    return Sent(waiting=len(rows), wait_s=wait_s)


async def _mark(house: House, rows: Iterable[Outbox], state: int, *, reason: str | None = None) -> None:
    changes = [_change(row, msgspec.structs.replace(row, state=state, reason=reason)) for row in rows]
    if changes:
        await house.commits.commit_each(changes)


def _change(before: Outbox, after: Outbox) -> Change:
    expect = Expect(Outbox.TABLE, (before.id,), {"state": before.state}, or_absent=False, because="outbox-moved")
    return Change("record", puts=(Put(Outbox.TABLE, after),), expects=(expect,))


async def requeue(house: House, name: str) -> int:
    """Dead letters of a recipient wait again, from the oldest; how many."""
    recipient = house.live().policy.recipients[name]
    rows = await house.reads.find(Outbox, ("recipient", "state"), [(recipient.id, DEAD)], limit=100_000)
    now = house.clock.now_ms()
    await house.commits.commit_each(
        [_change(row, msgspec.structs.replace(row, state=WAITING, attempts=0, run_at=now, reason=None)) for row in rows]
    )
    return len(rows)


async def backlog(house: House, name: str) -> dict[str, int]:
    """How many rows of a recipient wait, were sent, were held back or are dead."""
    recipient = house.live().policy.recipients[name]
    counted = {}
    for word, state in (("waiting", WAITING), ("sent", SENT), ("held", HELD), ("dead", DEAD)):
        counted[word] = await _count(house, recipient.id, state)
    return counted


async def _count(house: House, recipient: int, state: int) -> int:
    """In pages: neither memory nor the event loop is held by all that was ever sent."""
    counted, behind, pace = 0, None, Pace()
    ways = ("recipient", "state")
    while rows := await house.reads.find(Outbox, ways, [(recipient, state)], after=behind, limit=PAGE):
        counted, behind = counted + len(rows), (rows[-1].id,)
        await pace.step(len(rows))
    return counted


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps a recipient's oldest waiting event, as far as its row knows.

    Attributes:
        since: when that event came in, in ms; None if its record is gone.
        fault: why it was not taken when it was last tried; None if it was not tried, or what went wrong then was no
            answer's matter: a missing key file, a store that was away.
        tries: that had an answer, or none, so far; the recipient's others wait behind this event.
        next_at: it is not tried before, in ms.
    """

    since: int | None
    fault: str | None
    tries: int
    next_at: int


async def delay(house: House, name: str) -> Delay | None:
    """What keeps the oldest of a recipient's waiting events; None when nothing waits.

    Raises:
        Tampered: its row, or its record's, is not as this house wrote it.
    """
    recipient = house.live().policy.recipients[name]
    rows = await house.reads.find(Outbox, ("recipient", "state"), [(recipient.id, WAITING)], limit=1)
    if not rows:
        return None
    [first] = sound(rows)
    record = (await house.reads.get(Record, [(first.record,)])).get((first.record,))
    since = None if record is None else sound([record])[0].received_at
    return Delay(since=since, fault=first.reason, tries=first.attempts, next_at=first.run_at)
