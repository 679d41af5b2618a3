"""What a command loads: who starts one waits for all of it, so that what only few commands need is left until then."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.attack.real_house import found

_SAYS = """
import sys
from lockhouse.faces.cli.app import main
ended = main(sys.argv[1:])
print(*sorted({name.split(".")[0] for name in sys.modules} | {name for name in sys.modules if "lockhouse" in name}),
      file=sys.stderr)
sys.exit(ended)
"""
_SELDOM = {
    "aiosmtplib",
    "alembic",
    "apsw",
    "cedarpy",
    "email_validator",
    "httpx",
    "jinja2",
    "ruamel",
    "sqlalchemy",
    "starlette",
    "uvicorn",
}


def _loaded(*words: str) -> set[str]:
    ended = run([sys.executable, "-c", _SAYS, *words], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.split())


@pytest.mark.parametrize("words", [("version",), ("--help",), ("request", "--help")])
def test_a_command_that_opens_no_house_loads_nothing_that_could_open_one(words: tuple[str, ...]) -> None:
    loaded = _loaded(*words)
    assert "lockhouse.faces.cli.app" in loaded
    assert loaded.isdisjoint({"lockhouse.wiring", *_SELDOM})


async def test_a_command_that_reads_a_house_loads_nothing_that_migrates_sends_or_reads_policies(tmp_path: Path) -> None:
    loaded = _loaded("-C", str(await found(tmp_path)), "request", "list", "--json")
    assert {"lockhouse.wiring", "apsw"} <= loaded
    assert loaded.isdisjoint(_SELDOM - {"apsw"})


_SENDS = """
import asyncio, sys
import lockhouse.faces.workers.process
from lockhouse.adapters.mail import Server, SmtpMail
from lockhouse.adapters.outbound import SafeHTTP
from lockhouse.faces.workers.loaded import load_all
from lockhouse.identity.normalise import normal
from lockhouse.model.mails import Letter
async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    await writer.drain()
    writer.close()
async def send():
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    return await SafeHTTP(private=["127.0.0.0/8"]).post(f"http://127.0.0.1:{port}/", body=b"", headers={})
async def greet(reader, writer):
    writer.write(b"220 mail\\r\\n")
    while line := await reader.readline():
        writer.write(b"354 go\\r\\n" if line == b"DATA\\r\\n" else b"250 OK\\r\\n")
        if line == b"DATA\\r\\n":
            await reader.readuntil(b"\\r\\n.\\r\\n")
            writer.write(b"250 OK\\r\\n")
        await writer.drain()
    writer.close()
async def mail():
    listening = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server = Server(host="127.0.0.1", port=port, tls="none", user="", password_file=None, trust="",
                    sender="vault@firm.example", shown="Vault")
    letter = Letter(id=bytes(16), at=0, to="anna@firm.example", name="", language="en", subject="Hello", text="Hello")
    return await SmtpMail(server).send(letter)
load_all()
before = set(sys.modules)
assert asyncio.run(send()).status == 200
assert asyncio.run(mail()).status == 250
assert normal("email", "anna@b\u00fccher.example") is not None
print(*sorted(name for name in set(sys.modules) - before if name.split(".")[0] not in sys.stdlib_module_names))
"""


def test_a_process_that_serves_loads_no_package_once_it_has_begun() -> None:
    ended = run([sys.executable, "-c", _SENDS], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == []


_ROOT = Path(__file__).parents[2]
_HERE = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "src")])}
"""This tree, whichever one is installed."""
_SHOWS = """
import asyncio, sys
from pathlib import Path
import lockhouse.faces.workers.process
from lockhouse.faces.workers.loaded import load_all
from tests.faces.console.world import console
async def show():
    async with console(Path(sys.argv[1])) as made:
        before = set(sys.modules)
        mara, tom = await made.hired("mara"), made.another()
        who = {"login": "tom@shop.example", "name": "Tom", "language": "de"}
        link = (await mara.do("/staff/invite", who, on="/staff")).text.partition("/enrol#")[2][:43]
        page = await tom.post("/enrol", {"link": link}, on=await tom.get("/enrol"))
        told = {"link": link, "login": "", "password": "seven owls knit quietly"}
        assert (await tom.post("/enrol/password", told, on=page)).status_code == 200
        typed = {"login": "x", "password": "y", "code": "123456"}
        assert (await tom.post("/sign-in/password", typed, on=await tom.get("/sign-in"))).status_code == 403
        return before
load_all()
before = asyncio.run(show())
print(*sorted(name for name in set(sys.modules) - before if name.split(".")[0] not in sys.stdlib_module_names))
"""


def test_a_console_loads_no_package_once_it_has_begun(tmp_path: Path) -> None:
    ended = run(
        [sys.executable, "-P", "-c", _SHOWS, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120,
        env=_HERE,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == []


_FEDERATES = """
import asyncio, sys
from pathlib import Path
import lockhouse.faces.workers.process
from lockhouse.faces.workers.loaded import load_all
from tests.faces.console.federated import door, federated
async def sign_in():
    async with federated(Path(sys.argv[1])) as world:
        mia = await world.desk.hired("mia")
        before = set(sys.modules)
        away = door(await mia.do("/account/identity", {}, on="/account"))
        assert (await mia.arrive(await world.at.visit(away))).headers["refresh"] == "0; url=/account"
        mia.client.cookies.delete("__Host-lh")
        assert (await world.back(mia)).headers["refresh"] == "0; url=/"
        return before
load_all()
before = asyncio.run(sign_in())
print(*sorted(name for name in set(sys.modules) - before if name.split(".")[0] not in sys.stdlib_module_names))
"""


def test_a_console_loads_no_package_once_somebody_comes_back_from_their_provider(tmp_path: Path) -> None:
    ended = run(
        [sys.executable, "-P", "-c", _FEDERATES, str(tmp_path)], capture_output=True, text=True, check=False,
        timeout=120, env=_HERE,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == []
