"""The outcome codes that gates and flows answer with. Their sentences stand in one table in the faces.

`LH-0xxx` something was stored or was there already, `LH-1xxx` the item or the sender is wrong, `LH-2xxx` the
policy, a consent or an ending decided, `LH-5xxx` something of ours is away.
"""

from __future__ import annotations

from functools import cache
from typing import Final

STORED: Final = "LH-0000"
TRIMMED: Final = "LH-0001"
OBSERVED: Final = "LH-0002"
DUPLICATE: Final = "LH-0100"
MESSAGE_ID_CONFLICT: Final = "LH-0101"
SET_ASIDE: Final = "LH-0300"
SUPPRESSED: Final = "LH-2101"
NO_FIELD_LEFT: Final = "LH-2107"
ERASED_BEFORE: Final = "LH-2110"
EXPIRED_ON_ARRIVAL: Final = "LH-2111"
NO_SUCH_EVENT: Final = "LH-2120"
UNSETTLED: Final = "LH-5001"

_PREFIX: Final = "LH-"


@cache
def brief(code: str) -> str:
    """A code as receipts keep it, of which there is one an event: `LH-0001` is `1`, `LH-2107` is `2107`."""
    return code.removeprefix(_PREFIX).lstrip("0") or "0"


def whole(kept: str) -> str:
    """The code that a receipt keeps; those of before this version keep it whole, and so does one that was edited."""
    return f"{_PREFIX}{kept:0>4}" if kept.isascii() and kept.isdigit() else kept
