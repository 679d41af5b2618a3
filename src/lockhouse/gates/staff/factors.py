"""What a factor's sealed box holds, and how a new one is stored.

Raises throughout:
    Tampered: the box is not this row's own.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.access.sign_in import Means
from lockhouse.crypto.passkeys import Passkey
from lockhouse.crypto.staff import place
from lockhouse.gates.staff.read import factors_of
from lockhouse.gates.staff.told import FACTOR_ENDED, FACTOR_LIVE
from lockhouse.model.rows import Factor, FactorUse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lockhouse.crypto.canonical import Value
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.deed import Deed
    from lockhouse.gates.staff.read import Proof
    from lockhouse.secret import Secret

_ID, _PUBLIC, _AAGUID, _SYNCED, _BACKED_UP = 1, 2, 3, 4, 5
_PHC = 1
_TAGS = 1
_LABEL = 1
_IDENTITY = 1
MAX_LABEL = 80


class New(NamedTuple):
    """A factor that is to be stored: its kind, what is sealed, what its owner calls it, how far it was used."""

    means: Means
    content: Mapping[int, Value] | Secret
    label: str = ""
    counter: int = 0


def new_passkey(passkey: Passkey, *, label: str) -> New:
    """A passkey that was just made."""
    content: dict[int, Value] = {
        _ID: _text(passkey.id), _PUBLIC: _text(passkey.public_key), _AAGUID: passkey.aaguid,
        _SYNCED: passkey.is_synced, _BACKED_UP: passkey.is_backed_up,
    }  # fmt: skip
    return New(Means.PASSKEY, content, label, passkey.sign_count)


def new_password(phc: str) -> New:
    """A password, by its hash."""
    return New(Means.PASSWORD, {_PHC: phc})


def new_codes(house: House, codes: Sequence[str]) -> New:
    """Recovery codes, by their tags."""
    tags = [house.staff_keys.tag("recovery", code).hex() for code in codes]
    return New(Means.RECOVERY, {_TAGS: [*tags]})


def new_identity(tag: bytes, *, label: str) -> New:
    """An identity at an identity provider, by its tag."""
    return New(Means.IDENTITY, {_IDENTITY: tag.hex()}, label)


def add(house: House, deed: Deed, staff: bytes, new: New, *, by: str) -> Factor:
    """The factor as it stands with this deed, and how far it was used."""
    now, own = house.clock.now_ms(), house.ids.new()
    keys, here = house.staff_keys, _place(staff, own, "box")
    is_fields = not hasattr(new.content, "reveal")
    box = keys.seal_fields(new.content, place=here) if is_fields else keys.seal(new.content, place=here)  # type: ignore[arg-type]  # one or the other
    label = keys.seal_fields({_LABEL: new.label[:MAX_LABEL]}, place=_place(staff, own, "label")) if new.label else b""
    row = Factor(staff, own, int(new.means), FACTOR_LIVE, box, label, now, by, now, house.ids.new(), b"")
    deed.set(FactorUse(staff, own, new.counter, now, b""), was=None)
    return deed.put(row, was=None)


def ended(house: House, deed: Deed, row: Factor, *, by: str) -> None:
    """The factor signs in no more with this deed."""
    now, entry = house.clock.now_ms(), house.ids.new()
    deed.put(msgspec.structs.replace(row, state=FACTOR_ENDED, by=by, at=now, entry=entry), was=row)


async def end_live(house: House, deed: Deed, staff: bytes, *, by: str) -> int:
    """No factor that somebody has now signs in any more with this deed; how many there were."""
    live = [row for row in await factors_of(house, staff) if row.state == FACTOR_LIVE]
    for row in live:
        ended(house, deed, row, by=by)
    return len(live)


def with_hash(house: House, row: Factor, phc: str, *, by: str) -> Factor:
    """A password's row with another hash of it, still to be put."""
    box = house.staff_keys.seal_fields({_PHC: phc}, place=_place(row.staff, row.id, "box"))
    return msgspec.structs.replace(row, box=box, by=by, at=house.clock.now_ms(), entry=house.ids.new())


def used_now(house: House, use: FactorUse, counter: int) -> FactorUse:
    """How far a factor was used now, still to be set."""
    return msgspec.structs.replace(use, counter=counter, at=house.clock.now_ms())


def kinds(rows: Iterable[Factor]) -> frozenset[Means]:
    """The kinds of some factors."""
    return frozenset(Means(row.kind) for row in rows)


def of_kind(proofs: Collection[Proof], means: Means) -> Proof | None:
    """The newest live factor of a kind."""
    return next((one for one in reversed([*proofs]) if one.factor.kind == means), None)


def passkey_of(house: House, proof: Proof) -> Passkey:
    """A passkey as it was made, with the counter it was last seen at."""
    held = _fields(house, proof.factor)
    return Passkey(
        id=_raw(held[_ID]), public_key=_raw(held[_PUBLIC]), sign_count=proof.use.counter, aaguid=str(held[_AAGUID]),
        is_synced=bool(held[_SYNCED]), is_backed_up=bool(held[_BACKED_UP]),
    )  # fmt: skip


def phc_of(house: House, row: Factor) -> str:
    """A password's hash."""
    return str(_fields(house, row)[_PHC])


def seed_of(house: House, row: Factor) -> Secret:
    """The seed of one-time codes."""
    return house.staff_keys.open(row.box, place=_place(row.staff, row.id, "box"))


def tags_of(house: House, row: Factor) -> list[bytes]:
    """The tags of recovery codes, in order."""
    held = _fields(house, row)[_TAGS]
    return [bytes.fromhex(str(one)) for one in held] if isinstance(held, list) else []


def identity_of(house: House, row: Factor) -> bytes:
    """The tag of an identity at an identity provider."""
    return bytes.fromhex(str(_fields(house, row)[_IDENTITY]))


def label_of(house: House, row: Factor) -> str:
    """What its owner calls a factor; empty: nothing."""
    if not row.label:
        return ""
    return str(house.staff_keys.open_fields(row.label, place=_place(row.staff, row.id, "label"))[_LABEL])


def _fields(house: House, row: Factor) -> dict[int, Value]:
    return house.staff_keys.open_fields(row.box, place=_place(row.staff, row.id, "box"))


def _place(staff: bytes, own: bytes, column: str) -> bytes:
    return place(Factor.TABLE, staff + own, column)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _raw(text: Value) -> bytes:
    return base64.urlsafe_b64decode(str(text))
