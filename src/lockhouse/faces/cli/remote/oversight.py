"""Counts, suggestions, mail, courses, facts, flags and what is due to end, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.call import id_of, person_of
from lockhouse.faces.cli.commands import grant, insight, mail, person_flag, policy_suggest, retention, training
from lockhouse.faces.cli.remote.told import plain, require_own_role, without

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As, Reading
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def report(by: Literal["channel", "event"] = "channel", /, *, acting: Reading | None = None, call: Call) -> Said:
    """Events and people by channel or by event.

    Raises:
        Invalid: a reason is named, which counts take none of.
    """
    require_own_role(acting)
    if acting is not None and acting.reason is not None:
        raise Invalid("--reason", "no reason with --server, as counts open nothing", got="one")
    asked = shapes.ReportAsked(by=by, purpose=acting.purpose if acting else None)
    with call.api() as house:
        return insight.counted(by, plain(house.insight_report(asked))["cells"])


def suggest(*, channel: str | None = None, call: Call) -> Said:
    """YAML for what observed channels send and the policy does not name."""
    with call.api() as house:
        told = plain(house.policy_suggest(shapes.SuggestAsked(channel=channel)))
    return policy_suggest.told(without(told, "notes"), told["notes"], call)


def mails(*, call: Call) -> Said:
    """Every mail that is not sent."""
    with call.api() as house:
        return mail.waiting(plain(house.mail_list())["mails"])


def retry(which: str | None = None, /, *, acting: As | None = None, call: Call) -> Said:
    """Let mail that was given up wait again."""
    require_own_role(acting)
    own = None if which is None else id_of(which, where="mail", hint="lockhouse mail list prints ids").hex()
    with call.api() as house:
        return mail.retried(plain(house.mail_retry(shapes.MailAsked(mail=own))))


def courses(*, acting: As | None = None, call: Call) -> Said:
    """Every recorded course."""
    require_own_role(acting)
    with call.api() as house:
        return training.listed(plain(house.training_show())["courses"])


def recorded(*, acting: As | None = None, call: Call) -> Said:
    """Every fact that was vouched for."""
    require_own_role(acting)
    with call.api() as house:
        return grant.vouched(plain(house.grant_recorded())["facts"])


def flag(person: str, reason: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Watch over a person."""
    require_own_role(acting)
    with call.api() as house:
        asked = shapes.FlagAsked(reason=reason)
        return person_flag.watched(plain(house.person_flag(person_of(person).hex(), asked)))


def flagged(*, acting: As | None = None, call: Call) -> Said:
    """Everybody who is watched over."""
    require_own_role(acting)
    with call.api() as house:
        return person_flag.listed(plain(house.person_flagged())["persons"])


def plan(*, call: Call) -> Said:
    """Which months of collection end when."""
    with call.api() as house:
        told = plain(house.retention_plan())
    return retention.planned(told["epochs"], told["next_run"], told["holds"], call=call)


def idle(*, call: Call) -> Said:
    """Of how many persons data is due by their last activity."""
    with call.api() as house:
        return retention.idly(plain(house.retention_idle())["compartments"], call=call)
