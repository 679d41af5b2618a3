"""The keys of the people who work in a house: what finds their rows, what seals their small secrets, what hashes.

Rules it keeps:

1. No key of its own is stored. Each is a branch of the house's integrity secret by HKDF-SHA256 (RFC 5869), bound to
   the house and to its use; a house that was founded before there was staff needs no new secret (ADR 0063).
2. A login name, and a link's, ceremony's or session's secret, stand in a row as a keyed hash of themselves and their
   kind: whoever reads the store can neither turn one back nor move it to a place of another kind.
3. What must be read again (a name, a seed, a password's hash) is sealed to its table, row and column.
4. A password is hashed with Argon2id (RFC 9106) under a secret value (§3.1, K) that the store does not hold: rows
   alone cannot be guessed at.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from lockhouse.crypto.canonical import Value, lp, pack_fields, unpack_fields
from lockhouse.crypto.derive import derive, open_bytes, seal_bytes
from lockhouse.crypto.signatures import Entropy, hmac_sha256
from lockhouse.errors import Invalid
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

TAG_BYTES = 32
TOKEN_BYTES = 32
"""256 bits: links, ceremonies and sessions are bearer secrets that nobody can guess (ASVS 5.0 V7.2.3 asks for 128)."""
SALT_BYTES = 16
"""Of a password's hash, as RFC 9106 §3.1 advises."""
HASH_BYTES = 32
FIELDS_FLOOR = 128
"""A sealed name is as long as this at least, so that a box's length does not tell names apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one hash of a password costs whoever makes it.

    By default 64 MiB and three passes, the second choice of RFC 9106 §4, with one lane: signing in is rare, and a
    second lane would only take the other core from those who work.
    """

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 1

    def stands_in(self, phc: str) -> bool:
        """Whether a hash was made at this cost."""
        return phc.startswith(f"$argon2id$v=19$m={self.memory_kib},t={self.iterations},p={self.lanes}$")


def place(table: str, key: bytes, column: str) -> bytes:
    """Where a sealed value stands; one that was moved to another place does not open."""
    return lp(table, key, column)


class StaffKeys:
    """The branches of one house's integrity secret that staff need."""

    __slots__ = ("__dict__", "_box", "_cost", "_entropy", "_index", "_pepper")

    def __init__(self, branches: tuple[Secret, Secret, Secret], *, cost: Cost, entropy: Entropy) -> None:
        self._index, self._box, self._pepper = branches
        self._cost = cost
        self._entropy = entropy

    @classmethod
    def of(
        cls, integrity: Secret, *, house: bytes, cost: Cost | None = None, entropy: Entropy = os.urandom
    ) -> StaffKeys:
        """The staff keys of a house; the same integrity secret and house give the same keys."""
        index, box, pepper = (
            derive(integrity, lp("lockhouse/staff/1", house, use)) for use in ("index", "box", "pepper")
        )
        return cls((index, box, pepper), cost=cost or Cost(), entropy=entropy)

    # What finds rows -----------------------------------------------------------------------------------

    def tag(self, kind: str, content: str | bytes) -> bytes:
        """The 32 bytes under which a row keeps a secret or a login name of this kind."""
        raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        return hmac_sha256(self._index, lp("lockhouse/staff/tag/1", kind, raw))

    def secret_tag(self, secret: Secret, *, place: bytes) -> str:
        """By which a secret of a place is known again, as text; nobody without the key can look for it."""
        return hmac_sha256(self._index, lp("lockhouse/staff/secret/1", place, secret.reveal())).hex()

    def login_tag(self, login: str) -> bytes:
        """The tag of a login name: however it was typed, `NFKC`, without outer blanks and in one case."""
        return self.tag("login", unicodedata.normalize("NFKC", login).strip().casefold())

    def challenge(self, ceremony: bytes, bound: bytes) -> bytes:
        """What a passkey must sign in a ceremony: bound to its secret token and to what is to be done.

        It is never stored; whoever can write the ceremony's row still does not know its token, and so cannot make an
        answer to another question fit.
        """
        return hmac_sha256(self._index, lp("lockhouse/staff/challenge/1", ceremony, bound))

    def token(self) -> bytes:
        """A new bearer secret, 32 random bytes."""
        return self._entropy(TOKEN_BYTES)

    # What is sealed ------------------------------------------------------------------------------------

    def seal(self, plain: Secret, *, place: bytes) -> bytes:
        """A small secret, sealed to its `place` with AES-256-GCM under a random nonce."""
        return seal_bytes(self._box, plain.reveal(), place, entropy=self._entropy)

    def open(self, sealed: bytes, *, place: bytes) -> Secret:
        """What `seal` sealed for this place.

        Raises:
            Tampered: another place, another house or changed bytes.
        """
        return Secret(open_bytes(self._box, sealed, place))

    def seal_fields(self, values: Mapping[int, Value], *, place: bytes) -> bytes:
        """Several small values in one box, padded, sealed to its `place`.

        Raises:
            Invalid: a key or value that `pack_fields` does not take.
        """
        return seal_bytes(self._box, pack_fields(values, floor=FIELDS_FLOOR), place, entropy=self._entropy)

    def open_fields(self, sealed: bytes, *, place: bytes) -> dict[int, Value]:
        """What `seal_fields` sealed for this place.

        Raises:
            Tampered: another place, another house or changed bytes.
        """
        return unpack_fields(open_bytes(self._box, sealed, place))

    # What hashes passwords -----------------------------------------------------------------------------

    def hash(self, password: str) -> str:
        """The PHC text of a password's hash at this cost, under a new salt.

        Raises:
            Invalid: parameters that Argon2id does not take, or a lone surrogate.
        """
        raw = _password_bytes(password)
        try:
            kdf = Argon2id(
                salt=self._entropy(SALT_BYTES), length=HASH_BYTES, iterations=self._cost.iterations,
                lanes=self._cost.lanes, memory_cost=self._cost.memory_kib, secret=self._pepper.reveal(),
            )  # fmt: skip
        except ValueError as err:
            raise Invalid("password hash", "parameters of RFC 9106", got="others") from err
        return kdf.derive_phc_encoded(raw)

    def matches(self, password: str, phc: str | None) -> bool:
        """Whether a hash is this password's.

        With None, for an account that has none or is not known, the same work is done on a decoy and the answer is
        no: the time taken does not tell which accounts exist (ASVS 5.0 V6.3.8).
        """
        try:
            raw = _password_bytes(password)
        except Invalid:
            raw, phc = b"", None
        try:
            Argon2id.verify_phc_encoded(raw, self._decoy if phc is None else phc, secret=self._pepper.reveal())
        except InvalidKey:
            return False
        return phc is not None

    def outdated(self, phc: str) -> bool:
        """Whether a hash was made at another cost, so that it is to be made again when its password is next right."""
        return not self._cost.stands_in(phc)

    @cached_property
    def _decoy(self) -> str:
        return self.hash(self._entropy(TOKEN_BYTES).hex())


def _password_bytes(password: str) -> bytes:
    # NIST SP 800-63B-4 §3.1.1.2: normalised (NFKC), so that another keyboard's spelling of the same signs is the same.
    try:
        return unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError as err:
        raise Invalid("password", "text in UTF-8", got="something else") from err
