"""A house at work with members, a command line in front of it, and their browsers beside it.

The house is open in one process at a time here: while the command line waits it has closed it, and somebody's browser
is answered by a console of its own.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from lockhouse.faces.console.app import Served, console_app
from lockhouse.gates.staff.deed import Deed
from lockhouse.model.rows import StaffRole
from lockhouse.wiring import opened
from tests.authenticator import Authenticator
from tests.faces.cli.house import Desk
from tests.faces.console.world import Browser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lockhouse.gates.house import House

URL = "https://console.shop.example"
SUPPORT = "support"


class Person(NamedTuple):
    """A member: their account's id, and what their browser holds."""

    staff: str
    passkeys: Authenticator
    cookies: httpx.Cookies

    @property
    def actor(self) -> str:
        """As the ledger calls them."""
        return f"staff:{self.staff}"


class Office:
    """A house at work, in which Ada is the admin."""

    def __init__(self, folder: Path, *, policy: str = "") -> None:
        self.desk = Desk(folder)
        self.desk.found()
        if policy:
            with (self.desk.house / "policy.yaml").open("a", encoding="utf-8") as file:
                file.write(policy)
            seen = self.desk.call("policy approve --yes")
            assert seen.code == 0, seen.err
        settings = self.desk.house / "lockhouse.toml"
        own = f'console_url = "{URL}"\ntls = "proxy"\ntrusted_proxies = ["127.0.0.1/32"]\n'
        settings.write_text(own + settings.read_text("utf-8"), "utf-8")
        self.desk.environment["HOME"] = str(folder / "home")
        self.ada = self.hired("ada", local=False)
        self.desk.put_to_work()

    def call(self, line: str, **more: Any) -> Any:
        """One line typed."""
        return self.desk.call(line, **more)

    def hired(self, name: str, *, local: bool = True) -> Person:
        """Somebody is invited on the machine, and enrols by a passkey."""
        seen = self.call(
            f"staff invite -{' --local' * local}", typed=f"{name}@shop.example\n{name}\n", json=True
        )  # fmt: skip
        assert seen.code == 0, seen.err
        self.desk.clock.now += 1
        person = Person(seen.value["staff"], Authenticator(origin=URL), httpx.Cookies())
        token = seen.value["link"].partition("#")[2]

        async def enrol(browser: Browser) -> None:
            assert (await browser.enrol(token)).status_code == 303

        asyncio.run(self.at(person, enrol))
        self.desk.clock.now += 1
        return person

    def holds(self, person: Person, role: str) -> None:
        """Somebody holds the role, whoever would have to approve it."""

        async def give(house: House) -> None:
            deed, now, host = Deed(house), self.desk.clock.now, "os-user:1000"
            row = StaffRole(bytes.fromhex(person.staff), role, 1, host, host, now, 0, house.ids.new(), b"")
            deed.put(row, was=None)
            await deed.done()

        self.within(give)

    def within(self, deed: Callable[[House], Awaitable[Any]]) -> Any:
        """Something done in the house that no command does."""

        async def act() -> Any:
            async with opened(self.desk.house, role="console", clock=self.desk.clock) as house:
                return await deed(house.house)

        return asyncio.run(act())

    async def at(self, person: Person, act: Callable[[Browser], Awaitable[Any]]) -> Any:
        """Somebody's browser, before a console of this house."""
        async with opened(self.desk.house, role="console", clock=self.desk.clock) as one:
            served = Served(
                house=one.house, name="Shop", url=URL, demo=False, reasons=list, on_answer=lambda _page, _status: None,
                on_incident=_raised,
            )  # fmt: skip
            transport = httpx.ASGITransport(console_app(served), client=("127.0.0.1", 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=URL, cookies=person.cookies) as client:
                done = await act(Browser(client=client, passkeys=person.passkeys))
                person.cookies.clear()
                person.cookies.update(client.cookies)
                return done

    @property
    def code(self) -> str:
        """The code that the command line shows just now."""
        shown: list[str] = re.findall(r"\b[B-Z]{4}-[B-Z]{4}\b", self.desk.told.getvalue())
        return shown[-1]

    def answering(self, *answers: Callable[[], Awaitable[Any]]) -> None:
        """What happens in the console while the command line waits, one each time; then nobody answers."""
        left = list(answers)

        async def pause(seconds: float) -> None:
            self.desk.clock.now += round(seconds * 1000)
            assert left, "the command line waits on"
            await left.pop(0)()

        self.desk.pause = pause

    def confirming(self, person: Person) -> Callable[[], Awaitable[Any]]:
        """Somebody types the code that is shown, and confirms by a passkey."""
        return lambda: self.at(person, lambda browser: confirm(browser, self.code))

    def passes(self, ms: int, *people: Person) -> None:
        """Time goes by, and these sign in to their browsers anew."""
        self.desk.clock.now += ms
        for person in people:
            assert asyncio.run(self.at(person, lambda browser: browser.sign_in())).status_code < 400

    def signed_in(self, person: Person) -> None:
        """Somebody works on this command line."""
        self.answering(self.confirming(person))
        seen = self.call("sign-in")
        assert seen.code == 0, seen.err

    def proven(self, line: str, *, by: Person, **more: Any) -> Any:
        """A line typed that somebody confirms in the console."""
        self.answering(self.confirming(by))
        return self.call(line, **more)


async def confirm(browser: Browser, code: str) -> httpx.Response:
    """The code is typed, what asks is read, and it is confirmed by a passkey; the page that follows."""
    form = await browser.get("/device")
    asked = await browser.post("/device", {"shown": code}, on=form)
    if asked.status_code != 200:
        return asked
    page = await browser.post("/device/confirm", {"shown": code}, on=asked)
    if page.status_code != 200:
        return page
    return await browser.post("/device/confirm", browser.answer(page), on=page)


def _raised(_number: str, error: BaseException) -> None:
    raise error
