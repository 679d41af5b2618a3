"""Where the port of the identity provider meets HTTP: who may sign in there, by the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.access.federation import group_role, is_loopback
from lockhouse.adapters.identity_provider import Client, OidcProvider
from lockhouse.adapters.outbound import SafeHTTP
from lockhouse.model.federation import Federation

if TYPE_CHECKING:
    from lockhouse.model.ports import Clock
    from lockhouse.settings import Settings

WITHIN_S = 5.0
"""What one exchange with a provider may take: somebody waits before their browser."""
_HERE = ("127.0.0.0/8", "::1/128")


def provider_of(chosen: Settings, clock: Clock) -> OidcProvider | None:
    """The identity provider of these settings; None where there is none."""
    if not chosen.oidc_issuer:
        return None
    host = urlsplit(chosen.oidc_issuer).hostname or ""
    rules = Federation(
        issuer=chosen.oidc_issuer, client=chosen.oidc_client, name=chosen.oidc_name or host,
        two_factors=chosen.oidc_two_factors, groups=chosen.oidc_groups, only=chosen.oidc_only,
        roles=tuple(filter(None, map(group_role, chosen.oidc_roles))), max_age_s=chosen.oidc_max_age_min * 60,
        hosts=chosen.oidc_hosts,
    )  # fmt: skip
    http = SafeHTTP(
        private=(*chosen.oidc_networks, *(_HERE if is_loopback(host) else ())), trust=chosen.oidc_trust or None,
        within_s=WITHIN_S, whom=("identity provider", "oidc_networks"),
    )  # fmt: skip
    file = Path(chosen.oidc_secret_file) if chosen.oidc_secret_file else None
    return OidcProvider(rules, http=http, clock=clock, client=Client(file, in_body=chosen.oidc_client_auth == "post"))


__all__ = ["provider_of"]
