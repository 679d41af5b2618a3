"""The house's own keys: made when it is founded, unlocked when a process opens it.

    root (KMS) ── wraps ──> KEK generation ── wraps ──> rings, epoch keys, index keys, house secrets

The root is asked once per generation and process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import unwrap, wrap
from lockhouse.errors import Tampered, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.index_keys import kek_of, load_index
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import HouseSecret, Kek
from lockhouse.model.scale import KeyState
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from lockhouse.model.ports import Clock, Commits, Ids, Reads, Root

SECRETS = ("credential", "integrity", "log", "receipt", "suppression")
"""Every secret of a house: write keys, MACs of authority rows, checkpoints, message ids, suppressions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """A house's keys in memory.

    Attributes:
        keks: by generation; destroyed generations are not here.
        generation: the one that wraps what is new.
        secrets: by name, each in its newest version.
        credentials: what write keys are hashed under, by version: those of former ones are looked up still.
        index: blind-index keys by (identifier kind, generation).
    """

    keks: dict[int, Secret]
    generation: int
    secrets: dict[str, Secret]
    credentials: dict[int, Secret]
    index: dict[tuple[int, int], Secret]


def new_secrets(ids: Ids) -> dict[str, Secret]:
    """Fresh house secrets, 32 bytes each; not stored yet."""
    return {name: Secret(ids.random(32)) for name in SECRETS}


async def found_keys(  # noqa: PLR0913  (the ports of a house that does not exist yet)
    *, house: bytes, secrets: dict[str, Secret], root: Root, commits: Commits, ids: Ids, clock: Clock
) -> None:
    """KEK generation 1 and the house secrets are durable, wrapped.

    Raises:
        Unavailable: the identity store already holds a KEK: this house was founded before.
    """
    kek = Secret(ids.random(32))
    first = await root.new_generation()
    wrapped = await root.wrap(first, kek, _kek_place(house, first))
    row = Kek(first, "file", wrapped, KeyState.LIVE, 0, clock.now_ms())
    puts = [Put(Kek.TABLE, row)]
    for name, secret in secrets.items():
        sealed = wrap(kek, secret, house=house, purpose="secret", name=name, generation=first, version=1)
        puts.append(Put(HouseSecret.TABLE, HouseSecret(name, 1, first, sealed, None)))
    expects = (Expect(Kek.TABLE, (first,), None, or_absent=False, because="founded"),)
    answer = await commits.commit(Change("identity", puts=tuple(puts), expects=expects))
    if isinstance(answer, Conflict):
        raise Unavailable("house: expected an empty folder, got a founded house", hint="choose another folder")


async def unlock(*, house: bytes, root: Root, reads: Reads) -> Unlocked:
    """Every living key of the house, unwrapped.

    Raises:
        Unavailable: the root is away, or the house has no KEK.
        Tampered: a wrapped key is not what this house wrapped, or names a KEK that there is not.
    """
    keks: dict[int, Secret] = {}
    async for rows in reads.scan(Kek):
        for row in sound(rows):
            if row.state == KeyState.LIVE and row.wrapped is not None:
                keks[row.generation] = await root.unwrap(row.generation, row.wrapped, _kek_place(house, row.generation))
    if not keks:
        raise Unavailable(
            "keys: expected a KEK in the identity store, got none", hint="lockhouse init DIR founds a house"
        )
    secrets: dict[str, Secret] = {}
    credentials: dict[int, Secret] = {}
    async for stored in reads.scan(HouseSecret):
        for secret in sound(stored):
            secrets[secret.name] = unwrap(
                kek_of(keks, secret.generation, table=HouseSecret.TABLE), secret.wrapped, house=house, purpose="secret",
                name=secret.name, generation=secret.generation, version=secret.version,
            )  # fmt: skip
            if secret.name == "credential":
                credentials[secret.version] = secrets[secret.name]
    if set(SECRETS) - set(secrets):
        raise Tampered("keys: expected every house secret")
    return Unlocked(
        keks=keks, generation=max(keks), secrets=secrets, credentials=credentials,
        index=await load_index(house, keks, reads),
    )  # fmt: skip


def _kek_place(house: bytes, generation: int) -> bytes:
    return lp("lockhouse/kek/1", house, generation)
