"""A password that somebody chooses: weighed against the house's own words, and hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.gates.staff.proving import hashed, weighed

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.called import Called

HINTS = {
    "guessed-first": "it is among those that are guessed first: take a few words that do not belong together",
    "leaked": "it leaked somewhere, and is tried before others: take one that you use nowhere else",
    "not-text": "type it anew",
    "of-this-house": "leave out the names of the house and your own",
    "too-long": "256 signs are enough",
    "too-short": "8 signs at least; a sentence is easier to remember",
}
"""What to do about a password that is not taken, by `access.passwords.Refusal`."""


async def chosen(house: House, who: Called, password: str) -> str:
    """The PHC text of a password that somebody chose to sign in with, beside a second factor.

    Raises:
        Invalid: the house does not take it; the hint says why.
        Unavailable: nobody can say whether it leaked, and the house is to ask.
    """
    said = await weighed(house, password, words=(who.login, who.name, controller_of(house), "lockhouse"))
    if said is not None:
        raise Invalid("password", "one that is hard to guess", got=said, hint=HINTS[said])
    return await hashed(house, password)


def controller_of(house: House) -> str:
    """What the house's policy calls whoever answers for the data; empty before there is one."""
    return house.live_policy.policy.controller.name if house.live_policy else ""
