"""People who are watched over: of public life, at risk, or whoever the house wants nobody to look at without need.

Only roles that may `person.flagged` see anything of them, or whoever has a grant that names them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.authority import checked, signed
from lockhouse.gates.disclose.about import LIVE
from lockhouse.gates.disclose.decided import with_facts
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import flag_draft, tell, untold
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import PersonFlag

if TYPE_CHECKING:
    from lockhouse.gates.house import House

OVER = 0
_REASON = re.compile(r"[a-z][a-z-]{1,39}")


async def flag(house: House, person: bytes, *, reason: str, by: str) -> PersonFlag:
    """The person is watched over from the next look on, and so is whoever they are joined to.

    Args:
        house, person: whom. by: who says so.
        reason: a word, which the ledger keeps: no name, and nothing of the case.

    Raises:
        Invalid: the reason is no word.
        NotFound: there is no such person, or they have ended.
        Moved: somebody changed it meanwhile.
    """
    if not _REASON.fullmatch(reason):
        raise Invalid("reason", "a word in small letters, as public-life or at-risk", got="another form")
    return await _stored(house, person, state=LIVE, reason=reason, by=by)


async def unflag(house: House, person: bytes, *, by: str) -> PersonFlag:
    """The person is watched over no longer.

    Raises:
        NotFound: they are not.
        Moved: somebody changed it meanwhile.
    """
    before = await _flag_of(house, person)
    if before is None or before.state != LIVE:
        raise NotFound("person: expected one who is flagged", hint="lockhouse person flagged")
    return await _stored(house, person, state=OVER, reason=before.reason, by=by)


async def flagged(house: House) -> list[PersonFlag]:
    """Everybody who is watched over now, by id.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    rows = [row async for some in house.reads.scan(PersonFlag) for row in checked(some, house.integrity_key)]
    return sorted((row for row in rows if row.state == LIVE), key=lambda row: row.person)


async def _flag_of(house: House, person: bytes) -> PersonFlag | None:
    rows = (await house.reads.get(PersonFlag, [(person,)])).values()
    return next(iter(checked(rows, house.integrity_key)), None)


async def _stored(house: House, person: bytes, *, state: int, reason: str, by: str) -> PersonFlag:
    known = [facts for group in await with_facts(house, [person]) for one, facts in group.items() if one == person]
    await admit_rings(house, [person])
    if not known or known[0].ending or house.keyring.version_of(person) is None:
        raise NotFound("person: expected an id that `person find` gave")
    before = await _flag_of(house, person)
    row = PersonFlag(person, state, reason, by, house.clock.now_ms(), house.ids.new(), b"")
    whole = signed(row, house.integrity_key)
    late = [] if before is None else [flag_draft(house, one) for one in await untold(house, [before])]
    draft = flag_draft(house, whole)
    values = None if before is None else {"mac": before.mac}
    as_read = Expect(PersonFlag.TABLE, (person,), values, or_absent=False, because="flag-moved")
    change = Change("identity", puts=(Put(PersonFlag.TABLE, whole),), expects=(as_read,))
    if isinstance(await house.commits.commit(change), Conflict):
        raise Moved("person: expected their flag as it was read", hint="try again")
    await tell(house, [], [*late, draft])
    return whole
