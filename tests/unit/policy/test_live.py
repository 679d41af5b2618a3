from __future__ import annotations

import pytest
from msgspec.structs import replace

from lockhouse.errors import NotFound
from lockhouse.model.decision import Actor, Ask, Decision, Facts, PersonFacts, SlotTimes
from lockhouse.model.policy import Slot, decode_policy, encode_policy
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide, map_consent, permits, purposes_open
from lockhouse.policy.explain import explain, explain_known, sentences
from lockhouse.policy.live import why_shut
from lockhouse.policy.reopen import shut_since, type_of
from lockhouse.policy.sentences import SENTENCES, sentence
from tests.unit.policy.worlds import EXAMPLE, SMALL, compiled

DAY = 86_400_000
YEAR = 365 * DAY


def _open(facts: PersonFacts, text: str = EXAMPLE) -> set[str]:
    policy = compiled(text)
    bits = purposes_open(policy, facts)
    return {one.name for position, one in enumerate(policy.purposes) if bits >> position & 1} - {"requests"}


ALWAYS = {"fulfilment", "accounting"}


@pytest.mark.parametrize(
    ("facts", "more"),
    [
        (PersonFacts(), {"analytics"}),
        (PersonFacts(region="de"), {"analytics"}),
        (PersonFacts(region="us"), {"analytics", "marketing"}),
        (PersonFacts(region="us-ca"), {"analytics", "marketing"}),
        (PersonFacts(region="us", signals=frozenset({"gpc"})), {"analytics"}),
        (PersonFacts(region="us", consents={"marketing": False}), {"analytics"}),
        (PersonFacts(region="us", consents={"marketing": True}, signals=frozenset({"gpc"})), {"analytics"}),
        (PersonFacts(region="de", consents={"marketing": True}), {"analytics", "marketing"}),
        (PersonFacts(region="de", event_consents={"marketing": True}), {"analytics", "marketing"}),
        (PersonFacts(region="de", event_consents={}), {"analytics"}),
        (PersonFacts(region="de", consents={"marketing": True}, event_consents={}), {"analytics"}),
        (PersonFacts(region="de", consents={"marketing": False}, event_consents={"marketing": True}), {"analytics"}),
        (PersonFacts(region="de", event_consents={"analytics": False}), set()),
        (PersonFacts(region="de", objected=frozenset({"analytics"})), set()),
        (PersonFacts(region="de", suppressed=frozenset({"analytics", "fulfilment"})), set()),
        (PersonFacts(region="us", state=PersonState.MINOR), set()),
        (PersonFacts(region="us", state=PersonState.ENDING), set()),
    ],
)
def test_consent_decides_purposes_and_never_refuses_a_sale(facts: PersonFacts, more: set[str]) -> None:
    assert _open(facts) == ALWAYS | more


def test_a_region_word_for_the_union_covers_its_countries() -> None:
    text = EXAMPLE.replace("{default: consent, us: opt_out}", "{default: opt_out, eu: consent, fr: contract}")
    assert "marketing" not in _open(PersonFacts(region="de"), text)
    assert "marketing" in _open(PersonFacts(region="fr"), text)
    assert "marketing" in _open(PersonFacts(region="us"), text)
    assert "marketing" not in _open(PersonFacts(region=None), text)


def test_a_named_region_can_stand_for_the_unknown_one() -> None:
    assert "marketing" in _open(PersonFacts(), EXAMPLE.replace("unknown: strictest", "unknown: us"))


def test_a_soft_opt_in_needs_a_customer_and_ends_with_a_no() -> None:
    text = SMALL.replace("basis: consent", "basis: soft_opt_in")
    assert "news" not in _open(PersonFacts(), text)
    assert "news" in _open(PersonFacts(customer=frozenset({"news"})), text)
    assert "news" not in _open(PersonFacts(customer=frozenset({"news"}), consents={"news": False}), text)


def test_the_banners_words_become_purposes_and_the_rest_is_told() -> None:
    policy = compiled()
    assert map_consent(policy, None) == (None, ())
    assert map_consent(policy, {}) == ({"analytics": False, "marketing": False}, ())
    assert map_consent(policy, {"Functional": True}) == ({}, ("Functional",))
    assert map_consent(policy, {"Advertising": True, "Functional": True}) == ({"marketing": True}, ("Functional",))
    assert map_consent(policy, {"Advertising": True, "C0004": False}) == ({"marketing": False}, ())
    assert map_consent(policy, {"C0004": False, "Advertising": True}) == ({"marketing": False}, ())
    assert map_consent(policy, {"marketing": True, "fulfilment": False}) == ({"marketing": True}, ("fulfilment",))


def test_a_permission_is_a_word_or_its_whole_area() -> None:
    policy = compiled()
    assert permits(policy, ("auditor",), "ledger.read")
    assert permits(policy, ("auditor",), "audit.run")
    assert not permits(policy, ("auditor",), "ledger.write")
    assert not permits(policy, ("auditor", "nobody"), "policy.approve")


def test_networks_quota_and_grants_guard_where_the_policy_says_so() -> None:
    text = SMALL.replace(
        "see: {contact: masked}",
        "see: {contact: masked}, reveal: {contact: {reason: required, grant: required}}, networks: [10.0.0.0/8]"
        ", limits: {persons_per_hour: 5}",
    )

    def answer(**facts: object) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
        ask = Ask(
            actor=Actor(id="a", kind="staff", roles=("clerk",)),
            action="reveal",
            purpose="care",
            fields=("email",),
            reason="ticket",
            facts=Facts(**facts),  # type: ignore[arg-type] # keywords of the test
        )
        found = decide(compiled(text), ask)
        return found.open, found.masked, found.because.get("email", ())

    email = frozenset({"email"})
    assert answer(network="10.1.2.3", quota_left=1, grant="g") == (email, frozenset(), ())
    assert answer(network="10.1.0.0/16", quota_left=1) == (frozenset(), email, ("grant",))
    for outside in ("11.0.0.1", "0.0.0.0/0", "::1", "office", None):
        assert answer(network=outside, quota_left=1, grant="g")[2] == ("network",)
    assert answer(network="10.1.2.3", quota_left=0, grant="g")[2] == ("quota",)
    assert answer(network="10.1.2.3", grant="g")[2] == ("quota",)


def _times(**more: int) -> SlotTimes:
    usual = SlotTimes(occurred_at=1000 * DAY, received_at=1000 * DAY, last_activity=1000 * DAY, now=1001 * DAY)
    return replace(usual, **more)


def _slot(name: str, field: str, *purposes: str) -> Slot:
    return Slot(id=1, name=name, field=field, purposes=purposes)


def test_a_purpose_added_later_never_opens_what_was_sealed_before() -> None:
    old, both = _slot("a", "email", "fulfilment"), _slot("b", "email", "fulfilment", "marketing")
    assert shut_since(compiled(), "marketing", both, _times()) == ""
    assert shut_since(compiled(), "marketing", old, _times()) == "not-collected-for-it"
    assert shut_since(compiled(), "fulfilment", old, _times()) == ""


def test_a_purpose_taken_from_a_field_shuts_what_was_sealed_for_it() -> None:
    assert (
        shut_since(compiled(), "marketing", _slot("a", "phone", "fulfilment", "marketing"), _times())
        == "not-for-this-purpose"
    )


def test_a_field_that_is_gone_or_became_special_or_moved_class_is_shut() -> None:
    slot = _slot("note@care", "note", "care")
    assert shut_since(compiled(SMALL), "care", slot, _times()) == ""
    assert shut_since(compiled(SMALL), "care", _slot("x", "gone", "care"), _times()) == "undeclared"
    special = compiled(SMALL.replace("class: profile", "class: special, condition: health_care"))
    assert shut_since(special, "care", slot, _times()) == "now-special"
    moved = SlotTimes(occurred_at=0, received_at=0, last_activity=0, now=1, sealed_class="contact")
    assert shut_since(compiled(SMALL), "care", slot, moved) == "other-class"


def test_a_field_of_another_type_is_shut_and_so_is_a_list_of_other_items() -> None:
    slot, policy = _slot("note@care", "note", "care"), compiled(SMALL)
    kept = type_of(policy.fields["note"])
    assert shut_since(policy, "care", slot, replace(_times(), sealed_type=kept)) == ""
    for purpose in ("care", "requests"):
        assert shut_since(policy, purpose, slot, replace(_times(), sealed_type="phone()")) == "other-type"
    listed = replace(policy.fields["note"], type="list", of={"sku": "id"})
    assert type_of(listed) != type_of(replace(listed, of={"sku": "text"}))


def test_a_purpose_ends_on_its_own_day_though_another_holds_the_box() -> None:
    slot = _slot("x", "order_total", "accounting", "analytics")
    late = _times(now=1000 * DAY + 2 * YEAR)
    assert shut_since(compiled(), "accounting", slot, late) == ""
    assert shut_since(compiled(), "analytics", slot, late) == "keep-over"


def test_activity_prolongs_only_what_counts_from_it() -> None:
    late = _times(last_activity=1000 * DAY + 2 * YEAR, now=1000 * DAY + 3 * YEAR)
    assert shut_since(compiled(), "fulfilment", _slot("a", "email", "fulfilment"), late) == ""
    assert shut_since(compiled(), "analytics", _slot("b", "device_id", "analytics"), late) == "keep-over"


def test_an_event_from_the_future_is_kept_no_longer() -> None:
    future = _times(occurred_at=90_000 * DAY, now=1000 * DAY + 2 * YEAR)
    assert shut_since(compiled(), "analytics", _slot("b", "device_id", "analytics"), future) == "keep-over"


def test_a_request_opens_what_is_held_of_declared_fields() -> None:
    assert shut_since(compiled(), "requests", _slot("a", "email", "fulfilment"), _times(now=10_000 * DAY)) == ""
    assert shut_since(compiled(), "requests", _slot("a", "gone", "fulfilment"), _times()) == "undeclared"


def test_explain_says_basis_keep_role_and_answer() -> None:
    lines = explain(compiled(), role="support", field="email", purpose="fulfilment", person=PersonFacts(region="de"))
    assert lines[0] == "email (contact) is kept for fulfilment for 24 months after last activity."
    assert lines[1] == "In region de, fulfilment rests on the contract with the person (contract)."
    assert "Role support may see it masked with its courses in force." in lines
    assert "Answer: email is masked, and opens to a look with a stated reason and a fresh sign-in." in lines


@pytest.mark.parametrize(
    ("role", "field", "purpose", "says"),
    [
        ("support", "email", "marketing", "For this person marketing is shut."),
        ("support", "ip", "analytics", "Role support does not work for analytics."),
        ("support", "loyalty_id", "fulfilment", "Role support sees nothing of class identity for fulfilment."),
        ("support", "phone", "marketing", "phone (contact) is not kept for marketing, only for fulfilment."),
        ("support", "email", "marketing", "The region is unknown, so marketing needs all of: "),
        ("support", "order_id", "fulfilment", "Answer: order_id is open."),
        ("privacy_officer", "email", "requests", "email (contact) may be handled for requests"),
    ],
)  # fmt: skip
def test_explain_names_what_is_in_the_way(role: str, field: str, purpose: str, says: str) -> None:
    lines = explain(compiled(), role=role, field=field, purpose=purpose, person=PersonFacts())
    assert any(line.startswith(says) for line in lines)


@pytest.mark.parametrize(
    ("role", "field", "purpose", "code"),
    [
        ("support", "email", "marketing", "no-role"), ("support", "loyalty_id", "fulfilment", "class-not-seen"),
        ("analyst", "order_total", "analytics", "class-not-seen"),
        ("support", "phone", "marketing", "not-for-this-purpose"),
    ],
)  # fmt: skip
def test_what_no_word_of_the_person_opens_is_explained_by_the_role_and_no_remedy_that_does_not_help(
    role: str, field: str, purpose: str, code: str
) -> None:
    willing = PersonFacts(region="de", consents={"marketing": True, "analytics": True})
    for person in (PersonFacts(), PersonFacts(region="de", consents={"marketing": False}), willing):
        lines = explain(compiled(), role=role, field=field, purpose=purpose, person=person)
        assert lines[-2:] == [f"Answer: {field} is shut.", sentence(code)]


@pytest.mark.parametrize(
    ("role", "field", "purpose"),
    [("x", "email", "marketing"), ("support", "x", "marketing"), ("support", "email", "x")],
)
def test_explain_knows_only_what_the_policy_names(role: str, field: str, purpose: str) -> None:
    with pytest.raises(NotFound):
        explain(compiled(), role=role, field=field, purpose=purpose, person=PersonFacts())


@pytest.mark.parametrize(("purpose", "basis"), [("news", "the person's consent"), ("care", "the contract")])
def test_where_a_person_is_is_explained_only_to_who_may_see_a_field_that_says_so(purpose: str, basis: str) -> None:
    text = (
        SMALL.replace("for: [care], see", "for: [care, news], see")
        .replace("  note:", "  country: {type: country, class: location, for: [care, news]}\n  note:")
        .replace("regulations: [gdpr]}", "regulations: [gdpr], region: {from: [country]}}")
    )
    seeing = text.replace("see: {contact: masked}", "see: {contact: masked, location: masked}")
    german, unknown = (
        explain_known(compiled(text), role="clerk", field="email", purpose=purpose, person=PersonFacts(region=region))
        for region in ("de", None)
    )
    assert german[1].startswith(f"{purpose} rests on {basis}")
    assert german[1] == unknown[1]
    known = explain_known(
        compiled(seeing), role="clerk", field="email", purpose=purpose, person=PersonFacts(region="de")
    )
    assert known[1].startswith(f"In region de, {purpose} rests on {basis}")


def test_a_basis_that_differs_by_region_is_explained_without_the_region() -> None:
    for region, basis in (("us", "rests on the person's not opting out"), (None, "needs all of: ")):
        person = PersonFacts(region=region)
        lines = explain_known(compiled(), role="support", field="email", purpose="marketing", person=person)
        assert lines[1].startswith(f"marketing {basis}")


def test_that_a_person_shut_a_purpose_is_explained_to_who_sees_people_for_it_and_to_nobody_else() -> None:
    policy = compiled(SMALL.replace("for: [care], see", "for: [care, news], see"))
    for rules, told in ((policy, True), (compiled(SMALL), False)):
        lines = explain_known(rules, role="clerk", field="email", purpose="news", person=PersonFacts())
        assert ("For this person news is shut." in lines) is told


def test_no_sentence_sends_anybody_where_nothing_is() -> None:
    assert not [code for code, said in SENTENCES.items() if "privacy centre" in said]
    assert "a colleague who may answer requests" in sentence("own-record")


def test_a_decision_speaks_in_sentences() -> None:
    shut = Decision(open=frozenset(), masked=frozenset(), shut=frozenset({"a"}), because={"a": ("no-role",)})
    [said] = sentences(shut)["a"]
    assert said.startswith("Hidden: no role of yours")


def test_a_recipient_of_two_purposes_gets_each_field_for_its_own_only() -> None:
    before = "for: [analytics]\n    fields: [device_id"
    text = EXAMPLE.replace(before, before.replace("analytics", "analytics, marketing"))
    ask = Ask(
        actor=Actor(id="w", kind="service"),
        action="send",
        purpose="marketing",
        fields=("device_id", "order_total"),
        facts=Facts(region="us"),
        recipient="rudderstack",
    )
    decision = decide(compiled(text), ask)
    assert decision.open == {"device_id"}
    assert decision.because == {"order_total": ("not-for-this-purpose",)}


def test_a_processor_without_contract_gets_nothing() -> None:
    policy = compiled()
    bare = replace(policy.recipients["klaviyo"], contract=None)
    ask = Ask(
        actor=Actor(id="w", kind="service"),
        action="send",
        purpose="marketing",
        fields=("email",),
        facts=Facts(region="us", today="2026-11-23"),
        recipient="klaviyo",
    )
    decision = decide(replace(policy, recipients={"klaviyo": bare}), ask)
    assert decision.because == {"email": ("no-contract",)}


def test_a_draft_and_the_policy_that_is_loaded_of_it_tell_the_same_reason() -> None:
    text = EXAMPLE.replace(
        "{default: consent, us: opt_out}", "{us: opt_out, de: legitimate_interest, default: consent}"
    )
    draft, person = compiled(text), PersonFacts(consents={"marketing": False})
    assert why_shut(draft, person) == why_shut(decode_policy(encode_policy(draft)), person)
    assert "objected" in why_shut(draft, person)


def test_where_evidence_differs_the_rules_of_each_region_must_be_met() -> None:
    """Also where a region stands for the unknown one: what differs is not unknown."""
    text = EXAMPLE.replace("unknown: strictest", "unknown: us")
    both = PersonFacts(regions=frozenset({"de", "us"}))
    assert "marketing" in _open(PersonFacts(), text)
    assert "marketing" not in _open(both, text)
    assert "marketing" in _open(PersonFacts(regions=frozenset({"us-ca", "us"})), text)
    assert why_shut(compiled(text), both)[_at("marketing")] == "region"
    told = explain(compiled(text), role="support", field="email", purpose="marketing", person=both)
    assert any(line.startswith("Evidence of the region differs (de, us), so marketing needs all of: ") for line in told)


def _at(name: str) -> int:
    return [one.name for one in compiled().purposes].index(name)
