"""What all answers and questions of the API have in common; the OpenAPI document is read off their classes.

Ids are random and stand in hex, times are ms since 1970, numbers of a scale stand as its words. A value is whatever a
field of the policy holds, and stands only where the disclose gate opened or masked it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$", description="32 hexadecimal digits")]
At = Annotated[int, msgspec.Meta(description="ms since 1970, UTC")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
Cursor = Annotated[str, msgspec.Meta(max_length=400, description="`next` of the page before; of no other question")]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Value = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, description="a person's value; never in a URL")]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is answered."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is asked: a word that nobody knows is an error, as a misspelt one would be a question not asked."""


class Nothing(Asked, frozen=True, kw_only=True):
    """A question without words."""
