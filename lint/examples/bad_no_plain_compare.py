# as: src/lockhouse/channels/example.py
"""Compares digests in a time that tells how far they agree."""

import hashlib


def verify(body: bytes, given: bytes, row, expected_mac: bytes) -> bool:
    if expected_mac != given:  # finds: no-plain-compare
        return False
    if hashlib.sha256(body).digest() == given:  # finds: no-plain-compare
        return True
    if row.tag[:8] == given:  # finds: no-plain-compare
        return True
    return given == row.signature  # finds: no-plain-compare
