"""Of a channel that a provider delivers to, the signature is the only proof: its old write keys open nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.channels import segment
from lockhouse.channels.hooks import WIRES
from lockhouse.faces.hook_kinds import way_of
from lockhouse.flows import approve
from lockhouse.flows.channel import authenticate, make_credential
from lockhouse.flows.hook import add_secret, door
from lockhouse.model.scale import Assurance
from lockhouse.policy.document import parse
from lockhouse.wiring import template
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

BY = "os-user:1"
SEGMENT = "\n  crm: {kind: segment, key: secret, stage: live}"
SIGNED = """
  crm:
    kind: hmac
    sign: {header: x-sig, signed: "{timestamp}.{body}", timestamp: header:x-at, id: body:id, event: body:type}
"""


def _policy(channel: str) -> str:
    return POLICY.replace("\nchannels:", "\nchannels:" + channel, 1)


async def _moved(folder: Path, *, keys: int) -> tuple[World, list[str]]:
    """A house whose channel had so many write keys, and takes signed deliveries now; the keys."""
    world = await World.make(folder, policy=_policy(SEGMENT))
    made = [await make_credential(world.house, "crm", by=BY) for _ in range(keys)]
    assert await authenticate(world.house, made[0].reveal().decode()) is not None
    document = parse({"policy.yaml": _policy(SIGNED)}, templates=template)
    draft = await approve.draft_of(world.house, document, {"segment": segment.KIND, **WIRES})
    await approve.approve(world.house, draft, _policy(SIGNED).encode(), by="os-user:0")
    return world, [one.reveal().decode() for one in made]


async def test_a_write_key_opens_nothing_once_its_channel_takes_signed_deliveries(tmp_path: Path) -> None:
    world, [text] = await _moved(tmp_path, keys=1)
    channel = world.house.live().policy.channels["crm"]
    assert (channel.kind, channel.served) == ("hmac", True)
    assert await authenticate(world.house, text) is None


async def test_old_write_keys_are_no_secrets_of_a_provider_whose_box_is_gone(tmp_path: Path) -> None:
    world, _ = await _moved(tmp_path, keys=2)
    way = way_of(world.house.live().policy.channels["crm"])
    assert way is not None
    form = msgspec.structs.replace(way.form, assurance=Assurance.SECRET)  # as of a kind whose bodies are not signed
    assert (await door(world.house, "crm", form=form)).secrets == ()
    secret, _ = await add_secret(world.house, "crm", None, form=form, by=BY)
    assert (await door(world.house, "crm", form=form)).secrets == (secret,)
