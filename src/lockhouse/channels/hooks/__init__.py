"""Webhooks of providers: proven over the raw bytes, then read; no state, no clock, no input or output.

How a kind is added: docs/design/hooks.md.
"""

from lockhouse.channels.hooks.delivery import BAD_SIGNATURE, STALE, TEST_DELIVERY, Challenge, Delivery, Proven, Unproven
from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.registry import HOOKS, WIRES

__all__ = [
    "BAD_SIGNATURE",
    "HOOKS",
    "STALE",
    "TEST_DELIVERY",
    "WIRES",
    "Challenge",
    "Delivery",
    "HookKind",
    "Proven",
    "Risk",
    "Sample",
    "Unproven",
]
