"""What a house's processes and its writer say to each other over the socket, and the times they hold each other to.

A frame is a u32 length (big-endian) and a msgpack array whose first element is the message's number. Answers carry
the number of what they answer. The socket is a file of mode 0600 and the writer asks the kernel who is behind it,
so frames are not authenticated further.

The lease: a client sends a beat with its own lease-clock time, the writer returns it, and the client counts as
confirmed from the moment it *sent* that beat. Old echoes read late, after the process was stopped, thus confirm
only old times. Epoch moves travel ahead of later echoes on the same stream.
"""

from __future__ import annotations

import os
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.adapters.group_commit.plain import Fault, PlainChange
from lockhouse.errors import Unavailable
from lockhouse.model.change import Committed, Conflict
from lockhouse.model.rows import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lockhouse.model.change import Change

PROTOCOL = 1
SOCKET_FILE = "writer.sock"
MAX_FRAME_BYTES = 64 * 1024 * 1024
MAX_IN_FLIGHT = 2
"""Groups one client may have under way: one being committed, one on its way."""
BEAT_S = 0.5
LEASE_S = 2.0
"""A client whose newest confirmed beat is older seals and opens nothing."""
ANNOUNCE_S = 5.0
"""After this an announcement answers without those who did not acknowledge: their lease has long run out."""
UNHEARD_S = 7.0
"""And so long after a process's newest beat, whichever is sooner: by then its lease has run out, and what it sealed in
the last moment of that is past its deadline."""
SCRUB_S = 5.0
_SOCKET_PATH_BYTES = 100
HEAD = struct.Struct(">I")


class Hello(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A client's first frame."""

    protocol: int
    role: str


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The writer's answer to `Hello`: what notings verify under, and the epochs as they are."""

    protocol: int
    notary_public: bytes
    policy: int
    key: int


class Commit(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Changes to commit, at most a group; `urgent` ones are sent apart from others."""

    seq: int
    urgent: bool
    changes: list[PlainChange]


class Answers(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """One outcome a Change, in their order."""

    seq: int
    outcomes: list[Committed | Conflict | Fault]


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """The writer could not: raised on the other side as `Tampered` if it was that, else as `Unavailable`."""

    seq: int
    text: str
    tampered: bool = False


class Scrub(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Empty the identity store's log."""

    seq: int


class Announce(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Move epochs and wait for every process."""

    seq: int
    policy: bool
    key: bool


class Seal(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """Fold and sign the ledger now."""

    seq: int


class Done(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """The answer to `Scrub`, `Announce` and `Seal` (with its checkpoint)."""

    seq: int
    checkpoint: Checkpoint | None = None


class Moved(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """The epochs as they are now; to be acknowledged."""

    policy: int
    key: int


class Ack(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """This client has acted on these epochs."""

    policy: int
    key: int


class Beat(msgspec.Struct, frozen=True, array_like=True, tag=12):
    """The client's lease clock, to be returned as it is."""

    at: float


class Echo(msgspec.Struct, frozen=True, array_like=True, tag=13):
    """A beat returned."""

    at: float


class Leave(msgspec.Struct, frozen=True, array_like=True, tag=14):
    """The client holds no lease from here on: nobody need wait for its end."""


FromClient = Hello | Commit | Scrub | Announce | Seal | Ack | Beat | Leave
FromWriter = Welcome | Answers | Failed | Done | Moved | Echo

_COMMIT = Commit.__struct_config__.tag
_ENCODER = msgspec.msgpack.Encoder()
from_client = msgspec.msgpack.Decoder(FromClient)
from_writer = msgspec.msgpack.Decoder(FromWriter)


def frame(message: Any) -> bytes:
    """A message with its length in front.

    Raises:
        Unavailable: it is longer than a frame may be.
    """
    return _framed(_ENCODER.encode(message))


def commit_frame(seq: int, changes: Sequence[Change], *, urgent: bool) -> bytes:
    """A `Commit` with its length in front, made from Changes as callers hold them: the bytes are the same.

    Raises:
        Unavailable: it is longer than a frame may be.
    """
    return _framed(_ENCODER.encode((_COMMIT, seq, urgent, changes)))


def _framed(body: bytes) -> bytes:
    if len(body) > MAX_FRAME_BYTES:
        raise Unavailable(f"writer: expected a frame of at most {MAX_FRAME_BYTES} bytes, got {len(body)}")
    return HEAD.pack(len(body)) + body


@contextmanager
def socket_address(folder: Path) -> Iterator[str]:
    """A path to the socket that fits into a socket address, however deep the folder lies."""
    plain = str(folder / SOCKET_FILE)
    if len(os.fsencode(plain)) <= _SOCKET_PATH_BYTES:
        yield plain
        return
    directory = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET_FILE}"
    finally:
        os.close(directory)
