"""What every root of keys must do; a new adapter adds a line to ROOTS."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lockhouse.adapters.kms_file import Argon2, FileRoot
from lockhouse.errors import Conflict, Invalid, Tampered, Unavailable
from lockhouse.model.ports import Root
from lockhouse.secret import Secret

CHEAP = Argon2(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = Secret(b"correct horse")
KEK = Secret(b"k" * 32)


def _plain(folder: Path) -> FileRoot:
    return FileRoot.create(folder / "root.json", passphrase=None)


def _locked(folder: Path) -> FileRoot:
    return FileRoot.create(folder / "root.json", passphrase=PASSPHRASE, argon2=CHEAP)


ROOTS: dict[str, Callable[[Path], Root]] = {"file": _plain, "file-with-passphrase": _locked}


@pytest.fixture(params=ROOTS)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Root:
    return ROOTS[request.param](tmp_path)


# The contract ------------------------------------------------------------------------------------------


async def test_a_key_unwraps_under_its_generation_and_place_only(root: Root) -> None:
    first, second = await root.new_generation(), await root.new_generation()
    blob = await root.wrap(first, KEK, b"here")
    assert await root.unwrap(first, blob, b"here") == KEK
    for generation, aad in ((second, b"here"), (first, b"there")):
        with pytest.raises(Tampered):
            await root.unwrap(generation, blob, aad)
    with pytest.raises(Tampered):
        await root.unwrap(first, blob[:-1] + bytes((blob[-1] ^ 1,)), b"here")


async def test_a_wrapped_key_shows_nothing_of_itself(root: Root) -> None:
    generation = await root.new_generation()
    blob, again = [await root.wrap(generation, KEK, b"here") for _ in range(2)]
    assert KEK.reveal() not in blob
    assert blob != again


async def test_a_mac_is_its_generation_s_own(root: Root) -> None:
    first, second = await root.new_generation(), await root.new_generation()
    macs = [await root.mac(first, b"a"), await root.mac(second, b"a"), await root.mac(first, b"b")]
    assert len(set(macs)) == 3
    assert await root.mac(first, b"a") == macs[0]


async def test_every_call_fails_once_its_generation_is_destroyed(root: Root) -> None:
    first, second = await root.new_generation(), await root.new_generation()
    blob, kept = await root.wrap(first, KEK, b""), await root.wrap(second, KEK, b"")
    await root.destroy_generation(first)
    calls = (
        lambda: root.unwrap(first, blob, b""),
        lambda: root.wrap(first, KEK, b""),
        lambda: root.mac(first, b""),
        lambda: root.destroy_generation(first),
    )
    for call in calls:
        with pytest.raises(Unavailable, match="root file: expected generation 1"):
            await call()
    assert await root.unwrap(second, kept, b"") == KEK


async def test_a_destroyed_generation_s_number_is_never_used_again(root: Root) -> None:
    assert [await root.new_generation() for _ in range(2)] == [1, 2]
    await root.destroy_generation(2)
    assert await root.new_generation() == 3
    status = await root.status()
    assert (status.generations, status.destroyed) == ((1, 3), (2,))


async def test_generations_made_at_once_are_different(root: Root) -> None:
    made = await asyncio.gather(*[root.new_generation() for _ in range(4)])
    assert sorted(made) == [1, 2, 3, 4]


# The file ----------------------------------------------------------------------------------------------


async def test_a_file_never_claims_that_destruction_is_final(root: Root, tmp_path: Path) -> None:
    status = await root.status()
    assert (status.kind, status.generations, status.final) == ("file", (), False)
    assert status.place == str(tmp_path / "root.json")


async def test_another_process_sees_a_destruction_at_once(tmp_path: Path) -> None:
    root = _plain(tmp_path)
    generation = await root.new_generation()
    other = FileRoot.open(tmp_path / "root.json")
    blob = await other.wrap(generation, KEK, b"")
    await root.destroy_generation(generation)
    with pytest.raises(Unavailable):
        await other.unwrap(generation, blob, b"")


async def test_a_destroyed_key_is_no_longer_in_the_file_or_beside_it(tmp_path: Path) -> None:
    root = _plain(tmp_path)
    generation = await root.new_generation()
    key = json.loads((tmp_path / "root.json").read_text())["generations"][str(generation)]["key"]
    await root.destroy_generation(generation)
    assert _names(tmp_path) == ["root.json"]
    assert key not in (tmp_path / "root.json").read_text()


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_with_a_passphrase_the_file_alone_opens_nothing(tmp_path: Path) -> None:
    root = _locked(tmp_path)
    blob = await root.wrap(await root.new_generation(), KEK, b"")
    path = tmp_path / "root.json"
    assert await FileRoot.open(path, passphrase=PASSPHRASE).unwrap(1, blob, b"") == KEK
    for passphrase in (None, Secret(b"wrong")):
        with pytest.raises(Unavailable, match="root file: expected its passphrase"):
            FileRoot.open(path, passphrase=passphrase)


def test_the_default_cost_of_a_passphrase_is_256_mib_in_three_passes() -> None:
    assert Argon2() == Argon2(memory_kib=262_144, iterations=3, lanes=1)


def test_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        _plain(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "root.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    _plain(tmp_path)
    (tmp_path / "root.json").chmod(mode)
    with pytest.raises(Unavailable, match="root file: expected mode 0600"):
        FileRoot.open(tmp_path / "root.json")


def test_a_link_is_refused(tmp_path: Path) -> None:
    _plain(tmp_path)
    (tmp_path / "link.json").symlink_to(tmp_path / "root.json")
    with pytest.raises(Unavailable, match="a file of our own"):
        FileRoot.open(tmp_path / "link.json")
    (tmp_path / "nowhere.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(Conflict):
        FileRoot.create(tmp_path / "nowhere.json", passphrase=None)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    _plain(tmp_path)
    before = (tmp_path / "root.json").read_bytes()
    with pytest.raises(Conflict, match="root file: expected no file yet, got one") as caught:
        _plain(tmp_path)
    assert "name another place" in caught.value.hint
    assert (tmp_path / "root.json").read_bytes() == before


def test_a_missing_file_or_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        FileRoot.open(tmp_path / "root.json")
    with pytest.raises(Unavailable, match="a folder that can be written"):
        FileRoot.create(tmp_path / "none" / "root.json", passphrase=None)


async def test_a_file_whose_folder_is_gone_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    root = _plain(folder)
    (folder / "root.json").unlink()
    folder.rmdir()
    with pytest.raises(Unavailable, match="root file: expected its folder"):
        await root.new_generation()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version":2,"last":0,"generations":{}}', '{"version":1,"last":0,"generations":{},"x":1}']
)
def test_a_file_that_is_no_root_file_is_tampered(tmp_path: Path, text: str) -> None:
    _plain(tmp_path)
    (tmp_path / "root.json").write_text(text)
    with pytest.raises(Tampered, match="root file: expected a root file of version 1"):
        FileRoot.open(tmp_path / "root.json")


async def test_a_changed_key_is_tampered_before_it_wraps_anything(root: Root, tmp_path: Path) -> None:
    await root.new_generation()
    path = tmp_path / "root.json"
    stored = json.loads(path.read_text())
    key = stored["generations"]["1"]["key"]
    stored["generations"]["1"]["key"] = ("0" if key[0] != "0" else "1") + key[1:]
    path.write_text(json.dumps(stored))
    with pytest.raises(Tampered):
        await root.wrap(1, KEK, b"")


async def test_two_generations_keys_traded_are_tampered(root: Root, tmp_path: Path) -> None:
    await root.new_generation()
    await root.new_generation()
    path = tmp_path / "root.json"
    stored = json.loads(path.read_text())
    stored["generations"] = {"1": stored["generations"]["2"], "2": stored["generations"]["1"]}
    path.write_text(json.dumps(stored))
    with pytest.raises(Tampered):
        await root.mac(1, b"")


async def test_a_half_written_file_left_by_a_crash_is_in_nobody_s_way(tmp_path: Path) -> None:
    root = _plain(tmp_path)
    (tmp_path / "root.json.new").write_text("half")
    assert await root.new_generation() == 1
    assert (await FileRoot.open(tmp_path / "root.json").status()).generations == (1,)


async def test_a_folder_that_cannot_be_written_is_unavailable_and_changes_nothing(tmp_path: Path) -> None:
    root = _plain(tmp_path)
    (tmp_path / "root.json.new").mkdir()
    with pytest.raises(Unavailable, match="a folder that can be written"):
        await root.new_generation()
    assert (await root.status()).generations == ()


def test_parameters_that_argon2id_does_not_take_are_invalid_or_tampered(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        FileRoot.create(tmp_path / "other.json", passphrase=PASSPHRASE, argon2=Argon2(iterations=0))
    _locked(tmp_path)
    path = tmp_path / "root.json"
    stored = json.loads(path.read_text())
    stored["passphrase"]["iterations"] = 0
    path.write_text(json.dumps(stored))
    with pytest.raises(Tampered, match="parameters of Argon2id"):
        FileRoot.open(path, passphrase=PASSPHRASE)


def test_a_root_says_whether_a_passphrase_locks_it(tmp_path: Path) -> None:
    assert not _plain(tmp_path).is_locked
    (tmp_path / "root.json").unlink()
    assert _locked(tmp_path).is_locked
    assert FileRoot.open(tmp_path / "root.json", passphrase=PASSPHRASE).is_locked
