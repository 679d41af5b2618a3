"""`version`, `why`, `import list` and `key status`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.client import shapes
from lockhouse.faces.cli.commands import imports, key
from lockhouse.faces.cli.commands import version as versions
from lockhouse.faces.cli.commands import why as whys
from lockhouse.faces.cli.remote.told import plain
from lockhouse.flows.why import Why

if TYPE_CHECKING:
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
