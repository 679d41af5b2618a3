"""Whatever two policies say, what is opened is what both allow: no more by either, and no less."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lockhouse.flows import look
from tests.world import World

PURPOSES = ("alpha", "beta", "gamma")
FIELDS = ("one", "two", "three")
EMAIL, VALUE = "anna@example.com", "12.50"
DAYS = {"30 days": 30, "6 months": 184, "13 months": 396}
CONDITION = ", condition: made_public"

fields = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["text", "decimal"]),
        "class": st.sampled_from(["contact", "profile", "special"]),
        "for": st.lists(st.sampled_from(PURPOSES), min_size=2, unique=True),
        "clear": st.booleans(),
    }
)
policies: st.SearchStrategy[dict[str, dict[str, Any]]] = st.fixed_dictionaries(
    {
        "keeps": st.fixed_dictionaries({name: st.sampled_from([*DAYS, "13 months", None]) for name in PURPOSES}),
        "fields": st.fixed_dictionaries({name: st.none() | fields for name in FIELDS}),
    }
)


def _clear(field: dict[str, Any]) -> bool:
    return bool(field["clear"]) and field["class"] != "special" and field["type"] != "text"


def _for(drawn: dict[str, Any], name: str) -> list[str]:
    """The purposes of a field that there are."""
    field = drawn["fields"][name]
    return [] if field is None else [one for one in field["for"] if drawn["keeps"][one] is not None]


def _text(drawn: dict[str, Any]) -> str:
    """A policy of these purposes and fields; each purpose has a role that sees everything in full."""
    live = [name for name, keep in drawn["keeps"].items() if keep is not None]
    declared = {name: field for name, field in drawn["fields"].items() if _for(drawn, name)}
    lines = ["policy: 1", "controller: {name: N, contact: p@n.example, regulations: [gdpr]}", "purposes:"]
    lines += ["  base: {about: Base, basis: contract, keep: 84 months after event}"]
    lines += [f"  {name}: {{about: It, basis: contract, keep: {drawn['keeps'][name]} after event}}" for name in live]
    lines += ["fields:", "  email: {type: email, class: identity, for: [base], identifies: person}"]
    for name, field in declared.items():
        more = CONDITION if field["class"] == "special" else ""
        more += ", clear: true" if _clear(field) else ""
        lines.append(
            f"  {name}: {{type: {field['type']}, class: {field['class']}, for: [{', '.join(_for(drawn, name))}]{more}}}"
        )
    lines += ["events:", f"  identify: [{', '.join(['email', *declared])}]"]
    lines += ["channels:", "  account: {kind: segment, key: secret, stage: live, proves: [email]}", "roles:"]
    lines += [
        f"  {name}: {{for: [{name}], see: {{contact: full, profile: full, special: full}}}}" for name in ("base", *live)
    ]
    return "\n".join(lines) + "\n"


def _allowed(before: dict[str, Any], now: dict[str, Any], purpose: str, days: int) -> set[str]:
    """Naively: what both policies call the same, for the purpose, within both their keeps."""
    found = set()
    for name in FIELDS:
        was, stands = before["fields"][name], now["fields"][name]
        if purpose in _for(before, name) and purpose in _for(now, name):
            same = (was["type"], was["class"]) == (stands["type"], stands["class"])
            if same and days < min(DAYS[before["keeps"][purpose]], DAYS[now["keeps"][purpose]]):
                found.add(name)
    return found


async def _opened(before: dict[str, Any], now: dict[str, Any], *, days: int, folder: Path) -> dict[str, set[str]]:
    """What is opened for each purpose that there is, folded and record by record."""
    world = await World.make(folder, _text(before))
    values = {name: VALUE for name in FIELDS if _for(before, name)}
    assert (await world.send("account", "identify", email=EMAIL, **values)).outcome == "stored"
    person = await world.person(EMAIL)
    world.clock.pass_days(days)
    await world.new_epochs()
    await world.approve(_text(now))
    return {one: await _seen(world, person, one) for one in PURPOSES if now["keeps"][one] is not None}


async def _seen(world: World, person: bytes, purpose: str) -> set[str]:
    folded = await look.show(world.house, await world.ask(purpose), person)
    listed = await look.show(world.house, await world.ask(purpose, action="timeline"), person)
    records = [one.fields for one in listed.timeline]
    seen = {name for name, field in folded.fields.items() if field.state == "open"}
    assert seen == {name for fields in records for name, field in fields.items() if field.state == "open"}
    for view in (folded.fields, *records):
        assert all(one.value is None and one.because for one in view.values() if one.state == "shut")
    return seen


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A policy and one that came since: in each part the same, or another."""
    before, other = draw(policies), draw(policies)
    now = {
        part: {name: draw(st.sampled_from([before[part][name], other[part][name]])) for name in before[part]}
        for part in before
    }
    return before, now


@settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate])  # a house each: shrinking takes long
@given(both=pairs(), days=st.sampled_from([0, 0, 40, 200]))
def test_what_is_opened_is_what_the_policy_of_its_day_and_that_of_today_both_allow(
    both: tuple[dict[str, Any], dict[str, Any]], days: int
) -> None:
    before, now = both
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(_opened(before, now, days=days, folder=Path(folder)))
    assert seen == {purpose: _allowed(before, now, purpose, days) for purpose in seen}
