"""Narrowing never opens: whatever is further known against a person or an actor, nothing more is shown or kept."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockhouse.model.decision import Actor, Ask, Decision, Facts, PersonFacts
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide, purposes_open, sees_nothing
from tests.unit.policy.worlds import EXAMPLE, compiled

POLICY = compiled()
LAX = compiled(EXAMPLE.replace("{default: consent, us: opt_out}", "{default: opt_out, eu: consent, us: opt_out}"))
"""Here the default is not the strictest rule."""
PURPOSES = sorted(one.name for one in POLICY.purposes)
REFUSABLE = sorted(one.name for one in POLICY.purposes if one.refusable)
NARROWING = PersonState.RESTRICTED | PersonState.ENDING | PersonState.ERASED | PersonState.MINOR
regions = st.sampled_from([None, "de", "fr", "us", "us-ca", "br"])
consents = st.dictionaries(st.sampled_from(PURPOSES), st.booleans(), max_size=4)
purpose_sets = st.frozensets(st.sampled_from(PURPOSES), max_size=3)
states = st.sampled_from([PersonState.NONE, *PersonState])
persons = st.builds(
    PersonFacts,
    region=regions,
    consents=consents,
    event_consents=st.none() | consents,
    signals=st.sampled_from([frozenset(), frozenset({"gpc"})]),
    state=states,
    suppressed=purpose_sets,
    objected=purpose_sets,
    customer=purpose_sets,
)
facts = st.builds(
    Facts,
    training=st.sampled_from([frozenset(), frozenset({"phishing"}), frozenset({"phishing", "privacy-basics"})]),
    state=states,
    consents=consents,
    suppressed=purpose_sets,
    objected=purpose_sets,
    region=regions,
    step_up_age_s=st.none() | st.sampled_from([0, 300, 301, 28_800, 28_801]),
    own_record=st.booleans(),
    today=st.sampled_from([None, "2026-11-23", "2028-01-01"]),
)
asks = st.builds(
    Ask,
    actor=st.builds(
        Actor,
        id=st.just("a"),
        kind=st.sampled_from(["staff", "service", "os-user"]),
        roles=st.lists(st.sampled_from([*sorted(POLICY.roles), "nobody"]), unique=True, max_size=3).map(tuple),
    ),
    action=st.sampled_from(["find", "show", "reveal", "timeline", "send", "package", "check", "change"]),
    purpose=st.sampled_from([*PURPOSES, "world_peace"]),
    facts=facts,
    mode=st.sampled_from(["masked", "full"]),
    reason=st.sampled_from([None, "", "other", "other: ticket", "because"]),
    recipient=st.sampled_from([None, "klaviyo", "rudderstack", "warehouse", "nobody"]),
)


@st.composite
def denials(draw: st.DrawFn) -> dict[str, Any]:
    """One more thing known against a person, as a change of the facts that a narrowing makes."""
    return draw(
        st.one_of(
            st.sampled_from(REFUSABLE).map(lambda name: {"deny": name}),
            st.sampled_from(REFUSABLE).map(lambda name: {"forget": name}),
            st.sampled_from(PURPOSES).map(lambda name: {"suppressed": name}),
            st.sampled_from(PURPOSES).map(lambda name: {"objected": name}),
            st.sampled_from([state for state in PersonState if state & NARROWING]).map(lambda state: {"state": state}),
            st.just({"region": None}),
            st.just({"customer": frozenset()}),
            st.just({"gpc": True}),
        )
    )


def _narrowed(before: Any, denial: dict[str, Any]) -> Any:
    [(what, value)] = denial.items()
    if what == "deny":
        return replace(before, consents={**before.consents, value: False})
    if what == "forget":
        kept = {name: word for name, word in before.consents.items() if name != value or word is False}
        return replace(before, consents=kept)
    if what in {"suppressed", "objected"}:
        return replace(before, **{what: getattr(before, what) | {value}})
    if what == "state":
        return replace(before, state=before.state | value)
    if what == "gpc":
        return replace(before, signals=before.signals | {"gpc"}) if isinstance(before, PersonFacts) else before
    return replace(before, **{what: value})


@given(before=persons, denial=denials())
def test_a_further_denial_never_opens_a_purpose(before: PersonFacts, denial: dict[str, Any]) -> None:
    for policy in (POLICY, LAX):
        assert purposes_open(policy, _narrowed(before, denial)) & ~purposes_open(policy, before) == 0


@given(before=persons, after=persons)
def test_only_consent_region_and_custom_widen(before: PersonFacts, after: PersonFacts) -> None:
    same_word = replace(
        after,
        consents=before.consents,
        event_consents=before.event_consents,
        region=before.region,
        customer=before.customer,
        suppressed=before.suppressed | after.suppressed,
        objected=before.objected | after.objected,
        state=before.state | after.state,
        signals=before.signals | after.signals,
    )
    assert purposes_open(POLICY, same_word) & ~purposes_open(POLICY, before) == 0


@given(person=persons)
def test_what_cannot_be_refused_is_always_open(person: PersonFacts) -> None:
    always = sum(1 << position for position, one in enumerate(POLICY.purposes) if not one.refusable)
    assert purposes_open(POLICY, person) & always == always


@given(ask=asks, denial=denials())
def test_a_further_denial_never_shows_a_field(ask: Ask, denial: dict[str, Any]) -> None:
    before = decide(POLICY, ask)
    after = decide(POLICY, replace(ask, facts=_narrowed(ask.facts, denial)))
    assert after.open <= before.open
    assert after.open | after.masked <= before.open | before.masked


@given(ask=asks, other=facts)
def test_a_role_that_sees_nothing_for_a_purpose_is_told_nothing_of_the_person(ask: Ask, other: Facts) -> None:
    looking = replace(ask, action="show" if ask.action in {"send", "package"} else ask.action)
    asked = replace(looking, facts=Facts())
    if sees_nothing(POLICY, asked):
        of_person = replace(other, training=frozenset(), step_up_age_s=None)
        assert decide(POLICY, replace(asked, facts=of_person)) == decide(POLICY, asked)


@given(ask=asks)
def test_less_brought_never_shows_more(ask: Ask) -> None:
    before = decide(POLICY, ask)
    if any("separate-roles" in why for why in before.because.values()):
        return  # who lays one of two such roles down may see what the other shows
    for poorer in (
        replace(ask, reason=None),
        replace(ask, facts=replace(ask.facts, step_up_age_s=None)),
        replace(ask, facts=replace(ask.facts, training=frozenset())),
        replace(ask, facts=replace(ask.facts, own_record=True)),
        replace(ask, actor=replace(ask.actor, roles=())),
    ):
        after = decide(POLICY, poorer)
        assert after.open <= before.open
        assert after.open | after.masked <= before.open | before.masked


@given(ask=asks)
def test_the_three_sets_part_the_fields_and_each_that_is_not_open_has_a_reason(ask: Ask) -> None:
    decision: Decision = decide(POLICY, ask)
    assert decision.open | decision.masked | decision.shut == set(POLICY.fields)
    assert len(decision.open) + len(decision.masked) + len(decision.shut) == len(POLICY.fields)
    assert set(decision.because) == decision.masked | decision.shut
    assert all(decision.because.values())
