"""What the command line does with a provider's secret: taken or made, and the steps in the provider's own screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.faces.cli.layout import Said, when
from lockhouse.faces.hook_kinds import way_of
from lockhouse.flows import hook as flow
from lockhouse.flows.hook import add_secret
from lockhouse.gates.credentials import channel_named
from lockhouse.secret import Secret
from lockhouse.settings import collect_url

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.hook_kinds import Way
    from lockhouse.settings import Settings
    from lockhouse.wiring import Opened

NO_ADDRESS = (
    "The provider signs the address that it posts to: set public_url in lockhouse.toml to that very address first, or "
    "every delivery is refused."
)


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
    given = _given(hooked, source, call)
    secret, shown = await add_secret(opened.house, hooked.name, given, form=hooked.way.form, by=by)
    return _told(opened, hooked, shown=shown, made=None if given is not None else secret, call=call)


async def rotate_secret(  # noqa: PLR0913  (a secret, and how long the one before is taken)
    opened: Opened, hooked: Delivered, *, source: str | None, overlap_hours: int, by: str, call: Call
) -> Said:
    """As `take_secret`, and the one before it is given an end.

    Raises:
        Invalid, NotFound, Conflict: as `flows.hook.rotate_secret`, or nobody is there to be asked.
    """
    given = _given(hooked, source, call)
    secret, shown, before = await flow.rotate_secret(
        opened.house, hooked.name, given, form=hooked.way.form, overlap_hours=overlap_hours, by=by
    )
    said = _told(opened, hooked, shown=shown, made=None if given is not None else secret, call=call)
    ending = [{"begins": row.shown, "until_at": row.until_at} for row in before]
    lines = [f"Taken until {when(row.until_at)}: {row.shown}…" for row in before]
    return Said(said.value | {"ending": ending}, "\n".join([said.text, "", *(lines or ["There was none before it."])]))


def _given(hooked: Delivered, source: str | None, call: Call) -> Secret | None:
    """The provider's secret, as it was given or is asked for; None where the house makes one."""
    if source is None and hooked.way.kind.makes_secret:
        return None
    said = None if source in {None, "ask"} else source
    example = f"for example `pass show provider | lockhouse channel add {hooked.name} -`"
    return Secret(call.terminal.personal("secret", said, example=example).encode())


def _told(opened: Opened, hooked: Delivered, *, shown: str, made: Secret | None, call: Call) -> Said:
    kind = hooked.way.kind
    address = hook_address(opened.settings, hooked.name)
    steps = [step.replace("{url}", address).replace("NAME", hooked.name) for step in kind.steps]
    value = {"channel": hooked.name, "kind": kind.wire.name, "begins": shown, "address": address, "steps": steps}
    lines = [f"The secret of {hooked.name} is stored sealed; lists show it as {shown}."]
    if made is not None:
        value["secret"] = text = made.reveal().decode()  # house: allow no-reveal: a new secret is shown this once
        lines = [f"A secret for {hooked.name}, shown this once; lists show it as {shown}:", "", f"  {text}"]
    lines += ["", f"In the screens of {kind.wire.name}:", *(f"  {at}. {step}" for at, step in enumerate(steps, 1)), ""]
    lines += ["A signed sample through the real door:", "", f"  lockhouse channel test {hooked.name}"]
    if hooked.way.signs_address and not opened.settings.public_url:
        lines += ["", NO_ADDRESS]
    return Said(value, call.located("\n".join(lines)))
