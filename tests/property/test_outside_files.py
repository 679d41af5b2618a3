"""Files that somebody else may have written: each is read, or refused by its parser's own errors, without a value."""

from __future__ import annotations

import asyncio
import base64
import os
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings

from lockhouse import settings as of_house
from lockhouse.adapters.anchors import Anchors
from lockhouse.adapters.journal import Journal
from lockhouse.adapters.journal import read as read_journal
from lockhouse.adapters.kms_file import FileRoot
from lockhouse.crypto import SigningKey, leaf_hash, sign_checkpoint, vkey
from lockhouse.crypto.cosignature import Seen, cosign, cosigners, witness_vkey
from lockhouse.crypto.merkle import Frontier
from lockhouse.errors import Invalid, LockhouseError, Tampered
from lockhouse.flows.backup import Manifest, parse_manifest
from lockhouse.ledger.verify.tiles import bundle, entries_in, size_said
from lockhouse.ledger.verify.witness import Request, parse_request
from lockhouse.secret import Secret
from tests.property.spoilt import DEEP, read_or_refused, spoilt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY, WITNESS = (SigningKey.from_secret(Secret(letter * 32)) for letter in (b"s", b"w"))
LOG = "house.example/ledger"
VKEY, WITNESS_VKEY = vkey(LOG, KEY.public()), witness_vkey("witness.example/harbour", WITNESS.public())
TREE = Frontier()
TREE.append(leaf_hash(b"an entry"))
SIGNED = sign_checkpoint(LOG, 1, TREE.root(), KEY)
COSIGNED = SIGNED + cosign(SIGNED, name="witness.example/harbour", key=WITNESS, at_s=5)
REQUEST = f"old 3\n{base64.b64encode(bytes(32)).decode()}\n\n{SIGNED}".encode()
TOML = b"""house = "00000000000000000000000000000000"
root = "/keys/root.key"
collect_processes = 2
trusted_proxies = ["10.0.0.0/8"]
listen_collect = "127.0.0.1:8400"
demo = false
"""
MANIFEST = msgspec.json.encode(
    Manifest(
        version=1, backup="00" * 16, house="00" * 16, log=LOG, at=0, size=1, root="00" * 32, checkpoint=SIGNED,
        files={"record": "00" * 32, "identity": "00" * 32},
    )
)  # fmt: skip
# A folder for all examples of a test: each one writes its own file anew.
in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _file(folder: Path, raw: bytes) -> Path:
    file = folder / "outside"
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(handle, raw)
    os.close(handle)
    return file


def _text(raw: bytes) -> str:
    """Bytes as a command's words have them: what is no UTF-8 comes as halves of characters."""
    return raw.decode("utf-8", "surrogateescape")


@in_a_folder
@given(raw=spoilt(TOML))
@example(raw=b"collect_processes = " + b"9" * 5_000)
@example(raw=b"name = " + b"[" * DEEP)
@example(raw=TOML)
def test_any_settings_are_read_or_invalid(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / of_house.FILE).write_bytes(raw)
    seen = read_or_refused(lambda _: of_house.load(tmp_path, {}), raw)
    assert isinstance(seen, of_house.Settings | Invalid)


@given(raw=spoilt(MANIFEST))
@example(raw=MANIFEST)
def test_any_bytes_are_a_manifest_or_invalid(raw: bytes) -> None:
    assert isinstance(read_or_refused(parse_manifest, raw), Manifest | Invalid)


def _journal(folder: Path) -> bytes:
    journal = Journal(folder / "journal", ship_to=folder / "shipped")
    journal.begin(at=1, cause="begun")
    journal.append((b"serial-1", b"serial-2"), cause="person", at=2)
    return (folder / "journal").read_bytes()


def _anchors(folder: Path) -> bytes:
    Anchors(folder / "anchors", ship_to=folder / "shipped", vkey=VKEY).append(SIGNED, TREE.to_bytes())
    return (folder / "anchors").read_bytes()


def _root(folder: Path) -> bytes:
    FileRoot.create(folder / "root", passphrase=None)
    return (folder / "root").read_bytes()


def _newest(file: Path) -> object:
    anchors = Anchors(file, ship_to=file.with_name("none"), vkey=VKEY)
    assert isinstance(anchors.read(), dict)
    return anchors.newest()


MADE: dict[str, tuple[Callable[[Path], bytes], Callable[[Path], object]]] = {
    "journal": (_journal, read_journal),
    "anchors": (_anchors, _newest),
    "root": (_root, lambda file: asyncio.run(FileRoot.open(file).status())),
}


@pytest.mark.parametrize("what", MADE)
def test_any_bytes_in_the_place_of_a_file_of_the_houses_own_are_tampered_or_read(tmp_path: Path, what: str) -> None:
    make, read = MADE[what]
    good = make(tmp_path)
    assert read(_file(tmp_path, good)) is not None

    @in_a_folder
    @given(raw=spoilt(good))
    def spoil(raw: bytes) -> None:
        seen = read_or_refused(lambda raw: read(_file(tmp_path, raw)), raw)
        assert not isinstance(seen, LockhouseError) or isinstance(seen, Tampered)

    spoil()


@given(raw=spoilt(REQUEST))
@example(raw=REQUEST)
def test_any_text_is_what_a_witness_is_handed_or_invalid(raw: bytes) -> None:
    assert isinstance(read_or_refused(lambda raw: parse_request(_text(raw)), raw), Request | Invalid)


@given(raw=spoilt(COSIGNED.encode()))
@example(raw=COSIGNED.encode().replace(b"ledger", b"ledger\xff"))
@example(raw=COSIGNED.encode())
def test_of_any_text_only_the_cosigned_one_was_seen(raw: bytes) -> None:
    seen = read_or_refused(lambda raw: cosigners(_text(raw), [WITNESS_VKEY]), raw)
    if isinstance(seen, LockhouseError):
        assert isinstance(seen, Tampered)
    elif seen:
        assert seen == [Seen("witness.example/harbour", 5)]
        assert raw.rpartition(b"\n\n")[0] == COSIGNED.encode().rpartition(b"\n\n")[0]


@given(raw=spoilt(WITNESS_VKEY.encode()))
@example(raw=b"\xff" + WITNESS_VKEY.encode())
def test_any_word_is_the_key_of_a_witness_or_invalid(raw: bytes) -> None:
    seen = read_or_refused(lambda raw: cosigners(COSIGNED, [_text(raw)]), raw)
    assert isinstance(seen, Invalid) or seen == [] or raw == WITNESS_VKEY.encode()


@given(raw=spoilt(bundle([b"an entry", b"another"])))
def test_any_bundle_gives_the_entries_that_are_whole(raw: bytes) -> None:
    assert raw.startswith(bundle(entries_in(raw)))


@given(raw=spoilt(SIGNED.encode()))
@example(raw=SIGNED.replace("\n1\n", f"\n{'9' * 5_000}\n").encode())
def test_any_bytes_say_a_size_that_can_be_or_none(raw: bytes) -> None:
    seen = read_or_refused(size_said, raw)
    assert isinstance(seen, Invalid) or (isinstance(seen, int) and 0 <= seen < 10**15)
