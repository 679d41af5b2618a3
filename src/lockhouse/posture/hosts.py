"""Whether a host is one's own by its name or address alone; nothing is looked up."""

from __future__ import annotations

from ipaddress import ip_address

_OWN = (".internal", ".lan", ".local", ".localhost", ".home.arpa")
"""Ends of names that the public DNS gives to nobody (RFC 6761, RFC 6762, RFC 8375, and ICANN's `.internal`)."""


def is_own(host: str) -> bool:
    """Whether a host can only be this machine or one of its own network: a private address, or a name without an owner.

    A public name may well be the house's own too; that is for somebody to say who knows.
    """
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.rstrip(".").endswith(_OWN)
