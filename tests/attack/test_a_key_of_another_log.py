"""Who holds the key of one log signs a checkpoint of another, where somebody knows the keys of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.checkpoint import open_checkpoint, sign_note, vkey
from lockhouse.crypto.signatures import SigningKey
from lockhouse.errors import Invalid, Tampered
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_witness_of_two_logs_is_not_told_of_one_by_the_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    seen = desk.call("ledger checkpoint", json=True).value
    stolen = SigningKey.generate()
    text = seen["checkpoint"].rpartition("\n\n")[0] + "\n"
    own = vkey("other.example/log", stolen.public())
    forged = sign_note(text.replace(f"\n{seen['size']}\n", "\n9\n"), name="other.example/log", key=stolen)
    state = tmp_path / "state"
    words = ["ledger", "witness", "-", "--state", str(state), "--name", "witness.example/harbour"]
    words += ["--vkey", seen["vkey"], "--vkey", own]
    refused = desk.call(words, typed=forged)
    assert (refused.code, refused.out) == (OUTCOMES[Tampered].exit_code, "")
    assert list(state.glob("*.checkpoint")) == []
    assert desk.call(words, typed=seen["checkpoint"]).code == 0


def test_a_key_under_another_name_signs_no_checkpoint_and_what_is_no_key_is_said_to_be() -> None:
    key = SigningKey.generate()
    text = sign_note("log.example/a\n0\n" + "A" * 43 + "=\n", name="log.example/b", key=key)
    with pytest.raises(Tampered, match="signature by a known key"):
        open_checkpoint(text, [vkey("log.example/b", key.public())])
    with pytest.raises(Invalid, match="vkey"):
        open_checkpoint(text, ["log.example/b+00000000+AA"])
