"""Epoch keys in use, and the keys of boxes that follow from them and from rings.

The keys of many boxes are made step by step, each step for all of them. A library's code that is called in a row is
still in the processor's caches; called in turn with everything else that an event needs, it costs three times as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto import seal as boxes
from lockhouse.crypto.derive import keyed
from lockhouse.crypto.ring import PAIR_BYTES, SERIAL_BYTES
from lockhouse.crypto.signatures import KEY_BYTES
from lockhouse.errors import Erased, Expired, Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.hmac import HMAC

    from lockhouse.crypto.ring import Ring
    from lockhouse.secret import Secret

REF_BYTES = 16
BOX_KEYS_KEPT = 32
"""Box keys kept with a ring: a profile of a few years has more, and whoever opens it pays 2 us a box."""
_MAX_U16 = 0xFFFF
Place = tuple[bytes, int, int]
"""Source person, compartment and epoch: what a box key is of."""


class Held:
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

    def keep(self, slot: int, key: bytes) -> None:
        """Keep a box key for the next box of its compartment and epoch."""
        if len(self.box_keys) >= BOX_KEYS_KEPT:
            self.box_keys.clear()
        self.box_keys[slot] = key


class BoxKeys:
    """The epoch keys of one process, and what is derived from them.

    Keys are kept and not ciphers, which are 70 times as big: a new one costs less than the memory of old ones.
    """

    def __init__(self, house: bytes) -> None:
        self._info = boxes.box_key_prefix(house)
        self._epochs: dict[int, HMAC] = {}
        self._purged = False

    def __len__(self) -> int:
        """How many epoch keys are in use."""
        return len(self._epochs)

    def add(self, compartment: int, epoch: int, key: Secret) -> None:
        """Use this key for the compartment's epoch.

        Raises:
            Invalid: a number out of range or a key that is not 32 bytes.
        """
        if len(key) != KEY_BYTES or not (0 <= compartment <= _MAX_U16 and 0 <= epoch <= _MAX_U16):
            raise Invalid("epoch key", "numbers of 16 bits and 32 bytes of key", got="something else")
        self._epochs[compartment << 16 | epoch] = keyed(key.reveal())
        self._purged = False

    def drop(self, compartment: int, epoch: int) -> bool:
        """Forget the epoch's key; whether it was in use. What was derived from it is kept with the rings."""
        return self._epochs.pop(compartment << 16 | epoch, None) is not None

    def has(self, compartment: int, epoch: int) -> bool:
        """Whether the epoch's key is in use."""
        return compartment << 16 | epoch in self._epochs

    def clear(self) -> None:
        """Forget every epoch key. Until one is added again nothing has expired: it is unavailable."""
        self._epochs.clear()
        self._purged = True

    def require(self, held: Held, compartment: int, epoch: int) -> None:
        """Return only if a box key can be made there.

        Raises:
            Erased: the ring has no key of this compartment.
            Expired: the epoch's key is not in use.
            Unavailable: no epoch's key is, since they were cleared.
        """
        if compartment not in held.keys:
            raise Erased("box: expected a key that still exists")
        if compartment << 16 | epoch not in self._epochs:
            if self._purged:
                raise Unavailable("keyring: expected epoch keys to be added again after a purge")
            raise Expired("box: expected an epoch that has not ended")

    def of(self, wanted: Sequence[tuple[Held, Place]]) -> list[bytes]:
        """The keys that seal at these places, in their order; `require` must have been asked for each."""
        keys = [held.box_keys.get(compartment << 16 | epoch) for held, (_, compartment, epoch) in wanted]
        cold = {place: held for key, (held, place) in zip(keys, wanted, strict=True) if key is None}
        if not cold:
            return [key for key in keys if key is not None]
        pairs = [(held.keys[place[1]][SERIAL_BYTES:PAIR_BYTES], place) for place, held in cold.items()]
        made = dict(zip(cold, self.derive(pairs), strict=True))
        for place, held in cold.items():
            held.keep(place[1] << 16 | place[2], made[place])
        return [made[place] if key is None else key for key, (_, place) in zip(keys, wanted, strict=True)]

    def derive(self, pairs: Sequence[tuple[bytes, Place]]) -> list[bytes]:
        """Box keys of (person key, place) each; the epochs must be in use."""
        return boxes.box_keys(
            self._info, [(self._epochs[place[1] << 16 | place[2]], person_key, place) for person_key, place in pairs]
        )
