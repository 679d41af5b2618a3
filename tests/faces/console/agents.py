"""A console of a house that knows people, and agents who look at them."""

from __future__ import annotations

import html
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from lockhouse.flows import staff
from lockhouse.gates.collect import collect_group
from lockhouse.ledger.entry import Disclosure, parse_entry
from lockhouse.model.event import Batch, Event
from lockhouse.model.rows import LedgerEntry
from lockhouse.model.scale import Assurance
from tests.faces.console.world import Browser, Console, console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from lockhouse.gates.house import House

PEOPLE = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [country], unknown: strictest}}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
  marketing: {about: Tell you about products, basis: consent, keep: 24 months after last_activity}
  analytics: {about: Understand our shops, basis: legitimate_interest, keep: 13 months after event}
consent: {absent: denied, names: {marketing: marketing}}
fields:
  email: {type: email, class: contact, for: [fulfilment, marketing], identifies: person}
  phone: {type: phone, class: contact, for: [fulfilment], identifies: person, find_by: [exact, last4]}
  name: {type: text, class: contact, for: [fulfilment], mask: first, find_by: [surname]}
  loyalty_id: {type: id, class: identity, for: [fulfilment], identifies: person}
  note: {type: text, class: profile, for: [fulfilment]}
  country: {type: country, class: location, for: [fulfilment], clear: true}
  order_id: {type: id, class: transactions, for: [fulfilment], find_by: [exact]}
  order_total: {type: money, class: transactions, for: [fulfilment]}
  allergy: {type: text, class: special, for: [fulfilment], condition: legal_claims}
  page_path: {type: text, class: behaviour, for: [analytics]}
events:
  identify: [email, phone, name, loyalty_id]
  page: [email, page_path]
  Order Completed: [email, phone, name, loyalty_id, order_id, order_total, country, note, allergy]
channels:
  web: {kind: segment, key: public, origins: [https://shop.example], country: DE}
  backend: {kind: segment, key: secret, proves: [email, phone, loyalty_id], country: DE}
roles:
  support:
    for: [fulfilment]
    see: {contact: masked, identity: masked, transactions: full, special: masked}
    check: [contact]
    reveal: {contact: {reason: [call back, delivery problem], step_up: 8 hours}}
    change: [contact]
    limits: {persons_per_hour: 4, mode: enforce}
  marketer: {for: [marketing, fulfilment], see: {contact: masked}}
  analyst: {for: [analytics], see: {behaviour: aggregate}}
  auditor: {may: [ledger.read, audit.*, staff.list, staff.approve]}
  admin: {may: [policy.*, key.*, staff.*]}
"""
EMAIL, PHONE, ORDER = "anna.schmidt@example.com", "+4915112345678", "NW-104882"
ANNA = {"email": EMAIL, "phone": PHONE, "name": "Anna Schmidt", "order_id": ORDER, "order_total": "128.40"}
_EVENT = {"country": "DE"}
WHY = {"field": "phone", "reason": "call back", "ticket": "NW-48291"}
"""Why a phone number is revealed."""


async def send(house: House, channel: str, event: str, **values: Any) -> None:
    """One event through the gate."""
    at = values.pop("at", house.clock.now_ms())
    assurance = Assurance.PUBLIC if channel == "web" else Assurance.SECRET
    parsed = Event(
        name=event, message_id=None, occurred_at=at, consent=None, signals=frozenset(),
        source={"type": "track", "properties": values},
    )  # fmt: skip
    batch = Batch(
        channel=channel, assurance=assurance, credential=f"{channel}/{assurance}", received_at=house.clock.now_ms(),
        items=[parsed],
    )  # fmt: skip
    await collect_group(house, [batch])


async def two_annas(house: House) -> None:
    """Anna Schmidt, who ordered this month, and another of her name, who has ordered the same number elsewhere."""
    await send(house, "backend", "Order Completed", **ANNA, **_EVENT)
    await send(
        house, "web", "Order Completed", email="a.schmidt@other.example", name="Anna Schmidt", order_id="NW-7",
        country="AT",
    )  # fmt: skip


@asynccontextmanager
async def desks(tmp_path: Path, *, policy: str = PEOPLE) -> AsyncIterator[tuple[Console, Browser]]:
    """A console whose house knows two people, and the browser of an agent who is signed in."""
    async with console(tmp_path, policy=policy) as made:
        await two_annas(made.house)
        await made.hired("mara")
        yield made, await agent(made, "tom", "support")


async def agent(made: Console, name: str, *roles: str) -> Browser:
    """Somebody who is signed in and holds these roles."""
    browser = await made.hired(name)
    [one] = [each for each in await staff.everybody(made.house) if each.called.name == name]
    for role in roles:
        await made.holds(one.row.id, role)
    return browser


async def find(browser: Browser, value: str, **more: str) -> httpx.Response:
    """What the bar's finder answers; the page of the one who was found."""
    answer = await browser.post("/find", {"value": value, **more}, on=await browser.get("/"))
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


def path_of(page: httpx.Response) -> str:
    """The path of the person whose page it is."""
    return str(re.findall(r'action="(/person/[\w-]+)/', page.text)[0])


def text_of(page: httpx.Response) -> str:
    """What stands on a page, without its marks."""
    main = page.text.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def rows_of(house: House, row: Any) -> list[Any]:
    """A whole table."""
    return [one async for chunk in house.reads.scan(row) for one in chunk]


async def looks_of(made: Console) -> list[Disclosure]:
    """Every look that the ledger noted."""
    bodies = [parse_entry(row.body).body for row in await rows_of(made.house, LedgerEntry)]
    return [one for one in bodies if isinstance(one, Disclosure)]


async def checked(browser: Browser, page: httpx.Response, said: str, field: str = "phone") -> httpx.Response:
    """The person's page once something was checked; a passkey answers where one is asked for."""
    form = {"field": field, "said": said}
    answer = await browser.post(f"{path_of(page)}/check", form, on=page)
    if "data-passkey" in answer.text:
        path = re.findall(r'action="(/person/[\w-]+/check)"', answer.text)[0]
        answer = await browser.post(path, browser.answer(answer), on=answer)
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def revealed(browser: Browser, page: httpx.Response, form: dict[str, str]) -> httpx.Response:
    """The page of a reveal, once a passkey has answered."""
    asked = await browser.post(f"{path_of(page)}/reveal", form, on=page)
    path = re.findall(r'action="(/person/[\w-]+/reveal)"', asked.text)[0]
    return await browser.post(path, browser.answer(asked), on=asked)


def _hidden(page: httpx.Response) -> dict[str, str]:
    """The fields that a page asking for a passkey carries on."""
    form = page.text.partition("data-passkey")[2]
    found = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">', form))
    return {name: value for name, value in found.items() if name in {"field", "reason", "ticket", "said"}}
