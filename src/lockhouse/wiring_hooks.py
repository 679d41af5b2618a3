"""Where what kinds of webhooks need from their provider's own host meets HTTP."""

from __future__ import annotations

from lockhouse.adapters.outbound import SafeHTTP

WITHIN_S = 3.0
"""What one exchange may take: a provider waits for its answer meanwhile."""


def hook_http() -> SafeHTTP:
    """The way out to hosts that kinds pin: to public addresses alone, whatever recipients may be sent to."""
    return SafeHTTP(within_s=WITHIN_S, whom=("webhook provider", "no setting"))


__all__ = ["hook_http"]
