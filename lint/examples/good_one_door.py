# as: src/lockhouse/flows/example.py
"""Asks a gate; opening a file is another `open`, and admitting a ring to the keyring opens nothing."""

from pathlib import Path

from lockhouse.gates import disclose


async def show(house, ask, persons, ring):
    house.keyring.admit(ring)
    with Path("notice.txt").open() as notice:
        return notice.read(), [view async for view in disclose(house, ask, persons)]
