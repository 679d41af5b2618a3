# as: src/lockhouse/channels/example.py
"""Compares digests in constant time; lengths, versions and literals are no digests."""

import hmac


def verify(given: bytes, expected_mac: bytes, signatures: dict, version_tag: str) -> bool:
    if len(expected_mac) != len(given) or given[0] != 1 or version_tag == "v1":
        return False
    return hmac.compare_digest(expected_mac, given)
