"""An identity provider as the house knows it: its rules, and the port over which it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTOR = "identity-provider"
"""As the ledger calls a provider whose groups give a role, or give it no more."""


class Federation(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings say of the provider.

    Attributes:
        issuer: who it is, exactly. `client`: what it calls us. `name`: what staff call it.
        two_factors: which of its words stand for two factors, as the settings have them.
        groups: the claim that holds groups. `roles`: (group, role) pairs.
        max_age_s: how long ago somebody may have proven themselves there; 0: any time.
        only: whoever has an identity there signs in by it alone.
        hosts: that its document may lead to beside its own.
    """

    issuer: str
    client: str
    name: str
    two_factors: tuple[str, ...] = ()
    groups: str = "groups"
    roles: tuple[tuple[str, str], ...] = ()
    max_age_s: int = 0
    only: bool = False
    hosts: tuple[str, ...] = ()


class IdentityProvider(Protocol):
    """The provider. Of what it says only what it signed is passed on, and none of that has been weighed."""

    @property
    def rules(self) -> Federation:
        """What the settings say of it."""
        ...

    async def door(self, asked: Mapping[str, str]) -> str:
        """The address that a browser is sent to, with what is asked of it.

        Raises:
            Unavailable: the provider does not answer. Refused: its document is not one that is believed.
        """
        ...

    async def names_itself(self) -> bool:
        """Whether it says of itself that its answers name their issuer (RFC 9207 §3).

        Raises:
            Unavailable, Refused: as `door`.
        """
        ...

    async def claims(self, code: str, *, verifier: str, back: str) -> dict[str, Any]:
        """The claims of the ID token that it gives for a code.

        Args:
            code: that a browser brought. verifier: whose hash went with the browser. back: where it came back to.

        Raises:
            Unproven: it gives none for this code, or one that it did not sign.
            Unavailable, Refused: as `door`.
        """
        ...
