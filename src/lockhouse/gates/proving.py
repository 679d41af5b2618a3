"""What proving oneself costs a process, and for which site."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from lockhouse.crypto.passkeys import Site
from lockhouse.model.federation import IdentityProvider
from lockhouse.model.leaked import Leaked

AT_ONCE = 2
"""Hashes in one process at a time: each holds 64 MiB and a core for a third of a second."""
LOCAL = Site(rp_id="localhost", origin="http://localhost:8410")
"""The console as it is before anything is set."""


@dataclass(slots=True)
class Proving:
    """How members prove who they are to this process.

    Attributes:
        site: whom passkeys are made for; the wiring sets it from `console_url`.
        provider: where members may sign in besides; None: nowhere else.
        leaked: passwords that leaked, of which none is taken; None: nobody is asked.
    """

    site: Site = LOCAL
    provider: IdentityProvider | None = None
    leaked: Leaked | None = None
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Tallies move one after the other in a process, so that an office that signs in together does not collide."""
    at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
