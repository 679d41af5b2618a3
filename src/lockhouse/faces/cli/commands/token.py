"""`lockhouse token …`: keys for systems that use the API, each in one role of the policy and never more than it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lockhouse.access.tokens import LIFE_DAYS, OVERLAP_DAYS, REVOKED, Terms, decoded
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, id_of, noun
from lockhouse.faces.cli.layout import Said, day, pairs, table, when
from lockhouse.flows import token as flow
from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.gates.tokens import Made
    from lockhouse.model.rows import Token

APP = noun("token", "Keys for systems that use the API: each in one role, for a while, from where it says.")
LIST = "lockhouse token list"
OUT_OF_HISTORY = "Keep it in a secret store; it stands in no log and is shown nowhere else."


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a token may do, and how long."""

    role: str = ""
    """role of the policy that the token narrows; without one it may do nothing that a role decides"""
    acting: Annotated[str | None, Parameter(name="--as")] = None
    """role of the policy to act in; the first that may, if none is named"""
    may: tuple[str, ...] = ()
    """a permission such as ledger.read or request.*, as the policy gives it to the role; none if none is named"""
    purpose: Annotated[tuple[str, ...], Parameter(name="--for")] = ()
    """a purpose of the role to look at persons for; it looks at nobody if none is named"""
    network: tuple[str, ...] = ()
    """a network it may come from, such as 10.0.0.0/8; this machine alone, if none is named"""
    days: int = LIFE_DAYS
    """how long it lives, at most 365"""


@APP.command
async def create(name: str, /, *, scope: Scope | None = None, call: Here) -> Said:
    """Make a token for a system. It is shown once and stored as a keyed hash.

    For example `lockhouse token create helpdesk --role support --for fulfilment --network 10.0.0.0/8`, or `lockhouse
    token create siem --role auditor --may ledger.read`.

    Args:
        name: a word for the system that will use it, never a person's name.
        scope: what it may do, and how long.
    """
    asked = scope or Scope()
    terms = Terms(name=name, role=asked.role, may=asked.may, purposes=asked.purpose, networks=asked.network)
    async with call.open() as opened:
        actor = allowed(opened.house, flow.CREATE, asked.acting)
        made = await flow.create(opened.house, terms, by=flow.Maker(actor), days=asked.days)
        value, now = _new(made), opened.house.clock.now_ms()
    return created(_told(made.row, None, now), value)


def created(told: dict[str, Any], value: str) -> Said:
    """A new token with its text, shown this once."""
    head = f"A token for {told['name']}, shown this once:"
    return Said(told | {"token": value}, f"{head}\n\n  {value}\n\n{OUT_OF_HISTORY}\n\n{pairs(lines(told))}")


@APP.command(name="list")
async def list_(*, acting: As | None = None, call: Here) -> Said:
    """Every token, also those that ended: what it may do, until when, and on which day it was last used."""
    async with call.open() as opened:
        allowed(opened.house, "token.list", (acting or As()).role)
        found, now = await flow.listed(opened.house), opened.house.clock.now_ms()
    value = [_told(row, used, now) for row, used in found.tokens]
    return listed(value, [one.hex() for one in found.spoilt], call=call)


def listed(value: list[dict[str, Any]], spoilt: list[str], *, call: Call) -> Said:
    """Tokens as they were told, and those whose rows somebody changed."""
    heads = ("token", "name", "begins", "role", "may", "for", "state", "until", "last used")
    rows: list[tuple[str, ...]] = [
        (one["id"], one["name"], f"{one['begins']}…", one["role"] or "-", _listed(one["may"]), _listed(one["purposes"]),
         one["state"], day(one["until"]), one["used"] or "never")
        for one in value
    ]  # fmt: skip
    rows += [(one, *("?",) * 5, "changed by hand", "?", "?") for one in spoilt]
    value = value + [{"id": one, "state": "changed by hand"} for one in spoilt]
    return Said(value, table(heads, rows, empty=call.located("no token yet: lockhouse token create NAME")))


@APP.command
async def show(token: str, /, *, acting: As | None = None, call: Here) -> Said:
    """One token: whose it is, what it may do, from where, and in whose place it was made.

    Args:
        token: an id that `token list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "token.show", (acting or As()).role)
        row, used = await flow.find(opened.house, id_of(token, where="token", hint=LIST))
        told = _told(row, used, opened.house.clock.now_ms())
    return Said(told, pairs(lines(told)))


@APP.command
async def rotate(
    token: str, /, *, days: int = LIFE_DAYS, overlap_days: int = OVERLAP_DAYS, acting: As | None = None, call: Here
) -> Said:  # fmt: skip
    """Make a token of the same terms; the old one is taken beside it for the overlap, so that no call fails.

    Args:
        token: an id that `token list` printed.
        days: how long the new one lives, at most 365.
        overlap_days: how long the old one is still taken, at most 30.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "token.rotate", (acting or As()).role)
        old = id_of(token, where="token", hint=LIST)
        made = await flow.rotate(opened.house, old, by=flow.Maker(actor), days=days, overlap_days=overlap_days)
        left, _ = await flow.find(opened.house, old)
        value, now = _new(made), opened.house.clock.now_ms()
    return rotated(_told(made.row, None, now), value, taken_until=left.until_at, call=call)


def rotated(told: dict[str, Any], value: str, *, taken_until: int, call: Call) -> Said:
    """A token in another's place with its text, shown this once."""
    text = f"A token in its place, shown this once:\n\n  {value}\n\n{OUT_OF_HISTORY} The old one is taken until "
    text += f"{when(taken_until)}; sooner ended by lockhouse token revoke {told['follows']}\n\n{pairs(lines(told))}"
    return Said(told | {"token": value, "overlap_until": taken_until}, call.located(text))


@APP.command
async def revoke(token: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """End a token for good, in every process. It cannot be undone, as nobody has its text: make another instead.

    Args:
        token: an id that `token list` printed.
        yes: do not ask for its name.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "token.revoke", (acting or As()).role)
        own = id_of(token, where="token", hint=LIST)
        row, used = await flow.find(opened.house, own)
        if row.state != REVOKED:
            name = decoded(row.terms).name
            call.sure(shut_out(name), name, yes=yes)
        row = await flow.revoke(opened.house, own, by=actor.id)
        told = _told(row, used, opened.house.clock.now_ms())
    return revoked(told, call=call)


def shut_out(name: str) -> str:
    """What a revocation does."""
    return f"Whoever calls with the token of {name} is refused from then on."


def revoked(told: dict[str, Any], *, call: Call) -> Said:
    """A token that was ended."""
    name = told["name"]
    text = f"Ended: {told['begins']}…, of {name}. There is no undo; a new one: lockhouse token create {name}"
    return Said(told, call.located(text))


def _new(made: Made) -> str:
    return made.text.reveal().decode()  # house: allow no-reveal: a new token is shown this once


def _listed(words: list[str]) -> str:
    return " ".join(words) or "-"


def _told(row: Token, used: int | None, now: int) -> dict[str, Any]:
    terms = decoded(row.terms)
    return {
        "id": row.id.hex(), "name": terms.name, "begins": row.shown, "role": terms.role or None, "may": [*terms.may],
        "purposes": [*terms.purposes], "networks": [*terms.networks], "owner": row.owner,
        "state": flow.standing(row, now=now),
        "made_at": row.made_at, "until": row.until_at, "used": None if used is None else day(used * DAY_MS),
        "by": row.by, "follows": row.follows.hex() or None, "entry": row.entry.hex(),
    }  # fmt: skip


def lines(told: dict[str, Any]) -> dict[str, str]:
    """A token as people read it."""
    return {
        "token": told["id"], "name": told["name"], "begins": f"{told['begins']}…", "role": told["role"] or "none",
        "may": _listed(told["may"]), "looks for": _listed(told["purposes"]), "from": _listed(told["networks"]),
        "owner": told["owner"], "state": told["state"], "made": f"{when(told['made_at'])}, last moved by {told['by']}",
        "until": when(told["until"]), "last used": told["used"] or "never", "in place of": told["follows"] or "-",
        "entry": told["entry"],
    }  # fmt: skip
