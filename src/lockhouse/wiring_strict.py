"""Settings that weaken: a file that was changed is held against what was approved, and the stricter value serves."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse import settings
from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.posture.weakening import REFUSED, decode, encode, picked, weaker

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.house import House
    from lockhouse.settings import Settings

APPROVE = "put it back and start; change it while the house runs, and approve it on the console's page Policy"


def held(house: House, chosen: Settings, *, folder: Path) -> Settings:
    """The settings with the approved value in place of each that is weaker; the house knows which those are.

    Whether it sends mail follows from them.
    """

    def read() -> str:
        try:
            return encode(picked(settings.load(folder, os.environ)))
        except (Invalid, NotFound):  # nothing is approved of a file that cannot be read
            return encode(picked(chosen))

    house.strict.read = read
    approved = decode(house.strict.approved)
    house.strict.weakened = weaker(approved, picked(chosen))
    taken = replace(chosen, **{name: approved[name] for name in house.strict.weakened})
    house.sends_mail = bool(taken.smtp_host)
    return taken


def require_strict(house: House) -> None:
    """Nothing, if no setting is weaker by which this process would listen, or write, elsewhere than was approved.

    Raises:
        Refused: one is.
    """
    found = sorted(REFUSED & {*house.strict.weakened})
    if found:
        raise Refused(
            f"lockhouse.toml: expected {', '.join(found)} as approved, got something weaker (LH-3014)",
            reasons=("weaker",),
            hint=APPROVE,
        )
