"""`lockhouse init DIR`: a house of one's own after four questions."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import os_user
from lockhouse.faces.cli.call import Call, Here
from lockhouse.faces.cli.drafts import draft_at
from lockhouse.faces.cli.files import write_new
from lockhouse.faces.cli.layout import Said, count
from lockhouse.flows.approve import approve, draft_of
from lockhouse.policy.document import parse
from lockhouse.policy.schema import schema_text
from lockhouse.policy.starter import (
    EXAMPLE_COMPANY,
    EXAMPLE_CONTACT,
    SCHEMA_FILE,
    check_region,
    read_system,
    starter,
    starter_tests,
)
from lockhouse.policy.words import KEYED_KINDS
from lockhouse.settings import Settings
from lockhouse.wiring import KINDS, found, is_free, opened, read_passphrase, template

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REGIONS = ("eu",)
MIN_PASSPHRASE = 15
"""Characters of a secret that stands alone (NIST SP 800-63B-4 §3.1.1.2): whoever has a copy of the root may guess."""
MAKE = "(umask 077; openssl rand -base64 24 >"
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
    """what sends: NAME, NAME:KIND or NAME:segment:public|secret, and :email+customer_id for what it saw its customers
    prove; may be said more than once"""
    contact: str = ""
    """who answers customers about their data"""
    passphrase_file: Path | None = None
    """a file whose passphrase locks the root key file; else LOCKHOUSE_ROOT_PASSPHRASE_FILE, else it is not locked"""


async def init(
    directory: Path, /, *, answers: Answers | None = None, yes: bool = False, demo: bool = False, call: Here
) -> Said:
    """Make a house in a new folder: settings, keys, ledger and a first policy with its tests.

    Asks for company, regions, systems and a contact, and again where an answer is none; `--yes` takes the defaults.

    For example `lockhouse init shop`, or
    `lockhouse init shop --yes --name "Example Shop" --region eu --system web:segment:public`.
    A root key file can be locked now and not later: `lockhouse init shop --passphrase-file FILE`.

    Args:
        directory: a new or empty folder.
        answers: what is then not asked for.
        yes: ask nothing.
        demo: a throw-away house, its root key inside the folder.
    """
    folder = call.cwd / directory
    if not is_free(folder):
        raise Invalid("init", "a new or empty folder", got="one that holds something", hint="choose another")
    said = answers or Answers()
    passphrase = _passphrase(call, said.passphrase_file)
    chosen = _asked(call, said, yes=yes)
    text = starter(chosen.name, chosen.region, chosen.system, contact=chosen.contact)
    parse({"policy.yaml": text}, templates=template)
    root = str(folder / "root.key") if demo else ""
    settings = Settings(name=chosen.name, demo=demo, root=root, root_passphrase_file=passphrase)
    await found(folder, settings, clock=call.clock)
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    write_new(folder / SCHEMA_FILE, [schema_text().encode()])
    (folder / "policy-tests.yaml").write_text(starter_tests(chosen.system), encoding="utf-8")
    async with opened(folder, role="console", clock=call.clock) as house:
        written = draft_at(folder / "policy.yaml")
        draft = await draft_of(house.house, written.document(), KINDS)
        version = await approve(house.house, draft, written.source, by=os_user(house.house).id)
        channels = [one for one in draft.policy.channels.values() if one.assurance_key]
        value = {
            "house": house.settings.house, "folder": folder, "policy": version, "root": house.settings.root,
            "locked": bool(passphrase), "channels": [one.name for one in channels],
        }  # fmt: skip
    return Said(value, _next_steps(directory, value, demo=demo))


def _passphrase(call: Call, named: Path | None) -> str:
    """The whole path of the file that locks the root, or an empty string.

    Raises:
        Invalid: the file cannot be read, others may read it too, or what it holds is too short.
    """
    file = named or Path(call.environment.get("LOCKHOUSE_ROOT_PASSPHRASE_FILE", ""))
    if file == Path():
        return ""
    place = (call.cwd / file).absolute()
    try:
        read_passphrase(place, where="--passphrase-file", least=MIN_PASSPHRASE)
    except Invalid as wrong:
        wrong.hint = f"one of your own making: {MAKE} {shlex.quote(str(file))})"
        raise
    return str(place)


def _asked(call: Call, said: Answers, *, yes: bool) -> Answers:
    """The four answers: said, typed, or by default. What is typed wrong is asked for again, and nothing else is."""

    def one(given: str, question: str, default: str, check: Callable[[str], None]) -> str:
        while True:
            text = given or (default if yes else call.ask(question, default=default))
            try:
                check(text)
            except Invalid as wrong:
                if given or yes:
                    raise
                call.terminal.tell(f"lockhouse: {wrong.text}; once more")
            else:
                return text

    def several(
        given: tuple[str, ...], question: str, default: tuple[str, ...], check: Callable[[Sequence[str]], None]
    ) -> tuple[str, ...]:
        if given or yes:
            check(given or default)
            return given or default
        while True:
            typed = tuple(call.ask(question, default=" ".join(default)).replace(",", " ").split())
            try:
                check(typed)
            except Invalid as wrong:
                call.terminal.tell(f"lockhouse: {wrong.text}; once more")
            else:
                return typed

    systems = f"Systems that send, each NAME:{'|'.join(KEYED_KINDS)}:public|secret, and :email+phone if it proves them"
    return Answers(
        name=one(said.name, "Company", EXAMPLE_COMPANY, _check_name),
        region=several(said.region, "Regions your customers live in (eu us uk or countries)", REGIONS, _check_regions),
        system=several(said.system, systems, SYSTEMS, _check_systems),
        contact=one(said.contact, "Who answers customers, an e-mail address", EXAMPLE_CONTACT, _check_contact),
    )


def _check_name(name: str) -> None:
    _check(name, EXAMPLE_CONTACT, where="company")


def _check_contact(contact: str) -> None:
    _check(EXAMPLE_COMPANY, contact, where="contact")


def _check(name: str, contact: str, *, where: str) -> None:
    """As the policy that is written would check it, said of the question and not of a line of that file."""
    try:
        parse({"policy.yaml": starter(name, REGIONS, SYSTEMS, contact=contact)}, templates=template)
    except Invalid as wrong:
        expected = wrong.text.partition(": expected ")[2].partition(", got")[0]
        raise Invalid(where, expected, got="another form") from wrong


def _check_regions(regions: Sequence[str]) -> None:
    for at, region in enumerate(regions, 1):
        check_region(region, where=f"region {at}")


def _check_systems(systems: Sequence[str]) -> None:
    names: set[str] = set()
    for at, text in enumerate(systems, 1):
        name = read_system(text, where=f"system {at}", kinds=KEYED_KINDS).name
        if name in names:
            raise Invalid(f"system {at}, name", "a name of its own", got="one that stands before it")
        names.add(name)


def _next_steps(directory: Path, made: dict[str, object], *, demo: bool) -> str:
    place = shlex.quote(str(directory))
    channels = made["channels"]
    names = list(channels) if isinstance(channels, list) else []
    adds = [f"  lockhouse -C {place} channel add {name}" for name in names]
    where = "inside the house folder, as this is a throw-away house" if demo else "keep a copy in another place"
    if made["locked"]:
        where += ", and its passphrase in a third"
    return "\n".join([
        f"A house stands in {place}: keys made, ledger opened. Policy v{made['policy']} rules now.",
        f"  policy   {place}/policy.yaml: edits count after `lockhouse -C {place} policy approve`",
        f"  tests    {place}/policy-tests.yaml: what it must do, judged by `lockhouse -C {place} policy test`",
        f"  root     {made['root']} ({where}: without it nothing can be read again)",
        "",
        f"Next, a write key for {count(len(names), 'channel')}:",
        *adds,
        f"  lockhouse -C {place} serve",
        "Who works with it, the first as its admin; then what stands between here and real customers:",
        f"  lockhouse -C {place} staff invite",
        f"  lockhouse -C {place} doctor --production",
    ])  # fmt: skip
