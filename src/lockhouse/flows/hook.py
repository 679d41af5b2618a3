"""A provider's secret: taken or made, one more while it rotates; and what proves a delivery of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.hooks import hook_key, new_hook_secret
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict
from lockhouse.gates.authority import checked, digest, place_digest, signed
from lockhouse.gates.credentials import LIVE, channel_named, give_end, overlap_ms
from lockhouse.gates.hook_secrets import MOST_LIVE, living, opened, sealed
from lockhouse.gates.pauses import is_paused
from lockhouse.gates.trusted_time import watched_now
from lockhouse.ledger.entry import Credential as CredentialEntry
from lockhouse.model.change import Change, Delete, Put
from lockhouse.model.rows import Credential, HookSecret
from lockhouse.model.scale import Assurance
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from lockhouse.gates.house import House


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind says of its secrets: how sure they make a delivery, and how their text is read.

    Attributes:
        keyed: whether the text is made a key at all; else it is used as it stands.
    """

    signing: Signing
    assurance: Assurance = Assurance.SIGNED
    keyed: bool = True


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What proves a delivery of one channel. `credential` is its class: delivery ids are deduplicated within it."""

    channel: str
    credential: str
    secrets: tuple[Secret, ...]
    paused: bool = False


async def add_secret(house: House, name: str, secret: Secret | None, *, form: Form, by: str) -> tuple[Secret, str]:
    """One more secret of the channel, beside one that lives already; its text and what lists show of it.

    Args:
        house: as it stands.
        name: of the channel.
        secret: the provider's; None to make one.
        form: of the channel's kind.
        by: who adds it.

    Raises:
        NotFound: the live policy has no such channel.
        Invalid: the secret cannot be read in its form, or is too short.
        Conflict: two live already, or it is one of them.
    """
    channel = channel_named(house, name)
    signing = form.signing
    if secret is None:
        secret = new_hook_secret(house.ids.random, form=signing.key, prefix=signing.key_prefix)
    hook_key(secret, form=signing.key if form.keyed else "text", prefix=signing.key_prefix)  # as long as a key must be
    rows = await living(house, channel.id)
    if len(rows) >= MOST_LIVE:
        raise _too_many(name, len(rows))
    made = sealed(house, secret, channel=channel.id)
    if any(equal(row.hash, made.row.hash) for row in rows):
        raise Conflict(f"channel {name}: expected a new secret, got one that lives")
    entry, now = house.ids.new(), house.clock.now_ms()
    row = Credential(
        made.generation, made.row.hash, channel.id, form.assurance, made.shown, LIVE, now, None, entry, b""
    )
    row = signed(row, house.integrity_key)
    said = CredentialEntry(
        change="made", channel=channel.id, assurance=int(form.assurance), by=by,  # type: ignore[arg-type]  # 1..3
        row=digest(row), place=place_digest(row),
    )  # fmt: skip
    puts = (Put(Credential.TABLE, row), Put(HookSecret.TABLE, made.row))
    await house.commits.commit(Change("identity", puts=puts))
    if (now_live := len(await living(house, channel.id))) > MOST_LIVE:  # another was added in the same moment
        place = (made.generation, made.row.hash)
        back = (Delete(Credential.TABLE, place), Delete(HookSecret.TABLE, place))
        await house.commits.commit(Change("identity", deletes=back))
        raise _too_many(name, now_live)
    await house.epochs.announce(key=True)
    await house.commits.commit(Change("record", entries=(said.draft(id=entry, lane=house.lane),)))
    return secret, made.shown


async def rotate_secret(  # noqa: PLR0913  (a secret, and how long the one before is taken beside it)
    house: House, name: str, secret: Secret | None, *, form: Form, overlap_hours: int, by: str
) -> tuple[Secret, str, list[Credential]]:  # fmt: skip
    """One more secret, what lists show of it, and the one before with its end: both prove deliveries for the overlap.

    Raises:
        NotFound, Invalid, Conflict: as `add_secret`; or the overlap is no time that may be.
        Moved: somebody changed the one before meanwhile: the new one is there, that one goes on.
    """
    until = house.clock.now_ms() + overlap_ms(overlap_hours)
    before = await living(house, channel_named(house, name).id)
    made, shown = await add_secret(house, name, secret, form=form, by=by)
    return made, shown, await give_end(house, before, until=until, by=by)


async def forget_lapsed(house: House) -> int:
    """The boxes of secrets whose time is over are gone; how many. Their credentials stay, for lists and the ledger.

    Raises:
        Tampered: a credential was not made by this house.
        Unavailable: the clock is in doubt.
    """
    now, gone = await watched_now(house), 0
    async for rows in house.reads.scan(HookSecret):
        keys = [(row.generation, row.hash) for row in rows]
        found = checked((await house.reads.get(Credential, keys)).values(), house.integrity_key)
        over = [row for row in found if row.until_at is not None and row.until_at <= now]
        if over:
            deletes = tuple(Delete(HookSecret.TABLE, (row.generation, row.hash)) for row in over)
            await house.commits.commit(Change("identity", deletes=deletes))
            gone += len(over)
    return gone


def _too_many(name: str, live: int) -> Conflict:
    return Conflict(
        f"channel {name}: expected at most one live secret, got {live}",
        hint=f"lockhouse channel show {name} says when one ends; at once: lockhouse channel revoke {name} KEY",
    )


async def door(house: House, name: str, *, form: Form) -> Door:
    """What proves a delivery of this channel now; without a living secret nothing does.

    Raises:
        NotFound: the live policy has no such channel.
        Tampered: a row or box was not made by this house.
    """
    channel = channel_named(house, name)
    rows = await living(house, channel.id)
    found = await opened(house, [row for row in rows if row.assurance == form.assurance])
    signing = form.signing
    if form.keyed:
        found = [hook_key(one, form=signing.key, prefix=signing.key_prefix) for one in found]
    return Door(
        channel=channel.name,
        credential=f"{channel.id}/{int(form.assurance)}",
        secrets=tuple(found),
        paused=await is_paused(house, "channel", channel.id),
    )
