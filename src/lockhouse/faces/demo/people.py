"""The demo's customers: as many as asked for, the same for the same seed, none of them real."""

from __future__ import annotations

import random
import unicodedata
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.faces.demo.names import LANDS, MAIL, SHARES

if TYPE_CHECKING:
    from lockhouse.faces.demo.names import Land

ACCOUNT_SHARE = 0.8
CARD_SHARE = 0.6
GPC_SHARE = 0.08
CONSENTS = (("yes", 45), ("no", 25), ("silent", 30))
"""What the banner heard, of a hundred people: yes, no, or nothing at all."""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """One made-up person with everything that the shop's systems know of them.

    Attributes:
        number: from 0; also makes their ids unique.
        phone: E.164, or None for the many who give none.
        account: whether they ever signed in; the others are guests.
        loyalty: the card they show at the till, or None.
        says: what the banner heard (`yes`, `no`, `silent`).
        gpc: their browser sends Global Privacy Control.
    """

    number: int
    first: str
    last: str
    email: str
    phone: str | None
    country: str
    currency: str
    street: str
    postcode: str
    city: str
    birthday: str
    account: bool
    loyalty: str | None
    says: str
    gpc: bool
    browser: str
    handset: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    @property
    def customer_id(self) -> str:
        """The shop's own number of an account."""
        return f"C-{100_000 + self.number}"


ANNA: Final = Customer(
    number=0, first="Anna", last="Schmidt", email="anna.schmidt@mail.example.com", phone="+493023125901",
    country="DE", currency="EUR", street="12 Schleusenufer", postcode="10999", city="Berlin", birthday="1986-04-23",
    account=True, loyalty="2760001986423", says="silent", gpc=False, browser="a11a5c41-0000-4000-a000-000000000001",
    handset="a11a5c41-0000-4000-a000-000000000002",
)  # fmt: skip
"""The customer whom the story follows; she meets the shop in every channel."""


def crowd(count: int, *, seed: int) -> list[Customer]:
    """Anna and further customers drawn by the seed, `count` in all."""
    draw = random.Random(seed)  # noqa: S311  # a repeatable draw of made-up people; no secret hangs on it
    numbers = {land.country: _numbers(land, draw) for land in LANDS}
    return [ANNA, *(_one(number, draw, numbers) for number in range(1, count))]


def _numbers(land: Land, draw: random.Random) -> list[str]:
    """Every phone number of a country once, shuffled: two people never share one by accident."""
    found = [
        f"{prefix}{rest:0{width}d}"
        for prefix, width in land.phones
        for rest in range(900 if land.country == "DE" else 10**width)  # the German ranges end at 899
    ]
    draw.shuffle(found)
    return found


def _one(number: int, draw: random.Random, numbers: dict[str, list[str]]) -> Customer:
    land = draw.choices(LANDS, SHARES)[0]
    first, last = draw.choice(land.first), draw.choice(land.last)
    city, postcode = draw.choice(land.cities)
    account = draw.random() < ACCOUNT_SHARE
    has_card = account and draw.random() < CARD_SHARE
    free = numbers[land.country]
    return Customer(
        number=number, first=first, last=last, country=land.country, currency=land.currency,
        email=f"{_plain(first)}.{_plain(last)}{number}@{draw.choice(MAIL)}",
        phone=free.pop() if free and draw.random() < 0.7 else None,  # noqa: PLR2004  # seven of ten leave a number
        street=f"{draw.randint(1, 199)} {draw.choice(land.streets)}", postcode=f"{postcode}{draw.randint(100, 999)}",
        city=city, birthday=f"{draw.randint(1945, 2006)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
        account=account, loyalty=f"276{draw.randrange(10**9):09d}{number % 10}" if has_card else None,
        says=draw.choices([word for word, _ in CONSENTS], [share for _, share in CONSENTS])[0],
        gpc=draw.random() < GPC_SHARE, browser=_device(draw), handset=_device(draw),
    )  # fmt: skip


def _plain(name: str) -> str:
    """A name as it stands in an e-mail address: ASCII letters."""
    name = name.replace("ß", "ss").replace("ü", "ue").replace("ö", "oe").replace("ä", "ae")
    spread = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in spread.lower() if sign.isascii() and sign.isalnum())


def _device(draw: random.Random) -> str:
    text = f"{draw.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
