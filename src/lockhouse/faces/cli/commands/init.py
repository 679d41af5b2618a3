"""`lockhouse init DIR`: a house of one's own after four questions."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import os_user
from lockhouse.faces.cli.call import Call, Here
from lockhouse.faces.cli.drafts import draft_at
from lockhouse.faces.cli.layout import Said, count
from lockhouse.flows.approve import approve, draft_of
from lockhouse.policy.document import parse
from lockhouse.policy.starter import starter
from lockhouse.settings import Settings
from lockhouse.wiring import KINDS, found, opened, template

REGIONS = ("eu",)
SYSTEMS = ("web:segment:public", "shop:segment:secret")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is asked for unless it is said here."""

    name: str = ""
    """the company's name"""
    region: Annotated[tuple[str, ...], Parameter(negative="")] = ()
    """where the customers are: eu, us, uk or a country; may be said more than once"""
    system: Annotated[tuple[str, ...], Parameter(negative="")] = ()
    """what sends: NAME, NAME:KIND or NAME:segment:public|secret; may be said more than once"""
    contact: str = ""
    """who answers customers about their data"""


async def init(
    directory: Path, /, *, answers: Answers | None = None, yes: bool = False, demo: bool = False, call: Here
) -> Said:
    """Make a house in a new folder: settings, keys, ledger and a first policy.

    Asks for company, regions, systems and a contact; `--yes` takes the defaults.

    For example `lockhouse init shop`, or
    `lockhouse init shop --yes --name "Example Shop" --region eu --system web:segment:public`.

    Args:
        directory: a new or empty folder.
        answers: what is then not asked for.
        yes: ask nothing.
        demo: a throw-away house, its root key inside the folder.
    """
    folder = call.cwd / directory
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Invalid("init", "a new or empty folder", got="one that holds something", hint="choose another")
    chosen = _asked(call, answers or Answers(), yes=yes)
    text = starter(chosen.name, chosen.region, chosen.system, contact=chosen.contact)
    parse({"policy.yaml": text}, templates=template)
    root = str(folder / "root.key") if demo else ""
    await found(folder, Settings(name=chosen.name, demo=demo, root=root), clock=call.clock)
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    async with opened(folder, role="console", clock=call.clock) as house:
        written = draft_at(folder / "policy.yaml")
        draft = await draft_of(house.house, written.document(), KINDS)
        version = await approve(house.house, draft, written.source, by=os_user(house.house).id)
        channels = [one for one in draft.policy.channels.values() if one.assurance_key]
        value = {
            "house": house.settings.house, "folder": folder, "policy": version, "root": house.settings.root,
            "channels": [one.name for one in channels],
        }  # fmt: skip
    return Said(value, _next_steps(directory, value, demo=demo))


def _asked(call: Call, said: Answers, *, yes: bool) -> Answers:
    """The four answers: said, typed, or by default."""

    def one(given: str, question: str, default: str) -> str:
        return given or (default if yes else call.terminal.ask(question, default=default))

    def several(given: tuple[str, ...], question: str, default: tuple[str, ...]) -> tuple[str, ...]:
        if given or yes:
            return given or default
        return tuple(call.terminal.ask(question, default=" ".join(default)).replace(",", " ").split())

    return Answers(
        name=one(said.name, "Company", "Example Company"),
        region=several(said.region, "Regions your customers live in (eu us uk or countries)", REGIONS),
        system=several(said.system, "Systems that send (name:kind:key)", SYSTEMS),
        contact=one(said.contact, "Your name, or who answers customers", "privacy@company.example"),
    )


def _next_steps(directory: Path, made: dict[str, object], *, demo: bool) -> str:
    place = shlex.quote(str(directory))
    channels = made["channels"]
    names = list(channels) if isinstance(channels, list) else []
    adds = [f"  lockhouse -C {place} channel add {name}" for name in names]
    where = "inside the house folder, as this is a throw-away house" if demo else "keep a copy in another place"
    return "\n".join([
        f"A house stands in {place}: keys made, ledger opened, policy v{made['policy']} approved.",
        f"  policy   {place}/policy.yaml, a draft: nothing loads it until `lockhouse policy approve`",
        f"  root     {made['root']} ({where}: without it nothing can be read again)",
        "",
        f"Next, a write key for {count(len(names), 'channel')}:",
        *adds,
        f"  lockhouse -C {place} serve",
        f"  lockhouse -C {place} doctor --production",
    ])  # fmt: skip
