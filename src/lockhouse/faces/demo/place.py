"""A house for the length of a demo: founded, served by the real supervisor, and gone without a trace.

    FOLDER/house   what a thief would carry away: settings, both stores, journal
    FOLDER/keys    the root key, apart from the house as it must be anywhere

The folder is temporary (mode 0700) unless it is to be kept.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec

from lockhouse.errors import Invalid, Unavailable
from lockhouse.flows.approve import approve, draft_of
from lockhouse.flows.channel import make_credential
from lockhouse.policy.document import parse
from lockhouse.settings import Settings
from lockhouse.wiring import KINDS, found, is_free, opened, template

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

CONTROLLER = "Northwind Outfitters"
"""The shop, as its policy names it."""
KEYS = "keys"
READY_S = 45.0
END_S = 15.0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a demo's house is and how its channels are reached.

    Attributes:
        folder: holds everything of the demo.
        keys: channel -> write key.
        url: of the collect listener.
    """

    folder: Path
    house: Path
    keys: dict[str, str]
    url: str

    @property
    def keys_folder(self) -> Path:
        """Where the root key lies."""
        return self.folder / KEYS


@contextmanager
def folder_for(keep: Path | None) -> Iterator[Path]:
    """A new folder that is removed in the end, whatever happens; or the one that is to be kept.

    Raises:
        Invalid: the folder to keep holds something already.
    """
    if keep is not None:
        if not is_free(keep):
            raise Invalid("--keep", "an empty or new folder", got="one that holds something", hint="choose another")
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="lockhouse-demo-"))  # mode 0700
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def packaged_policy() -> str:
    """The demo's own policy."""
    return (files("lockhouse.faces.demo") / "policy.yaml").read_text(encoding="utf-8")


async def make(folder: Path, policy: str, *, name: str, said: Callable[[str], None]) -> Place:
    """A founded house with an approved policy and a write key for each channel; nothing serves it yet."""
    house, keys = folder / "house", folder / KEYS
    collect, console, metrics = free_ports(3)
    chosen = Settings(
        name=name, demo=True, root=str(keys / "root.key"), journal_copy=str(keys), log="error",
        listen_collect=f"127.0.0.1:{collect}", listen_metrics=f"127.0.0.1:{metrics}",
        listen_console=f"127.0.0.1:{console}", console_url=f"http://localhost:{console}",
    )  # fmt: skip
    keys.mkdir(mode=0o700)
    await found(house, chosen)
    said("keys made, ledger opened")
    (house / chosen.policy).write_text(policy, encoding="utf-8")
    document = parse({chosen.policy: policy}, templates=template)
    write_keys: dict[str, str] = {}
    async with opened(house, role="console") as one:
        draft = await draft_of(one.house, document, KINDS)
        await approve(one.house, draft, policy.encode(), by=actor_id())
        said(f'policy "{name}" compiled and approved: {len(draft.policy.compartments)} compartments')
        for channel in draft.policy.channels:
            text = await make_credential(one.house, channel, by=actor_id())
            write_keys[channel] = text.reveal().decode()  # house: allow no-reveal: the demo is the sender as well
    return Place(folder=folder, house=house, keys=write_keys, url=f"http://127.0.0.1:{collect}")


def actor_id() -> str:
    """The ledger's name for whoever runs this demo."""
    return f"os-user:{os.getuid()}"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


@asynccontextmanager
async def served(place: Place, *, temporary: bool) -> AsyncIterator[None]:
    """The real supervisor over this house, with its writer, collect and work processes, while the block runs.

    Raises:
        Unavailable: it ended by itself, or was not ready in time.
    """
    theirs, ours = os.pipe()
    command = [sys.executable, "-P", "-m", "lockhouse.faces.demo.keeper", str(place.house), str(theirs)]
    if temporary:
        command.append(str(place.folder))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKHOUSE_")}
    with (place.folder / "serve.log").open("ab") as log:
        # A session of its own: Ctrl-C reaches the demo alone, which then ends the house in order.
        keeper = subprocess.Popen(  # noqa: S603, ASYNC220  # our own command; starting one blocks for a moment only
            command, env=environment, pass_fds=(theirs,), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    os.close(theirs)
    try:
        await _ready(place, keeper)
        yield
    finally:
        await asyncio.shield(_end(keeper))
        os.close(ours)


async def _ready(place: Place, keeper: subprocess.Popen[bytes]) -> None:
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
        for _ in range(int(READY_S / 0.1)):
            if keeper.poll() is not None:
                raise Unavailable("demo: expected the house to be served, got an end", hint=_last_line(place))
            with suppress(httpx.HTTPError):
                if (await client.get(f"{place.url}/readyz")).is_success:
                    return
            await asyncio.sleep(0.1)
    raise Unavailable(f"demo: expected the house to be ready within {READY_S:.0f} s", hint=_last_line(place))


def _last_line(place: Place) -> str:
    """What the server said last; its log holds no personal values."""
    lines = (place.folder / "serve.log").read_text("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


async def _end(keeper: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and whatever is left after a while is killed: its children end with it."""
    if keeper.poll() is None:
        keeper.send_signal(signal.SIGTERM)
    for _ in range(int(END_S / 0.05)):
        if keeper.poll() is not None:
            return
        await asyncio.sleep(0.05)
    keeper.kill()
    keeper.wait()
