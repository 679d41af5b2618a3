from __future__ import annotations

import subprocess
import sys
import time

import pytest
from msgspec.structs import replace

from lockhouse.errors import Invalid
from lockhouse.model.names import NameBook
from lockhouse.model.policy import Guard, Keep, Policy, decode_policy, encode_policy
from lockhouse.policy import life
from lockhouse.policy.cedar import judge, policies, schema
from lockhouse.policy.compile import compile_policy, hash_of
from lockhouse.policy.life import compartment_of_name, slot_of_name
from tests.unit.policy.worlds import EXAMPLE, SEGMENT, SMALL, compiled, document

DAY = 86_400_000


def test_a_policy_goes_to_bytes_and_back() -> None:
    policy = compiled()
    assert decode_policy(encode_policy(policy)) == policy


def test_the_same_document_and_names_give_the_same_bytes() -> None:
    one, other = (encode_policy(compile_policy(document(), NameBook(), {"segment": SEGMENT})) for _ in range(2))
    assert one == other


def test_the_bytes_are_the_same_in_another_process() -> None:
    code = (
        "from tests.unit.policy.worlds import compiled; from lockhouse.model.policy import encode_policy;"
        "import hashlib;"
        "print(hashlib.sha256(encode_policy(compiled())).hexdigest(), compiled().hash.hex())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert compiled().hash.hex() in runs.pop().decode()


def test_the_hash_sees_meaning_and_not_text_or_build() -> None:
    commented = compile_policy(document(EXAMPLE + "\n# a comment\n"), NameBook(), {"segment": SEGMENT})
    unserved = compile_policy(document(), NameBook(), {})
    laxer = replace(compiled(), region_unknown="eu")
    shorter = compiled(EXAMPLE.replace("keep: 13 months", "keep: 12 months"))
    assert len({one.hash for one in (compiled(), commented, unserved)}) == 1
    assert len({hash_of(one) for one in (compiled(), laxer, shorter)}) == 3


def test_a_policy_without_ceilings_has_the_hash_that_it_had_before_there_were_any() -> None:
    assert b"ceilings" not in encode_policy(compiled())
    capped = compiled(EXAMPLE + "\nceilings: {contact: {persons_per_hour: 500}}\n")
    assert decode_policy(encode_policy(capped)) == capped
    assert capped.hash != compiled().hash


def test_numbers_stay_when_the_policy_grows() -> None:
    names = NameBook()
    before = compile_policy(document(SMALL), names, {})
    grown = SMALL.replace("fields:\n", "fields:\n  age: {type: integer, class: profile, for: [news]}\n", 1)
    after = compile_policy(document(grown), names, {})
    assert _numbers(before).items() <= _numbers(after).items()
    assert after.fields["age"].id not in {field.id for field in before.fields.values()}


def _numbers(policy: Policy) -> dict[str, int]:
    return {slot.name: slot.id for slot in policy.slots}


def test_a_field_has_a_slot_for_each_set_of_live_purposes() -> None:
    slots = {slot.name for slot in compiled().slots if slot.field in {"email", "device_id", "phone"}}
    assert slots == {
        "email@fulfilment", "email@fulfilment+marketing", "email@marketing", "phone@fulfilment",
        "device_id@analytics", "device_id@marketing", "device_id@analytics+marketing",
    }  # fmt: skip


def test_fields_of_one_class_and_the_same_lives_share_a_compartment() -> None:
    policy = compiled()
    boxes = {slot.name: slot.compartment for slot in policy.slots}
    assert boxes["email@fulfilment+marketing"] == boxes["name@fulfilment+marketing"]
    assert boxes["email@fulfilment"] == boxes["phone@fulfilment"]
    assert boxes["email@fulfilment"] != boxes["email@fulfilment+marketing"]
    assert boxes["email@fulfilment"] != boxes["loyalty_id@fulfilment"]


def test_two_purposes_with_one_life_share_a_compartment() -> None:
    text = SMALL.replace("  news: {", "  help: {about: Help, basis: contract, keep: 12 months after event}\n  news: {")
    text = text.replace(
        "for: [care]}\nevents", "for: [care]}\n  tag: {type: text, class: profile, for: [help]}\nevents"
    )
    policy = compiled(text)
    boxes = {slot.name: slot.compartment for slot in policy.slots}
    assert boxes["note@care"] == boxes["tag@help"]
    [shared] = [one for one in policy.compartments if one.id == boxes["note@care"]]
    assert shared.purposes == ("care", "help")


def test_what_ends_by_epoch_and_what_by_person_follows_from_the_keeps() -> None:
    ends = {one.name.split("|")[0] + ":" + "+".join(one.purposes): one for one in compiled().compartments}
    assert ends["behaviour:analytics"].ends_by == "epoch"
    assert ends["contact:fulfilment+marketing"].ends_by == "person"
    assert ends["contact:fulfilment+marketing"].longest == Keep(n=36, unit="months", after="last_activity")
    assert ends["behaviour:analytics"].epoch == "month"
    short = SMALL.replace("for: [care]}\nevents", "for: [news]}\nevents")
    assert {one.epoch for one in compiled(short).compartments if one.class_ == "profile"} == {"day"}


def test_slots_and_compartments_are_rebuilt_from_their_names() -> None:
    policy = compiled()
    for one in policy.compartments:
        assert compartment_of_name(one.name, number=one.id) == one
    for slot in policy.slots:
        assert replace(slot_of_name(slot.name, number=slot.id), compartment=slot.compartment) == slot


@pytest.mark.parametrize(
    "name", ["", "x", "x|", "x|contract", "x|contract~1y.event=a", "x|love~1m.event=a", "x|contract~1m.event"]
)
def test_other_texts_are_no_compartments(name: str) -> None:
    with pytest.raises(Invalid):
        compartment_of_name(name)


@pytest.mark.parametrize("name", ["", "email", "@care", "email@"])
def test_other_texts_are_no_slots(name: str) -> None:
    with pytest.raises(Invalid):
        slot_of_name(name)


def test_special_fields_have_slots_of_their_own() -> None:
    special = SMALL.replace("class: profile", "class: special, condition: health_care")
    assert "note!@care" in {slot.name for slot in compiled(special).slots}
    assert slot_of_name("note!@care").special
    assert any(one.special for one in compiled(special).compartments)


@pytest.mark.parametrize(
    ("start", "keep", "end"),
    [
        ("2024-01-31", Keep(n=1, unit="months", after="event"), "2024-02-29"),
        ("2023-01-31", Keep(n=1, unit="months", after="event"), "2023-02-28"),
        ("2023-11-30", Keep(n=3, unit="months", after="event"), "2024-02-29"),
        ("2024-02-29", Keep(n=12, unit="months", after="event"), "2025-02-28"),
        ("2024-12-31", Keep(n=30, unit="days", after="event"), "2025-01-30"),
    ],
)
def test_months_are_calendar_months(start: str, keep: Keep, end: str) -> None:
    assert life.add(_ms(start), keep) == _ms(end)


def _ms(day: str) -> int:
    from datetime import UTC, datetime  # noqa: PLC0415 - only here

    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_shortened_keep_counts_at_once_and_a_lengthened_one_does_not() -> None:
    [box] = [one for one in compiled(SMALL).compartments if one.class_ == "profile"]
    end = _ms("2025-01-01")
    year = life.ends_at(compiled(SMALL), box, epoch_end=end, last_activity=0)
    shorter = compiled(SMALL.replace("12 months after event", "6 months after event"))
    longer = compiled(SMALL.replace("12 months after event", "24 months after event"))
    assert year == _ms("2026-01-01")
    assert life.ends_at(shorter, box, epoch_end=end, last_activity=0) == _ms("2025-07-01")
    assert life.ends_at(longer, box, epoch_end=end, last_activity=0) == year


def test_data_of_a_purpose_that_is_gone_has_ended() -> None:
    [box] = [one for one in compiled(SMALL).compartments if one.class_ == "profile"]
    gone = compiled(SMALL.replace("care:", "aid:").replace("[care", "[aid").replace("care]", "aid]"))
    assert life.ends_at(gone, box, epoch_end=DAY, last_activity=0) == DAY


def test_unknown_kinds_compile_and_are_not_served() -> None:
    served = {name: channel.served for name, channel in compiled().channels.items()}
    assert served == {"web": True, "backend": True, "shop-berlin": False, "klaviyo-in": False}
    assert {name for name, one in compiled().recipients.items() if one.served} == {"rudderstack"}


def test_cedar_agrees_with_the_table() -> None:
    assert judge(compiled()) == []
    assert "||" not in "".join(policies(compiled()).values())
    assert schema().count("appliesTo") == 1


def test_cedar_agrees_where_every_guard_is_used() -> None:
    text = SMALL.replace(
        "see: {contact: masked}",
        "see: {contact: masked, profile: full}"
        ", reveal: {contact: {reason: required, step_up: 5 minutes, grant: required}}"
        ", networks: [10.0.0.0/8], training: [basics], limits: {persons_per_hour: 5}",
    ).replace("policy: 1", "policy: 1\ntraining: {basics: {every: 12 months}}")
    policy = compiled(text)
    assert judge(policy) == []
    assert policy.table["clerk"]["care"]["contact"]["full"] == sum(Guard)


@pytest.mark.parametrize(
    "change",
    [
        {"contact": {"masked": 0, "aggregate": 0, "full": 0}},
        {"contact": {"masked": int(Guard.STEP_UP), "aggregate": 0}},
        {"contact": {"aggregate": 0}},
        {},
    ],
)
def test_cedar_finds_a_table_that_says_otherwise(change: dict[str, dict[str, int]]) -> None:
    policy = compiled(SMALL)
    planted = replace(policy, table={"clerk": {"care": change}})
    assert any(problem.startswith("table.clerk.care.contact.") for problem in judge(planted))


def test_special_data_is_never_revealed_without_a_fresh_sign_in() -> None:
    text = SMALL.replace("class: profile", "class: special, condition: health_care").replace(
        "contact: masked}", "contact: masked}, reveal: {special: {reason: required}}"
    )
    assert judge(compiled(text)) == ["roles.clerk.reveal.special: expected a step_up, got none"]


def test_a_serving_process_never_loads_cedar_or_yaml() -> None:
    code = (
        "import sys; import lockhouse.policy.decide, lockhouse.policy.reduce, lockhouse.policy.explain, "
        "lockhouse.policy.diff, lockhouse.policy.cedar, lockhouse.model.policy; "
        "print([name for name in sys.modules if name.startswith(('cedarpy', 'ruamel'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout.strip() == "[]"


LOAD_S = 3.0
"""What reading, compiling and judging the template may take; a serving process loads the compiled bytes alone."""


def test_the_template_is_read_compiled_and_judged_in_time() -> None:
    begun = time.process_time()
    policy = compile_policy(document(), NameBook(), {})
    assert judge(policy) == []
    assert time.process_time() - begun < LOAD_S
    begun = time.process_time()
    assert decode_policy(encode_policy(policy)) == policy
    assert time.process_time() - begun < LOAD_S / 10
