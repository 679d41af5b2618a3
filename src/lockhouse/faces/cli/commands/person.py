"""`lockhouse person …`: looks at people. Each one passes the disclose gate and is noted before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from cyclopts import Parameter

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.cli.acting import As, Reading, about, allowed, asking, blind, roles_of
from lockhouse.faces.cli.call import Here, Input, id_of, noun, person_of
from lockhouse.faces.cli.kinds import way_of
from lockhouse.faces.cli.layout import Said, plain
from lockhouse.faces.cli.people import (
    told_of,
    undoable,
    why_refused,
)
from lockhouse.faces.cli.told import (
    Joined,
    Opened,
    are_one,
    are_two,
    compared,
    found_of,
    pages,
    revealed,
    who_looked,
    whole,
    why_so,
)
from lockhouse.faces.explained import explained, require_field, role_of
from lockhouse.flows import check, link, look, looked
from lockhouse.gates.disclose import FOLD_LIMIT, Records
from lockhouse.gates.disclose.said import require_other
from lockhouse.gates.facts import courses_by_grace

if TYPE_CHECKING:
    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor, Ask
    from lockhouse.model.policy import Policy

APP = noun("person", "Find and show people. Every look is noted before it is shown.")
PAGE = 50


@APP.command
async def find(kind: str, source: Input = None, /, *, acting: Reading | None = None, call: Here) -> Said:
    """Find people by an identifier or a look-up. The value is asked for, or read from standard input.

    Who is shut by an open request, or was erased, is not found, and nothing tells them from those who were never here.
    For example `lockhouse person find email` or `pass show ticket-17 | lockhouse person find email -`.

    Args:
        kind: a field that identifies (email, phone), or a way to find (order_id, phone#last4, name#surname).
        source: `-` reads one line of standard input; a value is refused here.
        acting: role, purpose and reason.
    """
    async with call.open() as opened:
        name = way_of(opened.house.live().policy, kind)
        ask = await asking(opened.house, acting or Reading(), action="find")
        if other := blind(opened.house.live().policy, ask):  # nor may it learn who is known
            entry = await look.nothing(opened.house, ask)
            seen = f"person: expected a role that sees persons, got {roles_of(ask)}; noted as {entry.hex()}"
            raise Refused(seen, reasons=("class-not-seen",), hint=other)
        value = call.terminal.personal(name, source, example="lockhouse person find KIND")
        found = await look.find(opened.house, ask, by=kind, value=value)
        policy = opened.house.live().policy
        return found_of([(view, told_of(view, policy, ask)) for view in found.persons], more=found.more, call=call)


@APP.command
async def show(person: str, /, *, acting: Reading | None = None, call: Here) -> Said:
    """One person as the role may see them: each field open, masked or hidden, and why.

    Args:
        person: an id that `person find` printed.
        acting: role, purpose and reason.
    """
    async with call.open() as opened:
        ask = await asking(opened.house, acting or Reading(), action="show")
        view = await look.show(opened.house, ask, person_of(person))
        return await _person(call, opened.house, view, ask)


@APP.command
async def reveal(person: str, field: str | None = None, /, *, acting: Reading | None = None, call: Here) -> Said:
    """The same, unmasked as far as role, reason and standing allow; or one field alone, if it is named.

    What a grant lends is unmasked where it is named, each value by itself.

    For example `lockhouse person reveal 01989f… --as support --reason 'call back: T-17'`.

    Args:
        person: an id that `person find` printed.
        field: the only one that is shown, of the live policy; all, if none is named.
        acting: role, purpose and reason.
    """
    async with call.open() as opened:
        ask = await asking(opened.house, acting or Reading(), action="reveal", mode="full")
        if field is not None:
            require_field(opened.house, field)
            ask = msgspec.structs.replace(ask, fields=(field,), lent="full")
        view = await look.reveal(opened.house, ask, person_of(person))
        said = await _person(call, opened.house, view, ask)
        graces = await courses_by_grace(opened.house, ask.actor)
    return revealed(said, view, Opened(graces, ask.actor.id, ask.reason), call=call)


@APP.command(name="check")
async def check_(
    person: str, field: str, source: Input = None, /, *, acting: Reading | None = None, call: Here
) -> Said:
    """Whether a field is what a caller says: yes or no, and nothing of it is shown.

    What the caller says is asked for, or read from standard input. It may be written in any way that its type allows.
    Each answer is one of three tries of that field of that person in an hour, and is noted before it is given. For
    example `lockhouse person check 01989f… phone`.

    Args:
        person: an id that `person find` printed.
        field: of the live policy, of a class that the role may check.
        source: `-` reads one line of standard input; a value is refused here.
        acting: role, purpose and reason.
    """
    who = person_of(person)
    async with call.open() as opened:
        house = opened.house
        check.checkable(house, field)
        ask = await about(house, acting or Reading(), action="check", field=field)
        typed = call.terminal.personal(field, source, example=f"lockhouse person check {person} {field}")
        seen = await check.check(house, ask, who, check.readable(house, field, typed))
        policy = house.live().policy
    if seen.matches is None:
        raise refused(seen.view, policy, ask, expected="a field that may be checked")
    value = {
        "person": person, "field": field, "matches": seen.matches, "tries_left": seen.view.tries_left,
        "entry": plain(seen.view.entry), "spent": plain(seen.view.spent),
    }  # fmt: skip
    return compared(value)


def refused(view: View, policy: Policy, ask: Ask, *, expected: str) -> Refused:
    """Why nothing may be done with the field asked for, with its sentences."""
    codes = view.refused or tuple(sorted({code for one in view.fields.values() for code in one.because}))
    told = why_refused(msgspec.structs.replace(view, refused=codes), policy, ask)
    return Refused(f"person: expected {expected}, got another", reasons=codes, hint=" ".join(told))


APP.command("lockhouse.faces.cli.commands.person_change:change", name="change")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which records a timeline shows."""

    limit: int = PAGE
    """records a page, up to 500"""
    before: str | None = None
    """the record to go on before, to older ones"""
    after: str | None = None
    """the record to go on behind, to newer ones"""

    def records(self) -> Records:
        """The same, for the gate.

        Raises:
            Invalid: too many, no record's id, or both directions at once.
        """
        if not 0 < self.limit <= FOLD_LIMIT:
            raise Invalid("--limit", f"1 to {FOLD_LIMIT}", got="another number")
        if self.before and self.after:
            raise Invalid("page", "--before or --after", got="both")
        before = id_of(self.before, where="--before", hint="the first record of a page") if self.before else None
        after = id_of(self.after, where="--after", hint="the last record of a page") if self.after else None
        return Records(before=before, after=after, limit=self.limit)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Which looks are told."""

    limit: int = PAGE
    """looks a page, up to 500"""
    before: str | None = None
    """the entry of a look to go on before, to older ones"""

    def checked(self) -> tuple[bytes | None, int]:
        """The same, for the flow.

        Raises:
            Invalid: too many, or no entry's id.
        """
        if not 0 < self.limit <= FOLD_LIMIT:
            raise Invalid("--limit", f"1 to {FOLD_LIMIT}", got="another number")
        hint = "the last look of a page"
        return (id_of(self.before, where="--before", hint=hint) if self.before else None), self.limit


@APP.command
async def timeline(person: str, /, *, page: Page | None = None, acting: Reading | None = None, call: Here) -> Said:
    """A person's records in order, a page at a time, the newest page first.

    Args:
        person: an id that `person find` printed.
        page: which records.
        acting: role, purpose and reason.
    """
    which = (page or Page()).records()
    async with call.open() as opened:
        ask = await asking(opened.house, acting or Reading(), action="timeline")
        view = await look.show(opened.house, ask, person_of(person), records=which)
        policy = opened.house.live().policy
    if view.refused:
        raise _refusal(view, policy, ask)
    return pages(view, told_of(view, policy, ask), which, call=call)


@APP.command(name="looked")
async def looked_(person: str, /, *, page: Looks | None = None, acting: Reading | None = None, call: Here) -> Said:
    """Who looked at a person: when, as what, for which purpose and reason, and at which fields. Asking is a look too.

    For example `lockhouse person looked 01989f…`.

    Args:
        person: an id that `person find` printed.
        page: which looks.
        acting: role, purpose and reason.
    """
    which = page or Looks()
    before, limit = which.checked()
    async with call.open() as opened:
        house = opened.house
        ask = await asking(house, acting or Reading(), action="show")
        view = await look.show(house, ask, person_of(person))
        if view.refused:
            raise _refusal(view, house.live().policy, ask)
        found = await looked.looked(house, view, before=before, limit=limit)
    return who_looked(person, found, call=call)


@APP.command(name="link")
async def join(person: str, other: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Say that two source persons are one: they are shown and erased together from now on.

    Args:
        person: an id that `person find` printed.
        other: another one.
        acting: the role.
    """
    one, two = (person_of(text) for text in (person, other))
    async with call.open() as opened:
        by = await _stranger(opened.house, (one, two), acting, action="link")
        row = await link.make(opened.house, one, two, by=by.id)
    return are_one({"person": person, "other": other, "link": row.id.hex()}, call=call)


@APP.command
async def unlink(person: str, other: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Undo that two source persons are one; every record goes back to whose it was, and events do not join them again.

    Args:
        person: an id that `person find` printed.
        other: the other one; `person show` names both.
        acting: the role.
    """
    one, two = (person_of(text) for text in (person, other))
    async with call.open() as opened:
        by = await _stranger(opened.house, (one, two), acting, action="unlink")
        undone = await link.undo(opened.house, one, two, by=by.id)
    return are_two({"person": person, "other": other, "undone": undone})


async def _stranger(house: House, persons: tuple[bytes, bytes], acting: As | None, *, action: str) -> Actor:
    """Who joins or parts these two: neither of them is their own record, which parting would open to them."""
    by = allowed(house, "person.link", (acting or As()).role)
    await require_other(house, *persons, actor=by, own=(await house.actor_facts.of(by)).own, action=action)
    return by


async def _person(call: Here, house: House, view: View, ask: Ask) -> Said:
    """One person's card, with what joins their source persons, or the refusal."""
    policy = house.live().policy
    if view.refused:
        raise _refusal(view, policy, ask)
    joints, kept_apart = await link.joints(house, view.persons), await link.held_apart(house, view.persons)
    return whole(view, told_of(view, policy, ask), Joined(joints, kept_apart), now=house.clock.now_ms(), call=call)


def _refusal(view: View, policy: Policy, ask: Ask) -> Refused:
    told = "expected something that may be shown, got nothing"
    if blind(policy, ask):
        told = f"expected a role that sees persons, got {roles_of(ask)}"
    return Refused(f"person: {told}", reasons=view.refused, hint=" ".join(why_refused(view, policy, ask)))


@APP.command
async def explain(person: str, field: str, /, *, acting: Reading | None = None, call: Here) -> Said:
    """Why a field of this person is open, masked or hidden for a role and purpose. The look is noted.

    Args:
        person: an id that `person find` printed.
        field: of the live policy.
        acting: role, purpose and reason.
    """
    who = person_of(person)
    async with call.open() as opened:
        house = opened.house
        policy = house.live().policy
        ask = await asking(house, acting or Reading(), action="show")
        require_field(house, field)
        view = await look.show(house, msgspec.structs.replace(ask, fields=(field,)), who)
        role = role_of(policy, ask, view, field)
        if not role or not policy.roles[role].for_:
            raise _refusal(view, policy, ask)
        lines = await explained(house, ask, view, field=field)
    value = {"person": person, "field": field, "because": [*lines, *undoable(view)]}
    return why_so(value, call=call)


_FLAGS = "lockhouse.faces.cli.commands.person_flag"
APP.command(f"{_FLAGS}:flag", name="flag", help="Watch over a person: only some roles see them, or a grant.")
APP.command(f"{_FLAGS}:unflag", name="unflag", help="Watch over a person no longer.")
APP.command(f"{_FLAGS}:flagged", name="flagged", help="Everybody who is watched over, by id.")
