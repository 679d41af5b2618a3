"""Counts, suggestions, the house's own mail, courses and facts that were vouched for, and who is watched over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.api import shapes
from lockhouse.faces.api.deeds import require_others
from lockhouse.faces.api.shapes import answered, id_of, plain
from lockhouse.faces.standing import course_told, fact_told, flag_told, mail_told
from lockhouse.faces.suggested import suggested
from lockhouse.flows import flag, mail, teach, vouch
from lockhouse.gates.disclose.count import count
from lockhouse.gates.one_at_a_time import HOUSE

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call


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
    return answered(shapes.MailList, mails=[mail_told(row) for row in await mail.waiting_mail(call.house)])


async def mail_retry(call: Call) -> shapes.MailRetried:
    """What was given up waits again."""
    own = None if call.body.mail is None else id_of(call.body.mail, where="mail")
    return answered(shapes.MailRetried, retried=await mail.retry_mail(call.house, own))


async def courses(call: Call) -> shapes.CourseList:
    """Every recorded course."""
    now = call.house.clock.now_ms()
    return answered(shapes.CourseList, courses=[course_told(row, now) for row in await teach.attested(call.house)])


async def facts(call: Call) -> shapes.FactList:
    """Every fact that was vouched for; of an own record not whose: no token records one, so none needs it."""
    now, found = call.house.clock.now_ms(), await vouch.recorded(call.house)
    return answered(shapes.FactList, facts=[fact_told(row, now, whose=False) for row in found])


async def flag_person(call: Call) -> shapes.FlagShown:
    """A person is watched over."""
    person = call.id("person")
    await require_others(call, (person,), "flag")
    row = await flag.flag(call.house, person, reason=call.body.reason, by=call.actor.id)
    return answered(shapes.FlagShown, **flag_told(row))


async def flagged(call: Call) -> shapes.FlagList:
    """Everybody who is watched over."""
    return answered(shapes.FlagList, persons=[flag_told(row) for row in await flag.flagged(call.house)])
