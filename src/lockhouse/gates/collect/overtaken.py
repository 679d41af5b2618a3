"""A suppression may become durable in another process while a group is on its way, and is obeyed by that group too.

Whoever suppresses moves the key epoch, and looks once more for owners when every process has heard of it. So a group
looks whether that epoch moved since it began: before it makes anybody, and again when whom it made can be found by
others, before anything is sealed for them. Endings move the epoch as well, so that nothing is lost by its move alone:
only an item of which the suppressions are not as they were is decided again, and no storm of endings holds up a group.

Between that look and the commit that makes somebody, a suppression may become durable all the same. So that commit
expects the suppressions as they were read: they lie in the same store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.gates.facts import as_they_were, suppressed_by, suppression_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House
    from lockhouse.model.change import Expect

LOOKS = 3
"""At the suppressions, while the epoch goes on moving under each look."""


@dataclass(slots=True)
class Since:
    """By which key epoch a group is decided; to be taken before the look-ups."""

    key: int

    async def overtaken(self, house: House, works: Sequence[Work]) -> list[Work]:
        """The works of which a suppression came or went since then; they are to be decided again.

        Afterwards and until something is awaited, the others are decided by everything that this process has heard of.
        """
        lost: dict[int, Work] = {}
        for _ in range(LOOKS):
            if self.key == (now := house.epochs.key()):
                break
            self.key = now
            identified = [work.reducer.identifiers(work.event, seen=work.seen) for work in works]
            for work, found in zip(works, await suppressed_by(house, identified), strict=True):
                if found.closes != work.suppressions:
                    lost[id(work)] = work
        else:
            if self.key != house.epochs.key():
                lost = {id(work): work for work in works if work.found}
        for work in lost.values():
            house.facts.drop(work.person)
        return list(lost.values())


def unsuppressed_since(house: House, work: Work) -> list[Expect]:
    """That the suppressions of its identifiers are as it was decided by; of an item that makes somebody findable.

    Or that says a word. One key read an identifier, so that nothing is asked of the many that bring neither.
    """
    if not (work.is_new or work.new_words or work.indexes):
        return []
    as_read = work.suppressions_read
    if as_read is None:  # the house has none: then nobody looked for its own
        as_read = dict.fromkeys(suppression_keys(house, work.reducer.identifiers(work.event, seen=work.seen)))
    return as_they_were(as_read)
