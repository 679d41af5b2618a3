"""Send the house's mail to its staff: at least once, and not behind its end.

1. A mail is claimed before it is handed over: its count of tries moves, and it is due again only after a minute. Of two
   processes one gets it; one that dies in between has it sent again, under the same Message-ID.
2. What the server has taken is deleted. What it refuses for good is given up, and stays, without another try, until its
   end: `lockhouse mail retry` puts it back. What may pass later is tried again after growing waits.
3. What is about the house rather than the mail (no answer, its sign-in, its sender) says nothing of the mail: however
   often, it waits, and the round ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.letters import letter_of
from lockhouse.errors import Invalid, NotFound, Tampered, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.mail import GIVEN_UP, WAITING, opened, written_at
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import QueuedMail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.access.letters import Texts
    from lockhouse.gates.house import House
    from lockhouse.model.ports import MailAnswer, OutboundMail

ROUND = 20
"""Mails of one round."""
CLAIM_MS = 60_000
"""Nobody else tries a claimed mail before; a try takes at most half of it."""
WAITS_S = (30, 60, 120, 300, 900, 1_800, 3_600)
NO_ANSWER, ANSWERED, REFUSED_HOUSE = "no-answer", "answer-", "house-"
TAMPERED, UNSENDABLE = "tampered", "unsendable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """How mail goes out: by what, in which texts, and in whose name."""

    way: OutboundMail
    texts: Mapping[str, Texts]
    house: str


class Sent(msgspec.Struct, kw_only=True):
    """What one round did, in mails.

    Attributes:
        later: tried in vain, to be tried again. `expired`: not sent, as their time was over.
        fault: why the round ended early: the house's matter, or the server is away.
    """

    sent: int = 0
    later: int = 0
    given_up: int = 0
    expired: int = 0
    fault: str | None = None


async def send_mail(house: House, out: Out | None) -> Sent:
    """One round over what is due, the longest due first; without a way out only what is over goes.

    Raises:
        Unavailable: the store is away, or the clock is in doubt.
    """
    sent = Sent()
    rows = await house.reads.find(QueuedMail, ("state",), [(WAITING,)], limit=ROUND)
    if not rows or rows[0].run_at > house.clock.now_ms():
        return sent
    now = await trusted_now(house)
    for row in rows:
        if not _is_sound(row):
            continue  # `lockhouse doctor` names it, and the statement that finds it
        if row.until_at <= now:
            sent.expired += await _delete(house, row)
        elif out is not None and row.run_at <= now and sent.fault is None:
            await _try(house, row, out, sent)
    return sent


def _is_sound(row: QueuedMail) -> bool:
    try:
        sound([row])
    except Tampered:
        return False
    return True


async def _try(house: House, row: QueuedMail, out: Out, sent: Sent) -> None:
    now = house.clock.now_ms()
    claimed = msgspec.structs.replace(row, attempts=row.attempts + 1, run_at=min(now + CLAIM_MS, row.until_at))
    if not await _replace(house, row, claimed):
        return
    try:
        mail = opened(house, row)
        letter = letter_of(mail, out.texts, house=out.house, mail_id=row.id, at=written_at(row))
        answer = await out.way.send(letter)
    except Tampered:
        sent.given_up += await _give_up(house, claimed, TAMPERED)
    except Invalid:
        sent.given_up += await _give_up(house, claimed, UNSENDABLE)
    except Unavailable:
        sent.fault = NO_ANSWER
        sent.later += await _later(house, claimed, NO_ANSWER)
    except Exception as err:  # noqa: BLE001  # one mail that breaks what sends it keeps no other back; it may hold a name
        sent.given_up += await _give_up(house, claimed, f"{UNSENDABLE}-{type(err).__name__}")
    else:
        await _answered(house, claimed, answer, sent)


async def _answered(house: House, claimed: QueuedMail, answer: MailAnswer, sent: Sent) -> None:
    if answer.about == "house":
        sent.fault = f"{REFUSED_HOUSE}{answer.status}"
        sent.later += await _later(house, claimed, sent.fault)
    elif 200 <= answer.status < 300:  # noqa: PLR2004  # RFC 5321 §4.2.1
        sent.sent += 1
        await _delete(house, claimed)
    elif answer.status >= 500:  # noqa: PLR2004  # as above
        sent.given_up += await _give_up(house, claimed, f"{ANSWERED}{answer.status}")
    else:
        sent.later += await _later(house, claimed, f"{ANSWERED}{answer.status}")


async def _later(house: House, claimed: QueuedMail, reason: str) -> bool:
    wait_ms = WAITS_S[min(claimed.attempts, len(WAITS_S)) - 1] * 1000
    run_at = min(house.clock.now_ms() + wait_ms, claimed.until_at)
    return await _replace(house, claimed, msgspec.structs.replace(claimed, run_at=run_at, reason=reason))


async def _give_up(house: House, claimed: QueuedMail, reason: str) -> bool:
    after = msgspec.structs.replace(claimed, state=GIVEN_UP, run_at=claimed.until_at, reason=reason)
    return await _replace(house, claimed, after)


async def _replace(house: House, before: QueuedMail, after: QueuedMail) -> bool:
    change = Change("identity", puts=(Put(QueuedMail.TABLE, after),), expects=(_as_read(before),))
    return not isinstance(await house.commits.commit(change), Conflict)


async def _delete(house: House, row: QueuedMail) -> bool:
    change = Change("identity", deletes=(Delete(QueuedMail.TABLE, (row.id,)),), expects=(_as_read(row),))
    return not isinstance(await house.commits.commit(change), Conflict)


def _as_read(row: QueuedMail) -> Expect:
    values = {"attempts": row.attempts, "run_at": row.run_at, "state": row.state}
    return Expect(QueuedMail.TABLE, (row.id,), values, or_absent=False, because="mail-moved")


async def end_mail(house: House) -> int:
    """What is behind its end is gone, whatever became of it; how many.

    Raises:
        Unavailable: the clock is in doubt.
    """
    now, ended = await trusted_now(house), 0
    async for rows in house.reads.scan(QueuedMail):
        for row in rows:
            if row.until_at <= now:
                ended += await _delete(house, row)
    return ended


async def waiting_mail(house: House) -> list[QueuedMail]:
    """Every mail that is not sent, oldest first.

    Raises:
        Tampered: a row has numbers that none of ours has.
    """
    return sound([row async for rows in house.reads.scan(QueuedMail) for row in rows])


async def retry_mail(house: House, mail_id: bytes | None = None) -> int:
    """What was given up waits again, and what waits is due now: one, or all; how many.

    One that is being tried just now is left to whoever tries it.

    Raises:
        NotFound: there is no such mail, or it was sent.
    """
    rows = await waiting_mail(house)
    if mail_id is not None:
        rows = [row for row in rows if row.id == mail_id]
        if not rows:
            raise NotFound("mail: expected one that waits or was given up, got another", hint="lockhouse mail list")
    return await _due_again(house, rows)


async def _due_again(house: House, rows: Sequence[QueuedMail]) -> int:
    now, put_back = house.clock.now_ms(), 0
    for row in rows:
        if row.state == GIVEN_UP or row.run_at > now + CLAIM_MS:
            after = msgspec.structs.replace(row, state=WAITING, attempts=0, run_at=min(now, row.until_at), reason=None)
            put_back += await _replace(house, row, after)
    return put_back
