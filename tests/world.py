"""A whole house in memory for stories: real keys, real policy, real gates; only the stores and the clock are near.

world = await World.make()
await world.send("backend", "Order Completed", email="anna@example.com", order_total="12.50")
view = await world.look("anna@example.com")
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from lockhouse.adapters.attested_facts import AttestedFacts
from lockhouse.adapters.group_commit.engine import WriterParts
from lockhouse.adapters.ids import SystemIds
from lockhouse.adapters.kms_file import FileRoot
from lockhouse.adapters.memory import MemoryStore
from lockhouse.channels import segment
from lockhouse.crypto.blindindex import Indexer
from lockhouse.crypto.checkpoint import sign_checkpoint, vkey
from lockhouse.crypto.keyring import Keyring
from lockhouse.crypto.noted import Notary
from lockhouse.crypto.signatures import SigningKey
from lockhouse.errors import Unavailable
from lockhouse.flows import approve, keys, look, request
from lockhouse.gates.collect import collect_group
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.gates.house import House
from lockhouse.gates.refresh import drop, refresh
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.ledger.record import record_leaf_of
from lockhouse.ledger.tail import lane_key
from lockhouse.ledger.verify import verify_records
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import Actor
from lockhouse.model.event import Batch, Event, Reply
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Deletion, Identifier, Intake, LedgerEntry, Record
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.scale import Assurance
from lockhouse.policy.document import parse
from lockhouse.wiring import template

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.gates.disclose import View
    from lockhouse.gates.ending import Case
    from lockhouse.ledger.verify import Finding
    from lockhouse.model.change import Committed, Conflict
    from lockhouse.model.ports import Commits, RowT
    from lockhouse.model.rows import Row
    from lockhouse.secret import Secret

POLICY = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [country], unknown: strictest}}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
  accounting: {about: Keep the books, basis: legal_obligation, keep: 84 months after event}
  marketing: {about: Tell you about products, basis: {default: consent, us: opt_out}, sold_or_shared: true,
    keep: 36 months after last_activity}
  analytics: {about: Understand our shops, basis: legitimate_interest, keep: 13 months after event}
consent:
  absent: denied
  names: {Advertising: marketing, Analytics: analytics}
fields:
  email: {type: email, class: contact, for: [fulfilment, marketing], identifies: person}
  phone: {type: phone, class: contact, for: [fulfilment], identifies: person, find_by: [exact, last4]}
  name: {type: text, class: contact, for: [fulfilment, marketing], find_by: [surname]}
  loyalty_id: {type: id, class: identity, for: [fulfilment, marketing], identifies: person}
  device_id: {type: id, class: identity, for: [analytics, marketing], identifies: device}
  country: {type: country, class: location, for: [fulfilment, analytics], clear: true}
  order_id: {type: id, class: transactions, for: [fulfilment, accounting], find_by: [exact]}
  order_total: {type: money, class: transactions, for: [accounting, analytics]}
  page_path: {type: text, class: behaviour, for: [analytics], minimise: redact_identifiers}
events:
  identify: [email, phone, name, loyalty_id, device_id]
  page: [device_id, page_path]
  Order Completed: [email, phone, name, loyalty_id, device_id, order_id, order_total, country]
channels:
  web: {kind: segment, key: public, origins: [https://shop.example], stage: live}
  backend: {kind: segment, key: secret, stage: live}
  account: {kind: segment, key: secret, stage: live, proves: [email, phone, loyalty_id]}
recipients:
  rudder: {kind: segment, url: http://127.0.0.1:1, role: internal, for: [analytics],
    fields: [device_id, order_total, page_path]}
roles:
  support:
    for: [fulfilment]
    see: {contact: masked, identity: masked, transactions: full}
    reveal: {contact: {reason: [call back, delivery problem]}}
  analyst: {for: [analytics], see: {behaviour: full, identity: masked, transactions: full}}
  accountant: {for: [accounting], see: {transactions: full}}
  marketer: {for: [marketing], see: {contact: full, identity: masked}}
"""


NOW = 1_795_440_630_000
"""Every story begins on one day, so that no test depends on when it runs."""


class Clock:
    """A clock that only moves when told; ms since 1970."""

    def __init__(self) -> None:
        self.at = NOW
        self.run = 0.0

    def now_ms(self) -> int:
        return self.at

    def monotonic_s(self) -> float:
        return self.run

    def pass_days(self, days: float) -> None:
        """Time goes by, as it does."""
        self.at += int(days * DAY_MS)
        self.run += days * 86_400

    def jump_days(self, days: float) -> None:
        """Somebody sets the clock: only the wall time moves."""
        self.at += int(days * DAY_MS)


@dataclass
class Journal:
    """Serials of destroyed keys, in memory."""

    serials: list[bytes] = field(default_factory=list)

    def append(self, serials: Sequence[bytes], *, cause: str, at: int) -> None:  # noqa: ARG002  # the port's shape
        self.serials.extend(serials)

    def read(self) -> list[bytes]:
        return list(self.serials)


@dataclass
class World:
    """See the module."""

    house: House
    store: MemoryStore
    clock: Clock
    journal: Journal
    verifier: str
    root: FileRoot
    lane_key: Secret
    replies: list[Reply] = field(default_factory=list)

    @classmethod
    async def make(
        cls, folder: Path, policy: str = POLICY, *, root: FileRoot | None = None, at: int | None = None
    ) -> World:
        """A founded house with an approved policy.

        Args:
            root: the root of another house, to share it.
            at: what the clock says at first, ms.
        """
        clock = Clock()
        clock.at = clock.at if at is None else at
        ids = SystemIds(clock)
        identity = ids.random(16)
        secrets = keys.new_secrets(ids)
        log, key = f"lockhouse/{identity.hex()}/1", SigningKey.from_secret(secrets["log"])
        store = MemoryStore(
            WriterParts(
                notary=Notary(identity), clock=clock, ids=ids, lane_key=lane_key(identity, secrets["log"]),
                sign_checkpoint=lambda size, root: sign_checkpoint(log, size, root, key),
            )
        )  # fmt: skip
        root = root or FileRoot.create(folder / "root.key", passphrase=None)
        await keys.found_keys(house=identity, secrets=secrets, root=root, commits=store, ids=ids, clock=clock)
        await store.commit(
            Change("record", puts=(Put("house", HouseRow(1, identity, log, 0, 0, 0, b"", clock.now_ms())),))
        )
        house = await open_house(identity, log, root=root, store=store, clock=clock)
        world = cls(
            house, store, clock, Journal(), vkey(log, key.public()), root, lane_key(identity, secrets["log"])
        )  # fmt: skip
        await world.approve(policy)
        return world

    async def second(self) -> World:
        """Another process of the same house: its own keyring and caches over the same stores."""
        house = await open_house(self.house.id, self.house.log, root=self.root, store=self.store, clock=self.clock)
        return World(house, self.store, self.clock, self.journal, self.verifier, self.root, self.lane_key)

    async def restarted(self) -> World:
        """The house started again, its writer too, under the clock as it is."""
        self.store = MemoryStore(self.store.parts, shelf=self.store.shelf)
        return await self.second()

    async def approve(self, policy: str) -> int:
        """A policy rules."""
        document = parse({"policy.yaml": policy}, templates=template)
        draft = await approve.draft_of(self.house, document, {"segment": segment.KIND})
        return await approve.approve(self.house, draft, policy.encode(), by="os-user:0")

    async def send(self, channel: str, event: str, **values: Any) -> Reply:
        """One event through the gate. `at`, `message_id`, `consent`, `signals` are the event's own, the rest fields."""
        [reply] = await self.send_all([(channel, event, values)])
        return reply

    async def send_all(self, events: list[tuple[str, str, dict[str, Any]]]) -> list[Reply]:
        batches = [self.batch(channel, event, values) for channel, event, values in events]
        replies = [reply for answered in await collect_group(self.house, batches) for reply in answered]
        self.replies.extend(replies)
        return replies

    def batch(self, channel: str, event: str, values: dict[str, Any]) -> Batch:
        """A batch of one, as the face would hand it to the gate."""
        own = dict(values)
        now = self.clock.now_ms()
        parsed = Event(
            name=event, message_id=own.pop("message_id", None), occurred_at=own.pop("at", now),
            consent=own.pop("consent", None), signals=frozenset(own.pop("signals", ())),
            source={"type": "track", "properties": own},
        )  # fmt: skip
        assurance = Assurance.PUBLIC if channel == "web" else Assurance.SECRET
        return Batch(
            channel=channel, assurance=assurance, credential=f"{channel}/{assurance}", received_at=now, items=[parsed]
        )

    async def find(self, value: str, *, by: str = "email", role: str = "support", **asked: Any) -> list[View]:
        """Everyone with this identifier, as the role sees them."""
        ask = await self.ask(role, action="find", **asked)
        return (await look.find(self.house, ask, by=by, value=value)).persons

    async def ask(self, role: str, **asked: Any) -> Any:
        actor = Actor(id="os-user:1000", kind="os-user", roles=(role,))
        return await look.ask_of(self.house, actor, **{"action": "show", "purpose": None, **asked})

    async def new_epochs(self) -> int:
        """Epoch keys for now and what comes, as a serving house makes them when time goes by."""
        return await ensure_epochs(self.house, self.house.live().policy.compartments)

    async def person(self, value: str, *, by: str = "email") -> bytes:
        """The one source person that the blind index of an identifier leads to."""
        [person] = {row.person for row in await self.indexes(value, by=by)}
        return person

    async def indexes(self, value: str, *, by: str = "email") -> list[Identifier]:
        """Every blind index of an identifier, the weakest first."""
        kind = self.house.live().kind(by)
        tag = self.house.indexer.tag(kind.number, kind.generation, value, norm=NORM_VERSION)
        columns = ("kind", "generation", "tag")
        return await self.store.find(Identifier, columns, [(kind.number, kind.generation, tag)])

    async def rows(self, row: type[RowT]) -> list[RowT]:
        """A whole table."""
        return [one async for chunk in self.store.scan(row) for one in chunk]

    async def kinds(self) -> list[str]:
        """Kinds of all ledger entries."""
        return [entry.kind for entry in await self.rows(LedgerEntry)]

    async def erase(self, person: bytes, *, compartment: str | None = None, now: bool = True) -> Case:
        """The person (or a compartment of theirs) is shut, and destroyed if `now`."""
        done = await request.open_erasure(self.house, person, by="os-user:1000", compartment=compartment)
        return (await request.fulfil(self.house, done.case, journal=self.journal, now=now)).case

    async def findings(self) -> list[Finding]:
        """What differs between the record rows and the ledger."""
        resealed = {row.id for row in await self.rows(LedgerEntry) if row.kind == "reseal"}
        intakes = [(row.records, row.leaves, row.entry in resealed) for row in await self.rows(Intake)]
        records = [(row.id, record_leaf_of(row)) for row in await self.rows(Record)]
        deletions = [(row.record, row.leaf) for row in await self.rows(Deletion)]
        return list(verify_records(intakes, records, deletions))

    def plant(self, row: Row) -> None:
        """A database administrator writes a row past the house."""
        values = msgspec.structs.astuple(row)
        self.store.shelf.tables[row.TABLE][tuple(getattr(row, name) for name in row.KEY)] = values

    def drop(self, row: Row) -> None:
        """A database administrator deletes a row past the house."""
        del self.store.shelf.tables[row.TABLE][tuple(getattr(row, name) for name in row.KEY)]

    async def reveal(self, person: bytes, *, role: str = "support", reason: str | None = "call back") -> View:
        return await look.reveal(self.house, await self.ask(role, action="reveal", reason=reason), person)


async def open_house(identity: bytes, log: str, *, root: FileRoot, store: MemoryStore, clock: Clock) -> House:
    """A process's own view of a founded house, unlocked and fresh."""
    ids = SystemIds(clock)
    unlocked = await keys.unlock(house=identity, root=root, reads=store)
    house = House(
        id=identity, log=log, reads=store, commits=store, epochs=store, clock=clock, ids=ids, keks=unlocked.keks,
        generation=unlocked.generation, indexer=Indexer(identity, unlocked.index),
        notary=lambda: store.notary_public,
        keyring=Keyring(
            identity, keks=unlocked.keks, generation=unlocked.generation, entropy=ids.random, alive=store.alive
        ),
        receipt_key=unlocked.secrets["receipt"], credential_keys=unlocked.credentials, demo=True,
        integrity_key=unlocked.secrets["integrity"], suppression_key=unlocked.secrets["suppression"],
    )  # fmt: skip
    house.actor_facts = AttestedFacts(house)
    store.on_move(lambda policy, key: drop(house, policy=policy, key=key))
    await refresh(house)
    return house


class Stopped:
    """Commits that wait, once, at the `nth` Changes of a store, as under SIGSTOP."""

    def __init__(self, inner: Commits, *, store: str = "record", nth: int = 1) -> None:
        self._inner = inner
        self._at = store
        self._left = nth
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def commit(self, change: Change) -> Committed | Conflict:
        [answer] = await self.commit_each([change])
        return answer

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        self._left -= any(change.store == self._at for change in changes)
        if self._left == 0 and not self.reached.is_set():
            self.reached.set()
            await self.go_on.wait()
        return await self._inner.commit_each(changes)

    async def scrub(self) -> None:
        await self._inner.scrub()


class Away:
    """Commits of which the `nth` to one store fails, as when the store goes away for a moment."""

    def __init__(self, inner: Commits, *, nth: int = 1, store: Literal["identity", "record"] = "record") -> None:
        self._inner = inner
        self._left = nth
        self._store = store

    async def commit(self, change: Change) -> Committed | Conflict:
        [answer] = await self.commit_each([change])
        return answer

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        self._left -= changes[0].store == self._store
        if changes[0].store == self._store and self._left == 0:
            raise Unavailable(f"{self._store} store: expected to be there, got nothing")
        return await self._inner.commit_each(changes)

    async def scrub(self) -> None:
        await self._inner.scrub()
