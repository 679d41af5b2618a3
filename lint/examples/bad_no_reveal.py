# as: src/lockhouse/flows/example.py
"""Takes key bytes out of their type outside crypto."""

from lockhouse.secret import Secret


def leak(key: Secret, keys: list[Secret]) -> list[bytes]:
    key.reveal()  # finds: no-reveal
    return list(map(Secret.reveal, keys))  # finds: no-reveal
