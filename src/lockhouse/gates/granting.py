"""What is asked for by a grant, read against the policy that rules; and a grant's row as it is about to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.grants import GLASS_MS, MINUTE_MS, Kind, Now, Terms, encoded, require_form
from lockhouse.crypto.staff import place
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.disclose.decided import with_facts
from lockhouse.gates.granted import now_of
from lockhouse.model.policy import REQUESTS
from lockhouse.model.rows import AccessGrant
from lockhouse.policy.decide import plain_reason

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.ledger.entry import GrantStep
    from lockhouse.model.policy import Policy

MAX_WORDS = 500
_WORDS = 1


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for.

    Attributes:
        classes: all their fields that are kept for the purpose. `fields`: by name, besides.
        persons: source persons; empty: nobody by name.
        reason: a word that the policy lists for a reveal. `ticket`: of the case.
    """

    purpose: str
    reason: str
    ticket: str
    classes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    persons: tuple[bytes, ...] = ()
    minutes: int = GLASS_MS // MINUTE_MS


async def terms_of(house: House, wanted: Wanted, *, kind: Kind) -> Terms:
    """What is wanted, with each field and each source person by name.

    Raises:
        Invalid: the policy has no such purpose, class or field for it, no role sees it, or lists no such reason; or the
            form is not that of a grant.
        NotFound: there is no such person.
        Unavailable: no policy rules.
    """
    policy = house.live().policy
    fields = _fields(policy, wanted)
    persons = {one for group in await with_facts(house, wanted.persons) for one in group}
    if not persons >= {*wanted.persons}:
        raise NotFound("person: expected an id that `person find` gave")
    terms = Terms(
        purpose=wanted.purpose, fields=fields, persons=tuple(sorted(persons)), reason=_reason(policy, wanted.reason),
        ticket=wanted.ticket.strip(), lasts_ms=wanted.minutes * MINUTE_MS,
    )  # fmt: skip
    require_form(terms, kind=kind)
    return terms


def _fields(policy: Policy, wanted: Wanted) -> tuple[str, ...]:
    purposes = [one.name for one in policy.purposes]
    if wanted.purpose not in purposes:
        raise Invalid("purpose", f"one of {', '.join(purposes)}", got="another")
    of_it = {
        name: one.class_
        for name, one in policy.fields.items()
        if wanted.purpose == REQUESTS or wanted.purpose in one.purposes
    }
    known = {*of_it.values()}
    if not known >= {*wanted.classes}:
        raise Invalid("classes", f"of those that are kept for it: {', '.join(sorted(known))}", got="another")
    if not of_it.keys() >= {*wanted.fields}:
        raise Invalid("fields", f"of those that are kept for it: {', '.join(sorted(of_it))}", got="another")
    chosen = {name for name, class_ in of_it.items() if class_ in wanted.classes} | {*wanted.fields}
    rows = [row.get(wanted.purpose, {}) for row in policy.table.values()]
    seen = {class_ for row in rows for class_, cells in row.items() if {"full", "masked"} & set(cells)}
    if any(of_it[name] not in seen for name in chosen):
        raise Invalid("fields", "of a class that some role of the policy sees", got="one that no role does")
    return tuple(sorted(chosen))


def _reason(policy: Policy, said: str) -> str:
    listed = [word for role in policy.roles.values() for one in role.reveal.values() for word in one.reasons or ()]
    plain = plain_reason(said)
    if plain in {plain_reason(word) for word in listed}:
        return plain
    if listed or not said.strip():
        words = ", ".join(dict.fromkeys(listed)) or "a word"
        raise Invalid("reason", f"one of {words}", got="another")
    return "stated"


def new_grant(house: House, staff: bytes, terms: Terms, *, kind: Kind, by: str) -> AccessGrant:
    """A request, or a broken glass, as a row that is not stored yet."""
    now, is_glass = now_of(house), kind is Kind.GLASS
    return AccessGrant(
        house.ids.new(), staff, kind, Now.OPEN if is_glass else Now.WAITING, "glass-broken" if is_glass else "asked",
        encoded(terms), now, now + terms.lasts_ms if is_glass else 0, "", 0, b"", by, now, house.ids.new(), b"",
    )  # fmt: skip


def stepped(house: House, row: AccessGrant, step: GrantStep, *, by: str) -> AccessGrant:
    """The grant as it is about to be after a step, under an entry of its own; what else changes, the caller says."""
    return msgspec.structs.replace(row, step=step, by=by, at=now_of(house), entry=house.ids.new())


def sealed_words(house: House, grant: bytes, words: str) -> bytes:
    """A reviewer's words, sealed to their grant.

    Raises:
        Invalid: there are none, or too many.
    """
    plain = " ".join(words.split())
    if not 0 < len(plain) <= MAX_WORDS or not plain.isprintable():
        raise Invalid("words", f"1 to {MAX_WORDS} printable signs", got="something else")
    return house.staff_keys.seal_fields({_WORDS: plain}, place=place(AccessGrant.TABLE, grant, "box"))


def words_in(house: House, row: AccessGrant) -> str:
    """The reviewer's words; empty where nobody has reviewed it.

    Raises:
        Tampered: they are not this grant's own.
    """
    if not row.box:
        return ""
    return str(house.staff_keys.open_fields(row.box, place=place(AccessGrant.TABLE, row.id, "box"))[_WORDS])
