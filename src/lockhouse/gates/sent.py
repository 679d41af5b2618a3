"""How a recipient stands: what waits, what went out and what was held back of the last day, counted up to a bound.

What a page costs does not grow with what was ever sent: each count is one read of the outbox's index, and ends at
`MOST`. `lockhouse recipient show` counts all of it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.model.ids import DAY_MS, first_id
from lockhouse.model.rows import Outbox

if TYPE_CHECKING:
    from lockhouse.gates.house import House

MOST: Final = 1_000
"""A count ends here: beyond it the number is not what matters."""
_WAITING, _SENT, _HELD, _DEAD = range(4)
"""As `Outbox.state` has them."""


class Standing(NamedTuple):
    """How a recipient stands.

    Attributes:
        waiting, dead: events of whatever age. sent, held: of what came in within a day. Each at most `MOST`.
        reasons: (code, how many) of what was held back or is dead, as far as it was counted, the most frequent first.
    """

    waiting: int
    sent: int
    held: int
    dead: int
    reasons: tuple[tuple[str, int], ...]


async def standing(house: House, recipient: int) -> Standing:
    """How a recipient stands, by its number."""
    a_day_ago = (first_id(house.clock.now_ms() - DAY_MS),)
    rows = {}
    for state, after in ((_WAITING, None), (_SENT, a_day_ago), (_HELD, a_day_ago), (_DEAD, None)):
        rows[state] = await house.reads.find(
            Outbox, ("recipient", "state"), [(recipient, state)], after=after, limit=MOST
        )
    reasons = Counter(row.reason or "unknown" for state in (_HELD, _DEAD) for row in rows[state])
    waiting, sent, held, dead = (len(some) for some in rows.values())
    return Standing(waiting, sent, held, dead, tuple(reasons.most_common()))
