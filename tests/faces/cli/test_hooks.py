"""A provider's secret at the command line, and a signed sample through the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.channels.hooks import HOOKS
from lockhouse.channels.hooks.sampling import sample
from lockhouse.crypto.hooks import hook_key
from lockhouse.faces.collect import CollectApp, Hook
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret
from tests.faces.cli.house import Desk
from tests.faces.collect_world import NOW, Counts, House, World, served

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS = """
channels:
  crm:
    kind: hmac
    sign: {header: x-sig, signed: "{timestamp}.{body}", timestamp: header:x-at, id: body:id, event: body:type}
  payments: {kind: stripe}
  tills: {kind: square}
"""
GIVEN = "whsec_" + "0123456789abcdef" * 2


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    draft = made.house / "policy.yaml"
    draft.write_text(draft.read_text("utf-8").replace("\nchannels:", CHANNELS + " ", 1), "utf-8")
    assert made.call("policy approve --yes").code == 0
    return made


def test_a_secret_of_ours_is_shown_once_and_one_of_the_providers_never(desk: Desk) -> None:
    made = desk.call("channel add crm", json=True).value
    assert len(made["secret"]) == 64
    given = desk.call("channel add payments -", typed=GIVEN + "\n")
    assert (given.code, GIVEN in given.out + given.err, "/hooks/payments" in given.out) == (0, False, True)
    shown = desk.call("channel show crm")
    assert made["begins"] in shown.out
    assert made["secret"][:8] not in shown.out


def test_a_second_secret_stands_beside_the_first_until_that_is_revoked(desk: Desk) -> None:
    first = desk.call("channel add crm", json=True).value
    assert desk.call("channel add crm").code == 0
    third = desk.call("channel add crm")
    assert (third.code, "at most one live secret" in third.err) == (6, True)
    assert desk.call(["channel", "revoke", "crm", first["begins"], "--yes"]).code == 0
    assert desk.call("channel add crm").code == 0


def test_a_secret_is_rotated_by_one_command_and_the_one_before_has_an_end(desk: Desk) -> None:
    first = desk.call("channel add crm", json=True).value
    told = desk.call("channel rotate crm --overlap-hours 2", json=True).value
    assert [one["begins"] for one in told["ending"]] == [first["begins"]]
    assert len(told["secret"]) == 64
    keys = {one["begins"]: one for one in desk.call("channel show crm", json=True).value["keys"]}
    assert keys[first["begins"]]["until_at"] == told["ending"][0]["until_at"]
    assert keys[told["begins"]]["until_at"] is None
    given = desk.call("channel rotate payments -", typed=GIVEN + "\n")
    assert (given.code, GIVEN in given.out + given.err, "There was none before it." in given.out) == (0, False, True)
    refused = desk.call("channel rotate crm --overlap-hours 0")
    assert (refused.code, "overlap-hours: expected a whole number of hours from 1 to 720" in refused.err) == (2, True)


def test_a_secret_on_the_command_line_or_for_a_channel_with_keys_is_refused(desk: Desk) -> None:
    for line in (f"channel add payments {GIVEN}", "channel add shop -"):
        seen = desk.call(line)
        assert (seen.code, GIVEN in seen.out + seen.err) == (2, False), line


def test_a_signed_sample_goes_through_the_real_door_and_a_wrong_secret_is_told(desk: Desk) -> None:
    assert desk.call("channel test crm").code == 5  # no secret yet
    secret = desk.call("channel add crm", json=True).value["secret"]
    assert desk.call("channel test crm").code == 9  # nobody serves
    house, counts = House(), Counts()
    signing = Signing(
        header="x-sig", signed="{timestamp}.{body}", timestamp="header:x-at", id="body:id", event="body:type"
    )
    door = Hook(
        channel="crm", kind=HOOKS["hmac"], signing=signing, secrets=(Secret(secret.encode()),), credential="9/3"
    )
    house.hooks["crm"] = door
    with served(CollectApp(house, clock=desk.clock, watch=counts, incident_ids=lambda: "0123abcd")) as port:
        settings = desk.house / "lockhouse.toml"
        settings.write_text(f'listen_collect = "127.0.0.1:{port}"\n' + settings.read_text("utf-8"), "utf-8")
        assert desk.call("channel test crm", json=True).value["accepted"] is True
        house.hooks["crm"] = msgspec.structs.replace(door, secrets=(Secret(b"x" * 32),))
        assert "got 401" in desk.call("channel test crm").err
    [event] = house.events
    assert str(event.message_id).startswith("lockhouse-test-")


def test_a_provider_that_signs_the_address_needs_public_url_and_doctor_says_so(desk: Desk) -> None:
    added = desk.call("channel add tills -", typed="square-signature-key-1\n")
    assert (added.code, "set public_url in lockhouse.toml" in added.out) == (0, True)
    tested = desk.call("channel test tills")
    assert (tested.code, "public_url: expected the address" in tested.err) == (2, True)
    assert _address_check(desk) == ("FAIL", True)
    settings = desk.house / "lockhouse.toml"
    settings.write_text('public_url = "https://collect.shop.example"\n' + settings.read_text("utf-8"), "utf-8")
    assert _address_check(desk) == ("PASS", False)
    again = desk.call("channel add tills -", typed="square-signature-key-2\n")
    assert "set public_url in lockhouse.toml" not in again.out
    assert "https://collect.shop.example/hooks/tills" in again.out


def _address_check(desk: Desk) -> tuple[str, bool]:
    results = desk.call("doctor", json=True).value["results"]
    [found] = [one for one in results if one["check"] == "signed-address"]
    return found["state"], "tills" in found["sentence"]


@pytest.mark.parametrize("name", sorted(name for name, kind in HOOKS.items() if kind.signs))
def test_the_sample_of_each_kind_passes_the_door_of_its_kind(name: str) -> None:
    kind, world = HOOKS[name], World()
    signing = kind.signing or Signing(header="x-sig", event="body:type")
    key = hook_key(Secret(b"whsec_" + b"0123456789abcdef" * 2), form=signing.key, prefix=signing.key_prefix)
    address = "https://collect.shop.example/hooks/door"
    world.house.hooks["door"] = Hook(
        channel="door", kind=kind, signing=signing, secrets=(key,), credential="9/3", url=address
    )
    headers, body = sample(kind, signing, key=key, told=("own-1", "", NOW), url=address)
    heard = world.call("/hooks/door", body, headers=dict(headers))
    assert heard.status == 200
    assert len(world.house.events) == 1


def test_a_providers_channel_comes_into_the_draft_by_one_word_and_rules_once_it_is_approved(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    before, mode = draft.read_text("utf-8"), draft.stat().st_mode
    told = desk.call("channel add mails --kind mailgun", json=True).value
    assert (told["draft"], told["kind"], "mails:" in told["lines"]) == ("policy.yaml", "mailgun", True)
    assert (draft.read_text("utf-8") != before, draft.stat().st_mode) == (True, mode)
    again = desk.call("channel add mails --kind mailgun")
    assert (again.code, "not approved yet" in again.err, "policy approve" in again.err) == (6, True, True)
    assert desk.call("policy approve --yes").code == 0
    given = desk.call("channel add mails - --kind mailgun", typed=GIVEN + "\n")
    assert (given.code, "/hooks/mails" in given.out) == (0, True)
    other = desk.call("channel add mails - --kind stripe", typed=GIVEN + "\n")
    assert (other.code, "--kind: expected mailgun" in other.err) == (2, True)
    for line, word in (
        ("channel add mails --kind pigeon", "expected one of hmac, "),
        ("channel add mails --wait 0", "a whole number of minutes"),
        ("channel add nowhere", "--kind KIND"),
    ):
        refused = desk.call(line)
        assert (refused.code in {2, 5}, word in refused.err) == (True, True), line


def test_a_draft_that_is_not_right_is_left_as_it_is(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    wrong = draft.read_text("utf-8") + "\nnonsense: 1\n"
    draft.write_text(wrong, "utf-8")
    refused = desk.call("channel add mails --kind mailgun")
    assert (refused.code, draft.read_text("utf-8") == wrong) == (2, True)
    assert [one.name for one in desk.house.iterdir() if "policy.yaml" in one.name] == ["policy.yaml"]


def test_a_secret_is_told_though_nothing_is_served_that_could_be_waited_for(desk: Desk) -> None:
    said = desk.call("channel add crm --wait 1", json=True)
    assert (said.code, said.value["first"], len(said.value["secret"])) == (0, None, 64)
    text = desk.call("channel add crm --wait 1")
    assert (text.code, "not served on this machine: lockhouse" in text.out, "shown this once" in text.out) == (
        0,
        True,
        True,
    )
