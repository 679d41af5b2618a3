"""Who may come in: a token by its header, how often, and what it may do. Nothing here looks at a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces import logs
from lockhouse.faces.api import problems
from lockhouse.faces.api.problems import RejectedError
from lockhouse.flows import token as tokens
from lockhouse.gates.tokens import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from lockhouse.faces.api.limits import Limiter
    from lockhouse.faces.api.route import Route
    from lockhouse.gates.house import House
    from lockhouse.gates.tokens import Bearer

SCHEME = "bearer"
CHALLENGE = 'Bearer realm="lockhouse"'
"""RFC 6750 §3; with `error="invalid_token"` where something was shown (§3.1)."""


class Door:
    """Lets tokens in.

    Args:
        limiter: counts requests.
        network_of: the address that a request came from; None where nobody knows it.
    """

    def __init__(self, limiter: Limiter, network_of: Callable[[Scope], str | None]) -> None:
        self._limiter = limiter
        self._network_of = network_of

    async def admitted(self, house: House, request: Request, headers: dict[str, str]) -> Bearer:
        """The token that was shown and stands; `headers` gets what its answer says of the limit.

        Why another does not stand is told to the log, with its id if it has one, and not to whoever showed it.
        """
        network = self._network_of(request.scope)
        shown = request.headers.getlist("authorization")
        scheme, _, text = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
        seen = await tokens.shown(house, text.strip(), network=network) if scheme.lower() == SCHEME else None
        if seen is None or isinstance(seen, Refusal):
            left = self._limiter.of_stranger(network)
            headers.update(left.headers())
            if left.over:
                raise RejectedError(problems.TOO_MANY)
            if seen is not None and seen.token is not None:
                logs.get().warning("token refused", token=seen.token.hex(), why=seen.why)
            invalid = ', error="invalid_token"' if shown else ""
            raise RejectedError(problems.NO_TOKEN, headers={"WWW-Authenticate": CHALLENGE + invalid})
        left = self._limiter.of_token(seen.id)
        headers.update(left.headers())
        if left.over:
            raise RejectedError(problems.TOO_MANY)
        return seen

    def require(self, house: House, token: Bearer, route: Route) -> None:
        """Return only if the token may ask for this at all; a look at a person is decided by the gate besides.

        Raises:
            RejectedError: it lacks the permission, or names no purpose to look for.
        """
        kind, word = route.needs
        if kind == "permission" and not tokens.may(house.live().policy, token, word):
            raise RejectedError(problems.NO_PERMISSION, f"token: expected one with {word}, got one without")
        if kind == "look" and not (token.terms.role and token.terms.purposes):
            raise RejectedError(
                problems.NO_PERMISSION, "token: expected one with a role and a purpose, got one without"
            )
