"""Write the vectors of the sealed formats: `make.py [FOLDER]`.

Everything random comes from a hash of a counter, so the same files come out on every machine. A second
implementation (tests/js/open_vectors.mjs) opens them without a line of this one.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from lockhouse import crypto
from lockhouse.crypto import seal as boxes
from lockhouse.crypto.derive import expand, keyed, unsalted
from lockhouse.crypto.keyring import Keyring, Plain
from lockhouse.crypto.ring import WrappedRing, Wrapper, pairs
from lockhouse.crypto.staff import Cost, StaffKeys, place
from lockhouse.gates.snapshots import START, Kept, further, pack
from lockhouse.secret import Secret

HOUSE, STAGING = sha256(b"house").digest()[:16], sha256(b"staging").digest()[:16]
EPOCHS = {(1, 2192): "month", (7, 2500): "special", (65535, 65535): "largest"}
FIELDS: dict[str, dict[int, crypto.Value]] = {
    "month": {3: "ada@example.org", 1: "Ada", 20: True, 7: 1815},
    "special": {2: "penicillin", 400: None},
    "largest": {0: -1, 127: 2**63, 128: ["a", {"b": "\u00e9", "a": [False, 2**53 + 1]}], 70000: "\U0001f600" * 40},
}


class Counter:
    """Bytes that look random and are the same each time."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._at = 0

    def __call__(self, size: int) -> bytes:
        out = b""
        while len(out) < size:
            out += sha256(self._seed + self._at.to_bytes(8, "big")).digest()
            self._at += 1
        return out[:size]


def _plain(value: object) -> object:
    """A field as JSON keeps it: integers beyond 2^53 as {"int": text}, since a JSON reader would round them."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return {"int": str(value)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {"map": [[key, _plain(item)] for key, item in sorted(value.items())]}
    return value


def _fields(values: dict[int, crypto.Value]) -> list[list[object]]:
    return [[key, _plain(value)] for key, value in sorted(values.items())]


def rings() -> dict[str, Any]:
    """Rings of three versions and generations, and keys wrapped singly."""
    entropy = Counter("ring")
    keks = {1: Secret(entropy(32)), 2: Secret(entropy(32))}
    cases = []
    for name, generation, person in (("first", 1, entropy(16)), ("second", 2, entropy(16)), ("alone", 2, entropy(16))):
        ring_of = Keyring(HOUSE, keks=keks, generation=generation, entropy=entropy, alive=lambda: True)
        minted = ring_of.mint(person, [] if name == "alone" else [7, 1, 65535])
        cases += [_ring(name, one, keks) for one in (minted, ring_of.extend(minted, [300]), ring_of.cut(minted, [7]))]
    more = Counter("put back")
    ring_of = Keyring(HOUSE, keks=keks, generation=1, entropy=more, alive=lambda: True)
    minted = ring_of.mint(more(16), [7, 1])
    newer = ring_of.extend(ring_of.cut(minted, [7]), [7])
    cases.append(_ring("put-back", ring_of.restore(newer, minted, [7]), keks))
    return {"house": HOUSE.hex(), "rings": cases, "keys": _wrapped_keys(keks[1], entropy)}


def _ring(name: str, wrapped: WrappedRing, keks: dict[int, Secret]) -> dict[str, Any]:
    person, generation = wrapped.person, wrapped.generation
    opened = Wrapper(HOUSE, keks, draw=lambda: bytes(12)).unwrap(person, generation, wrapped.version, wrapped.blob)
    info = crypto.lp("lockhouse/wrap/1", HOUSE, generation, person[-1:])
    ref = crypto.hmac_sha256(Secret(opened.ref_key), crypto.lp("lockhouse/ref/1", HOUSE))[:16]
    keys = [[one, *halves] for one, joined in sorted(opened.keys.items()) for halves in _halves(joined)]
    return {
        "name": f"{name}-{len(keys)}",
        "person": person.hex(),
        "generation": generation,
        "version": wrapped.version,
        "kek": keks[generation].reveal().hex(),
        "wrap_key": expand(unsalted(keks[generation]), info).hex(),
        "blob": wrapped.blob.hex(),
        "seed": opened.seed.hex(),
        "ref_key": opened.ref_key.hex(),
        "keys": keys,
        "ref": ref.hex(),
    }


def _halves(joined: bytes) -> list[tuple[str, str]]:
    """Serials and keys, in hex."""
    return [(pair[:8].hex(), pair[8:].hex()) for pair in pairs(joined)]


def _wrapped_keys(kek: Secret, entropy: Counter) -> list[dict[str, Any]]:
    cases = []
    serial = entropy(8)
    named = (("epoch", crypto.epoch_name(1, 2192, serial), 1), ("index", "1/1", 3), ("secret", "log", 1))
    for purpose, name, version in named:
        raw = name.encode() if isinstance(name, str) else name
        key = Secret(entropy(32))
        place: dict[str, Any] = {"purpose": purpose, "generation": 1, "version": version}
        blob = crypto.wrap(kek, key, house=HOUSE, name=name, entropy=entropy, **place)
        case = {"name": raw.hex(), "kek": kek.reveal().hex(), "blob": blob.hex(), "plaintext": key.reveal().hex()}
        cases.append(place | case)
    cases[0] |= {"compartment": 1, "epoch": 2192, "serial": serial.hex()}
    return cases


def sealed_boxes() -> dict[str, Any]:
    """Boxes of two records, with their directory."""
    entropy = Counter("box")
    keks = {1: Secret(entropy(32))}
    keyring = Keyring(HOUSE, keks=keks, generation=1, entropy=entropy, alive=lambda: True)
    person, record = entropy(16), entropy(16)
    ring = keyring.mint(person, [compartment for compartment, _ in EPOCHS])
    opened = Wrapper(HOUSE, keks, draw=lambda: entropy(12)).unwrap(person, 1, 1, ring.blob)
    keyring.admit(person, 1, 1, ring.blob)
    cases, row = [], []
    for number, ((compartment, epoch), name) in enumerate(EPOCHS.items(), 1):
        epoch_key = Secret(entropy(32))
        keyring.add_epoch(compartment, epoch, epoch_key)
        plaintext = crypto.pack_fields(FIELDS[name], floor=256 if name == "special" else 16)
        where: dict[str, Any] = {"record": record, "compartment": compartment, "epoch": epoch, "seal": number}
        box = keyring.seal(person, plaintext=plaintext, **where)
        row.append(box)
        person_key, place = opened.keys[compartment][8:], (person, compartment, epoch)
        prefix, salt = boxes.box_key_prefix(HOUSE), keyed(epoch_key.reveal())
        [key] = boxes.box_keys(prefix, [(salt, person_key, place)])
        cases.append(
            {
                "name": name,
                "person": person.hex(),
                "record": record.hex(),
                "compartment": compartment,
                "epoch": epoch,
                "serial": box.serial.hex(),
                "seal": number,
                "person_key": person_key.hex(),
                "epoch_key": epoch_key.reveal().hex(),
                "box_key": key.hex(),
                "blob": box.blob.hex(),
                "plaintext": plaintext.hex(),
                "fields": _fields(FIELDS[name]),
            }
        )
    return {"house": HOUSE.hex(), "boxes": cases, "directory": crypto.encode_boxes(row).hex()}


def snapshots() -> dict[str, Any]:
    """A snapshot over three records, of which it keeps values of two."""
    entropy = Counter("snapshot")
    keks = {1: Secret(entropy(32))}
    keyring = Keyring(HOUSE, keks=keks, generation=1, entropy=entropy, alive=lambda: True)
    person, compartment, epoch = entropy(16), 7, 2500
    ring = keyring.mint(person, [compartment])
    opened = Wrapper(HOUSE, keks, draw=lambda: entropy(12)).unwrap(person, 1, 1, ring.blob)
    keyring.admit(person, 1, 1, ring.blob)
    epoch_key = Secret(entropy(32))
    keyring.add_epoch(compartment, epoch, epoch_key)
    records, leaves = sorted(entropy(16) for _ in range(3)), [entropy(32) for _ in range(3)]
    kept = [(records[0], leaves[0], FIELDS["month"]), (records[2], leaves[2], FIELDS["special"])]
    plaintext = pack(Kept(record, leaf, crypto.pack_fields(values)) for record, leaf, values in kept)
    root = START
    for leaf in leaves:
        root = further(root, leaf)
    head = boxes.snapshot_head(covers=len(leaves), root=root)
    [answer] = keyring.seal_group([Plain(person, records[2], ((compartment, epoch, plaintext),), head)])
    assert isinstance(answer, list)
    case = {
        "person": person.hex(), "compartment": compartment, "epoch": epoch,
        "serial": answer[0].serial.hex(), "upto": records[2].hex(), "covers": len(leaves), "root": root.hex(),
        "person_key": opened.keys[compartment][8:].hex(), "epoch_key": epoch_key.reveal().hex(),
        "leaves": [leaf.hex() for leaf in leaves], "plaintext": plaintext.hex(), "blob": answer[0].blob.hex(),
        "kept": [[record.hex(), leaf.hex(), _fields(values)] for record, leaf, values in kept],
    }  # fmt: skip
    return {"house": HOUSE.hex(), "snapshots": [case]}


TAGGED = ((1, 1, "ada@example.org"), (2, 1, "+393331234567"), (1, 2, "b\u00fccher@example.org"))
"""(kind, normalisation version, value) of the blind indexes."""


def tags() -> dict[str, Any]:
    """Blind indexes, suppressions, credentials, message ids and row MACs."""
    entropy = Counter("tag")
    key = Secret(entropy(32))
    cases = []
    for house in (HOUSE, STAGING):
        index = crypto.Indexer(house, {(1, 1): key, (2, 1): key})
        for kind, norm, value in TAGGED:
            tag = index.tag(kind, 1, value, norm=norm)
            cases.append(
                {
                    "house": house.hex(),
                    "kind": kind,
                    "norm": norm,
                    "value": value,
                    "tag": tag.hex(),
                    "truncated_13": crypto.truncated(tag, 13).hex(),
                    "suppression": crypto.suppression_tag(key, house, kind, value, norm).hex(),
                }
            )
    credential = crypto.new_credential("secret", entropy).reveal().decode()
    return {
        "key": key.reveal().hex(),
        "tags": cases,
        "credential": {"text": credential, "hash": crypto.credential_hash(credential, key=key).hex()},
        "message": {
            "class": "secret",
            "text": "order-1",
            "tag": crypto.message_tag("order-1", key=key, credential_class="secret").hex(),
        },
        **row_macs(key),
    }


def row_macs(key: Secret) -> dict[str, Any]:
    """The MACs of an authority row, and of a person's."""
    named = crypto.row_mac(key, "staff", b"\x01", b"\x02\x03", b"\x04")
    short = crypto.RowMacs(key).of("person", b"\x02\x03")
    return {
        "row": {"table": "staff", "key": "01", "content": "0203", "position": "04", "mac": named.hex()},
        "bound_row": {"table": "person", "content": "0203", "mac": short.hex()},
    }


def checkpoints() -> dict[str, Any]:
    """Roots, checkpoints and a proof of a tree of seven leaves, and a signed ticket to open boxes."""
    entropy = Counter("checkpoint")
    key = crypto.SigningKey.generate(entropy)
    origin = "house.example/ledger"
    entries = [crypto.canonical_json({"at": at, "kind": "intake"}) for at in range(7)]
    leaves = [crypto.leaf_hash(entry) for entry in entries]
    made = [
        {
            "size": size,
            "root": crypto.root(leaves[:size]).hex(),
            "text": crypto.sign_checkpoint(origin, size, crypto.root(leaves[:size]), key),
        }
        for size in range(len(leaves) + 1)
    ]
    proof = crypto.format_proof(4, crypto.inclusion_proof(leaves, 4), made[-1]["text"])  # type: ignore[arg-type]
    return {
        "origin": origin,
        "vkey": crypto.vkey(origin, key.public()),
        "entries": [entry.decode() for entry in entries],
        "checkpoints": made,
        "proof": proof,
        "consistency": {
            "size1": 3,
            "size2": 7,
            "hashes": [one.hex() for one in crypto.consistency_proof(leaves, 3)],
        },
    }


def canonical() -> dict[str, Any]:
    """Length prefixes, canonical JSON and box plaintexts."""
    values: list[object] = [
        None,
        {},
        [],
        {"b": 1, "a": [True, False, None], "": -(2**53) + 1},
        {"\u20ac": "Euro Sign", "\r": "CR", "\ufb33": "Hebrew", "1": "One", "\U0001f600": "Emoji", "\u0080": "Ctrl"},
        '\u0000\u001f\u007f"\\/\b\f\n\r\t\u2028\U0001f600',
    ]
    samples: list[dict[int, crypto.Value]] = [{}, *FIELDS.values(), {1: "x" * 11}, {1: "x" * 12}, {1: "x" * 13}]
    lists: list[list[bytes | str | int]] = [[], [b""], ["ab", "c"], ["a", "bc"], [b"\x01", 2**64 - 1, "\u00e9"]]
    return {
        "lp": [{"parts": [_part(part) for part in parts], "bytes": crypto.lp(*parts).hex()} for parts in lists],
        "json": [{"value": value, "bytes": crypto.canonical_json(value).hex()} for value in values],
        "fields": [
            {"fields": _fields(values), "floor": floor, "bytes": crypto.pack_fields(values, floor=floor).hex()}
            for values in samples
            for floor in (16, 256)
        ],
    }


def _part(part: bytes | str | int) -> dict[str, str]:
    return {"hex": part.hex()} if isinstance(part, bytes) else {type(part).__name__: str(part)}


def staff() -> dict[str, Any]:
    """Tags, challenges and sealed values of staff, and a password's hash at next to no cost."""
    entropy = Counter("staff")
    integrity = Secret(entropy(32))
    keys = StaffKeys.of(integrity, house=HOUSE, cost=Cost(memory_kib=8, iterations=1, lanes=1), entropy=entropy)
    logins = ["mia@shop.example", " M\u0131a@Shop.example ", "A\u0308nna", "\ufb01\ufb01"]
    tokens = [("link", "q3"), ("session", "q3"), ("ceremony", "")]
    own, values = entropy(32), {1: "mia@shop.example", 2: "Mia"}
    here, there = place("staff", own[:16], "box"), place("factor", own, "label")
    return {
        "house": HOUSE.hex(),
        "integrity": integrity.reveal().hex(),
        "logins": [{"text": one, "tag": keys.login_tag(one).hex()} for one in logins],
        "tags": [{"kind": kind, "text": one, "tag": keys.tag(kind, one).hex()} for kind, one in tokens],
        "challenges": [
            {"ceremony": "q3", "bound": bound.hex(), "challenge": keys.challenge(b"q3", bound).hex()}
            for bound in (bytes(32), own)
        ],
        "boxes": [
            {"table": "staff", "key": own[:16].hex(), "column": "box", "fields": _fields({**values}),
             "blob": keys.seal_fields({**values}, place=here).hex()},
            {"table": "factor", "key": own.hex(), "column": "label", "fields": [],
             "blob": keys.seal_fields({}, place=there).hex()},
        ],
        "secrets": [
            {"table": "staff", "key": own[:16].hex(), "column": "box", "plain": own.hex(),
             "blob": keys.seal(Secret(own), place=here).hex()}
        ],
        "hash": {"password": "A\u0308ngste, 3 St\u00fcck", "phc": keys.hash("A\u0308ngste, 3 St\u00fcck")},
    }  # fmt: skip


VECTORS = {
    "blind-index": tags,
    "box": sealed_boxes,
    "canonical": canonical,
    "checkpoint": checkpoints,
    "ring": rings,
    "snapshot": snapshots,
    "staff": staff,
}


def write(folder: Path) -> None:
    """Write every vector file into a folder."""
    for name, make in VECTORS.items():
        text = json.dumps(make(), indent=1, ensure_ascii=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
