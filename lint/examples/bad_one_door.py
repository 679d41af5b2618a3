# as: src/lockhouse/flows/example.py
"""Goes around the gates in each way there is."""

from lockhouse.crypto import Noted
from lockhouse.crypto.seal import open_box, seal_box  # finds: one-door


def peek(house, box, person):
    noted = Noted.from_commit(house=house)  # finds: one-door
    house.keyring.open(box, noted, person=person)  # finds: one-door
    sealing = house.keyring.seal  # finds: one-door
    open_box(box), seal_box(box)
    return sealing
