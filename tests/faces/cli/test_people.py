"""People on the screen: values as a person reads them, whatever their type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import NotFound
from lockhouse.faces.cli.people import MAX_SHOWN, shown
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.flows.look import FOUND_LIMIT
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

TEA, CUP = {"sku": "tea", "quantity": 2, "price": "14.5"}, {"sku": "cup", "quantity": 1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Anna", "Anna"),
        (3, "3"),
        (True, "true"),
        ([], "-"),
        (["red", "blue"], "red; blue"),
        ([TEA, CUP], "sku: tea, quantity: 2, price: 14.5; sku: cup, quantity: 1"),
        ([TEA] * 20, "sku: tea, quantity: 2, price: 14.5; and 19 more"),
        (["x" * 70, "y"], "x" * (MAX_SHOWN - 1) + "…; and 1 more"),
        ("x" * 70, "x" * (MAX_SHOWN - 1) + "…"),
        (["\x1b[2J"], "\N{REPLACEMENT CHARACTER}[2J"),
    ],
)
def test_a_value_is_spelt_for_people(value: Any, said: str) -> None:
    assert shown(value) == said


def test_the_items_of_an_order_are_readable_and_whole_for_scripts(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1", "items": [TEA, CUP]}))
    look = f"person reveal {desk.person()} --as support"
    [line] = [line for line in desk.call(look).out.splitlines() if line.startswith("items")]
    assert "  price: 14.5, quantity: 2, sku: tea; quantity: 1, sku: cup  " in line
    assert desk.call(look, json=True).value["fields"]["items"]["value"] == [TEA, CUP]


def _masked(text: str, field: str) -> str:
    """What is said of a masked field below a card."""
    found = [line for line in text.splitlines() if field in line.partition(": ")[0].split(", ") and "Masked" in line]
    return found[0].partition(": ")[2] if found else ""


def test_what_is_masked_says_for_each_field_what_would_show_it_and_who_can(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(
        ("identify", {"email": EMAIL, "customer_id": "C-1"}), ("Order Completed", {"email": EMAIL, "order_id": "A"})
    )
    person = desk.person()
    look = f"{person} --as support"
    shown = desk.call(f"-C {desk.house} person show {look}").out
    reveal = f"lockhouse -C {desk.house} person reveal {person} --as support --for fulfilment"
    reason = (
        "Masked: a reveal opens this with one of your role's reasons: call back, delivery problem, other. You can: "
    )
    assert _masked(shown, "email") == f"{reason}{reveal} --reason 'call back'"
    assert _masked(shown, "order_id") == f"Masked: a look shows this masked, and a reveal opens it. You can: {reveal}"
    other = "Masked: your role never sees this in full for fulfilment. Whoever may act so can: --as privacy_officer for"
    assert _masked(shown, "customer_id") == f"{other} requests."
    [typed] = [part for part in _masked(shown, "email").split("You can: ") if part.startswith("lockhouse")]
    left = desk.call(typed.removeprefix("lockhouse ")).out
    assert (EMAIL in left, _masked(left, "email"), _masked(left, "order_id")) == (True, "", "")
    assert _masked(left, "customer_id") == f"{other} requests."
    with_reason = desk.call(f"person show {look} --reason 'call back'").out
    assert _masked(with_reason, "email").endswith(f"{reveal.replace(f' -C {desk.house}', '')} with the same --reason")


def test_what_no_role_sees_in_full_says_that_only_the_policy_would_show_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("identify", {"email": EMAIL, "customer_id": "C-1"}))
    draft = desk.house / "policy.yaml"
    with draft.open("a", encoding="utf-8") as file:
        file.write('\nroles:\n  privacy_officer:\n    for: [requests]\n    see: {"*": masked}\n')
        file.write("    reveal: {contact: {reason: required}}\n")
    seen = desk.call("policy approve --yes")
    assert seen.code == 0, seen.err
    shown = desk.call(f"person show {desk.person()} --as privacy_officer").out
    assert "no role of the policy sees this in full" in _masked(shown, "customer_id")
    assert _masked(shown, "customer_id").endswith("Whoever approves policies can: lockhouse policy approve")
    assert "with a reason of your own words." in _masked(shown, "email")
    assert _masked(shown, "email").endswith("--as privacy_officer --for requests --reason REASON")
    explained = desk.call(f"person explain {desk.person()} customer_id --as support").out
    assert "no role of the policy sees this in full" in explained


def test_a_reveal_says_that_free_text_behind_the_reason_was_not_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    reveal = ["person", "reveal", desk.person(), "--as", "support", "--reason"]
    told = "What stands behind the reason's word was not kept: only a ticket such as T-17 or #4711 is."
    assert told in desk.call([*reveal, "call back: she rang at noon"]).out
    for reason in ("call back", "call back: T-17", "call back: #4711", "call back: "):
        assert told not in desk.call([*reveal, reason]).out


def test_who_is_shut_and_who_was_never_here_are_not_found_in_the_same_words(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    assert desk.call(f"request open {desk.person()}").code == 0
    shut, nobody = (desk.call("person find email -", typed=f"{one}\n") for one in (EMAIL, "nobody@example.com"))
    assert shut == nobody
    assert shut.out == "Nobody who can be shown was found.\n"


def test_a_look_up_that_more_share_than_are_shown_says_so_on_the_screen_and_for_scripts(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(*(("Order Completed", {"email": f"p{at}@example.com", "order_id": "A-1"}) for at in range(FOUND_LIMIT)))
    line = "person find order_id -"
    assert "There are more" not in desk.call(line, typed="A-1\n").out
    assert desk.call(line, typed="A-1\n", json=True).value["more"] is False
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    assert desk.call(line, typed="A-1\n").out.endswith(
        f"There are more: these {FOUND_LIMIT} are believed most. What else is known of the person finds fewer.\n"
    )
    found = desk.call(line, typed="A-1\n", json=True).value
    assert (len(found["persons"]), found["more"]) == (FOUND_LIMIT, True)


def test_who_sees_nothing_for_a_purpose_learns_nothing_of_what_a_person_said_of_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    looks = [f"person {verb} --as support --for marketing" for verb in (f"show {person}", f"explain {person} email")]
    before = [desk.call(look) for look in looks] + [desk.call(looks[0], json=True)]
    assert desk.call(f"consent record {person} marketing granted").code == 0
    after = [desk.call(look) for look in looks] + [desk.call(looks[0], json=True)]
    assert before == after
    shown, explained, _ = after
    assert "The role support sees nothing of single persons for marketing." in shown.err
    assert "agree" not in shown.err
    assert "For this person" not in explained.out
    log = desk.call("ledger log --kind refusal", json=True).value
    assert {tuple(one["body"]["because"]) for one in log} == {("no-role", "not-for-this-purpose"), ("no-role",)}


def test_who_sees_nothing_for_a_purpose_learns_nothing_of_an_erasure(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    look = f"person show {person} --as support --for marketing"
    before = desk.call(look)
    request = desk.call(f"request open {person}", json=True).value["request"]
    assert desk.call(look) == before
    assert desk.call(f"request fulfil {request} --now --yes").code == 0
    assert desk.call(look) == before


def test_whom_the_brake_holds_apart_is_said_and_joined_by_hand(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    systems = "--system web:segment:public --system shop:segment:secret:email+customer_id"
    assert desk.call(f"init {desk.house} --yes --demo --name Shop {systems}").code == 0
    desk.send(*[("identify", {"email": EMAIL, "customer_id": f"C-{n}"}) for n in range(4)])
    one = desk.person()
    held = desk.call(f"person show {one}")
    [line] = re.findall(
        "^Held apart since 2026-11-23: .* more than 3 others .* lockhouse (.*)$", held.out, re.MULTILINE
    )
    [apart] = desk.call(f"person show {one}", json=True).value["held_apart"]
    assert line.split() == ["person", "link", apart["one"], apart["other"]]
    assert desk.call(line).code == 0
    joined = desk.call(f"person show {one}", json=True).value
    assert (sorted(joined["persons"]), joined["held_apart"]) == (sorted([apart["one"], apart["other"]]), [])


def test_who_may_be_one_is_listed_compared_and_decided(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    systems = "--system web:segment:public --system shop:segment:secret:email+customer_id"
    assert desk.call(f"init {desk.house} --yes --demo --name Shop {systems}").code == 0
    assert desk.call("proposal list").out == "nobody is proposed\n"
    desk.send(("identify", {"email": EMAIL}), channel="web")
    desk.send(("identify", {"email": EMAIL, "customer_id": "C-1"}))
    listed = desk.call("proposal list")
    assert "What is believed as public anybody may have typed." in listed.out
    [compare] = re.findall("^Compare: lockhouse (.*)$", listed.out, re.MULTILINE)
    compared = desk.call(compare)
    assert compared.out.startswith("Agree: email. Differ: nothing.")
    assert EMAIL not in listed.out + compared.out
    accept, refuse = re.findall("lockhouse (proposal .*)$", compared.out, re.MULTILINE)
    assert desk.call(refuse).code == 0
    assert desk.call("proposal list").out == "nobody is proposed\n"
    assert desk.call("ledger verify --records --state").code == 0
    assert desk.call(accept).code == OUTCOMES[NotFound].exit_code
    [one] = desk.call(compare.replace("compare", "refuse"), json=True).err.splitlines()[:1]
    assert "proposal: expected one of these two" in one


def test_a_proposal_is_accepted_and_taken_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    systems = "--system web:segment:public --system shop:segment:secret:email+customer_id"
    assert desk.call(f"init {desk.house} --yes --demo --name Shop {systems}").code == 0
    desk.send(("identify", {"email": EMAIL}), channel="web")
    desk.send(("identify", {"email": EMAIL, "customer_id": "C-1"}))
    [one] = desk.call("proposal list", json=True).value["proposals"]
    done = desk.call(f"proposal accept {one['weaker']} {one['stronger']}")
    assert len(desk.call(f"person show {one['stronger']}", json=True).value["persons"]) == 2
    assert desk.call(done.out.rpartition("lockhouse ")[2]).out.startswith("1 link undone")
