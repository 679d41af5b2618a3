"""`lockhouse channel rotate`: a new key or secret, and an end for those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, Input
from lockhouse.faces.cli.commands.channel import made, new_key
from lockhouse.faces.cli.hooks import delivered, rotate_secret
from lockhouse.faces.cli.layout import Said, when
from lockhouse.flows.channel import rotate_credential
from lockhouse.gates.credentials import OVERLAP_HOURS

if TYPE_CHECKING:
    from typing import Any

    from lockhouse.faces.cli.call import Call
    from lockhouse.model.rows import Credential


async def rotate(  # noqa: PLR0913  (options of one command)
    name: str, secret: Input = None, /, *, overlap_hours: int = OVERLAP_HOURS, given: bool = False,
    acting: As | None = None, call: Here,
) -> Said:  # fmt: skip
    """Make a new write key for a channel, or take the provider's new secret; those before it are taken for a while yet.

    For example `lockhouse channel rotate web`; or, behind a command that prints the provider's new secret,
    `lockhouse channel rotate payments -`. Give the sender the new one in time: the ones before end by themselves.

    Args:
        name: of the channel, as in the policy.
        secret: as of `lockhouse channel add`.
        overlap_hours: how long those before are still taken, from 1 to 720.
        given: as of `lockhouse channel add`.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "channel.rotate", (acting or As()).role)
        if (hooked := delivered(opened, name)) is not None:
            source = "ask" if given and secret is None else secret
            return await rotate_secret(
                opened, hooked, source=source, overlap_hours=overlap_hours, by=actor.id, call=call
            )
        key, before = await rotate_credential(opened.house, name, overlap_hours=overlap_hours, by=actor.id)
        value = new_key(opened, name, key)
    return rotated(value | {"ending": [told(row) for row in before]}, call=call)


def told(row: Credential) -> dict[str, Any]:
    """One that was given an end."""
    return {"begins": row.shown, "until_at": row.until_at}


def rotated(value: dict[str, Any], *, call: Call) -> Said:
    """A new key, with what becomes of those before."""
    said = made({name: one for name, one in value.items() if name != "ending"}, call=call)
    return Said(value, f"{said.text}\n\n{ends(value['ending'])}")


def ends(ending: list[dict[str, Any]]) -> str:
    """What becomes of those before."""
    if not ending:
        return "There was none before it that lives on."
    return "\n".join(f"Taken until {when(one['until_at'])}: {one['begins']}…" for one in ending)
