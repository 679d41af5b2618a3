"""Change: what is held of a person is put right on their word (GDPR Art. 16), for thirty days with an undo.

    1 read      what was typed, as intake would keep it, before anybody is looked up
    2 disclose  decided by the role's `change`, one of three tries taken, and noted, whatever comes of it
    3 compare   with the most believed value; the same one changes nothing
    4 seal      the correction, with its entry, in one commit (`gates.rectify`)

What a page or a command needs of it:

    declared = changeable(house, "phone")                         the field, or `Invalid`
    ask = replace(await look.ask_of(house, actor, action="change", purpose=..., reason=...), fields=("phone",))
    value = readable(house, "phone", typed)                       as it would be kept, or `Invalid`; of no person yet
    done = await change(house, ask, person, value)                `done.refused` are reason codes (`SENTENCES`), or
                                                                  `done.changed`, `done.entry`, `done.undo_until`
    await undo(house, ask, person)                                the same question takes the newest one back
    await changes(house, view.persons)                            what stands and until when it is undone, newest first

No value leaves any of these. Who is signed in at a console has a window for `person-change` first, one proof a shift,
or of a special field for `special-change`, five minutes (`access.step_up`, `gates.staff.steps.used_up`); a page shows
`FieldView.corrected` beside a value, and `View.former` where somebody was found by what has been put right since.

Of whoever is being erased or was, nothing is changed; of whoever is restricted only for `requests`, since putting right
is what a restriction waits for (Art. 18(1)(a)); nobody changes their own record. What a region is told by is not
changed here: it moves with what the person does.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, Invalid, NotFound, Unavailable
from lockhouse.gates.authority import checked
from lockhouse.gates.corrections import STANDS, UNDO_MS, standing
from lockhouse.gates.disclose import View, disclose
from lockhouse.gates.rectify import Ended, Wanted, correct, end_replaced, take_back
from lockhouse.gates.trusted_time import watched_now
from lockhouse.gates.typed import kept
from lockhouse.identity.normalise import plain_text
from lockhouse.model.rows import Correction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Field


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change.

    Attributes:
        view: the person as of the look, with why nothing may be changed; without any value.
        refused: reason codes, if nothing may be changed; then nothing else is filled in.
        changed: whether it was; False where that value is held already.
        entry: of the correction. `undo_until`: ms.
        tries_left: how often the field may be changed or checked again this hour.
    """

    view: View
    refused: tuple[str, ...] = ()
    changed: bool = False
    entry: bytes | None = None
    undo_until: int | None = None
    tries_left: int | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A correction that stands: of which field of which source person, by whom and when (ms), and until when undone."""

    person: bytes
    field: str
    by: str
    at: int
    undo_until: int
    entry: bytes


def changeable(house: House, field: str) -> Field:
    """The field as the live policy declares it.

    Raises:
        Invalid: it declares none, one with a list of values, or one that a region is told by.
    """
    policy = house.live().policy
    declared = policy.fields.get(field)
    if declared is None or declared.type == "list":
        raise Invalid(
            "field", "one of the live policy with a single value", got="another", hint="lockhouse policy show --full"
        )
    if field in policy.region_from:
        raise Invalid("field", "one by which no region is told", got="one under controller.region.from")
    return declared


def readable(house: House, field: str, typed: str) -> Any:
    """What was typed, as it would be kept; said before anything is looked up, so it says nothing of anybody.

    Raises:
        Invalid: as of `changeable`; or what was typed is no value of the field's type, or nothing but blanks.
    """
    declared = changeable(house, field)
    value = kept(house.live(), field, typed)
    if value is None:
        raise Invalid(field, f"a value of the type {declared.type}", got="something else")
    if not plain_text(str(value)):
        raise Invalid(field, "a value", got="nothing but blanks")
    return value


async def change(house: House, ask: Ask, person: bytes, value: Any) -> Changed:
    """The value is what is held of the one field asked for, noted and undoable; or why not.

    Args:
        house: as it stands.
        ask: with the action `change` and one field.
        person: an id of a source person.
        value: of `readable`.

    Raises:
        NotFound: there is no such person.
        Refused: it was decided otherwise since the look, or no purpose of the field is live for the person: noted.
        Conflict: the person's rows keep moving; nothing was changed.
    """
    [field] = ask.fields or ()
    changeable(house, field)
    async for view in disclose(house, ask, _one(person)):
        shown = view.fields.get(field)
        bare = msgspec.structs.replace(view, fields={})
        if view.refused:
            return Changed(view=bare, refused=view.refused, tries_left=view.tries_left)
        held = None if shown is None else shown.value  # what stays shut, for its age or its purpose, is put right too
        if held is not None and _same(house, value, held):
            return Changed(view=bare, tries_left=view.tries_left)
        whose = person if shown is None or shown.person is None else shown.person
        made = await correct(house, ask, Wanted(whose, field, value, view.entry))
        return Changed(
            view=bare, changed=True, entry=made.entry, undo_until=made.at + UNDO_MS, tries_left=view.tries_left
        )  # fmt: skip
    raise NotFound("person: expected an id that `person find` gave")


async def undo(house: House, ask: Ask, person: bytes) -> Ended:
    """The newest correction of the one field asked for is taken back: what was held before is held again.

    Whoever may change the field may undo, also what a colleague changed: they could change it back as well.

    Raises:
        NotFound: no correction of it stands.
        Refused: they may not, it is thirty days old, or a legal hold keeps it: noted.
        Conflict: the person's rows keep moving, or somebody else was first; nothing was undone.
    """
    [field] = ask.fields or ()
    changeable(house, field)
    return await take_back(house, ask, person)


async def changes(house: House, persons: Collection[bytes]) -> list[Standing]:
    """The corrections of these source persons that stand, the newest first; none has a value.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    names = house.live().names
    return [
        Standing(
            person=row.person, field=names.name("field", row.field) or f"#{row.field}", by=row.by, at=row.at,
            undo_until=row.at + UNDO_MS, entry=row.entry,
        )
        for row in reversed(await standing(house, persons))
    ]  # fmt: skip


async def end_former(house: House, *, by: str) -> int:
    """What waited for an undo for thirty days is gone; how many corrections ended.

    One of somebody who is ending, or whom a legal hold keeps, is left.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it.
        Tampered: a row was not made, or not left, as this house made it.
    """
    before, ended = await watched_now(house) - UNDO_MS, 0
    newest: dict[tuple[bytes, int], list[Correction]] = {}
    async for rows in house.reads.scan(Correction):
        for row in checked(rows, house.integrity_key):
            if row.state == STANDS:
                newest.setdefault((row.person, row.field), []).append(row)
    for stand in newest.values():
        stand.sort(key=lambda row: (row.at, row.record))
        for former, later in pairwise(stand):
            if later.at <= before:
                with suppress(NotFound, Conflict, Unavailable):
                    ended += await end_replaced(house, former, by=by)
    return ended


def _same(house: House, one: Any, other: Any) -> bool:
    salt = house.ids.random(16)
    digests = [house.row_macs.of("change/compared", lp(salt, str(value))) for value in (one, other)]
    return equal(*digests)


async def _one(person: bytes) -> AsyncIterator[bytes]:
    yield person
