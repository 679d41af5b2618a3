"""The shop's day as requests over the wire: five channels, duplicates and mishaps among them, the same for one seed."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.faces.demo import shapes
from lockhouse.faces.demo.people import ANNA, Customer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHANNELS: Final = ("web", "app", "shop", "newsletter", "tills")
SITE: Final = "https://shop.example"
BATCH: Final = 25
DUPLICATE_SHARE: Final = 0.03
"""Of all items come a second time, as clients send again what they got no answer to."""
BUYERS: Final = 0.35
TILL_BUYERS: Final = 0.6
ASKERS: Final = 0.05
"""How many of all people buy something, how many of those with a card do so at a till, how many need help."""
MISHAP_EVERY: Final = 12
"""One request in so many carries an item that cannot be right."""

_ENCODE = msgspec.json.Encoder().encode


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, ready to be sent.

    Attributes:
        items: how many events it carries, good and bad.
        again: how many of them were sent before.
        broken: how many no house could take.
        gpc: the browser says Global Privacy Control.
    """

    channel: str
    body: bytes
    items: int
    again: int
    broken: int
    gpc: bool
    packed: bool


class _Sent(msgspec.Struct):
    """What is on its way: encoded items by channel and by whether they carry GPC."""

    waiting: dict[tuple[str, bool], list[bytes]]
    before: dict[tuple[str, bool], list[bytes]]
    calls: int = 0


def traffic(people: Sequence[Customer], *, seed: int) -> Iterator[Call]:
    """Everything that the shop's systems send, in order, as batches of about 25 events.

    The very first call is Anna's sign-in alone: once it is answered, whatever names her later is known to be hers.
    """
    draw = random.Random(seed + 1)  # noqa: S311  # a repeatable story; no secret hangs on it
    sent = _Sent({}, {})
    number = 0
    for customer, scene in _scenes(people, draw):
        for channel, item in _scene(customer, scene, draw):
            number += 1
            item["messageId"] = f"demo-{seed}-{number}"
            key = (channel, customer.gpc and channel in {"web", "app"})
            sent.waiting.setdefault(key, []).append(_ENCODE(item))
            if len(sent.waiting[key]) >= BATCH or number == 1:
                yield _call(key, sent, draw)
    for key in sorted(sent.waiting):
        if sent.waiting[key]:
            yield _call(key, sent, draw)


def _scenes(people: Sequence[Customer], draw: random.Random) -> list[tuple[Customer, str]]:
    """Who does what, in a mixed order; an account's first sign-in comes before the rest of its story."""
    rest: list[tuple[Customer, str]] = []
    for one in people:
        rest += [(one, word) for word in _day(one, draw)]
    draw.shuffle(rest)
    firsts = [(one, "sign-in") for one in people if one.account]
    return [step for at, each in enumerate(rest) for step in ((firsts[at], each) if at < len(firsts) else (each,))]


def _day(one: Customer, draw: random.Random) -> list[str]:
    if one is ANNA:
        return ["browse", "app", "buy-web", "buy-app", "buy-account", "till", "mail", "mail", "support"]
    day = draw.choices(("browse", "app", "mail"), (5, 3, 3), k=draw.choice((1, 1, 2)))
    if draw.random() < BUYERS:
        if one.loyalty is not None and draw.random() < TILL_BUYERS:
            day.append("till")
        else:
            day.append("buy-account" if one.account else draw.choice(("buy-web", "buy-app")))
    if one.account and draw.random() < ASKERS:
        day.append("support")
    return day


def _scene(one: Customer, scene: str, draw: random.Random) -> list[tuple[str, shapes.Item]]:
    """The events of one scene, each with the channel that tells of it."""
    return _SCENES[scene](one, draw)


def _browse(one: Customer, draw: random.Random) -> list[tuple[str, shapes.Item]]:
    viewed = shapes.product(one, draw, event="Product Viewed", device=one.browser)
    return [("web", shapes.page(one, draw)), ("web", shapes.search(one, draw)), ("web", viewed)]


def _app(one: Customer, draw: random.Random) -> list[tuple[str, shapes.Item]]:
    added = shapes.product(one, draw, event="Product Added", device=one.handset)
    return [("app", shapes.screen(one, draw)), ("app", added)]


def _mail(one: Customer, draw: random.Random) -> list[tuple[str, shapes.Item]]:
    event = draw.choices(("Email Opened", "Email Clicked", "Unsubscribed"), (6, 3, 1))[0]
    return [("newsletter", shapes.mail(one, draw, event=event))]


def _number(draw: random.Random) -> str:
    return f"NW-{draw.randrange(10**8):08d}"


_SCENES: Final[dict[str, Callable[[Customer, random.Random], list[tuple[str, shapes.Item]]]]] = {
    "app": _app,
    "browse": _browse,
    "buy-account": lambda one, draw: [("shop", shapes.order(one, draw, number=_number(draw), device=None))],
    "buy-app": lambda one, draw: [("app", shapes.order(one, draw, number=_number(draw), device=one.handset))],
    "buy-web": lambda one, draw: [("web", shapes.order(one, draw, number=_number(draw), device=one.browser))],
    "mail": _mail,
    "sign-in": lambda one, draw: [("shop", shapes.sign_in(one, draw))],
    "support": lambda one, draw: [("shop", shapes.help_wanted(one, draw, number=_number(draw)))],
    "till": lambda one, draw: [("tills", shapes.sale(one, draw, number=_number(draw)))],
}


def _call(key: tuple[str, bool], sent: _Sent, draw: random.Random) -> Call:
    fresh = sent.waiting.pop(key)
    before = sent.before.setdefault(key, [])
    again = [one for one in before if draw.random() < DUPLICATE_SHARE * len(fresh) / max(1, len(before))]
    sent.before[key] = fresh
    sent.calls += 1
    broken = [_mishap(sent.calls, draw)] if sent.calls % MISHAP_EVERY == 0 else []
    items = [*fresh, *again, *broken]
    body = b'{"batch":[' + b",".join(items) + b"]}"
    packed = draw.random() < 0.5  # noqa: PLR2004  # half of the clients pack
    return Call(
        channel=key[0], body=gzip.compress(body, 1) if packed else body, items=len(items), again=len(again),
        broken=len(broken), gpc=key[1], packed=packed,
    )  # fmt: skip


def _mishap(number: int, draw: random.Random) -> bytes:
    """An item that no house can take: half a JSON object, a call nobody knows, an event nobody declared."""
    return draw.choice((
        b'{"type":"track","event":"Order Completed","properties":{"order_id":"NW-0",}}',
        b'{"type":"trakc","event":"Order Completed","messageId":"odd-%d"}' % number,
        b'{"type":"track","event":"Wishlist Shared","messageId":"new-%d","anonymousId":"x"}' % number,
    ))  # fmt: skip
