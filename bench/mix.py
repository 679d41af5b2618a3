"""The traffic that is measured: a shop's events, made before the clock starts, the same for both sides of a pair.

Of all events 35 % are by persons never seen before, the others by persons of a population twice as large as a
process's key cache, drawn as customers come (the keenest fifth makes two thirds of it), in a fresh process: most keys
are cold. 40 % are orders, far more than any shop has (600 to 800 bytes as sent), 15 % identify calls, 45 % product
views by device. 40 % of the customers are known by three identifiers (e-mail, phone, loyalty number), which is more
than a fifth of all events; each person always shows the same ones.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

POPULATION = 20_000
"""Persons who are there before the clock starts; the caches of a process hold half of them."""
NEVER_SEEN = 0.35
KEENNESS = 4
"""Ranks are drawn as u to this power: the first fifth of the population makes 0.2 ** (1 / 4) = 67 %."""
DEVICES, IDENTIFIES = 0.45, 0.15
THREE_IDENTIFIERS = 0.40
"""Of the persons who are customers."""
_ENCODE = msgspec.json.Encoder().encode
_PHONES = 10**7
"""A network's numbers: a customer's is anywhere among them, while a shop counts its loyalty cards up."""
_NOW = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
_FIRST = ("Anna", "Bruno", "Chiara", "Dario", "Elena", "Fabio", "Giulia", "Hanna", "Ivo", "Jana", "Karl", "Lea")
_LAST = ("Rossi", "Bauer", "Novak", "Silva", "Moreau", "Jansen", "Kovacs", "Lindgren", "Ferrari", "Weiss", "Costa")
_STREETS = ("Via Roma", "Hauptstrasse", "Rue de la Paix", "Kerkstraat", "Calle Mayor", "Storgatan")
_CITIES = (("10121", "Torino", "IT"), ("80331", "München", "DE"), ("75002", "Paris", "FR"), ("1012", "Amsterdam", "NL"))
_CONTEXT = {
    "library": {"name": "analytics-python", "version": "2.3.4"},
    "page": {"path": "/checkout/done", "referrer": "https://shop.example/cart"},
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One event as its sender would encode it, and what is known of it beforehand."""

    raw: bytes
    person: int
    never_seen: bool
    identifiers: int


class Mix:
    """Draws events; the same seed draws the same."""

    def __init__(self, seed: int, *, population: int = POPULATION) -> None:
        self._draw = random.Random(seed)  # noqa: S311  # traffic, not keys
        self._seed = seed
        self._population = population
        self._next = population * (seed + 1)
        self._order = 0

    def first(self) -> Iterator[Said]:
        """One event of each person of the population."""
        for person in range(self._population):
            yield self._event(person, never_seen=True)

    def events(self, count: int) -> list[Said]:
        """So many events of the mix."""
        return [self._one() for _ in range(count)]

    def sized(self, count: int, *, lines: int, never_seen: float = NEVER_SEEN) -> list[Said]:
        """Orders of so many lines, or product views if there are none, by persons drawn as in the mix.

        Whoever is known is known by what such an event shows: a customer's first product view would make a new person.
        """
        made = []
        for _ in range(count):
            person, new = self._person(never_seen)
            while not new and (_sort(person) < DEVICES) is (lines > 0):
                person = self._known()
            if not lines:
                made.append(Said(_view(person, self._id(), self._draw), person, new, 1))
                continue
            body, shown = _customer(person)
            raw = _order(body, self._id(), self._number(), self._draw, lines=lines)
            made.append(Said(raw, person, new, shown))
        return made

    def of_device(self, person: int) -> Said:
        """A product view by this person's device."""
        return Said(_view(person, self._id(), self._draw), person, never_seen=False, identifiers=1)

    def customers(self, count: int) -> list[int]:
        """Persons of the population who are known by their e-mail address."""
        found = (person for person in range(self._population) if _sort(person) >= DEVICES)
        return list(islice(found, count))

    def order_of(self, person: int) -> Said:
        """An order of a customer."""
        body, shown = _customer(person)
        raw = _order(body, self._id(), self._number(), self._draw)
        return Said(raw, person, never_seen=False, identifiers=shown)

    @staticmethod
    def email_of(person: int) -> str:
        """A customer's address."""
        return str(_customer(person)[0]["email"])

    def _id(self) -> str:
        """A message id as the public clients make them."""
        return str(uuid.UUID(int=self._draw.getrandbits(128), version=4))

    def _number(self) -> str:
        """An order number as shops give them: one after the other."""
        self._order += 1
        return f"O-{self._seed:04x}-{self._order:012x}"

    def _one(self) -> Said:
        person, new = self._person(NEVER_SEEN)
        return self._event(person, never_seen=new)

    def _person(self, never_seen: float) -> tuple[int, bool]:
        if self._draw.random() < never_seen:
            self._next += 1
            return self._next, True
        return self._known(), False

    def _known(self) -> int:
        rank = int(self._population * self._draw.random() ** KEENNESS)
        return _spread(rank, self._population)

    def _event(self, person: int, *, never_seen: bool) -> Said:
        message = self._id()
        if _sort(person) < DEVICES:
            return Said(_view(person, message, self._draw), person, never_seen, 1)
        body, shown = _customer(person)
        is_order = self._draw.random() >= IDENTIFIES / (1 - DEVICES)
        raw = _order(body, message, self._number(), self._draw) if is_order else _identify(body, message)
        return Said(raw, person, never_seen, shown)


def device_of(person: int) -> str:
    """A person's device id, the same each time: a UUID of version 4, as the public clients make them."""
    return str(uuid.UUID(int=random.Random(f"device {person}").getrandbits(128), version=4))  # noqa: S311  # traffic


def _spread(rank: int, population: int) -> int:
    """Another number for each rank, so that neighbours in rank are no neighbours in the stores."""
    return rank * 7_919 % population


def _sort(person: int) -> float:
    """Below `DEVICES` a device, else a customer; a person's for ever."""
    return random.Random(person).random()  # noqa: S311  # traffic, not keys


def _customer(person: int) -> tuple[dict[str, Any], int]:
    """What a customer is known by and where they live, the same each time; and how many identifiers that is."""
    own = random.Random(f"customer {person}")  # noqa: S311  # as above
    first, last = own.choice(_FIRST), own.choice(_LAST)
    postcode, city, country = own.choice(_CITIES)
    body: dict[str, Any] = {
        "email": f"{first}.{last}.{person}@mail.example".lower(), "name": f"{first} {last}",
        "street": f"{own.choice(_STREETS)} {own.randrange(1, 200)}", "postcode": postcode, "city": city,
        "shipping_country": country,
    }  # fmt: skip
    if own.random() >= THREE_IDENTIFIERS:
        return body, 1
    return body | {"phone": f"+39 347 {_spread(person, _PHONES):07d}", "loyalty_id": f"NW-{person:09d}"}, 3


def _order(body: dict[str, Any], message: str, number: str, draw: random.Random, *, lines: int = 0) -> bytes:
    items = [
        {"sku": _sku(draw), "quantity": draw.randrange(1, 4), "price": f"{draw.randrange(9900) / 100:.2f}"}
        for _ in range(lines or draw.randrange(1, 3))
    ]
    order = {
        "order_id": number, "order_total": f"{draw.randrange(100, 40000) / 100:.2f}", "currency": "EUR",
        "items": items,
    }  # fmt: skip
    return _track("Order Completed", body | order, message)


def _sku(draw: random.Random) -> str:
    return f"SKU-{draw.randrange(10**6):06d}"


def _view(person: int, message: str, draw: random.Random) -> bytes:
    item = {"sku": _sku(draw), "quantity": 1, "price": f"{draw.randrange(9900) / 100:.2f}"}
    raw = {"anonymousId": device_of(person)}
    return _track("Product Viewed", {"items": [item]}, message, **raw)


def _track(event: str, properties: dict[str, Any], message: str, **more: Any) -> bytes:
    return _ENCODE(
        {
            "type": "track", "event": event, "messageId": message, "timestamp": _NOW,
            "properties": properties, "context": _CONTEXT, **more,
        }
    )  # fmt: skip


def _identify(body: dict[str, Any], message: str) -> bytes:
    traits = {name: body[name] for name in ("email", "phone", "loyalty_id", "name") if name in body}
    return _ENCODE(
        {
            "type": "identify", "messageId": message, "timestamp": _NOW,
            "traits": traits | {"account_country": body["shipping_country"]}, "context": _CONTEXT,
        }
    )  # fmt: skip
