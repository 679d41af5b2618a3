# as: src/lockhouse/adapters/kms_file.py
"""A root adapter wraps key bytes, so it must see them."""

from lockhouse.secret import Secret


def wrap(key: Secret) -> bytes:
    return key.reveal()
