"""Who a call of the command line acts as, once its house is open: the machine's user, a member, or a token.

It is resolved once a call, by `gate`, and read by `acting`; outside of an open house the machine's user acts.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.model.decision import Actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.flows.session import Live
    from lockhouse.gates.tokens import Bearer


class Who(NamedTuple):
    """Who acts.

    Attributes:
        kind: `free`: the machine's user in any role, where nobody has enrolled or the house is a demo; `machine`: that
            user without one; `member`, who is `live`; `token`, of `bearer`.
        proven_at: when (ms) the member proved last that they mean what is done; None: never.
    """

    kind: Literal["free", "machine", "member", "token"] = "free"
    live: Live | None = None
    bearer: Bearer | None = None
    proven_at: int | None = None

    @property
    def actor(self) -> Actor | None:
        """As the ledger calls them; None for the machine's user."""
        if self.live is not None:
            return Actor(
                id=self.live.actor, kind="staff", roles=tuple(sorted(self.live.roles)), shown="a member of staff"
            )
        if self.bearer is not None:
            role = self.bearer.terms.role
            roles, owner = (role,) if role else (), self.bearer.owner
            return Actor(id=f"service:{self.bearer.id.hex()}", kind="token", roles=roles, owner=owner)
        return None


_NOW: ContextVar[Who] = ContextVar("lockhouse_who", default=Who())  # noqa: B039  (a tuple, which nothing changes)


def now() -> Who:
    """Who acts in this call."""
    return _NOW.get()


@contextmanager
def acts(who: Who) -> Iterator[None]:
    """Somebody acts for as long as the block runs."""
    before = _NOW.get()
    _NOW.set(who)
    try:
        yield
    finally:
        _NOW.set(before)
