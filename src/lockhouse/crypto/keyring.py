"""The keyring: the keys that this process may use now, and the only place where boxes are sealed and opened.

Rules it keeps: a process seals only with a ring it has read back; nothing opens without a `Noted` that names
person, compartment and purpose; a process that is not `alive` (its lease on the key epoch has run out) neither
seals nor opens; rings and derived keys are bounded and dropped by person and by epoch. It belongs to one thread. It
never stores anything.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockhouse.crypto import seal as boxes
from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import keyed
from lockhouse.crypto.nonces import Nonces
from lockhouse.crypto.noted import Noted
from lockhouse.crypto.ring import PAIR_BYTES, SERIAL_BYTES, WHOLE, Ring, WrappedRing, Wrapper, new_keys, pairs
from lockhouse.crypto.seal import SealedBox
from lockhouse.crypto.signatures import KEY_BYTES, Entropy, equal
from lockhouse.errors import Conflict, Erased, Expired, Invalid, Refused, Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptography.hazmat.primitives.hmac import HMAC

    from lockhouse.secret import Secret

REF_BYTES = 16
MINTED_KEPT = 2_000
"""Rings kept aside between minting and reading back: four groups of new persons."""
BOX_KEYS_KEPT = 32
"""Box keys kept with a ring: a profile of a few years has more, and whoever opens it pays 2 us a box."""
_MAX_U16 = 0xFFFF


class _Held:
    """A ring in use. `box_keys` are those derived from its keys, by (compartment, epoch) number."""

    __slots__ = ("_ref", "_ref_key", "box_keys", "generation", "keys", "version")

    def __init__(self, ring: Ring, generation: int, version: int) -> None:
        self.keys = ring.keys
        self._ref_key = ring.ref_key
        self._ref = b""
        self.generation = generation
        self.version = version
        self.box_keys: dict[int, bytes] = {}

    def ref(self, message: bytes) -> bytes:
        """The person's ref, made when first asked for: most events are stored without."""
        if not self._ref:
            mac = keyed(self._ref_key)
            mac.update(message)
            self._ref = mac.finalize()[:REF_BYTES]
        return self._ref


class Keyring:
    """Rings, epoch keys and derived box keys of one process.

    Args:
        house: the house id, 16 bytes; it stands in every derivation and all associated data.
        keks: KEK generation -> 32 bytes.
        generation: under which new rings are wrapped.
        entropy: random bytes, fit for keys.
        alive: whether this process has confirmed the key epoch within its lease.
        cache: most rings held; each is 2 to 6 KB with the box keys that were derived from it.
        notary: the writer's notary key; tickets by another are refused. None takes any, until `trust` is called.
    """

    def __init__(  # noqa: PLR0913  (the world a keyring needs, handed in by name)
        self,
        house: bytes,
        *,
        keks: Mapping[int, Secret],
        generation: int,
        entropy: Entropy,
        alive: Callable[[], bool],
        cache: int = 10_000,
        notary: bytes | None = None,
    ) -> None:
        if len(house) != boxes.ID_BYTES or cache < 1:
            raise Invalid("keyring", "a house id of 16 bytes and room for a ring", got="less")
        nonces = Nonces(entropy)
        self._draw = nonces.draw
        self._wrapper = Wrapper(house, keks, draw=nonces.draw)
        self._generation = generation
        self._entropy = entropy
        self._alive = alive
        self._cache = cache
        self._notary = notary
        self._aad = boxes.box_aad_prefix(house)
        self._info = boxes.box_key_prefix(house)
        self._ref_message = lp("lockhouse/ref/1", house)
        self._rings: OrderedDict[bytes, _Held] = OrderedDict()
        self._epochs: dict[int, HMAC] = {}
        self._minted: dict[bytes, tuple[int, bytes, Ring]] = {}
        self._purged = False

    def trust(self, notary: bytes) -> None:
        """From now on take only tickets vouched for by this notary key: a restarted writer has a new one."""
        self._notary = notary

    # Rings as stored -------------------------------------------------------------------------------

    def mint(self, person: bytes, compartments: Iterable[int]) -> WrappedRing:
        """A new ring, version 1, with keys of these compartments and of `WHOLE`, for storing.

        It is not in use: `admit` it once it has been read back.

        It is kept aside for that moment only, since bytes that come back as they were need no unwrapping.

        Raises:
            Invalid: a compartment that is not 0..65535.
        """
        ring = Ring(self._entropy(KEY_BYTES), new_keys({WHOLE, *compartments}, self._entropy))
        wrapped = self._wrapper.wrap(person, ring, generation=self._generation, version=1)
        if len(self._minted) >= MINTED_KEPT:
            self._minted.clear()
        self._minted[person] = (wrapped.generation, wrapped.blob, ring)
        return wrapped

    def extend(self, ring: WrappedRing, compartments: Iterable[int]) -> WrappedRing:
        """The next version of a ring, with new keys for those compartments that it lacks.

        Raises:
            Tampered: the ring does not unwrap.
        """
        old = self._unwrap(ring)
        new = new_keys(set(compartments) - old.keys.keys(), self._entropy)
        return self._next(ring, Ring(old.ref_key, old.keys | new))

    def cut(self, ring: WrappedRing, compartments: Iterable[int]) -> WrappedRing:
        """The next version of a ring, without the keys of these compartments; the others keep their bytes.

        Raises:
            Tampered: the ring does not unwrap.
        """
        old, gone = self._unwrap(ring), set(compartments)
        return self._next(ring, Ring(old.ref_key, {one: key for one, key in old.keys.items() if one not in gone}))

    def restore(self, ring: WrappedRing, limbo: WrappedRing, compartments: Iterable[int]) -> WrappedRing:
        """The next version of a ring, with the keys of these compartments put back from an older version of it.

        Undoes a `cut` whose ending was stopped while the old version still waited in limbo. A key that the compartment
        got meanwhile goes on sealing, and the older ones open what they sealed.

        Raises:
            Invalid: the two are of different persons.
            Tampered: one of the two does not unwrap, or is of another person.
        """
        new, old = self._unwrap(ring), self._unwrap(limbo)
        if ring.person != limbo.person or not equal(new.ref_key, old.ref_key):
            raise Invalid("ring", "two versions of one ring", got="two rings")
        back = {}
        for one in old.keys.keys() & set(compartments):
            now = pairs(new.keys.get(one, b""))
            back[one] = b"".join([*now, *(pair for pair in pairs(old.keys[one]) if pair not in now)])
        return self._next(ring, Ring(new.ref_key, new.keys | back))

    def rewrap(self, ring: WrappedRing) -> WrappedRing:
        """The next version of a ring, the same keys under the current KEK generation.

        Raises:
            Tampered: the ring does not unwrap.
        """
        return self._next(ring, self._unwrap(ring))

    def _unwrap(self, ring: WrappedRing) -> Ring:
        return self._wrapper.unwrap(ring.person, ring.generation, ring.version, ring.blob)

    def _next(self, ring: WrappedRing, new: Ring) -> WrappedRing:
        return self._wrapper.wrap(ring.person, new, generation=self._generation, version=ring.version + 1)

    # Keys in use -----------------------------------------------------------------------------------

    def admit(self, person: bytes, generation: int, version: int, blob: bytes) -> None:
        """Use this ring from now on, as read from the identity store.

        Raises:
            Tampered: it is not this person's ring of this generation and version.
            Conflict: a newer version is already in use: the row read is stale or was rolled back; read again.
            Unavailable: the KEK of its generation is not at hand.
        """
        held = self._rings.get(person)
        if held is not None:
            if version < held.version:
                raise Conflict("ring: expected the version in use or a newer one", hint="read the ring again")
            self.forget(person)
        minted = self._minted.pop(person, None)
        if minted is not None and version == 1 and minted[:2] == (generation, blob):
            ring = minted[2]
        else:
            ring = self._wrapper.unwrap(person, generation, version, blob)
        if len(self._rings) >= self._cache:
            self.forget(next(iter(self._rings)))
        self._rings[person] = _Held(ring, generation, version)

    def _held(self, person: bytes) -> _Held:
        held = self._rings.get(person)
        if held is None:
            # Not Erased: the ring may only have made room for others. Whoever finds no ring row says Erased.
            raise Unavailable("keyring: expected the person's ring to be admitted", hint="admit it and retry")
        self._rings.move_to_end(person)
        return held

    def version_of(self, person: bytes) -> int | None:
        """The version of the person's ring in use, or None if none is."""
        held = self._rings.get(person)
        return None if held is None else held.version

    def serials(self, person: bytes) -> dict[int, bytes]:
        """Compartment -> serial of the person's keys that seal.

        Raises:
            Unavailable: no ring of this person is admitted.
        """
        return {compartment: joined[:SERIAL_BYTES] for compartment, joined in self._held(person).keys.items()}

    def every_serial(self, person: bytes) -> dict[int, tuple[bytes, ...]]:
        """Compartment -> serials of all the person's keys in use: of the one that seals, then of those before it.

        Raises:
            Unavailable: no ring of this person is admitted.
        """
        held = self._held(person).keys
        return {one: tuple([pair[:SERIAL_BYTES] for pair in pairs(joined)]) for one, joined in held.items()}

    def serials_in(self, ring: WrappedRing) -> tuple[bytes, ...]:
        """Serials of all keys of a ring that is not in use, sorted.

        Raises:
            Tampered: the ring does not unwrap.
        """
        return tuple(
            sorted(pair[:SERIAL_BYTES] for joined in self._unwrap(ring).keys.values() for pair in pairs(joined))
        )

    def lacks(self, person: bytes, compartments: Iterable[int]) -> list[int]:
        """Those of the compartments that the person's ring in use has no key of.

        Raises:
            Unavailable: no ring of this person is admitted.
        """
        keys = self._held(person).keys
        return [one for one in compartments if one not in keys]

    def ref(self, person: bytes) -> bytes:
        """The 16 bytes by which the ledger knows the person; nobody can make them again once the ring is gone.

        Raises:
            Unavailable: no ring of this person is admitted.
        """
        return self._held(person).ref(self._ref_message)

    def add_epoch(self, compartment: int, epoch: int, key: Secret) -> None:
        """Use this key for the compartment's epoch (days since 2020-01-01).

        Raises:
            Invalid: a number out of range or a key that is not 32 bytes.
        """
        if len(key) != KEY_BYTES or not (0 <= compartment <= _MAX_U16 and 0 <= epoch <= _MAX_U16):
            raise Invalid("epoch key", "numbers of 16 bits and 32 bytes of key", got="something else")
        self.drop_epoch(compartment, epoch)
        self._epochs[compartment << 16 | epoch] = keyed(key.reveal())
        self._purged = False

    def drop_epoch(self, compartment: int, epoch: int) -> None:
        """Forget the epoch's key and every box key derived from it."""
        slot = compartment << 16 | epoch
        if self._epochs.pop(slot, None) is not None:
            for held in self._rings.values():
                held.box_keys.pop(slot, None)

    def has_epoch(self, compartment: int, epoch: int) -> bool:
        """Whether the epoch's key is in use."""
        return compartment << 16 | epoch in self._epochs

    def forget(self, person: bytes) -> None:
        """Forget the person's ring and every box key derived from it."""
        self._minted.pop(person, None)
        self._rings.pop(person, None)

    def purge(self) -> None:
        """Forget every ring, epoch key, wrap key and box key; the KEKs stay.

        Until `add_epoch` is called again, opening answers Unavailable, never Expired.
        """
        self._rings.clear()
        self._minted.clear()
        self._epochs.clear()
        self._wrapper.clear()
        self._purged = True

    # Boxes -----------------------------------------------------------------------------------------

    def seal(  # noqa: PLR0913  (a box's place in full: each part is bound)
        self, person: bytes, *, record: bytes, compartment: int, epoch: int, plaintext: bytes, seal: int = 1
    ) -> SealedBox:
        """The box of a record's fields in one compartment; `plaintext` is from `pack_fields`.

        Raises:
            Erased: the person's ring has no key of this compartment.
            Expired: the epoch's key is not in use.
            Unavailable: the lease has run out, or the person's ring is not admitted.
            Invalid: an id that is not 16 bytes or a seal number beyond 16 bits.
        """
        if not 0 <= seal <= _MAX_U16:
            raise Invalid("box", "a seal number of 16 bits", got="another")
        return self.seal_all(person, record=record, parts=((compartment, epoch, plaintext),), seal=seal)[0]

    def seal_all(
        self, person: bytes, *, record: bytes, parts: Iterable[tuple[int, int, bytes]], seal: int = 1
    ) -> list[SealedBox]:
        """The boxes of one record, one for each (compartment, epoch, plaintext), in their order.

        Raises:
            as `seal`; then nothing of the record is sealed.
        """
        if not self._alive():
            raise Unavailable("keyring: expected a live lease")
        start = boxes.box_aad_start(self._aad, record=record, person=person)
        held, sealed = self._held(person), []
        for compartment, epoch, plaintext in parts:
            serial, cipher = self._cipher(held, person, compartment, epoch)
            aad = boxes.box_aad_of(start, (compartment, epoch, serial, seal))
            blob = boxes.seal_box(cipher, self._draw(), plaintext, aad)
            sealed.append(SealedBox(compartment, epoch, serial, seal, blob))
        return sealed

    def open(self, box: SealedBox, noted: Noted, *, person: bytes, record: bytes, purpose: str) -> bytes:
        """The plaintext of a box, for `unpack_fields`.

        Raises:
            TypeError: `noted` was not made by `Noted.from_commit`.
            Refused: the committed entry does not name this person, compartment and purpose (`unnoted`).
            Tampered: another notary vouched; or the box was moved, rolled back or changed.
            Erased: the key it was sealed with is no longer in the person's ring.
            Expired: the epoch's key is not in use.
            Unavailable: the lease has run out, or the person's ring is not admitted.
        """
        if not self._alive():
            raise Unavailable("keyring: expected a live lease")
        if type(noted) is not Noted:
            message = "keyring: expected a Noted"
            raise TypeError(message)
        if noted.public != self._notary:
            raise Tampered("keyring: expected a ticket by this house's notary")
        held = self._held(person)
        if not noted.covers(held.ref(self._ref_message), box.compartment, purpose):
            raise Refused("keyring: expected a noted person, compartment and purpose", reasons=("unnoted",))
        serial, cipher = self._cipher(held, person, box.compartment, box.epoch)
        if serial != box.serial:
            cipher = self._older_cipher(held, person, box)
        place = (box.compartment, box.epoch, box.serial, box.seal)
        return boxes.open_box(cipher, box.blob, boxes.box_aad(self._aad, record=record, person=person, box=place))

    def _cipher(self, held: _Held, person: bytes, compartment: int, epoch: int) -> tuple[bytes, AESGCM]:
        """(serial, cipher) of the box key that seals.

        The key is kept and not the cipher, which is 70 times as big: a new one costs less than the memory of old ones.
        """
        joined = held.keys.get(compartment)
        if joined is None:
            raise Erased("box: expected a key that still exists")
        slot = compartment << 16 | epoch
        key = held.box_keys.get(slot)
        if key is None:
            key = self._box_key(joined[SERIAL_BYTES:PAIR_BYTES], (person, compartment, epoch))
            if len(held.box_keys) >= BOX_KEYS_KEPT:
                held.box_keys.clear()
            held.box_keys[slot] = key
        return joined[:SERIAL_BYTES], AESGCM(key)

    def _older_cipher(self, held: _Held, person: bytes, box: SealedBox) -> AESGCM:
        """The same of a key that seals no more: rare, so it is not kept."""
        for pair in pairs(held.keys[box.compartment])[1:]:
            if pair[:SERIAL_BYTES] == box.serial:
                return AESGCM(self._box_key(pair[SERIAL_BYTES:], (person, box.compartment, box.epoch)))
        raise Erased("box: expected a key that still exists")

    def _box_key(self, person_key: bytes, place: tuple[bytes, int, int]) -> bytes:
        _, compartment, epoch = place
        epoch_key = self._epochs.get(compartment << 16 | epoch)
        if epoch_key is None:
            if self._purged:
                raise Unavailable("keyring: expected epoch keys to be added again after a purge")
            raise Expired("box: expected an epoch that has not ended")
        return boxes.box_key(self._info, epoch_key=epoch_key, person_key=person_key, place=place)
