"""`hold …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.call import id_of, person_of
from lockhouse.faces.cli.commands import hold
from lockhouse.faces.cli.remote.told import plain, require_own_role
from lockhouse.faces.cli.times import ms_of

if TYPE_CHECKING:
    from datetime import datetime

    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def list_(*, acting: As | None = None, call: Call) -> Said:
    """Every hold."""
    require_own_role(acting)
    with call.api() as house:
        return hold.listed(plain(house.hold_list())["holds"])


def show(which: str, /, *, acting: As | None = None, call: Call) -> Said:
    """One hold."""
    require_own_role(acting)
    id_of(which, where="hold", hint=hold.HOLDS)
    with call.api() as house:
        return hold.alone(plain(house.hold_show(which)))


def place(*persons: str, scope: hold.Scope, call: Call) -> Said:
    """Keep what is held of persons for a claim alone."""
    require_own_role(scope)
    if not persons:
        raise Invalid("persons", "at least one id that person find printed", got="none")
    hold.one_word("reason", scope.reason, "lawsuit")
    hold.one_word("basis", scope.basis, "7-O-12-26")
    asked = shapes.HoldAsked(
        persons=tuple(person_of(one).hex() for one in persons), reason=scope.reason, basis=scope.basis,
        review=ms_of(scope.review), compartments=scope.compartment,
        since=None if scope.since is None else ms_of(scope.since),
        before=None if scope.before is None else ms_of(scope.before),
    )  # fmt: skip
    with call.api() as house:
        return hold.placed(plain(house.hold_place(asked)))


def read(which: str, person: str, /, *, acting: As | None = None, call: Call) -> Said:
    """What a hold keeps of a person, for its claim."""
    require_own_role(acting)
    id_of(which, where="hold", hint=hold.HOLDS)
    with call.api() as house:
        return hold.seen_of(plain(house.hold_read(which, shapes.HeldAsked(person=person_of(person).hex()))))


def review(which: str, /, *, until: datetime, acting: As | None = None, call: Call) -> Said:
    """Say that a hold was looked at and stands on."""
    require_own_role(acting)
    id_of(which, where="hold", hint=hold.HOLDS)
    with call.api() as house:
        return hold.reviewed(plain(house.hold_review(which, shapes.ReviewAsked(until=ms_of(until)))))


def release(which: str, /, *, yes: bool = False, acting: As | None = None, call: Call) -> Said:
    """Destroy a hold's key."""
    require_own_role(acting)
    id_of(which, where="hold", hint=hold.HOLDS)
    with call.api() as house:
        known = house.hold_show(which)
        if known.state != "released":
            call.sure(hold.gone(known.keys), str(known.keys), yes=yes)
        return hold.released(plain(house.hold_release(which, shapes.ReleaseAsked(keys=known.keys))))
