"""Witness: somebody else's log is seen to have grown from what was seen of it before, and that is cosigned.

No house is needed: it runs on another machine, so that whoever can write the house's stores and both places of its
checkpoints still cannot show the world another past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from lockhouse.crypto.checkpoint import Checkpoint, open_checkpoint
from lockhouse.crypto.cosignature import cosign, witness_vkey
from lockhouse.ledger.verify.witness import parse_request, require_grown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.crypto.signatures import SigningKey


class State(Protocol):
    """What a witness keeps."""

    def key(self, name: str) -> SigningKey:
        """Its own key."""
        ...

    def seen(self, origin: str) -> str:
        """The newest checkpoint of a log that it cosigned; empty for none."""
        ...

    def keep(self, origin: str, checkpoint: str) -> None:
        """This is the newest one now, durably."""
        ...


class Cosigned(NamedTuple):
    """A checkpoint that was seen.

    Attributes:
        point: what it says. `before`: the size that was seen before; 0 for a log that is new here.
        text: the checkpoint with the cosignature's line. `line`: that line alone.
        vkey: of the witness.
    """

    point: Checkpoint
    before: int
    text: str
    line: str
    vkey: str


def witness(text: str, *, state: State, vkeys: Sequence[str], name: str, at_s: int) -> Cosigned:
    """The checkpoint has grown from the one seen before, which is kept, and is cosigned.

    Args:
        text: a request, or a checkpoint alone; see `parse_request`.
        state: of the witness, held by nobody else.
        vkeys: of the log, from another source than the text.
        name: of the witness, as its verifier key says it.
        at_s: seconds since 1970.

    Raises:
        Tampered, Conflict, Invalid: see `require_grown`; then nothing is kept or signed.
    """
    request = parse_request(text)
    point = open_checkpoint(request.checkpoint, vkeys)
    key = state.key(name)
    vkey = witness_vkey(name, key.public())
    old = state.seen(point.origin)
    seen = open_checkpoint(old, vkeys) if old else None
    require_grown(request, seen=seen, vkeys=vkeys)
    state.keep(point.origin, request.checkpoint)
    line = cosign(request.checkpoint, name=name, key=key, at_s=at_s)
    return Cosigned(point, seen.size if seen else 0, request.checkpoint + line, line, vkey)
