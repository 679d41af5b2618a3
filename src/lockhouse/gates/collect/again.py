"""Which messages came before: those with a receipt, but for events that the policy did not name then.

Of such an event nothing was kept, and nobody's word decided it: named since, it is decided when it comes again, as if
for the first time. As long as it is not named its receipt makes a repeat a duplicate, which counts nothing twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.model import codes
from lockhouse.model.change import Expect
from lockhouse.model.rows import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House

_UNNAMED = {"record": None, "code": codes.brief(codes.NO_SUCH_EVENT)}


def unreceived(channel: int, message: bytes, *, code: str | None = None) -> Expect:
    """That a message has not come before; `code`: of its refusal, None where something of it is stored."""
    if code == codes.NO_SUCH_EVENT:
        return Expect(Receipt.TABLE, (channel, message), None, False, "received")  # noqa: FBT003
    return Expect(Receipt.TABLE, (channel, message), _UNNAMED, True, "received")  # noqa: FBT003


async def received(house: House, keys: Sequence[tuple[int, bytes]]) -> dict[tuple[object, ...], Receipt]:
    """The receipts of those, by (channel, message), that came before and that the policy names, as it rules now."""
    found = await house.reads.get(Receipt, keys)
    return {
        key: row for key, row in found.items()
        if row.record is not None or row.code != _UNNAMED["code"]
    }  # fmt: skip
