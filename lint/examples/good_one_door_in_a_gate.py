# as: src/lockhouse/gates/disclose/opening.py
"""The room where boxes are opened."""

from lockhouse.crypto import Noted


def opened(keyring, box, committed, person):
    noted = Noted.from_commit(house=committed.house)
    return keyring.open(box, noted, person=person)
