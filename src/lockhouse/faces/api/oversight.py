"""Counts, suggestions, the house's own mail, courses and facts that were vouched for, and who is watched over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.access.vouched import parts_of
from lockhouse.faces.api import shapes
from lockhouse.faces.api.deeds import require_others
from lockhouse.faces.api.shapes import answered, id_of, plain
from lockhouse.faces.suggested import suggested
from lockhouse.flows import flag, mail, teach, vouch
from lockhouse.gates.disclose.count import count
from lockhouse.gates.mail import GIVEN_UP
from lockhouse.gates.one_at_a_time import HOUSE

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call
    from lockhouse.model.rows import Attestation, PersonFlag


async def report(call: Call) -> shapes.Report:
    """Events and people by channel or by event; small counts of people are withheld."""
    ask = await call.ask(purpose=call.query.purpose, mode="aggregate")
    async with HOUSE.turn():
        return answered(shapes.Report, cells=plain(await count(call.house, ask, by=call.query.by)))


async def suggest(call: Call) -> shapes.Suggested:
    """YAML for what observed channels send and the policy does not name."""
    found = await suggested(call.house, call.query.channel)
    return answered(
        shapes.Suggested, document=found.document, channels=plain(found.lacks), trial=found.trial, notes=found.notes
    )


async def mail_list(call: Call) -> shapes.MailList:
    """Every mail that is not sent."""
    told = [
        {
            "id": row.id, "kind": row.kind, "state": "given up" if row.state == GIVEN_UP else "waiting",
            "attempts": row.attempts, "next_at": row.run_at, "until_at": row.until_at, "reason": row.reason,
        }
        for row in await mail.waiting_mail(call.house)
    ]  # fmt: skip
    return answered(shapes.MailList, mails=told)


async def mail_retry(call: Call) -> shapes.MailRetried:
    """What was given up waits again."""
    own = None if call.body.mail is None else id_of(call.body.mail, where="mail")
    return answered(shapes.MailRetried, retried=await mail.retry_mail(call.house, own))


async def courses(call: Call) -> shapes.CourseList:
    """Every recorded course."""
    now = call.house.clock.now_ms()
    told = [
        {
            "actor": row.actor, "course": row.fact, "until": row.until_at, "by": row.by,
            "state": "in force" if row.until_at is None or row.until_at > now else "lapsed",
        }
        for row in await teach.attested(call.house)
    ]  # fmt: skip
    return answered(shapes.CourseList, courses=told)


async def facts(call: Call) -> shapes.FactList:
    """Every fact that was vouched for."""
    now = call.house.clock.now_ms()
    return answered(shapes.FactList, facts=[_fact(row, now) for row in await vouch.recorded(call.house)])


def _fact(row: Attestation, now: int) -> dict[str, Any]:
    kind, text = parts_of(row.fact) or (row.fact, "")
    state = "in force" if row.until_at is not None and row.until_at > now else "ended"
    return {"actor": row.actor, "fact": kind, "value": text, "until": row.until_at, "state": state, "by": row.by}


async def flag_person(call: Call) -> shapes.FlagShown:
    """A person is watched over."""
    person = call.id("person")
    await require_others(call, (person,), "flag")
    row = await flag.flag(call.house, person, reason=call.body.reason, by=call.actor.id)
    return answered(shapes.FlagShown, **_flag(row))


async def flagged(call: Call) -> shapes.FlagList:
    """Everybody who is watched over."""
    return answered(shapes.FlagList, persons=[_flag(row) for row in await flag.flagged(call.house)])


def _flag(row: PersonFlag) -> dict[str, Any]:
    return {
        "person": row.person, "flagged": bool(row.state), "reason": row.reason, "at": row.at, "by": row.by,
        "entry": row.entry,
    }  # fmt: skip
