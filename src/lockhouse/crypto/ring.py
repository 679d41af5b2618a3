"""Rings: all keys of one source person, wrapped together (docs/spec/ring.md).

One wrap a person keeps a cold read at one decryption whatever the number of compartments. A key leaves a
ring by the ring being written anew without it; the other keys keep their bytes and serials.

A ring as it is minted is written as the seed that all its keys come from, a sixth of their length. Whoever changes what
is in it writes the keys themselves, and the seed is gone: no key that was cut can be made again from what stays.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import VERSION, expand, open_blob, unsalted
from lockhouse.crypto.signatures import KEY_BYTES, Entropy
from lockhouse.errors import Invalid, Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cryptography.hazmat.primitives.hmac import HMAC

    from lockhouse.secret import Secret

ID_BYTES = 16
SERIAL_BYTES = 8
MAX_COMPARTMENT = 0xFFFF
WHOLE = 0
"""Stands for no compartment: no field is sealed under its key, only what waits in quarantine. It ends with all of the
person and never before, so that the journal can name a person of whom nothing, or nothing any more, was sealed."""
_NO_KEK = (
    "if no KEK was taken away, somebody changed the generation of a row of key_ring or limbo in identity.db; keep a "
    "copy as evidence, then put it right or restore a backup"
)
_WHAT = "ring: expected a ref key and keys, or a seed and compartments"
_SHARD_LENGTH = struct.pack(">I", 1)
_PLACE = struct.Struct(">I16sIQIQ")
PAIR_BYTES = SERIAL_BYTES + KEY_BYTES
_PAIR = struct.Struct(f"{SERIAL_BYTES}s{KEY_BYTES}s")

_Bytes32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Bytes8 = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[_Bytes32, list[int | tuple[int, _Bytes8, _Bytes32]]]).decode
_STREAM_NONCE = bytes(12)
"""A seed encrypts one message for ever, the zeros that its keys are cut from, so that one nonce is enough."""


class WrappedRing(msgspec.Struct, frozen=True):
    """A ring as it is stored.

    Attributes:
        person: the source person, 16 bytes.
        generation: of the KEK it is wrapped under.
        version: 1 when minted, one more for each change.
        blob: `01 | nonce 12 | ciphertext | tag 16`.
    """

    person: bytes
    generation: int
    version: int
    blob: bytes


class Ring(NamedTuple):
    """A ring opened: the ref key and compartment -> serial and key, joined (`PAIR_BYTES`).

    A compartment may have several: the first seals, the others only open what they sealed. A process holds thousands
    of rings: joined, a compartment's keys are one object and none that is searched for cycles.

    `seed` is what all of them come from, or empty if one was added or taken away since the ring was minted.
    """

    ref_key: bytes
    keys: dict[int, bytes]
    seed: bytes = b""


class Wrapper:
    """Wraps and unwraps rings under the KEK generations at hand."""

    def __init__(self, house: bytes, keks: Mapping[int, Secret], *, draw: Callable[[], bytes]) -> None:
        self._house = house
        self._prks: dict[int, HMAC] = {}
        for generation, kek in keks.items():
            if len(kek) != KEY_BYTES:
                raise Invalid("KEK", "32 bytes", got=str(len(kek)))
            self._prks[generation] = unsalted(kek)
        self._draw = draw
        self._aad = lp("lockhouse/ring/1", house)
        self._infos = {generation: lp("lockhouse/wrap/1", house, generation) for generation in keks}
        self._keys: dict[tuple[int, bytes], bytes] = {}

    def _cipher(self, person: bytes, generation: int) -> AESGCM:
        """The cipher of the person's shard, which is the last byte of the id.

        A generation is refused at 2^31 wraps, so 256 shards see about 2^23 random nonces each, far below 2^32 (NIST
        SP 800-38D §8.3), and each one's key is soon at hand. Keys are kept, not ciphers: those are 70 times as big,
        and a new one costs less than the memory of an old one.
        """
        if len(person) != ID_BYTES:
            raise Invalid("ring", "a person id of 16 bytes", got=str(len(person)))
        shard = person[-1:]
        key = self._keys.get((generation, shard))
        if key is None:
            prk = self._prks.get(generation)
            if prk is None:
                raise Unavailable(f"keyring: expected the KEK of generation {generation}", hint=_NO_KEK)
            key = expand(prk, self._infos[generation] + _SHARD_LENGTH + shard)
            self._keys[generation, shard] = key
        return AESGCM(key)

    def wrap(self, person: bytes, ring: Ring, *, generation: int, version: int) -> WrappedRing:
        """The ring under the wrap key of the person's shard, bound to person, generation and version."""
        return self.wrap_all([(person, ring)], generation=generation, version=version)[0]

    def wrap_all(self, rings: Sequence[tuple[bytes, Ring]], *, generation: int, version: int) -> list[WrappedRing]:
        """As `wrap`, for many persons: each step for all of them before the next, as in `boxkeys`."""
        plains = [_encode(_plain(ring)) for _, ring in rings]
        ciphers = [self._cipher(person, generation) for person, _ in rings]
        wrapped = []
        for (person, _), cipher, plain in zip(rings, ciphers, plains, strict=True):
            nonce = self._draw()
            aad = self._aad + _PLACE.pack(16, person, 8, generation, 8, version)
            blob = VERSION + nonce + cipher.encrypt(nonce, plain, aad)
            wrapped.append(WrappedRing(person, generation, version, blob))
        return wrapped

    def unwrap(self, person: bytes, generation: int, version: int, blob: bytes) -> Ring:
        """The ring of this person, generation and version.

        Raises:
            Tampered: it is another's, another version's, or changed.
            Unavailable: the KEK of the generation is not at hand.
        """
        cipher = self._cipher(person, generation)
        try:
            place = _PLACE.pack(16, person, 8, generation, 8, version)
        except struct.error as err:
            raise Tampered("key_ring: expected a version from 0 up, got another number") from err
        plain = open_blob(cipher, blob, self._aad + place)
        try:
            ring = _opened(*_decode(plain))
        except msgspec.MsgspecError as err:
            raise Tampered(_WHAT) from err
        if ring is None:
            raise Tampered(_WHAT)
        return ring

    def clear(self) -> None:
        """Forget the derived wrap keys."""
        self._keys.clear()


def _plain(ring: Ring) -> tuple[bytes, list[Any]]:
    """What is wrapped: the seed and whose keys come from it, or the keys."""
    if ring.seed:
        return ring.seed, sorted(ring.keys)
    keys = sorted(ring.keys.items())
    return ring.ref_key, [(one, *pair) for one, joined in keys for pair in _PAIR.iter_unpack(joined)]


def _opened(first: bytes, listed: list[Any]) -> Ring | None:
    """The ring of such a plaintext; None of one that no ring is written as."""
    are_bare = {isinstance(one, int) for one in listed}
    if are_bare == {True}:
        ascend = sorted({*listed})
        return minted(first, listed) if listed == ascend and 0 <= ascend[0] <= ascend[-1] <= MAX_COMPARTMENT else None
    if True in are_bare:
        return None
    held = {compartment: serial + key for compartment, serial, key in listed}
    if len(held) != len(listed):  # a compartment with several, in their order
        held = dict.fromkeys(held, b"")
        for compartment, serial, key in listed:
            held[compartment] += serial + key
    return Ring(first, held)


def minted(seed: bytes, compartments: Sequence[int]) -> Ring:
    """The ring of a new seed: its ref key, then a serial and a key for each of the compartments, which ascend.

    They are the first bytes of the key stream of AES-256-GCM under the seed (NIST SP 800-38D §6.5), which nobody tells
    from random bytes who has not the seed. One call makes them all, in less time than it takes to draw so many.

    Raises:
        Invalid: no compartment, or one that is not 0..65535.
    """
    if not compartments or compartments[0] < 0 or compartments[-1] > MAX_COMPARTMENT:
        raise Invalid("ring", "compartments of 16 bits", got="another")
    length = KEY_BYTES + PAIR_BYTES * len(compartments)
    stream = AESGCM(seed).encrypt(_STREAM_NONCE, bytes(length), None)[:length]
    return Ring(stream[:KEY_BYTES], dict(zip(compartments, pairs(stream[KEY_BYTES:]), strict=True)), seed)


def new_keys(compartments: Iterable[int], entropy: Entropy) -> dict[int, bytes]:
    """A random serial and key, joined, for each compartment.

    Raises:
        Invalid: a compartment that is not 0..65535.
    """
    wanted = sorted(set(compartments))
    if wanted and not 0 <= wanted[0] <= wanted[-1] <= MAX_COMPARTMENT:
        raise Invalid("ring", "compartments of 16 bits", got="another")
    if not wanted:
        return {}
    return dict(zip(wanted, pairs(entropy(PAIR_BYTES * len(wanted))), strict=True))


def pairs(joined: bytes) -> list[bytes]:
    """Serials with their keys, each for itself, out of several joined."""
    return [joined[at : at + PAIR_BYTES] for at in range(0, len(joined), PAIR_BYTES)]
