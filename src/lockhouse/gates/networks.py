"""Whoever works here is told of a sign-in from a network that their account was not used from in the last 90 days.

A network is the /24 or /48 that a session keeps: an address that changes at home tells nobody anything. It stands under
a keyed tag of the login with it (`access.throttle.Scope.CAME`). Whatever becomes of the mail, who signed in is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.throttle import DAY_MS, Scope, Tally, is_known, signed_in
from lockhouse.gates.authority import sound
from lockhouse.gates.mail import notice_for
from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.mails import NewNetwork
from lockhouse.model.rows import Attempts

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.sessions import Seen
    from lockhouse.model.rows import Staff

_EVERY_MS = DAY_MS
"""That a network is still in use is written down once a day at most."""


async def came(house: House, whose: Staff, *, seen: Seen, enrols: bool = False) -> None:
    """The account was used from this network, and its owner is told of the first time in 90 days.

    Args:
        whose: the account, whose row was checked.
        enrols: it was made, or made anew, just now: nobody is told, since no sign-in is new to it yet.

    Raises:
        Tampered: a row is not as this house writes them.
    """
    tag = house.staff_keys.tag("came", whose.login_tag + seen.network.encode())
    key, now = (int(Scope.CAME), tag), house.clock.now_ms()
    row = (await house.reads.get(Attempts, [key])).get(key)
    sound([] if row is None else [row])
    knows = row is not None and is_known(Tally(row.failures, row.first_at, row.last_at, row.until_at), now=now)
    if row is not None and knows and now - row.last_at < _EVERY_MS:
        return
    puts = [Put(Attempts.TABLE, Attempts(int(Scope.CAME), tag, *signed_in(now=now)))]
    if not knows and not enrols:
        puts += notice_for(house, whose, NewNetwork(network=seen.network, agent=seen.agent, at=now))
    was = None if row is None else {"last_at": row.last_at}
    expects = (Expect(Attempts.TABLE, key, was, or_absent=False, because="attempts-moved"),)
    # Where it moved, another sign-in of theirs from there told of it.
    await house.commits.commit(Change("identity", puts=tuple(puts), expects=expects))
