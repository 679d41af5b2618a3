"""`person looked`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.call import person_of
from lockhouse.faces.cli.commands.person import Looks
from lockhouse.faces.cli.remote.told import require_own_role
from lockhouse.faces.cli.told import who_looked
from lockhouse.flows.looked import Look, Looked

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import Reading
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def looked(person: str, /, *, page: Looks | None = None, acting: Reading | None = None, call: Call) -> Said:
    """Who looked at a person; asking is a look too.

    Raises:
        Invalid: a reason is named, which the API takes for no masked look.
    """
    require_own_role(acting)
    if acting is not None and acting.reason is not None:
        raise Invalid("--reason", "no reason with --server, as this look opens nothing", got="one")
    before, limit = (page or Looks()).checked()
    asked = shapes.LooksAsked(
        purpose=acting.purpose if acting else None, limit=limit, before=before.hex() if before else None
    )
    with call.api() as house:
        told = house.person_looked(person_of(person).hex(), asked)
    found = Looked(looks=tuple(_look(one) for one in told.looks), more=told.more, spoilt=told.spoilt)
    return who_looked(person, found, call=call)


def _look(one: shapes.LookShown) -> Look:
    parts = msgspec.structs.asdict(one)
    return Look(**parts | {"entry": bytes.fromhex(one.entry), "open": (*one.open,), "masked": (*one.masked,)})
