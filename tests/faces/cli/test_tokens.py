"""`lockhouse token …`: the text is shown once and stands nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.credentials import looks_like_token
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_script_makes_rotates_and_ends_a_token_and_reads_its_text_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    line = "token create helpdesk --role support --for fulfilment --network 10.0.0.0/8 --days 30"
    made = desk.call(line, json=True).value
    assert looks_like_token(made["token"])
    assert (made["state"], made["networks"], made["used"]) == ("live", ["10.0.0.0/8"], None)
    desk.clock.now += 1_000
    newer = desk.call(f"token rotate {made['id']}", json=True).value
    assert (newer["follows"], newer["token"] != made["token"]) == (made["id"], True)
    assert desk.call(f"token revoke {made['id']} --yes", json=True).value["state"] == "revoked"
    listed = desk.call("token list", json=True)
    assert [one["state"] for one in listed.value] == ["revoked", "live"]
    shown = desk.call(f"token show {newer['id']}")
    log = desk.call("ledger log --limit 100", json=True)
    stored = b"".join(file.read_bytes() for file in desk.house.iterdir() if file.is_file())
    for text in (made["token"], newer["token"]):
        assert text[7:37] not in listed.out + shown.out + log.out
        assert text[7:37].encode() not in stored


def test_a_token_that_stays_unnamed_is_asked_about_by_its_name_before_it_ends(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    own = desk.call("token create till", json=True).value["id"]
    refused = desk.call(f"token revoke {own}", typed="other\n", talks=True)
    assert (refused.code, "nothing was changed" in refused.err) == (2, True)
    assert desk.call(f"token revoke {own}", typed="till\n", talks=True).code == 0
    assert desk.call(f"token show {own}", json=True).value["state"] == "revoked"


def test_an_id_that_no_token_has_is_not_found(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    assert desk.call(f"token show {'0' * 32}").code == 5
    assert desk.call("token show lh_x").code == 2
