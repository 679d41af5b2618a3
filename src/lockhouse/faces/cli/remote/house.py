"""`version`, `why`, `import list`, `import undo` and `key status`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.client import shapes
from lockhouse.errors import NotFound
from lockhouse.faces.cli.call import id_of
from lockhouse.faces.cli.commands import imports, key
from lockhouse.faces.cli.commands import version as versions
from lockhouse.faces.cli.commands import why as whys
from lockhouse.faces.cli.remote.told import plain, require_own_role
from lockhouse.flows.why import Why

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def version(*, call: Call) -> Said:
    """Which Lockhouse the house runs on."""
    with call.api() as house:
        return versions.told(plain(house.version()))


def why(message: str, /, *, call: Call) -> Said:
    """What became of one message."""
    with call.api() as house:
        told = house.why(shapes.WhyAsked(message=message))
    found = [msgspec.convert(plain(one), Why) for one in told.answers]
    gone = {one.record for one in told.answers if one.gone and one.record is not None}
    return whys.told(found, gone)


def imports_(*, call: Call) -> Said:
    """Every batch that was imported."""
    with call.api() as house:
        return imports.listed(plain(house.import_list())["batches"], call=call)


def keys(*, call: Call) -> Said:
    """How many keys there are."""
    with call.api() as house:
        return key.counted(plain(house.key_status()))


def undo_import(batch: str, /, *, yes: bool = False, acting: As | None = None, call: Call) -> Said:
    """Take a batch back."""
    require_own_role(acting)
    id_of(batch, where="batch", hint="lockhouse import list prints ids")
    with call.api() as house:
        found = next((one for one in house.import_list().batches if one.batch == batch), None)
        if found is None:
            raise NotFound("batch: expected one that was imported, got another", hint="lockhouse import list")
        call.sure(imports.going(found.stored), batch[:8], yes=yes)
        told = house.import_undo(batch, shapes.UndoBatchAsked(stored=found.stored))
    return imports.taken_back(plain(told), call=call)
