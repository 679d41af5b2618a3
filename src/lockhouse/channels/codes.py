"""The outcome codes that a parser answers with. Their sentences stand in one table in the faces."""

from __future__ import annotations

from typing import Final

BAD_ITEM: Final = "LH-1001"
TWICE_A_KEY: Final = "LH-1002"
BAD_TYPE: Final = "LH-1003"
BAD_MESSAGE_ID: Final = "LH-1004"
ITEM_TOO_LARGE: Final = "LH-1005"
ITEM_TOO_DEEP: Final = "LH-1006"
NUMBER_TOO_LARGE: Final = "LH-1007"
NOT_JSON: Final = "LH-1010"
BODY_TOO_LARGE: Final = "LH-1011"
TOO_MANY_ITEMS: Final = "LH-1012"
BAD_GZIP: Final = "LH-1013"
