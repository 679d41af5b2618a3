"""Facts about an actor that an admin vouches for while nothing here can supply them: as words, and what stands of them.

    grant.CASE              extra access that somebody else agreed to, by the name of its case
    network.10.0.0.0-8      where they work; in the word of an IPv6 network `_` stands for each `:`
    own-record.PERSON       the source person whom they are themselves
    quota.200               how many people they may look up an hour, in place of what their role says
    step-up.MEANS           that they have just proven strongly who they are, and by what

Each has its end. A course is a word without a dot, so the two never meet. They hold no name.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["grant", "network", "own-record", "quota", "step-up"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_FORMS = {
    "grant": (re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"), "the name of a case: letters, digits, - and _"),
    "network": (re.compile(r"[0-9a-f:./]{2,49}"), "a network, as 10.0.0.0/8"),
    "own-record": (re.compile(r"[0-9a-f]{32}"), "the id of a person, 32 hexadecimal digits"),
    "quota": (re.compile(r"[1-9][0-9]{0,6}"), "a number of people"),
    "step-up": (re.compile(r"[a-z][a-z0-9-]{0,39}"), "the means, as fido2"),
}


class Said(NamedTuple):
    """An admin's word: which, when (ms), and until when."""

    fact: str
    at: int
    until_at: int | None


class Standing(NamedTuple):
    """What is vouched for now; of each kind the newest word counts, of own records every one.

    Attributes:
        limit: how many people they may look up an hour.
        step_up_at: ms; when the actor proved who they are.
    """

    grant: str | None = None
    network: str | None = None
    own: frozenset[bytes] = frozenset()
    limit: int | None = None
    step_up_at: int | None = None


def word_of(kind: Kind, value: str) -> str:
    """The fact as it is stored.

    Raises:
        Invalid: the value has not the form of its kind.
    """
    form, told = _FORMS[kind]
    plain = _network(value) if kind == "network" else value
    if plain is None or not form.fullmatch(plain):
        raise Invalid(kind, told, got="another form")
    return f"{kind}.{plain.replace('/', '-').replace(':', '_')}"


def parts_of(fact: str) -> tuple[Kind, str] | None:
    """The kind and the value of a stored fact; None for a course."""
    kind, dot, value = fact.partition(".")
    if not dot or kind not in KINDS:
        return None
    return kind, value.replace("_", ":").replace("-", "/") if kind == "network" else value


def told_of(fact: str) -> str:
    """The fact as the ledger holds it for ever: whose record it is stays out, since a person stands there as a ref."""
    return "own-record" if fact.startswith("own-record.") else fact


def standing(said: Iterable[Said], *, now: int) -> Standing:
    """What stands now of everything that was said of an actor."""
    newest: dict[str, tuple[int, str]] = {}
    own: set[bytes] = set()
    for one in sorted(said, key=lambda one: one.at):
        parts = parts_of(one.fact)
        if parts is None or one.until_at is None or one.until_at <= now:
            continue
        kind, value = parts
        newest[kind] = (one.at, value)
        if kind == "own-record":
            own.add(bytes.fromhex(value))
    values = {kind: value for kind, (_, value) in newest.items()}
    return Standing(
        grant=values.get("grant"), network=values.get("network"), own=frozenset(own),
        limit=int(values["quota"]) if "quota" in values else None,
        step_up_at=newest["step-up"][0] if "step-up" in newest else None,
    )  # fmt: skip


def _network(text: str) -> str | None:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        return None
