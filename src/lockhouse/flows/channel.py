"""Channel credentials: made once, shown once, stored as a keyed hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.crypto.credentials import credential_hash, looks_valid, new_credential
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.authority import checked, digest, place_digest, signed
from lockhouse.gates.credentials import ENDED, LIVE, MARK, channel_named, give_end, lives, overlap_ms
from lockhouse.gates.pauses import is_paused
from lockhouse.ledger.entry import Credential as CredentialEntry
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import Credential, HookSecret
from lockhouse.model.scale import Assurance

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Channel
    from lockhouse.secret import Secret

SHOWN = 8
"""Characters of a key, prefix included, that lists show so that people can tell keys apart."""
NAMELESS = "#"
"""What a number stands behind of a channel whose name the house does not know."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who a credential belongs to. `credential` is its class: message ids are deduplicated within it."""

    channel: str
    assurance: Assurance
    credential: str
    origins: tuple[str, ...]
    stage: int
    paused: bool = False


def sample_event(channel: Channel) -> str:
    """An event that the channel may send, to begin with."""
    return next((one for one in ("Order Completed", *channel.events) if one in channel.events), "page")


async def make_credential(house: House, name: str, *, by: str) -> Secret:
    """A new write key of the channel; its text is in the answer and nowhere else.

    Raises:
        NotFound: the live policy has no such channel.
        Invalid: the channel's kind is not authenticated by a write key.
    """
    channel = channel_named(house, name)
    kind: Literal["public", "secret"] | None = channel.assurance_key
    if kind is None:
        raise Invalid(
            f"channel {name}", "a channel whose `key:` is public or secret", got="one without",
            hint="`kind: segment` has write keys, and files come through it; a provider's secret is given on the "
            "house's machine: lockhouse channel add",
        )  # fmt: skip
    text = new_credential(kind, house.ids.random)
    await _store(house, channel, text, by=by)
    return text


async def rotate_credential(house: House, name: str, *, overlap_hours: int, by: str) -> tuple[Secret, list[Credential]]:
    """A new write key, and those before it with the end that they were given: both are taken for the overlap.

    Raises:
        NotFound, Invalid: as `make_credential`; or the overlap is no time that may be.
        Moved: somebody changed one of those before meanwhile: the new one is there, they go on.
    """
    now = house.clock.now_ms()
    until = now + overlap_ms(overlap_hours)
    before = [row for row in await credentials_for(house, name) if lives(row, now)]
    made = await make_credential(house, name, by=by)
    return made, await give_end(house, before, until=until, by=by)


async def _store(house: House, channel: Channel, text: Secret, *, by: str) -> None:
    entry = house.ids.new()
    plain = text.reveal().decode()  # house: allow no-reveal: the key is hashed here, the moment it is made
    assurance = Assurance.PUBLIC if channel.assurance_key == "public" else Assurance.SECRET
    newest = max(house.credential_keys)
    row = Credential(
        newest, credential_hash(plain, key=house.credential_keys[newest]), channel.id, assurance, plain[:SHOWN], LIVE,
        house.clock.now_ms(), None, entry, b"",
    )  # fmt: skip
    row = signed(row, house.integrity_key)
    said = CredentialEntry(
        change="made", channel=channel.id, assurance=int(assurance), by=by, row=digest(row),  # type: ignore[arg-type]  # 1..3
        place=place_digest(row),
    )  # fmt: skip
    await house.commits.commit(Change("identity", puts=(Put(Credential.TABLE, row),)))
    await house.commits.commit(Change("record", entries=(said.draft(id=entry, lane=house.lane),)))


async def end_credential(house: House, name: str, begins: str, *, by: str) -> Credential:
    """A write key is ended for good, in every process; the channel may have left the policy meanwhile.

    Args:
        house: as it stands.
        name: of the channel.
        begins: as `living_credential` takes it.
        by: who ends it.

    Raises:
        NotFound, Invalid, Tampered: as `living_credential`.
        Conflict: somebody else ended it just now.
    """
    return await _ended(house, await living_credential(house, name, begins), by=by)


async def living_credential(house: House, name: str, begins: str) -> Credential:
    """The living key of a channel that is meant.

    Args:
        house: as it stands.
        name: of the channel.
        begins: the first characters of the key, as many as are `shown`, or all of it. Fewer could mean a key that
            nobody looked at.

    Raises:
        NotFound: the channel has no living key that begins so.
        Invalid: it is less than what is shown, or several begin so.
        Tampered: a credential's row was not made by this house.
    """
    typed, now = begins.strip().rstrip("…."), house.clock.now_ms()
    living = [row for row in await credentials_for(house, name) if lives(row, now)]
    if looks_valid(typed):
        whole = dict(_places(house, typed))
        found = [row for row in living if row.generation in whole and equal(row.hash, whole[row.generation])]
    else:
        found = [row for row in living if row.shown == typed]
    if not found and typed and any(row.shown.startswith(typed) for row in living):
        expected = f"the {SHOWN} characters that are shown of it, or all of it"
        raise Invalid("key", expected, got="fewer", hint=f"lockhouse channel show {name}")
    if not found:
        raise NotFound(
            "key: expected the first characters of a living key of this channel, got others",
            hint=f"lockhouse channel show {name}" if living else "lockhouse channel list",
        )
    if len(found) > 1:
        raise Invalid(
            "key", "characters that one key begins with", got=f"those of {len(found)} keys", hint="say all of it"
        )
    return found[0]


async def _ended(house: House, row: Credential, *, by: str) -> Credential:
    entry, now = house.ids.new(), house.clock.now_ms()
    ended = msgspec.structs.replace(row, state=ENDED, until_at=now, entry=entry, mac=b"")
    ended = signed(ended, house.integrity_key)
    alive = Expect(
        Credential.TABLE, (row.generation, row.hash), {"state": LIVE}, or_absent=False, because="credential-moved"
    )
    said = CredentialEntry(
        change="ended", channel=row.channel, assurance=row.assurance, by=by, row=digest(ended),  # type: ignore[arg-type]  # 1..3
        place=place_digest(ended),
    )  # fmt: skip
    box = (Delete(HookSecret.TABLE, (row.generation, row.hash)),) if row.shown.startswith(MARK) else ()
    puts = (Put(Credential.TABLE, ended),)
    stored = await house.commits.commit(Change("identity", puts=puts, deletes=box, expects=(alive,)))
    if isinstance(stored, Conflict):
        raise Moved("key: expected one that lives", hint="somebody ended it just now")
    await house.epochs.announce(key=True)
    await house.commits.commit(Change("record", entries=(said.draft(id=entry, lane=house.lane),)))
    return ended


async def authenticate(house: House, text: str) -> Sender | None:
    """Whose credential this is; None for one that is unknown, ended, or of a channel the policy no longer has.

    So it is for one of a channel that has become a provider's: its signature is the only proof, and a key that was
    made before would go round it.

    Raises:
        Tampered: the credential's row was not made by this house.
    """
    if not looks_valid(text):
        return None
    found = (await house.reads.get(Credential, _places(house, text))).values()
    for row in checked(found, house.integrity_key):
        name = house.live().names.name("channel", row.channel)
        channel = house.live().policy.channels.get(name or "")
        if channel is None or not lives(row, house.clock.now_ms()) or not channel.served:
            return None
        if channel.assurance_key is None:
            return None
        return Sender(
            channel=channel.name, assurance=Assurance(row.assurance), credential=f"{row.channel}/{row.assurance}",
            origins=channel.origins, stage=channel.stage,
            paused=await is_paused(house, "channel", row.channel),
        )  # fmt: skip
    return None


def _places(house: House, text: str) -> list[tuple[int, bytes]]:
    """Where a write key may stand: its hash under each version of the secret."""
    return [(version, credential_hash(text, key=key)) for version, key in house.credential_keys.items()]


async def credentials_for(house: House, name: str) -> list[Credential]:
    """Every credential of one channel, as it is called in `credentials_of`; none of a name that no channel has or had.

    Read by the channel, so that other channels' cost nothing.

    Raises:
        Tampered: one of them was not made by this house.
    """
    number = house.live().names.known("channel", name)
    if number is None and name[:1] == NAMELESS and name[1:].isdecimal():
        number = int(name[1:])
    if number is None:
        return []
    return checked(await house.reads.find(Credential, ("channel",), [(number,)]), house.integrity_key)


async def credentials_of(house: House) -> dict[str, list[Credential]]:
    """Every credential by the name of its channel."""
    found: dict[str, list[Credential]] = {}
    async for rows in house.reads.scan(Credential):
        for row in checked(rows, house.integrity_key):
            name = house.live().names.name("channel", row.channel) or f"{NAMELESS}{row.channel}"
            found.setdefault(name, []).append(row)
    return found
