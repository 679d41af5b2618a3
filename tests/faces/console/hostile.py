"""A house in which everything that somebody can type is hostile: markup, attribute breakers, turned and endless words.

`settle` puts it into any open house, so that pages are walked without a browser and in one. What no form or flow would
take is planted as a row, where an administrator of the database could plant it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.access.tokens import Terms
from lockhouse.flows import channel, grant, hold, staff, token
from lockhouse.flows.approve import draft_of, propose
from lockhouse.flows.token import Maker
from lockhouse.gates.granting import Wanted
from lockhouse.gates.holds import Terms as HoldTerms
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.deed import Deed
from lockhouse.model.change import Change, Draft, Put
from lockhouse.model.decision import Actor
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Drop, Identifier, Outbox, StaffRole
from lockhouse.policy.document import parse
from lockhouse.wiring import KINDS, template
from tests.faces.console.agents import PEOPLE, rows_of, send

if TYPE_CHECKING:
    from lockhouse.gates.house import House

BY = "os-user:1000"
SCRIPT = "<script>alert(1)</script>"
BREAKS = "\"'><img src=x onerror=alert(2)><svg/onload=alert(3)>"
PLACES = "{{7*7}}%(name)s&lt;b&gt;"
HOSTILE = f"{BREAKS}{SCRIPT}{PLACES}"
"""What every page has to show as it was written."""
RTL = "\u05de\u05d9\u05db\u05dc \u05db\u05d4\u05df"
TURNED = f"invoice\u202e{SCRIPT}fdp.exe\u2066"
LONG = "W" * 500
EMAIL = "anna@customers.example"
ROLES = ("support", "auditor", "admin", "keeper", "desk", "lead", "chief")
"""Of the policy below; `chief` may all that any of them may."""


def _said(text: str) -> str:
    """A text as YAML has it in quotes."""
    return json.dumps(text)


POLICY = (
    PEOPLE.replace("name: Northwind", f"name: {_said(HOSTILE)}")
    .replace("about: Deliver what you ordered", f"about: {_said(HOSTILE)}")
    .replace("reason: [call back, delivery problem]", f"reason: [call back, {_said(HOSTILE)}, {_said(LONG[:120])}]")
    .replace("see: {contact: masked, identity", "see: {contact: full, profile: full, identity")
    .replace("persons_per_hour: 4", "persons_per_hour: 600")
    .replace(
        "roles:\n",
        """  tills: {kind: segment, key: secret, stage: observe}
recipients:
  courier: {kind: segment, role: processor, for: [fulfilment], fields: [country], url: "https://courier.example",
    contract: "https://northwind.example/dpa?<b>", review: 2027-06-30, region: eu, erase: task}
roles:
  keeper: {may: [channel.*, recipient.*, ledger.*]}
  desk: {for: [fulfilment], see: {transactions: full}, may: [grant.request, grant.break-glass]}
  lead: {may: [grant.approve, grant.list]}
  chief:
    for: [fulfilment, marketing]
    see: {contact: full, profile: full, transactions: full, special: masked}
    check: [contact]
    reveal: {contact: {reason: [call back], step_up: 8 hours}}
    change: [contact]
    may: [policy.*, key.*, staff.*, channel.*, recipient.*, ledger.*, grant.*, token.*, audit.*, person.*]
""",
    )
)


THEIRS = frozenset(
    f"{HOSTILE}|{HOSTILE[:60]}|{TURNED}|{TURNED.translate({0x202E: 0xFFFD, 0x2066: 0xFFFD})}|{LONG}|{RTL}"
    "|Tell you about products|Understand our shops|fulfilment|marketing|analytics|contact|identity|profile|location"
    "|transactions|special|requests|behaviour|email|phone|name|loyalty_id|note|country|order_id|order_total|allergy|page_path"
    "|identify|page|Order Completed|web|backend|tills|courier|call back|delivery problem|call-back"
    f"|none|away|{'|'.join(ROLES)}|fact|until|console|first|hidden|last4".split("|")
)
"""What the policy, senders, members and the ledger's format call things, whatever language a page speaks."""


class Settled(NamedTuple):
    """The ids of what stands in addresses, in hex, by the name that a route has for them; and persons, raw."""

    ids: dict[str, str]
    person: bytes


async def holds(house: House, own: bytes, *roles: str) -> None:
    """Somebody holds these roles, whoever would have to approve them."""
    for role in roles:
        deed, now = Deed(house), house.clock.now_ms()
        deed.put(StaffRole(own, role, 1, BY, BY, now, 0, house.ids.new(), b""), was=None)
        await deed.done()


async def invited(house: House, name: str, *roles: str, language: str = "en") -> tuple[bytes, str]:
    """Somebody whose name is as hostile as a name may be; their id, and the link by which they enrol."""
    who = Called(f"{name}{BREAKS}@shop.example", f"{name} {HOSTILE}{RTL}"[:200])
    link = await staff.invite(house, who, by=BY, language=language)
    await holds(house, link.staff, *roles)
    return link.staff, link.token


async def settle(house: House) -> Settled:
    """Everything that is there is there, hostile, beside the members who look at it."""
    await _events(house)
    await _rows(house)
    person: bytes = min({row.person for row in await rows_of(house, Identifier)})
    later = house.clock.now_ms() + 30 * DAY_MS
    await hold.place(
        house, HoldTerms(reason="lawsuit", basis="7-O-1", persons=(person,), compartments=(), review_at=later), by=BY
    )
    away, _ = await invited(house, "away")
    await channel.make_credential(house, "web", by=BY)
    made = await token.create(
        house, Terms(name="w" * 40, role="keeper", may=("ledger.read",), purposes=(), networks=("127.0.0.0/8",)),
        by=Maker(Actor(id=BY, kind="os-user")), days=30,
    )  # fmt: skip
    wider = POLICY.replace("desk: {for: [fulfilment]", f"# {HOSTILE}\n  desk: {{for: [fulfilment, analytics]")
    document = parse({"policy.yaml": wider}, templates=template)
    version = await propose(house, await draft_of(house, document, KINDS), wider.encode(), by=BY)
    entry = house.ids.new()
    body = {"actor": HOSTILE, "by": TURNED, "fact": LONG, "until": None}
    await house.commits.commit(Change("record", entries=(Draft(entry, house.lane, "attestation", body),)))
    ids = {
        "staff": away.hex(), "token": made.row.id.hex(), "version": str(version), "entry": entry.hex(),
        "channel": "tills", "recipient": "courier",
    }  # fmt: skip
    return Settled(ids, person)


async def asked(house: House, own: bytes, person: bytes) -> bytes:
    """Somebody asked for more, for the longest reason that the policy has; the grant's id."""
    wanted = Wanted(
        purpose="fulfilment", classes=("contact",), reason="call back", ticket="T-17", minutes=60, persons=(person,)
    )
    return (await grant.request(house, wanted, by=f"staff:{own.hex()}")).id


async def _events(house: House) -> None:
    """Orders of one person whose every text is hostile, and what the policy does not keep."""
    more: dict[str, Any] = {"name": f"{HOSTILE} {RTL}", "note": TURNED, "country": "DE", "order_total": "12.40"}
    await send(house, "backend", "identify", email=EMAIL, phone="+4915112345678", name=HOSTILE, loyalty_id=HOSTILE)
    for number, note in enumerate((HOSTILE, TURNED, LONG, RTL)):
        await send(
            house, "backend", "Order Completed", email=EMAIL, order_id=f"{HOSTILE}{number}", **{**more, "note": note}
        )
    await send(house, "web", "page", email=EMAIL, page_path=f"/{HOSTILE}")
    await send(house, "web", f"Ev{HOSTILE}", email=EMAIL, **{HOSTILE: LONG})


async def _rows(house: House) -> None:
    """What counts of dropped paths and dead letters could be made to say by whoever writes to the store."""
    policy, now = house.live().policy, house.clock.now_ms()
    web, tills, courier = policy.channels["web"].id, policy.channels["tills"].id, policy.recipients["courier"].id
    rows = [
        Drop(web, HOSTILE, "undeclared", 3, now, now), Drop(web, f"properties.{LONG}", HOSTILE, 3, now, now),
        Drop(tills, f"Order Completed|properties.{HOSTILE}", "seen.text", 9, now, now),
        Drop(tills, f"{HOSTILE}|properties.x", "seen.text", 9, now, now), Drop(tills, TURNED, LONG, 9, now, now),
    ]  # fmt: skip
    out = Outbox(house.ids.new(), courier, house.ids.new(), house.ids.new(), 3, 1, now, HOSTILE)
    puts = (*[Put(Drop.TABLE, row) for row in rows], Put(Outbox.TABLE, out))
    await house.commits.commit(Change("record", puts=puts))
