"""Events, channels and recipients: what comes in, through which door, and who outside may receive it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import UNSET, UnsetType

from lockhouse.model.policy import Channel, EventPlan, Field, Purpose, Recipient
from lockhouse.model.scale import Stage
from lockhouse.policy import words
from lockhouse.policy.parts.signing import signing
from lockhouse.policy.section import Section
from lockhouse.policy.shown import shown

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?\Z")
_URL = re.compile(r"https://[^\s@]+\Z|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?:/[^\s@]*)?\Z")
_EVERY = re.compile(r"[1-9][0-9]{0,2} (?:minute|hour|day)s?\Z")
_CONTRACT = re.compile(r"[^\s@]{1,80}\Z")


def events(section: Section, *, fields: Iterable[str]) -> dict[str, EventPlan]:
    """What each event may carry; every field named must be declared."""
    known = tuple(fields)
    return {
        name: EventPlan(id=0, name=name, fields=section.words(name, known))
        for name in section.names(words.EVENT, "an event name such as 'Order Completed'")
    }


_CHANNEL_KEYS = ("country", "events", "key", "kind", "map", "narrows", "origins", "proves", "sign", "stage")


def channels(
    section: Section, *, events: Iterable[str], fields: Mapping[str, Field], purposes: Mapping[str, Purpose]
) -> dict[str, Channel]:
    """Every channel; one without `events` may send all of them."""
    known = tuple(events)
    refusable = [name for name, purpose in purposes.items() if purpose.refusable]
    found: dict[str, Channel] = {}
    for name in section.names(words.LABEL, "a channel name such as 'web'"):
        part = section.sub(name, _CHANNEL_KEYS)
        part.need("kind")
        kind = part.word("kind", words.CHANNEL_KINDS)
        key = _key(part, kind)
        found[name] = Channel(
            id=0,
            name=name,
            kind=kind or "segment",
            assurance_key=key,  # type: ignore[arg-type] # one of the two words or None
            origins=_origins(part, key),
            stage=Stage[(part.word("stage", words.STAGES) or "live").upper()],
            events=part.words("events", known) if "events" in part else known,
            map=_map(part, fields),
            proves=part.words("proves", [name for name, field in fields.items() if field.identifies]),
            country=country(part, "country"),
            sign=signing(part, kind),
            narrows=_narrows(part, kind, refusable),
        )
    return found


def _key(part: Section, kind: str | None) -> str | None:
    if kind in words.KEYED_KINDS:
        part.need("key")
        word: str | None = part.word("key", ("public", "secret"))
        return word
    if "key" in part and kind is not None:
        part.problems.add(part.place("key"), f"no 'key' on kind {kind}: its own signature decides", "one")
    return None


def _narrows(part: Section, kind: str | None, refusable: Sequence[str]) -> tuple[str, ...] | UnsetType:
    """What a provider's unsubscribe closes; unset where nobody said."""
    if "narrows" not in part:
        return UNSET
    if kind in words.SENDING_KINDS:
        part.problems.add(part.place("narrows"), f"no 'narrows' on kind {kind}: nobody passes on anything there", "one")
        return UNSET
    found = part.words("narrows", refusable)
    if not found:
        part.problems.add(part.place("narrows"), "at least one purpose that can be refused", "none")
    return found


def _origins(part: Section, key: str | None) -> tuple[str, ...]:
    found = part.words("origins")
    if found and key != "public":
        part.problems.add(part.place("origins"), "'origins' on channels with 'key: public' only", "some")
    for spot in part.items("origins"):
        if isinstance(spot.value, str) and not _ORIGIN.match(spot.value):
            part.problems.add(spot.where, "an origin such as https://shop.example", shown(spot.value))
    return found


def _map(part: Section, fields: Mapping[str, Field]) -> dict[str, str]:
    paths = part.sub("map", fields)
    found = {name: paths.text(name, words.PATH, "a dotted path such as order.buyer.email") for name in paths}
    return {name: path for name, path in found.items() if path is not None and name in fields}


def country(part: Section, key: str) -> str | None:
    """A country as ISO 3166-1 alpha-2, given in lower case and answered in upper case."""
    spot = part.spot(key)
    if spot is None:
        return None
    if not isinstance(spot.value, str) or spot.value.upper() not in words.COUNTRIES:
        part.problems.add(spot.where, "a country such as 'de' (ISO 3166-1 alpha-2)", shown(spot.value))
        return None
    return spot.value.upper()


_RECIPIENT_KEYS = (
    "contract", "erase", "every", "fields", "for", "kind", "path", "person", "region", "review", "role", "safeguard",
    "url",
)  # fmt: skip


def recipients(
    section: Section, *, purposes: Mapping[str, Purpose], fields: Mapping[str, Field]
) -> dict[str, Recipient]:
    """Every recipient; each of its fields must share a purpose with it."""
    found: dict[str, Recipient] = {}
    for name in section.names(words.LABEL, "a recipient name such as 'warehouse'"):
        part = section.sub(name, _RECIPIENT_KEYS)
        part.need("kind", "role", "for", "fields")
        recipient = Recipient(
            id=0,
            name=name,
            kind=part.word("kind", words.RECIPIENT_KINDS) or "webhook",
            role=part.word("role", words.RECIPIENT_ROLES) or "internal",
            purposes=part.words("for", [name for name, purpose in purposes.items() if not purpose.builtin]),
            fields=part.words("fields", fields),
            url=part.text("url", _URL, "an https:// address without user info (http:// for this machine only)"),
            path=part.text("path"),
            region=_region(part),
            safeguard=part.word("safeguard", words.SAFEGUARDS),
            contract=part.text("contract", _CONTRACT, "the contract's reference"),
            review=_day(part),
            erase=part.word("erase", words.ERASE_WAYS),
            person=part.word("person", ("pseudonym", "identifiers")) or "identifiers",
            every=part.text("every", _EVERY, "'N minutes|hours|days'"),
        )
        _check_recipient(part, recipient, fields)
        found[name] = recipient
    return found


def _region(part: Section) -> str | None:
    text = part.text("region")
    if text is not None and not words.is_region(text):
        part.problems.add(part.place("region"), "a region such as 'eu', 'de' or 'us-ca'", shown(text))
    return text


def _day(part: Section) -> str | None:
    text = part.text("review")
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        part.problems.add(part.place("review"), "a day such as 2027-03-01", shown(text))
        return None


def _check_recipient(part: Section, recipient: Recipient, fields: Mapping[str, Field]) -> None:
    for spot in part.items("fields"):
        field = fields.get(spot.value) if isinstance(spot.value, str) else None
        if field is not None and not set(field.purposes) & set(recipient.purposes):
            part.problems.add(
                spot.where, f"fields that share a purpose with '{recipient.name}'", f"'{field.name}', which has none"
            )
    if recipient.role != "internal":
        part.need("contract", "review", "erase")
    if recipient.kind in {"segment", "webhook"}:
        part.need("url")
    if recipient.kind in {"csv", "parquet"}:
        part.need("path")
