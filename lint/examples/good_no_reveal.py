# as: src/lockhouse/faces/example.py
"""Hands secrets on closed; showing a person's value to staff is another `reveal`, and takes arguments."""

from lockhouse.secret import Secret


def pass_on(key: Secret, client: object, person: bytes) -> tuple[Secret, object]:
    return key, client.reveal(person, reason="refund")
