"""A witness on another machine: it cosigns a log that has grown, and says of any other what is wrong."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.checkpoint import open_checkpoint
from lockhouse.crypto.cosignature import cosigners
from lockhouse.errors import Conflict, Invalid, Tampered, Unavailable
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.cli.house import Seen

NAME = "witness.example/harbour"


class Watched:
    """A house, and somebody elsewhere who sees its checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.desk.found()
        self.orders = 0
        self.state = folder / "elsewhere" / "state"
        self.vkey: str = self.desk.call("ledger checkpoint", json=True).value["vkey"]

    def order(self) -> None:
        self.orders += 1
        self.desk.clock.now += 1_000
        self.desk.send(("Order Completed", {"email": EMAIL, "order_id": f"A-{self.orders}"}))

    def request(self, since: int | None = None) -> str:
        """What the house hands over."""
        said = "" if since is None else f" --since {since}"
        return self.desk.call(f"ledger checkpoint{said}").out

    def see(self, text: str, *, json: bool = False, vkey: str | None = None) -> Seen:
        """What the witness answers."""
        words = ["ledger", "witness", "-", "--state", str(self.state), "--name", NAME, "--vkey", vkey or self.vkey]
        return self.desk.call(words, typed=text, json=json)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_log_that_grows_is_cosigned_each_time_and_the_house_takes_it_as_held(
    watched: Watched, tmp_path: Path
) -> None:
    watched.order()
    first = watched.see(watched.request(), json=True).value
    assert (first["before"], first["size"] > 0) == (0, True)
    watched.order()
    second = watched.see(watched.request(first["size"]), json=True).value
    assert (second["before"], second["size"]) == (first["size"], first["size"] + 1)
    at = watched.desk.clock.now // 1000
    assert cosigners(second["checkpoint"], [second["witness"]]) == [(NAME, at)]
    assert open_checkpoint(second["checkpoint"], [watched.vkey]).size == second["size"]
    assert (watched.state / "witness.vkey").read_text("utf-8").strip() == second["witness"]
    held = tmp_path / "held"
    held.write_text(second["checkpoint"], "utf-8")
    assert watched.desk.call(f"ledger verify --held {held}").code == 0
    again = watched.see(watched.request())
    assert (again.code, again.out.count("\n\u2014 ")) == (0, 2)


def test_a_checkpoint_without_the_proof_from_what_was_seen_is_told_which_is_lacking(watched: Watched) -> None:
    watched.order()
    size = watched.see(watched.request(), json=True).value["size"]
    watched.order()
    for text in (watched.request(), watched.request(size - 1)):
        seen = watched.see(text)
        assert (seen.code, seen.out) == (OUTCOMES[Conflict].exit_code, "")
        assert f"expected a proof from size {size}" in seen.err
        assert f"lockhouse ledger checkpoint --since {size} prints one" in seen.err
    assert watched.see(watched.request(size)).code == 0


def test_a_log_that_was_cut_off_or_written_anew_is_refused_and_nothing_is_signed(
    watched: Watched, tmp_path: Path
) -> None:
    watched.order()
    house, kept = watched.desk.house, tmp_path / "kept"
    keys = [path for path in tmp_path.rglob("*.jsonl") if not path.is_relative_to(house)]
    shutil.copytree(house, kept)
    places = {path: path.read_bytes() for path in keys}
    early = watched.request()
    watched.order()
    watched.order()
    size = watched.see(watched.request(), json=True).value["size"]
    seen = watched.see(early)
    assert (seen.code, seen.out) == (OUTCOMES[Tampered].exit_code, "")
    assert f"expected {size} entries or more, as were seen before" in seen.err
    # Both stores and both places of the checkpoints as they were: the house itself cannot know of it.
    shutil.rmtree(house)
    shutil.copytree(kept, house)
    for path, raw in places.items():
        path.write_bytes(raw)
    watched.desk.clock.now += 60_000
    for _ in range(4):
        watched.order()
    assert watched.desk.call("ledger verify").code == 0
    seen = watched.see(watched.request(size))
    assert (seen.code, seen.out) == (OUTCOMES[Tampered].exit_code, "")
    assert f"expected a growth of the {size} entries seen before" in seen.err


def test_another_signer_and_what_is_no_checkpoint_are_refused(watched: Watched, tmp_path: Path) -> None:
    text = watched.request()
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    other.found()
    stranger = other.call("ledger checkpoint", json=True).value["vkey"]
    assert watched.see(text, vkey=stranger).code == OUTCOMES[Tampered].exit_code
    assert watched.see(text.replace("\n", "\n9", 1)).code == OUTCOMES[Tampered].exit_code
    assert watched.see("old x\n\n" + text).code == OUTCOMES[Invalid].exit_code
    assert watched.see("old 1\n!\n\n" + text).code == OUTCOMES[Invalid].exit_code
    assert not list(watched.state.glob("*.checkpoint"))
    assert watched.desk.call("ledger checkpoint --since 999999").code == OUTCOMES[Invalid].exit_code


def test_what_was_seen_is_not_forgotten_by_an_edit_of_its_file(watched: Watched) -> None:
    watched.order()
    watched.see(watched.request())
    [file] = watched.state.glob("*.checkpoint")
    file.write_text(file.read_text("utf-8").replace("\n", "\n1", 1), "utf-8")
    assert watched.see(watched.request()).code == OUTCOMES[Tampered].exit_code


@pytest.mark.parametrize("left", [b"", b"\xff\xfe", b"\n"])
def test_what_was_seen_is_not_forgotten_where_its_file_was_emptied(watched: Watched, left: bytes) -> None:
    watched.order()
    watched.see(watched.request())
    [file] = watched.state.glob("*.checkpoint")
    file.write_bytes(left)
    seen = watched.see(watched.request())
    assert (seen.code, seen.out) == (OUTCOMES[Tampered].exit_code, "")
    assert file.read_bytes() == left


def test_a_link_to_nowhere_is_no_log_that_is_new(watched: Watched, tmp_path: Path) -> None:
    watched.order()
    watched.see(watched.request())
    [file] = watched.state.glob("*.checkpoint")
    file.unlink()
    file.symlink_to(tmp_path / "nowhere")
    seen = watched.see(watched.request())
    assert (seen.code, seen.out) == (OUTCOMES[Unavailable].exit_code, "")
