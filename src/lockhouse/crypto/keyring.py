"""The keyring: the keys that this process may use now, and the only place where boxes are sealed and opened.

Rules it keeps: a process seals only with a ring it has read back; nothing opens without a `Noted` that names
person, compartment and purpose; a process that is not `alive` (its lease on the key epoch has run out) neither
seals nor opens; rings and derived keys are bounded and dropped by person and by epoch. It belongs to one thread. It
never stores anything.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockhouse.crypto import seal as boxes
from lockhouse.crypto.boxkeys import BoxKeys, Held, Place
from lockhouse.crypto.canonical import lp
from lockhouse.crypto.nonces import Nonces
from lockhouse.crypto.noted import Noted
from lockhouse.crypto.ring import SERIAL_BYTES, WHOLE, Ring, WrappedRing, Wrapper, minted, new_keys, pairs
from lockhouse.crypto.seal import SealedBox
from lockhouse.crypto.signatures import KEY_BYTES, Entropy, equal
from lockhouse.errors import Conflict, Erased, Gone, Invalid, Refused, Tampered, Unavailable
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

MINTED_KEPT = 2_000
"""Rings kept aside between minting and reading back: four groups of new persons."""
_MAX_U16 = 0xFFFF


class Plain(NamedTuple):
    """A record to be sealed: whose it is, its id, and (compartment, epoch, plaintext from `pack_fields`) a box.

    `head` is bound beside its place: of a snapshot what `snapshot_head` says, of a record nothing.
    """

    person: bytes
    record: bytes
    parts: Sequence[tuple[int, int, bytes]]
    head: bytes = b""


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
        self._box_keys = BoxKeys(house)
        self._ref_message = lp("lockhouse/ref/1", house)
        self._rings: OrderedDict[bytes, Held] = OrderedDict()
        self._minted: dict[bytes, tuple[int, bytes, Ring]] = {}

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
        return self.mint_all([(person, compartments)])[0]

    def mint_all(self, wanted: Sequence[tuple[bytes, Iterable[int]]]) -> list[WrappedRing]:
        """As `mint`, for (person, compartments) each.

        Raises:
            Invalid: as `mint`.
        """
        rings = [
            (person, minted(self._entropy(KEY_BYTES), sorted({WHOLE, *compartments})))
            for person, compartments in wanted
        ]
        wrapped = self._wrapper.wrap_all(rings, generation=self._generation, version=1)
        if len(self._minted) >= MINTED_KEPT:
            self._minted.clear()
        for (person, ring), one in zip(rings, wrapped, strict=True):
            self._minted[person] = (one.generation, one.blob, ring)
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
        fresh = self._minted.pop(person, None)
        if fresh is not None and version == 1 and fresh[:2] == (generation, blob):
            ring = fresh[2]
        else:
            ring = self._wrapper.unwrap(person, generation, version, blob)
        if len(self._rings) >= self._cache:
            self.forget(next(iter(self._rings)))
        self._rings[person] = Held(ring, generation, version)

    def _held(self, person: bytes) -> Held:
        held = self._rings.get(person)
        if held is None:
            # Not Erased: the ring may only have made room for others. Whoever finds no ring row says Erased.
            raise Unavailable("keyring: expected the person's ring to be admitted", hint="admit it and retry")
        self._rings.move_to_end(person)
        return held

    def version_of(self, person: bytes) -> int | None:
        """The version of the person's ring in use, or None if none is; of all rings this one is dropped last then."""
        return self._held(person).version if person in self._rings else None

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
        self.drop_epoch(compartment, epoch)
        self._box_keys.add(compartment, epoch, key)

    def drop_epoch(self, compartment: int, epoch: int) -> None:
        """Forget the epoch's key and every box key derived from it."""
        if self._box_keys.drop(compartment, epoch):
            for held in self._rings.values():
                held.box_keys.pop(compartment << 16 | epoch, None)

    def has_epoch(self, compartment: int, epoch: int) -> bool:
        """Whether the epoch's key is in use."""
        return self._box_keys.has(compartment, epoch)

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
        self._box_keys.clear()
        self._wrapper.clear()

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
        [answer] = self.seal_group([Plain(person, record, ((compartment, epoch, plaintext),))], seal=seal)
        if isinstance(answer, Gone | Unavailable):
            raise answer
        return answer[0]

    def seal_group(self, records: Sequence[Plain], *, seal: int = 1) -> list[list[SealedBox] | Gone | Unavailable]:
        """The boxes of many records, in their order; of a record that can't be sealed nothing is, and it says why.

        Why is what `seal` would have raised. Each step is taken for all records before the next, as in `boxkeys`.
        """
        if not self._alive():
            return [Unavailable("keyring: expected a live lease")] * len(records)
        placed = [self._placed(one) for one in records]
        wanted = [box for places in placed if isinstance(places, list) for box in places]
        ciphers = iter([AESGCM(key) for key in self._box_keys.of(wanted)])
        return [
            self._sealed(one, places, ciphers, seal=seal) if isinstance(places, list) else places
            for one, places in zip(records, placed, strict=True)
        ]

    def _placed(self, one: Plain) -> list[tuple[Held, Place]] | Gone | Unavailable:
        """Of what each of a record's box keys is made; or why one can't be."""
        try:
            held = self._held(one.person)
            for compartment, epoch, _ in one.parts:
                self._box_keys.require(held, compartment, epoch)
        except (Gone, Unavailable) as why:
            return why
        return [(held, (one.person, compartment, epoch)) for compartment, epoch, _ in one.parts]

    def _sealed(
        self, one: Plain, places: Sequence[tuple[Held, Place]], ciphers: Iterator[AESGCM], *, seal: int
    ) -> list[SealedBox]:
        """The boxes of a record; takes as many of the ciphers as it has."""
        start = one.head + boxes.box_aad_start(self._aad, record=one.record, person=one.person)
        sealed = []
        for (held, _), (compartment, epoch, plaintext), cipher in zip(places, one.parts, ciphers, strict=False):
            serial = held.keys[compartment][:SERIAL_BYTES]
            aad = boxes.box_aad_of(start, (compartment, epoch, serial, seal))
            sealed.append(
                SealedBox(compartment, epoch, serial, seal, boxes.seal_box(cipher, self._draw(), plaintext, aad))
            )
        return sealed

    def escrow(self, box: SealedBox, *, person: bytes) -> Secret:
        """The key of a box's place, for a legal hold to keep under its own; it opens nothing without a `Noted`.

        Raises:
            Erased, Expired, Unavailable: as `open`.
        """
        return Secret(self._opening_key(self._held(person), person, box))

    def open(  # noqa: PLR0913  (a box's place in full, and what opens it)
        self, box: SealedBox, noted: Noted, *, person: bytes, record: bytes, purpose: str,
        kept: tuple[bytes, Secret] | None = None, head: bytes = b"",
    ) -> bytes:  # fmt: skip
        """The plaintext of a box, for `unpack_fields`; with the person's ref and the box's key that a hold `kept`.

        `head` is as in `Plain`.

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
        ref = self._held(person).ref(self._ref_message) if kept is None else kept[0]
        if not noted.covers(ref, box.compartment, purpose):
            raise Refused("keyring: expected a noted person, compartment and purpose", reasons=("unnoted",))
        cipher = AESGCM(self._opening_key(self._held(person), person, box) if kept is None else kept[1].reveal())
        place = (box.compartment, box.epoch, box.serial, box.seal)
        return boxes.open_box(
            cipher, box.blob, head + boxes.box_aad(self._aad, record=record, person=person, box=place)
        )

    def _opening_key(self, held: Held, person: bytes, box: SealedBox) -> bytes:
        place = (person, box.compartment, box.epoch)
        self._box_keys.require(held, box.compartment, box.epoch)
        sealing, *older = pairs(held.keys[box.compartment])
        if sealing[:SERIAL_BYTES] == box.serial:
            return self._box_keys.of([(held, place)])[0]
        for pair in older:  # of a key that seals no more: rare, so it is not kept
            if pair[:SERIAL_BYTES] == box.serial:
                return self._box_keys.derive([(pair[SERIAL_BYTES:], place)])[0]
        raise Erased("box: expected a key that still exists")
