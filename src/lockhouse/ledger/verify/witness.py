"""What a witness asks of a checkpoint before it cosigns (C2SP tlog-witness): signed, and grown from the one before.

Pure: the caller keeps what was seen, and writes it down before it gives a cosignature away.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.checkpoint import Checkpoint, open_checkpoint
from lockhouse.crypto.merkle import check_consistency
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PROOF = 63
"""Lines of a proof that a request may hold (C2SP tlog-witness)."""
_OLD = re.compile(r"old (0|[1-9][0-9]{0,14})", re.ASCII)


class Request(NamedTuple):
    """What a witness is handed: the size that it saw last, the proof from there, and the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: str


def format_request(request: Request) -> str:
    """The body of C2SP `add-checkpoint`: `old N`, the proof's hashes, an empty line, the checkpoint."""
    hashes = "".join(base64.b64encode(one).decode() + "\n" for one in request.proof)
    return f"old {request.old}\n{hashes}\n{request.checkpoint}"


def parse_request(text: str) -> Request:
    """The parts of a request; a checkpoint alone is one from size 0, or of a size that was seen.

    Raises:
        Invalid: it is neither.
    """
    if not text.startswith("old "):
        return Request(0, (), text)
    head, blank, checkpoint = text.partition("\n\n")
    first, *hashes = head.split("\n")
    said = _OLD.fullmatch(first)
    if said is None or not blank or len(hashes) > MAX_PROOF:
        raise Invalid("checkpoint", "`old N`, a proof, an empty line and a checkpoint", got="something else")
    try:
        proof = tuple(base64.b64decode(one, validate=True) for one in hashes)
    except (binascii.Error, ValueError) as err:
        raise Invalid("checkpoint", "hashes in base64 behind `old N`", got="something else") from err
    return Request(int(said[1]), proof, checkpoint)


def require_grown(request: Request, *, seen: Checkpoint | None, vkeys: Sequence[str]) -> Checkpoint:
    """The checkpoint, if it is signed and contains what was seen of its log before.

    Args:
        request: as handed in.
        seen: the newest checkpoint of this log that was cosigned; None for a log that is new here.
        vkeys: of the log.

    Raises:
        Tampered: none of the keys signed it; it is smaller than what was seen; or it is not a growth of that: the log
            was cut off or written anew.
        Conflict: the proof begins elsewhere than at the size that was seen, which the text names.
        Invalid: it is older than it says itself, or one of `vkeys` is no verifier key.
    """
    point = open_checkpoint(request.checkpoint, vkeys)
    size = seen.size if seen else 0
    if request.old > point.size:
        raise Invalid("checkpoint", "a size of `old` or more", got="a smaller one")
    if point.size < size:
        raise Tampered(f"checkpoint: expected {size} entries or more, as were seen before, got {point.size}")
    if seen is not None and point.size == size:
        if not equal(point.root, seen.root):
            raise Tampered(f"checkpoint: expected the tree of {size} entries that was seen before, got another")
        return point
    if request.old != size:
        got = f"one from {request.old}" if request.proof or request.old else "none"
        raise Conflict(
            f"checkpoint: expected a proof from size {size}, got {got}",
            hint=f"lockhouse ledger checkpoint --since {size} prints one",
        )
    if seen is not None and seen.size:
        _require_consistent(seen, point, request.proof)
    return point


def _require_consistent(seen: Checkpoint, point: Checkpoint, proof: Sequence[bytes]) -> None:
    try:
        check_consistency(seen.size, point.size, proof, seen.root, point.root)
    except Tampered as err:
        hint = "the log was cut off or written anew since, or the proof is another's: keep both checkpoints as evidence"
        raise Tampered(f"checkpoint: expected a growth of the {seen.size} entries seen before", hint=hint) from err
