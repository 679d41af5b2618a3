"""What a route is: one value of which the router, the authorisation, OpenAPI and the documentation are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.api.shapes import Answer, Asked, Nothing, id_of
from lockhouse.flows import token as tokens
from lockhouse.flows.look import ask_of, nothing
from lockhouse.gates.house import House
from lockhouse.gates.tokens import Bearer
from lockhouse.model.decision import Action, Actor, Ask, Wanted
from lockhouse.model.policy import Recipient
from lockhouse.model.ports import Journal, RootStatus, Sequencer
from lockhouse.policy.decide import sees_nothing

PREFIX = "/api/v1"
Method = Literal["GET", "POST"]


class Needs(NamedTuple):
    """Who may ask: nobody in particular, any token that stands, one with a permission, or one whose role looks.

    Attributes:
        word: of a permission, its words, as `ledger.read`; of a look, what is done.
    """

    kind: Literal["public", "token", "permission", "look"]
    word: str = ""


class Beside(Protocol):
    """What the house's folder and its other processes say."""

    def key_of(self, recipient: Recipient) -> str:
        """Where a recipient's write key lies, or what is wrong with it; never the key."""
        ...

    def address(self) -> str:
        """Where senders reach the collect listener."""
        ...

    async def works(self) -> bool:
        """Whether the house's worker runs."""
        ...

    async def root(self) -> RootStatus:
        """Which generations of the root key are there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The house as the API serves it.

    Attributes:
        sequencer: signs checkpoints.
        verifier: the log's verifier key.
        journal: of destroyed keys.
        beside: what stands beside the stores.
    """

    house: House
    sequencer: Sequencer
    verifier: str
    journal: Journal
    beside: Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request behind its authorisation: who asks, and what, already parsed."""

    desk: Desk
    token: Bearer
    path: Mapping[str, str]
    query: Any
    body: Any
    route: Route

    @property
    def house(self) -> House:
        """The house."""
        return self.desk.house

    @property
    def actor(self) -> Actor:
        """The token as the ledger names it; its looks count to whoever answers for it."""
        role = self.token.terms.role
        return Actor(
            id=f"service:{self.token.id.hex()}", kind="token", roles=(role,) if role else (), owner=self.token.owner
        )

    def id(self, name: str) -> bytes:
        """An id of the path.

        Raises:
            Invalid: it is none.
        """
        return id_of(self.path[name], where=name)

    async def ask(self, *, purpose: str | None, mode: Wanted = "masked", reason: str | None = None) -> Ask:
        """The question of a look, in the token's role, for a purpose that both name. What may not be is noted.

        Raises:
            Invalid: there is no such purpose, several and none was named, or the reason is none of the role's.
            Refused: the token does not name the purpose, or its role sees nobody for it.
        """
        action: Action = self.route.needs.word  # type: ignore[assignment]  # words of Action, a test holds them
        terms, house = self.token.terms, self.house
        chosen = purpose or (terms.purposes[0] if len(terms.purposes) == 1 else None)
        known = {one.name for one in house.live().policy.purposes} | set(terms.purposes)
        if chosen is not None and chosen not in known:
            raise Invalid("purpose", f"one of {', '.join(sorted(known))}", got="another")
        asked = await ask_of(house, self.actor, action=action, purpose=chosen, mode=mode, reason=reason)
        ask = msgspec.structs.replace(asked, facts=await tokens.facts(house, self.token))
        if ask.purpose not in terms.purposes:
            await _refuse(house, ask, "a purpose that the token names", "not-for-this-purpose")
        if sees_nothing(house.live().policy, ask):
            await _refuse(house, ask, "a role that sees persons", "class-not-seen")
        return ask


async def _refuse(house: House, ask: Ask, expected: str, reason: str) -> None:
    entry = await nothing(house, ask)
    raise Refused(f"{ask.action}: expected {expected}, got another; noted as {entry.hex()}", reasons=(reason,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address.

    Attributes:
        path: below `/api/v1`; `{word}` stands for an id or a name, never for a person's value.
        name: what it does, stable: the command line's words, as `ledger.log`.
        act: gives the answer of a call that was authorised.
        changes: whether it changes something: then it takes an `Idempotency-Key`.
        tagged: whether its answer has an `ETag`: single things that are no look at a person.
    """

    method: Method
    path: str
    name: str
    about: str
    needs: Needs
    act: Callable[[Call], Awaitable[Answer]]
    answer: type[Answer]
    query: type[Asked] = Nothing
    body: type[Asked] | None = None
    changes: bool = False
    tagged: bool = False

    @property
    def words(self) -> list[str]:
        """What stands in braces."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
