"""What the command line does with a provider's secret: taken or made, and the steps in the provider's own screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.faces.cli.layout import Said
from lockhouse.faces.hook_kinds import way_of
from lockhouse.flows.hook import add_secret
from lockhouse.gates.credentials import channel_named
from lockhouse.secret import Secret
from lockhouse.settings import collect_url

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.hook_kinds import Way
    from lockhouse.settings import Settings
    from lockhouse.wiring import Opened

EXAMPLE = "for example `pass show provider | lockhouse channel add payments -`"


class Delivered(NamedTuple):
    """A channel that a provider delivers to."""

    name: str
    way: Way


def delivered(opened: Opened, name: str) -> Delivered | None:
    """The channel of this name and how its deliveries come in; None of one with write keys.

    Raises:
        NotFound: the live policy has no such channel.
    """
    way = way_of(channel_named(opened.house, name))
    return None if way is None else Delivered(name, way)


def hook_address(settings: Settings, name: str) -> str:
    """Where the provider delivers to."""
    return f"{collect_url(settings)}/hooks/{name}"


async def take_secret(opened: Opened, hooked: Delivered, *, source: str | None, by: str, call: Call) -> Said:
    """Take the provider's secret, or make one; what is told is the secret only if it was made.

    Raises:
        Invalid, NotFound, Conflict: as `flows.hook.add_secret`, or nobody is there to be asked.
    """
    kind, given = hooked.way.kind, None
    if source is not None or not kind.makes_secret:
        said = None if source in {None, "ask"} else source
        given = Secret(call.terminal.personal("secret", said, example=EXAMPLE).encode())
    secret, shown = await add_secret(opened.house, hooked.name, given, form=hooked.way.form, by=by)
    address = hook_address(opened.settings, hooked.name)
    steps = [step.replace("{url}", address).replace("NAME", hooked.name) for step in kind.steps]
    value = {"channel": hooked.name, "kind": kind.wire.name, "begins": shown, "address": address, "steps": steps}
    lines = [f"The secret of {hooked.name} is stored sealed; lists show it as {shown}."]
    if given is None:
        value["secret"] = made = secret.reveal().decode()  # house: allow no-reveal: a new secret is shown this once
        lines = [f"A secret for {hooked.name}, shown this once; lists show it as {shown}:", "", f"  {made}"]
    lines += ["", f"In the screens of {kind.wire.name}:", *(f"  {at}. {step}" for at, step in enumerate(steps, 1)), ""]
    lines += ["A signed sample through the real door:", "", f"  lockhouse channel test {hooked.name}"]
    return Said(value, call.located("\n".join(lines)))
