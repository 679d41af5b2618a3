"""The outcome codes that gates and flows answer with. Their sentences stand in one table in the faces.

`LH-0xxx` something was stored or was there already, `LH-1xxx` the item or the sender is wrong, `LH-2xxx` the
policy, a consent or an ending decided, `LH-5xxx` something of ours is away.
"""

from __future__ import annotations

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
