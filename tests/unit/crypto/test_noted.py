import copy
import os
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.crypto import Notary, Noted, canonical_json, leaf_hash, refs_root
from lockhouse.errors import Tampered

HOUSE, ENTRY_ID = bytes(16), bytes(range(16))
REFS = [b"b" * 16, b"a" * 16]


def _entry(*, kind: str = "disclosure", count: int = 2, refs: list[bytes] | None = None, **body: Any) -> bytes:
    committed = refs_root(REFS if refs is None else refs).hex()
    whole = {"purpose": "support", "compartments": [1, 2], "count": count, "refs_root": committed} | body
    return canonical_json({"kind": kind, "body": whole, "v": 1})


def _ticket(entry: bytes | None = None, **changed: Any) -> Noted:
    notary = Notary(HOUSE)
    entry = _entry() if entry is None else entry
    given: dict[str, Any] = {
        "house": HOUSE,
        "public": notary.public,
        "entry_id": ENTRY_ID,
        "entry": entry,
        "signature": notary.sign(ENTRY_ID, leaf_hash(entry)),
        "refs": REFS,
    }
    return Noted.from_commit(**(given | changed))


def test_a_ticket_covers_what_its_entry_names_and_nothing_else() -> None:
    noted = _ticket()
    assert noted.covers(REFS[0], 2, "support")
    assert not noted.covers(b"c" * 16, 2, "support")
    assert not noted.covers(REFS[0], 3, "support")
    assert not noted.covers(REFS[0], 2, "marketing")
    assert (noted.entry_id, noted.purpose, noted.count) == (ENTRY_ID, "support", 2)


def test_rework_opens_too_and_no_other_kind_does() -> None:
    assert _ticket(_entry(kind="rework")).covers(REFS[0], 1, "support")
    with pytest.raises(Tampered, match="an entry that discloses these refs"):
        _ticket(_entry(kind="refusal"))


@pytest.mark.parametrize(
    "changed",
    [
        {"house": b"x" * 16},
        {"entry_id": b"x" * 16},
        {"public": Notary(HOUSE).public},
        {"signature": bytes(64)},
        {"entry": _entry(count=3)},
        {"refs": REFS[:1]},
        {"refs": [REFS[0], b"c" * 16]},
        {"refs": [*REFS, b"c" * 16]},
    ],
)
def test_a_ticket_needs_the_notary_s_word_for_this_entry_and_these_refs(changed: dict[str, Any]) -> None:
    assert _ticket().count == 2
    with pytest.raises(Tampered):
        _ticket(**changed)


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"{}",
        b"\xff",
        _entry(count=1),
        _entry(refs=REFS[:1]),
        _entry(refs_root="00"),
        _entry(refs_root="\u00e9"),
        _entry(compartments=["1"]),
        _entry(purpose=None),
    ],
)
def test_a_signed_entry_that_discloses_something_else_gives_no_ticket(entry: bytes) -> None:
    with pytest.raises(Tampered, match="noted: expected"):
        _ticket(entry)


def _subclass() -> object:
    return type("Loose", (Noted,), {})


WAYS: dict[str, Callable[[], object]] = {
    "constructor": Noted,
    "constructor-with-arguments": lambda: Noted(b"", "support"),
    "subclass": _subclass,
    "copy": lambda: copy.copy(_ticket()),
    "deepcopy": lambda: copy.deepcopy(_ticket()),
    "pickle": lambda: pickle.dumps(_ticket()),
    "assignment": lambda: setattr(_ticket(), "purpose", "marketing"),
    "new-attribute": lambda: setattr(_ticket(), "refs", REFS),
    "object-new": lambda: object.__new__(Noted).covers(REFS[0], 1, "support"),
    "object-new-purpose": lambda: object.__new__(Noted).purpose,
    "noted-new": lambda: Noted.__new__(Noted),
}


@pytest.mark.parametrize("way", WAYS)
def test_there_is_no_other_way_to_a_ticket(way: str) -> None:
    with pytest.raises(TypeError, match="noted: expected"):
        WAYS[way]()


def test_a_ticket_holds_nothing_that_could_be_changed() -> None:
    noted = _ticket()
    with pytest.raises(AttributeError):
        object.__setattr__(noted, "_cover", os.urandom(16))
    with pytest.raises(AttributeError):
        object.__setattr__(noted, "purpose", "marketing")
    assert noted.purpose == "support"


def test_two_notaries_never_share_a_key() -> None:
    assert Notary(HOUSE).public != Notary(HOUSE).public
