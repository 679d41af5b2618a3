"""Signed notes, checkpoints and tree proofs as files (c2sp.org: signed-note, tlog-checkpoint, tlog-proof).

A checkpoint says: the log of this origin has this size and this root. It is what a witness, a report and a
certificate hold, and it verifies without this product.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.signatures import KEY_BYTES, SigningKey, verify
from lockhouse.errors import Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Sequence

ED25519_NOTE = b"\x01"
"""The signature type of an Ed25519 note signature (C2SP signed-note)."""
MAX_SIGNATURES = 64
"""More lines than this are refused; the specification asks for 16 or more."""
HASH_BYTES = 32
KEY_ID_BYTES = 4
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_NAME = re.compile(r"[^\s+\ud800-\udfff]+")
_BODY_LINES = 3
_UNSIGNED = "note: expected a signature by a known key"


class Checkpoint(NamedTuple):
    """What a log's signer says of it."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """The contents of a `.tlog-proof`: a leaf's index, its audit path, and the checkpoint it leads to (as text)."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + ED25519_NOTE + public).digest()[:KEY_ID_BYTES]


def vkey(name: str, public: bytes) -> str:
    """The verifier key as people exchange it: `name+hex(key id)+base64(type | public key)`.

    Raises:
        Invalid: a name that is empty or holds white space or `+`, or a key that is not 32 bytes.
    """
    if not _NAME.fullmatch(name) or len(public) != KEY_BYTES:
        raise Invalid("vkey", "a name without space or plus and 32 bytes of key", got="something else")
    return f"{name}+{_key_id(name, public).hex()}+{base64.b64encode(ED25519_NOTE + public).decode()}"


def _parse_vkey(text: str) -> tuple[str, bytes, bytes] | None:
    """(name, key id, public key), or None for a type this does not know, as the specification asks.

    Raises:
        Invalid: not a verifier key, or its key id is not of its key.
    """
    name, _, rest = text.partition("+")
    key_id, _, key = rest.partition("+")
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError) as err:
        raise Invalid("vkey", "name+id+key", got="something else") from err
    if raw and raw[:1] != ED25519_NOTE:
        return None
    public = raw[1:]
    if vkey(name, public) != f"{name}+{key_id}+{key}":
        raise Invalid("vkey", "a key id of its own key", got="another")
    return name, bytes.fromhex(key_id), public


def sign_note(text: str, *, name: str, key: SigningKey) -> str:
    r"""A signed note: the text (ending in a line feed), an empty line, one signature line `— name base64`.

    Raises:
        Invalid: text that is not lines of UTF-8 without control characters.
    """
    if not _is_note_text(text):
        raise Invalid("note", "lines of text without control characters", got="something else")
    signature = base64.b64encode(_key_id(name, key.public()) + key.sign(text.encode())).decode()
    return f"{text}\n\u2014 {name} {signature}\n"


def _is_note_text(text: str) -> bool:
    return text.endswith("\n") and _is_utf8(text) and all(c >= " " or c == "\n" for c in text)


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


def open_note(note: str, vkeys: Sequence[str]) -> str:
    """The text of a note that at least one of these keys signed.

    Signatures by unknown keys are passed over; a known key whose signature fails rejects the note.

    Raises:
        Tampered: malformed, signed by none of the keys, or a known key's signature fails.
        Invalid: one of `vkeys` is no verifier key.
    """
    return _signed(note, vkeys)[0]


def _signed(note: str, vkeys: Sequence[str]) -> tuple[str, set[str]]:
    """The text of such a note, and the names of the keys that signed it."""
    known = {(name, key_id): public for name, key_id, public in filter(None, map(_parse_vkey, vkeys))}
    text, blank, tail = note.rpartition("\n\n")
    text += "\n"
    lines = tail.removesuffix("\n").split("\n")
    if not blank or not tail.endswith("\n") or not _is_note_text(note) or len(lines) > MAX_SIGNATURES:
        raise Tampered("note: expected text, an empty line and signature lines")
    seen: set[tuple[str, bytes]] = set()
    for name, raw in map(_parse_signature, lines):
        signer = (name, raw[:KEY_ID_BYTES])
        if signer in known and signer not in seen:
            verify(known[signer], text.encode(), raw[KEY_ID_BYTES:])
            seen.add(signer)
    if not seen:
        raise Tampered(_UNSIGNED)
    return text, {name for name, _ in seen}


def _parse_signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as err:
        raise Tampered("note: expected base64 in a signature line") from err
    if dash != "\u2014" or not _NAME.fullmatch(name) or len(raw) <= KEY_ID_BYTES:
        raise Tampered("note: expected a signature line")
    return name, raw


def sign_checkpoint(origin: str, size: int, root: bytes, key: SigningKey) -> str:
    """The signed checkpoint of a log; the key's name is the origin.

    The caller sees to it that no two inconsistent checkpoints are ever signed.

    Raises:
        Invalid: an origin that is no key name, a negative size or a root that is not 32 bytes.
    """
    if not _NAME.fullmatch(origin) or size < 0 or len(root) != HASH_BYTES:
        raise Invalid("checkpoint", "an origin, a size and a root of 32 bytes", got="something else")
    return sign_note(f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n", name=origin, key=key)


def open_checkpoint(text: str, vkeys: Sequence[str]) -> Checkpoint:
    """The checkpoint, if one of these keys signed it, and bears the name of its log.

    Who holds the key of one of several logs says nothing of another.

    Raises:
        Tampered: see `open_note`; or the text is no checkpoint.
        Invalid: one of `vkeys` is no verifier key.
    """
    body, names = _signed(text, vkeys)
    lines = body.split("\n")
    if len(lines) <= _BODY_LINES or not lines[0] or not _NUMBER.fullmatch(lines[1]) or "" in lines[2:-1]:
        raise Tampered("checkpoint: expected origin, size and root")
    if lines[0] not in names:
        raise Tampered(_UNSIGNED)
    return Checkpoint(lines[0], int(lines[1]), _hash(lines[2]))


def _hash(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as err:
        raise Tampered("proof: expected a hash in base64") from err
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != text:
        raise Tampered("proof: expected a hash of 32 bytes")
    return raw


def format_proof(index: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """The text of a `.tlog-proof`: header, `index N`, the audit path, an empty line, the signed checkpoint."""
    path = "".join(base64.b64encode(one).decode() + "\n" for one in hashes)
    return f"{PROOF_HEADER}\nindex {index}\n{path}\n{checkpoint}"


def parse_proof(text: str) -> Proof:
    """The parts of a `.tlog-proof`; nothing is verified yet. An `extra` line is passed over.

    Raises:
        Tampered: malformed.
    """
    head, blank, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if lines and lines[0].startswith("extra "):
        lines = lines[1:]
    word, _, number = lines[0].partition(" ") if lines else ("", "", "")
    if header != PROOF_HEADER or not blank or word != "index" or not _NUMBER.fullmatch(number):
        raise Tampered("proof: expected a tlog-proof of version 1")
    return Proof(int(number), tuple(map(_hash, lines[1:])), checkpoint)
