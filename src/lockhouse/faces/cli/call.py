"""One call of the command line: which house, whose terminal, in which form it answers."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Group, Parameter, Token

from lockhouse.errors import Conflict, Invalid, NotFound, Tampered, Unavailable
from lockhouse.faces.cli.duties import NOTHING, Typed
from lockhouse.faces.cli.terminal import Terminal
from lockhouse.faces.cli.who import acts
from lockhouse.model.ports import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from httpx import BaseTransport

    from lockhouse.client import Client
    from lockhouse.wiring import Opened

MARK = "lockhouse.toml"
PLAIN = Parameter(negative=(), show_default=False)
"""How options look: no `--no-…` twins, no defaults that say nothing."""
OPTIONS = Group("Options", sort_key=10)
ID_DIGITS = 32
_SOON_S = 0.2
_TRIES = 26
"""Whoever says to come again this soon is waited for, five seconds in all."""
_TYPED = re.compile(r"(?<![\w./-])lockhouse (?=[a-z])(?!(?:init|demo|version|completion)\b)")
"""A command that is named in a text and needs to know its house."""


def noun(name: str, about: str) -> App:
    """An empty noun, for verbs to be hung on."""
    return App(name=name, help=about, default_parameter=PLAIN, group_parameters=OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What every command is handed besides its own words.

    Attributes:
        house: what `-C` said.
        json: one JSON value instead of text.
        clock: another one than the machine's; for demos and tests.
        typed: the command, as it was typed.
        local: `--local`: the machine's user means to do it, where the rules leave it to them.
        server: what `--server` said: the house is there, and is asked by its API.
        transport: another one than the network, for tests.
    """

    terminal: Terminal
    environment: Mapping[str, str]
    cwd: Path
    house: Path | None = None
    json: bool = False
    clock: Clock | None = None
    typed: Typed = NOTHING
    local: bool = False
    server: str | None = None
    transport: BaseTransport | None = None

    def folder(self) -> Path:
        """The house: `-C`, else `LOCKHOUSE_HOUSE`, else the first of this folder and those above that is one.

        Raises:
            NotFound: none of them is a house.
        """
        named = self.house or self.environment.get("LOCKHOUSE_HOUSE")
        places = [self.cwd / named] if named else [self.cwd, *self.cwd.parents]
        for place in places:
            if (place / MARK).is_file():
                return place
        raise NotFound(
            "house: expected a folder with lockhouse.toml, got none",
            hint="lockhouse init DIR makes one; -C DIR or LOCKHOUSE_HOUSE names one",
        )

    def handed(self, *lines: str) -> Call:
        """The same call, of which a member confirms these lines, too: what it read of files or at a prompt."""
        return replace(self, typed=self.typed._replace(beside=lines))

    def located(self, text: str) -> str:
        """The text with its commands as they must be typed from here: with `-C`, if this call had it.

        Whoever named the house by LOCKHOUSE_HOUSE, or stands in it, needs to say nothing; of a house elsewhere it is
        `--server` that is said again.
        """
        if self.server is not None:
            return _TYPED.sub(lambda _match: f"lockhouse --server {shlex.quote(self.server or '')} ", text)
        if self.house is None or not (self.cwd / self.house / MARK).is_file():
            return text
        place = shlex.quote(str(self.house))
        return _TYPED.sub(lambda _match: f"lockhouse -C {place} ", text)

    def api(self) -> Client:
        """The house that `--server` names, as the token in the surroundings may ask it.

        Raises:
            Unproven: there is no token.
            Invalid: the address is none, or plain HTTP to another machine.
        """
        from lockhouse.client import Client, Ways, token_of  # noqa: PLC0415  # only who asks elsewhere waits for it

        authorities = self.environment.get("LOCKHOUSE_CA_FILE")
        ways = Ways(ca_file=self.cwd / authorities if authorities else None, transport=self.transport)
        return Client(self.server or "", token=token_of(self.environment), ways=ways)

    def verifying(self, words: str) -> str:
        """The lines that verify a file offline, with the Python that has the package, and what they need."""
        python = Path(sys.executable)
        shown = python.relative_to(self.cwd) if python.is_relative_to(self.cwd) else python
        name = "python3" if sys.prefix == sys.base_prefix else shlex.quote(str(shown))
        return (
            "Verify it, here or elsewhere; this needs the package lockhouse, and no house:\n"
            f"  {name} -m lockhouse.ledger.verify {words}"
        )

    @asynccontextmanager
    async def open(
        self, *, purpose: Literal["accept", "audit", "shut", "state", "use"] = "use"
    ) -> AsyncIterator[Opened]:
        """The house, beside its running processes or alone; for an `audit` nothing is prepared or signed unasked.

        Nor for one of the `state`, for which a house opens that rows keep from working. Who acts in it is settled
        first (`gate`): what a member must confirm in the console is waited for with the house closed.

        To `accept` a clock in doubt, or to have somebody `shut` under one, nothing is made by that clock.

        Raises:
            NotFound: there is none.
            Unavailable: it is locked, or another command holds it and does not let go within five seconds.
            Refused: whoever acts may not.
        """
        from lockhouse.faces.cli.gate import Waiting, who_acts  # noqa: PLC0415  # as below

        waiting: Waiting | None = None
        while True:
            async with self._opened(purpose) as house:
                found = await who_acts(self, house, waiting)
                if not isinstance(found, Waiting):
                    with acts(found):
                        yield house
                    return
            waiting = found
            await self.terminal.pause(waiting.interval_ms / 1000)

    @asynccontextmanager
    async def glanced(self) -> AsyncIterator[Opened]:
        """The house before anybody is asked who they are: for what the policy calls things, and no look or deed.

        Raises:
            NotFound, Unavailable: as `open`.
        """
        async with self._opened("audit") as house:
            yield house

    @asynccontextmanager
    async def _opened(self, purpose: Literal["accept", "audit", "shut", "state", "use"]) -> AsyncIterator[Opened]:
        """The house, whoever acts in it."""
        from lockhouse.wiring import opened  # noqa: PLC0415  # a command that opens no house does not wait for it

        async with AsyncExitStack() as stack:
            for left in reversed(range(_TRIES)):
                try:
                    house = await stack.enter_async_context(
                        opened(self.folder(), role="console", clock=self.clock, purpose=purpose)
                    )
                    break
                except Unavailable as err:
                    # A writer that starts holds the lock some time before it listens; it is worth that moment.
                    if err.retry_after_s > _SOON_S or not left:
                        raise
                    await asyncio.sleep(err.retry_after_s)
            if purpose == "use":
                await _rule_what_waited(house)
            yield house

    def ask(self, question: str, *, default: str = "", instead: str = "--yes") -> str:
        """What the person types, or the default; a script, which reads nothing but JSON, is asked nothing.

        Raises:
            Invalid: with `--json`, or nobody is there to be asked, or they ended the input.
            KeyboardInterrupt: they pressed Ctrl-C.
        """
        if self.json:
            hint = f"say {instead}, or see --help"
            raise Invalid(
                "--json", "every answer said beforehand, as nothing is asked", got="one to ask for", hint=hint
            )
        return self.terminal.ask(question, default=default, instead=instead)

    def sure(self, question: str, answer: str, *, yes: bool, instead: str = "--yes") -> None:
        """Somebody typed `answer`, or said `--yes`; or what is said `instead` of it.

        Raises:
            Invalid: they typed something else, or nobody is there, or nothing is asked because of `--json`.
        """
        if not yes and self.ask(f"{question} Type {answer} to go on", instead=instead) != answer:
            raise Invalid("answer", answer, got="another", hint="nothing was changed")


async def _rule_what_waited(opened: Opened) -> None:
    """A policy whose wait is over rules, also where no worker runs; not while the clock is in doubt.

    Nor one that was put back: it must be possible to look at it, and to withdraw it.
    """
    from lockhouse.flows.wait import come_due  # noqa: PLC0415  # as above

    with suppress(Unavailable, Conflict, Tampered):  # or while another process sees to it
        await come_due(opened.house)


def _source(_kind: type, tokens: Sequence[Token]) -> str:
    """What stands where `-` may; another word that begins so is meant as an option.

    Raises:
        Invalid: it is one, and none that the command knows.
    """
    word = tokens[0].value
    if word.startswith("-") and word != "-":
        raise Invalid("option", "one that this command knows, or - for standard input", got="another")
    return word


Here = Annotated[Call, Parameter(parse=False)]
Input = Annotated[str | None, Parameter(name="INPUT", allow_leading_hyphen=True, converter=_source)]
"""Where a personal value comes from: `-` or nothing."""


def id_of(text: str, *, where: str, hint: str) -> bytes:
    """An id as people see it, as bytes.

    Raises:
        Invalid: it is none.
    """
    try:
        raw = bytes.fromhex(text) if len(text) == ID_DIGITS else b""
    except ValueError:
        raw = b""
    if not raw:
        raise Invalid(where, f"an id of {ID_DIGITS} hexadecimal digits", got="something else", hint=hint)
    return raw


def person_of(text: str) -> bytes:
    """A person's id as people see it, as bytes.

    Raises:
        Invalid: it is none.
    """
    return id_of(text, where="person", hint="lockhouse person find KIND prints ids")
