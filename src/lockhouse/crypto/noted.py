"""`Noted`: the only ticket that opens a box, given out only against a committed ledger entry.

Whoever commits the ledger (the writer) holds a `Notary`, whose signature says that an entry is durable.
`Noted.from_commit` turns entry, signature and the list of refs into a ticket; there is no other way to one.
What a ticket covers is kept outside the object, in a table nobody can name, so that an object made by other
means (`object.__new__`, a copy, a pickle, a subclass) has no entry there, and changing a real one changes nothing.
Against code that walks this process's memory or rewrites this module nothing in Python helps; the table is
there so that opening without noting cannot happen by mistake or by a shortcut that a review would miss.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self
from weakref import WeakKeyDictionary

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.merkle import leaf_hash, root
from lockhouse.crypto.signatures import Entropy, SigningKey, equal, verify
from lockhouse.errors import Tampered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KINDS = frozenset({"disclosure", "rework"})
"""The kinds of ledger entry that allow opening."""


class Notary:
    """Says that entries are durable. Its key is made with it, never stored, and dies with its process."""

    __slots__ = ("_house", "_key", "public")

    def __init__(self, house: bytes, *, entropy: Entropy = os.urandom) -> None:
        self._house = house
        self._key = SigningKey.generate(entropy)
        self.public = self._key.public()

    def sign(self, entry_id: bytes, leaf: bytes) -> bytes:
        """The signature over an entry's id and leaf hash. To be called only after the entry is durable."""
        return self._key.sign(_message(self._house, entry_id, leaf))


def _message(house: bytes, entry_id: bytes, leaf: bytes) -> bytes:
    return lp("lockhouse/noted/1", house, entry_id, leaf)


def refs_root(refs: Sequence[bytes]) -> bytes:
    """The Merkle root over the sorted refs: what a disclosure entry commits to."""
    return root([leaf_hash(ref) for ref in sorted(refs)])


class _Body(msgspec.Struct):
    purpose: str
    compartments: list[int]
    count: int
    refs_root: str


class _Entry(msgspec.Struct):
    kind: str
    body: _Body


class _Cover(NamedTuple):
    entry_id: bytes
    public: bytes
    purpose: str
    compartments: frozenset[int]
    refs: frozenset[bytes]
    persons: int


def _office() -> tuple[Callable[[Noted, _Cover], None], Callable[[Noted], _Cover]]:
    issued: WeakKeyDictionary[Noted, _Cover] = WeakKeyDictionary()

    def issue(ticket: Noted, cover: _Cover) -> None:
        issued[ticket] = cover

    def read(ticket: Noted) -> _Cover:
        cover = issued.get(ticket)
        if cover is None:
            message = "noted: expected a ticket made by Noted.from_commit"
            raise TypeError(message)
        return cover

    return issue, read


class Noted:
    """A committed ledger entry, as permission to open what it names."""

    __slots__ = ("__weakref__",)

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse to be made without a commit.

        Raises:
            TypeError: always.
        """
        message = "noted: expected Noted.from_commit"
        raise TypeError(message)

    def __init_subclass__(cls) -> None:
        message = "noted: expected no subclass"
        raise TypeError(message)

    @classmethod
    def from_commit(  # noqa: PLR0913  (each part of the proof that an entry is durable)
        cls, *, house: bytes, public: bytes, entry_id: bytes, entry: bytes, signature: bytes, refs: Sequence[bytes]
    ) -> Noted:
        """The ticket of a committed entry.

        Args:
            house: the house id.
            public: the writer's notary key.
            entry_id: 16 bytes.
            entry: the entry's canonical JSON, as committed.
            signature: the notary's, over entry id and leaf hash.
            refs: the refs of the persons it discloses; the entry holds their count and Merkle root.

        Raises:
            Tampered: the signature, the count or the root is not right, or the entry's kind does not open boxes.
        """
        verify(public, _message(house, entry_id, leaf_hash(entry)), signature)
        try:
            parsed = _entry_of(entry)
        except (msgspec.MsgspecError, UnicodeDecodeError) as err:
            raise Tampered("noted: expected an entry that discloses") from err
        body = parsed.body
        if parsed.kind not in KINDS or body.count != len(refs):
            raise Tampered("noted: expected an entry that discloses these refs")
        if not equal(body.refs_root.encode(), refs_root(refs).hex().encode()):
            raise Tampered("noted: expected the refs that the entry commits to")
        ticket = object.__new__(cls)
        compartments = frozenset(body.compartments)
        _issue(ticket, _Cover(entry_id, public, body.purpose, compartments, frozenset(refs), body.count))
        return ticket

    def covers(self, ref: bytes, compartment: int, purpose: str) -> bool:
        """Whether the entry names this person's ref, this compartment and this purpose.

        Raises:
            TypeError: this object was not made by `from_commit`.
        """
        cover = _read(self)
        return ref in cover.refs and compartment in cover.compartments and purpose == cover.purpose

    @property
    def entry_id(self) -> bytes:
        """The entry's id, 16 bytes."""
        return _read(self).entry_id

    @property
    def public(self) -> bytes:
        """The notary key that vouched for the entry, 32 bytes."""
        return _read(self).public

    @property
    def purpose(self) -> str:
        """The purpose that the entry states."""
        return _read(self).purpose

    @property
    def count(self) -> int:
        """How many source persons the entry discloses."""
        return _read(self).persons

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse assignment.

        Raises:
            TypeError: always.
        """
        message = "noted: expected no assignment"
        raise TypeError(message)

    def __reduce__(self) -> NoReturn:
        """Refuse copies and pickles.

        Raises:
            TypeError: always.
        """
        message = "noted: expected no copy"
        raise TypeError(message)


_entry_of = msgspec.json.Decoder(_Entry).decode
_issue, _read = _office()
