"""`consent …` and `suppression …`, asked elsewhere. A value is asked for at the terminal, and goes in a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.client import shapes
from lockhouse.faces.cli.call import id_of, person_of
from lockhouse.faces.cli.commands import consent, suppression
from lockhouse.faces.cli.remote.told import plain, require_own_role, without

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def record(
    person: str, purpose: str, word: Literal["granted", "denied"], /, *, acting: As | None = None, call: Call
) -> Said:
    """Record a person's word on a purpose."""
    require_own_role(acting)
    person_of(person)
    with call.api() as house:
        told = house.consent_record(person, shapes.WordAsked(purpose=purpose, word=word))
    return consent.recorded(plain(told))


def show(person: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Everything a person said."""
    require_own_role(acting)
    person_of(person)
    with call.api() as house:
        told = house.consent_show(person)
    return consent.said_of(plain(told)["words"])


def undo(batch: str, /, *, yes: bool = False, acting: As | None = None, call: Call) -> Said:
    """Take back what a file said of consent."""
    require_own_role(acting)
    which = id_of(batch, where="batch", hint="lockhouse import list prints ids").hex()
    with call.api() as house:
        if not yes:
            stored = next((one.stored for one in house.import_list().batches if one.batch == which), 0)
            call.sure(consent.gone(stored), which[:8], yes=False)
        return consent.taken_back(plain(house.consent_undo(shapes.WordsAsked(batch=which))))


def suppress(
    kind: str, source: str | None = None, /, *, closing: suppression.Closing | None = None, call: Call
) -> Said:  # fmt: skip
    """Keep an identifier from being collected again."""
    said = closing or suppression.Closing()
    require_own_role(said)
    suppression.one_word(said.reason)
    with call.api() as house:
        value = call.terminal.personal(kind, source, example="lockhouse suppression add KIND")
        asked = shapes.SuppressAsked(kind=kind, value=value, purposes=said.purpose, reason=said.reason)
        told = plain(house.suppression_add(asked))
    return suppression.closing_told(without(told, "entry"))


def lift(kind: str, source: str | None = None, /, *, reason: str, acting: As | None = None, call: Call) -> Said:
    """Lift a suppression."""
    require_own_role(acting)
    suppression.one_word(reason)
    with call.api() as house:
        value = call.terminal.personal(kind, source, example="lockhouse suppression remove KIND")
        house.suppression_remove(shapes.LiftAsked(kind=kind, value=value, reason=reason))
    return suppression.lifted(kind, reason)


def suppressions(*, acting: As | None = None, call: Call) -> Said:
    """Every suppression."""
    require_own_role(acting)
    with call.api() as house:
        return suppression.listed(plain(house.suppression_list())["suppressions"])
