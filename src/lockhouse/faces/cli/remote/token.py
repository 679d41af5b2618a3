"""`token …`, asked elsewhere: a token makes others, with no more than itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.tokens import LIFE_DAYS, OVERLAP_DAYS
from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.call import id_of
from lockhouse.faces.cli.commands import token as tokens
from lockhouse.faces.cli.layout import Said, pairs
from lockhouse.faces.cli.remote.told import plain, require_own_role

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call


def create(name: str, /, *, scope: tokens.Scope | None = None, call: Call) -> Said:
    """Make a token. Its text comes once, over TLS."""
    said = scope or tokens.Scope()
    if said.acting is not None:
        raise Invalid("--as", "no role with --server, as a token acts in its own", got="one")
    asked = shapes.TokenAsked(
        name=name, role=said.role, may=said.may, purposes=said.purpose, networks=said.network, days=said.days
    )
    with call.api() as house:
        told = house.token_create(asked)
    return tokens.created(plain(told.token), told.text)


def list_(*, acting: As | None = None, call: Call) -> Said:
    """Every token."""
    require_own_role(acting)
    with call.api() as house:
        told = plain(house.token_list())
    return tokens.listed(told["tokens"], told["spoilt"], call=call)


def show(token: str, /, *, acting: As | None = None, call: Call) -> Said:
    """One token."""
    require_own_role(acting)
    id_of(token, where="token", hint=tokens.LIST)
    with call.api() as house:
        told = plain(house.token_show(token))
    return Said(told, pairs(tokens.lines(told)))


def rotate(
    token: str, /, *, days: int = LIFE_DAYS, overlap_days: int = OVERLAP_DAYS, acting: As | None = None, call: Call
) -> Said:  # fmt: skip
    """Make a token in another's place."""
    require_own_role(acting)
    id_of(token, where="token", hint=tokens.LIST)
    with call.api() as house:
        made = house.token_rotate(token, shapes.RotateAsked(days=days, overlap_days=overlap_days))
        left = house.token_show(token)
    return tokens.rotated(plain(made.token), made.text, taken_until=left.until, call=call)


def revoke(token: str, /, *, yes: bool = False, acting: As | None = None, call: Call) -> Said:
    """End a token for good."""
    require_own_role(acting)
    id_of(token, where="token", hint=tokens.LIST)
    with call.api() as house:
        known = house.token_show(token)
        if known.state != "revoked":
            call.sure(tokens.shut_out(known.name), known.name, yes=yes)
        told = plain(house.token_revoke(token))
    return tokens.revoked(told, call=call)
