"""Minimisers alone, without a house: how many values and texts one core makes coarse in a second.

Each goes through the parser that the gate calls, so that checking the value is in the figure. Time is the CPU time of
this thread: what else runs on the machine counts only where it takes the caches.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from bench.report import Figure
from lockhouse.model.policy import Field
from lockhouse.policy.types import parser

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Work = list[tuple[Callable[[Any], Any], str]]

VALUES, TEXTS = 12_000, 1_200
SHORT: dict[tuple[str, str], tuple[str, ...]] = {
    ("ip", "network"): ("203.0.113.219", "198.51.100.7", "192.0.2.44", "203.0.113.80", "2001:db8:12:34::a1"),
    ("date", "year"): ("1990-02-28", "1984-12-01T10:00:00Z"),
    ("date", "month"): ("1990-02-28", "2001-07-19"),
    ("id", "truncate 6"): ("L-2041-77-1203", "550e8400-e29b-41d4-a716-446655440000"),
    ("text", "truncate 3"): ("EUR", "Blue, size 42"),
    ("text", "coarse_geo"): ("52.520008, 13.404954", "10115", "SW1A 1AA", "90210-1234", "-33.8688,151.2093"),
    ("decimal", "coarse_geo"): ("52.520008", "13.404954"),
    ("text", "redact_identifiers"): (
        "blue running shoes", "/products/blue-shirt", "size 42", "ann@shop.example", "Berlin", "gift for mum",
        "/search?q=rain+coat", "order 123456",
    ),
}  # fmt: skip
"""Short values by field type and minimiser, as a shop sends them."""
MESSAGES = (
    "Hello, my order {order} of {day} has not come yet, but you wrote: within 3 days. Where is it? Kind regards, Ann",
    "Please call me on +49 151 {phone} or write to ann.lee{order}@shop.example before order {order} leaves the house.",
    "The blue one in size 42 is too small. Can I have it in 44 instead, or my 89.90 back? I bought it on {day}.",
    "/search?q=rain+coat&size=42&colour=blue&utm_source=newsletter&utm_campaign=autumn-2026",
    "I paid twice: card 4111 1111 1111 1111 on {day} and from DE89 3704 0044 0532 0130 00 a day later. Order {order}.",
    "Great shop, fast delivery, will come again!",
    "My tax number is 36 574 261 809, I need it on the invoice of order {order}. The one sent shows none. Thank you",
    "Your site says my address 203.0.113.{order:.2} is blocked since {day}, 10:30. I only wanted to look for shoes.",
    "Bonjour, je n'ai pas re\u00e7u ma commande {order} du {day}. Pouvez-vous m'appeler au 06 12 34 56 78 ? Merci",
    "Leave it with the neighbours at no. 12 if nobody is in; the bell does not work \u2013 please knock.",
)
"""Messages and paths of 40 to 130 characters; one in two holds something to take out."""


def rates(*, rounds: int) -> list[Figure]:
    """How fast short values and texts are made coarse, each a sample a round."""
    short, texts = _short(), _texts()
    return [
        Figure(
            "short_values_per_s",
            _samples(short, rounds),
            "1/s",
            "short values made coarse, all minimisers in turn, a core",
        ),
        Figure("texts_per_s", _samples(texts, rounds), "1/s", "texts of 40 to 130 characters redacted, a core"),
    ]


def _field(kind: str, word: str) -> Field:
    return Field(id=1, name="f", type=kind, class_="profile", purposes=("care",), minimise=word)


def _short() -> Work:
    parts = [(parser(_field(*part), country="DE"), values) for part, values in SHORT.items()]
    return [(parse, values[turn % len(values)]) for turn in range(VALUES // len(parts)) for parse, values in parts]


def _texts() -> Work:
    draw = random.Random(7)  # noqa: S311 - traffic, no secret
    redact = parser(_field("text", "redact_identifiers"))
    return [(redact, _message(MESSAGES[turn % len(MESSAGES)], draw)) for turn in range(TEXTS)]


def _message(form: str, draw: random.Random) -> str:
    day = f"{draw.randint(1, 28):02}.{draw.randint(1, 12):02}.2026"
    return form.format(order=str(draw.randint(100_000, 999_999)), day=day, phone=draw.randint(10_000_000, 99_999_999))


def _samples(work: Work, rounds: int) -> tuple[float, ...]:
    found = []
    for _ in range(rounds):
        began = time.thread_time()
        for parse, value in work:
            parse(value)
        found.append(len(work) / (time.thread_time() - began))
    return tuple(found)
