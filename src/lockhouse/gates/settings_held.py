"""Settings that weaken are held to what was approved: the stricter value is taken, or nothing serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.posture.weakening import REFUSED, decode, encode, picked, weaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.gates.house import House

SettingsT = TypeVar("SettingsT", bound=Any)
APPROVE = "put it back and start; change it while the house runs, and approve it on the console's page Policy"


def held(house: House, chosen: SettingsT, *, load: Callable[[], SettingsT]) -> SettingsT:
    """The settings with the approved value in place of each that is weaker; the house knows which those are.

    Args:
        house: whose policy was loaded.
        chosen: as they were read when this process began; whether the house sends mail follows from what is taken.
        load: reads them as they are now.
    """

    def read() -> str:
        try:
            return encode(picked(load()))
        except (Invalid, NotFound):  # nothing is approved of a file that cannot be read
            return encode(picked(chosen))

    house.strict.read = read
    approved = decode(house.strict.approved)
    house.strict.weakened = weaker(approved, picked(chosen))
    taken: SettingsT = replace(chosen, **{name: approved[name] for name in house.strict.weakened})
    house.sends_mail = bool(taken.smtp_host)
    return taken


def require_strict(house: House) -> None:
    """Nothing, if no setting is weaker by which this process would listen, or write, elsewhere than was approved.

    Raises:
        Refused: one is.
    """
    found = sorted(REFUSED & {*house.strict.weakened})
    if found:
        text = f"lockhouse.toml: expected {', '.join(found)} as approved, got something weaker (LH-3014)"
        raise Refused(text, reasons=("weaker",), hint=APPROVE)
