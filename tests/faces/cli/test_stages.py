"""What a person sees of a channel's stage: what an observed one sent, and what one in `trial` keeps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = "import: 1\nevent: Order Completed\ntime: now\nfields: {order_id: order_id, email: email}\n"
SHOP = "  shop:\n    kind: segment\n    key: secret\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    return desk


def staged(desk: Desk, stage: str) -> None:
    """The stage of the channel `shop` is another, by an approved policy."""
    draft = desk.house / "policy.yaml"
    text = draft.read_text("utf-8")
    assert text.count(SHOP) == 1
    draft.write_text(text.replace(SHOP, f"{SHOP}    stage: {stage}\n"), "utf-8")
    seen = desk.call("policy approve --yes")
    assert seen.code == 0, seen.err


def observe(desk: Desk, times: int = 5) -> None:
    staged(desk, "observe")
    order = {"couponCode": "SPRING"}
    desk.send(
        *[
            ("Order Completed", order | {"order_id": f"A-{number}", "email": f"{number}{EMAIL}"})
            for number in range(times)
        ]
    )


def test_an_observed_channel_shows_what_it_sent_and_no_value(desk: Desk) -> None:
    observe(desk)
    seen = desk.call("channel observed shop")
    assert (seen.code, seen.err) == (0, "")
    for line in ("properties.email", "email", "properties.couponCode", "Would be kept: email 5, order_id 5"):
        assert line in seen.out
    value = desk.call("channel observed shop", json=True).value
    assert (value["channel"], value["stage"]) == ("shop", "observe")
    assert {(one["path"], one["shape"], one["count"]) for one in value["seen"]} >= {
        ("properties.email", "email", 5), ("properties.couponCode", "text", 1), ("properties.*", "text", 4),
    }  # fmt: skip
    assert EMAIL not in seen.out
    assert "SPRING" not in seen.out


def test_a_channel_with_a_public_key_shows_no_name_and_says_why(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    head, web, rest = draft.read_text("utf-8").partition("  web:\n")
    assert web
    draft.write_text(f"{head}{web}    stage: observe\n{rest}", "utf-8")
    assert desk.call("policy approve --yes").code == 0
    orders = [("Jane Doe", {"jane_doe": 1, "email": f"{number}{EMAIL}"}) for number in range(9)]
    desk.send(*orders, channel="web")
    seen = desk.call("channel observed web")
    assert "properties.*" in seen.out
    assert "jane" not in seen.out.lower()
    assert "anybody can send with a public key, so none is shown." in seen.out


def test_a_channel_that_does_not_observe_says_so(desk: Desk) -> None:
    seen = desk.call("channel observed shop")
    assert seen.out == "nothing was observed: shop does not observe; its `stage` in the policy says so\n"


def test_an_import_through_an_observed_channel_says_that_it_stores_nothing(desk: Desk) -> None:
    staged(desk, "observe")
    (desk.house / "orders.csv").write_text(f"order_id,email\nA-1,{EMAIL}\nA-2,{EMAIL}\n", "utf-8")
    line = "import orders.csv --channel shop --map orders.yaml"
    (desk.house / "orders.yaml").write_text(MAPPING, "utf-8")
    told = "shop only observes: an import counts its rows, and stores none of them. lockhouse channel observed shop"
    for words in (f"{line} --dry-run", line):
        seen = desk.call(words)
        assert seen.code == 0, seen.err
        assert told in seen.out
        assert "stored     0\n" in seen.out
        assert "would-be-kept" not in seen.out
    assert "email" in desk.call("channel observed shop").out


def test_what_an_observed_channel_would_keep_is_no_drop(desk: Desk) -> None:
    observe(desk)
    assert {row["reason"] for row in desk.call("channel drops shop", json=True).value} == {"undeclared"}
    [shop] = [row for row in desk.call("channel list", json=True).value if row["name"] == "shop"]
    assert shop["dropped"] == 5


def test_events_that_the_policy_does_not_name_are_counted_without_their_names(desk: Desk) -> None:
    desk.send(("Jane Doe", {"email": EMAIL}), ("Wish Made", {"email": EMAIL}), ("identify", {"email": EMAIL, "x": 1}))
    seen = desk.call("channel drops shop").out
    assert re.search(r"^the event +no-such-event  2  ", seen, re.MULTILINE), seen
    assert "1 field and 2 events not kept." in seen
    assert "no-such-event: Not kept: the policy does not name this event on this channel. Others are kept." in seen
    assert "Jane" not in seen
    [shop] = [row for row in desk.call("channel list", json=True).value if row["name"] == "shop"]
    assert (shop["dropped"], shop["unknown_events"]) == (1, 2)
    desk.send(("Jane Doe", {"email": EMAIL}), ("Wish Made", {"email": EMAIL}), ("identify", {"email": EMAIL, "x": 1}))
    assert "1 field and 2 events not kept." in desk.call("channel drops shop").out, "a repeat counts once"


def test_who_asks_what_a_channel_in_trial_lacks_is_told_where_it_is_said(desk: Desk) -> None:
    tried(desk)
    seen = desk.call("policy suggest --channel shop")
    assert (seen.code, seen.out.strip()) == (0, "")
    assert "shop is in stage trial: 2 events that the policy lacks something of wait there, sealed" in seen.err
    assert "lockhouse channel drops shop" in seen.err
    assert "Nothing was observed" not in seen.err
    assert desk.call("policy suggest", json=True).value["trial"] == ["shop"]


def test_a_channel_in_trial_says_that_what_is_lacking_is_kept_for_72_hours(desk: Desk) -> None:
    staged(desk, "trial")
    said = "keeps what the policy lacks sealed for 72 hours, for a replay under a policy that has it"
    assert f"trial, which {said}" in desk.call("channel show shop").out
    assert f"Stage trial {said}: shop." in desk.call("policy check").out
    assert desk.call("policy check", json=True).value["trial"] == ["shop"]
    assert desk.call("channel show shop", json=True).value["stage"] == "trial"


def tried(desk: Desk) -> None:
    """Orders through a channel in trial, with a field that the policy lacks."""
    staged(desk, "trial")
    order = {"email": EMAIL, "gift_note": "SPRING"}
    desk.send(*[("Order Completed", order | {"order_id": f"A-{number}"}) for number in (1, 2)])


def named_note(desk: Desk) -> None:
    """A policy that has the field is approved."""
    draft = desk.house / "policy.yaml"
    text = draft.read_text("utf-8")
    text += (
        "\nfields:\n  gift_note: {type: text, class: transactions, for: [fulfilment]}\n"
        "events:\n  Order Completed: [email, order_id, gift_note]\n"
    )
    draft.write_text(text, "utf-8")
    seen = desk.call("policy approve --yes")
    assert seen.code == 0, seen.err


def test_what_the_policy_lacked_is_stored_by_a_replay_and_no_value_is_shown(desk: Desk) -> None:
    tried(desk)
    for command in ("channel show shop", "channel drops shop", "channel observed shop"):
        assert "2 events, " in desk.call(command).out
        assert "SPRING" not in desk.call(command).out
    assert "lockhouse channel replay shop" in desk.call("channel drops shop").out
    seen = desk.call("channel replay shop")
    assert "Stored: nothing." in seen.out
    assert "Still lacking something, and kept until their time is over: 2 events." in seen.out
    named_note(desk)
    dry = desk.call("channel replay shop --dry-run")
    assert "Would be stored: 0 events that had been refused, and more of 2 events." in dry.out
    assert desk.call("channel show shop", json=True).value["quarantine"]["events"] == 2
    done = desk.call("channel replay shop", json=True).value
    assert (done["added"], done["fields"]) == (2, {"Order Completed": {"gift_note": 2}})
    assert done["quarantine"]["events"] == 0
    assert "SPRING" not in dry.out
    again = desk.call("channel replay shop")
    assert again.out.startswith("nothing is in quarantine of shop: of known persons the policy lacked nothing in")
    assert desk.call("ledger verify --records").code == 0


def test_a_replay_of_a_channel_that_is_not_in_trial_says_why_there_is_nothing(desk: Desk) -> None:
    seen = desk.call("channel replay shop")
    assert (seen.code, seen.err) == (0, "")
    assert seen.out == "nothing is in quarantine: shop is not in stage trial; its `stage` in the policy says so\n"
    staged(desk, "observe")
    assert desk.call("channel replay shop").code == 3
    assert desk.call("channel replay till").code == 5
    staged_back = desk.call("channel replay web --since yesterday")
    assert staged_back.code == 2


def test_a_policy_is_suggested_for_what_was_seen_and_waits_for_its_purposes(desk: Desk) -> None:
    observe(desk, times=6)
    seen = desk.call("policy suggest --channel shop")
    assert (seen.code, seen.err) == (0, "")
    assert (
        "  coupon_code: {type: text, class: transactions, for: [], mask: hidden, minimise: redact_identifiers}"
        in seen.out
    )
    assert "decide: for what purpose?" in seen.out
    assert "      coupon_code: properties.couponCode" in seen.out
    assert "SPRING" not in seen.out
    value = desk.call("policy suggest", json=True).value
    assert value["document"] == seen.out.rstrip("\n")
    assert [field["name"] for field in value["channels"]["shop"]["fields"]] == ["coupon_code"]
    (desk.folder / "draft.yaml").write_text(
        (desk.house / "policy.yaml").read_text("utf-8") + seen.out.partition("channels:")[0], "utf-8"
    )
    refused = desk.call("policy check ../draft.yaml")
    assert refused.code == 2
    assert refused.err.startswith("lockhouse: error[invalid]: draft.yaml:")
    assert refused.err.endswith(": expected at least one purpose: a field without one is not kept, got none\n")


def test_where_nothing_was_observed_nothing_is_suggested_and_it_is_said_why(desk: Desk) -> None:
    seen = desk.call("policy suggest")
    assert seen.out == ""
    assert seen.err == "Nothing was observed: a channel observes while its `stage` in the policy is `observe`.\n"
    assert desk.call("policy suggest --channel till").code == 5
