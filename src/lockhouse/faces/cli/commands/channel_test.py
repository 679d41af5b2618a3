"""`lockhouse channel test`: a signed sample through the real door."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.channels.hooks.sampling import sample
from lockhouse.errors import Invalid, NotFound, Unavailable
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.hooks import delivered, hook_address
from lockhouse.faces.cli.layout import Said
from lockhouse.flows.hook import door

if TYPE_CHECKING:
    from lockhouse.channels.hooks.sampling import Parcel

WAIT_S = 10.0
_ACCEPTED = 200


async def deliver(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Send a delivery of a synthetic person, signed with the channel's secret, to the house that is served.

    It goes the way of every delivery: what the policy lets through of it is stored, if the channel's stage stores.

    Args:
        name: of the channel.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "channel.add", (acting or As()).role)
        hooked = delivered(opened, name)
        if hooked is None or not hooked.way.kind.signs:
            raise Invalid(f"channel {name}", "one whose provider signs with a secret that it shares", got="another")
        if hooked.way.signs_address and not opened.settings.public_url:
            raise Invalid("public_url", "the address that the provider posts to, which it signs", got="none")
        found = await door(opened.house, name, form=hooked.way.form)
        if not found.secrets:
            raise NotFound(f"channel {name}: expected a live secret, got none", hint=f"lockhouse channel add {name}")
        events = opened.house.live().policy.channels[name].events
        own, address = f"lockhouse-test-{opened.house.ids.new().hex()[:16]}", hook_address(opened.settings, name)
        event = events[0] if hooked.way.kind.wire.name == "hmac" and events else ""
        told = (own, event, opened.house.clock.now_ms())
        parcel = sample(hooked.way.kind, hooked.way.signing, key=found.secrets[-1], told=told, url=address)
    status = _posted(address, parcel)
    value = {"channel": name, "address": address, "status": status, "accepted": status == _ACCEPTED}
    if status != _ACCEPTED:
        raise Unavailable(f"door: expected 200, got {status}", hint=f"lockhouse channel show {name}")
    return Said(value, call.located(f"Accepted by {address}.\nWhat became of it: lockhouse tail --channel {name}"))


def _posted(address: str, parcel: Parcel) -> int:
    """The status that the door answers.

    Raises:
        Unavailable: nobody answers there.
    """
    parts = urlsplit(address)
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = made(parts.netloc, timeout=WAIT_S)
    try:
        connection.request("POST", parts.path, body=parcel[1], headers=dict(parcel[0]))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as err:
        raise Unavailable("door: expected an answer, got none", hint="lockhouse serve") from err
    finally:
        connection.close()
