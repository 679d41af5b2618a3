"""Policies and asks, drawn: every word that can change an answer, over few names so that they meet."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from lockhouse.model.decision import Actor, Ask, Facts, Grant, PersonFacts
from lockhouse.model.scale import PersonState

PURPOSES = ("alpha", "beta", "gamma", "delta")
CLASSES = ("contact", "profile", "special", "own")
ROLES = ("first", "second", "third")
COURSES = ("basics", "phishing")
BASES = (
    "consent", "opt_out", "soft_opt_in", "contract", "legal_obligation", "legitimate_interest", "vital_interest",
    "legal_obligation",
)  # fmt: skip
bases = st.sampled_from(BASES)
somewhere = st.sampled_from(["us", "us-ca", "de", "eu"])
keeps = st.sampled_from(
    ["30 days after event", "59 days after event", "2 months after event", "1 year after event",
     "24 months after last_activity", "36 months after last_activity"]
)  # fmt: skip
reveals = st.fixed_dictionaries(
    {"reason": st.sampled_from(["required", ["call back", "Other: thing"]])},
    optional={"step_up": st.sampled_from(["5 minutes", "8 hours", "1 day"]), "grant": st.just("required")},
)
starred = st.sampled_from([*CLASSES, "*"])
roles: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"for": st.lists(st.sampled_from([*PURPOSES[:2], "requests"]), min_size=1, unique=True)},
    optional={
        "see": st.dictionaries(starred, st.sampled_from(["aggregate", "masked", "full"]), max_size=3),
        "reveal": st.dictionaries(starred, reveals, max_size=3),
        "check": st.lists(st.sampled_from(CLASSES), unique=True, max_size=2),
        "change": st.lists(st.sampled_from(CLASSES), unique=True, max_size=2),
        "may": st.lists(
            st.sampled_from(["request.fulfil", "request.*", "person.colleague", "person.flagged", "person.*"]),
            unique=True,
            max_size=3,
        ),
        "limits": st.fixed_dictionaries(
            {}, optional={"persons_per_hour": st.just(60), "mode": st.sampled_from(["enforce", "observe"])}
        ),
        "training": st.lists(st.sampled_from(COURSES), unique=True, max_size=2),
        "networks": st.lists(st.sampled_from(["10.1.0.0/16", "2001:db8::/32"]), unique=True, max_size=2),
    },
)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A whole valid policy, as the mapping that its YAML says."""
    purposes = {name: _purpose(draw) for name in PURPOSES}
    purposes["delta"]["basis"] = "consent"  # a special field with explicit consent allows no other
    fields = _fields(draw)
    return {
        "policy": 1,
        "controller": {
            "name": "House", "contact": "privacy@house.example", "regulations": ["gdpr"],
            "region": {"from": ["country"], "unknown": draw(st.sampled_from(["strictest", "us", "de"]))},
        },
        "purposes": purposes,
        "consent": {"absent": "denied", "names": {"Banner": "delta", "Cookie": "delta"}},
        "classes": ["own"],
        "fields": fields,
        "events": {"Seen": ["email", "country"]},
        "recipients": _recipients(draw, fields["email"]["for"]),
        "roles": {name: _role(draw) for name in ROLES},
        "separate": {"roles": draw(st.sampled_from([[], [["first", "second"]], [["first", "second", "third"]]]))},
        "training": {name: {"every": "12 months"} for name in COURSES},
    }  # fmt: skip


def _purpose(draw: st.DrawFn) -> dict[str, Any]:
    regional = st.dictionaries(somewhere, bases, max_size=3)
    said = draw(st.one_of(bases, st.builds(lambda more, default: {**more, "default": default}, regional, bases)))
    purpose = {"about": "Why", "basis": said, "keep": draw(keeps)}
    return {**purpose, "sold_or_shared": True} if draw(st.booleans()) else purpose


def _role(draw: st.DrawFn) -> dict[str, Any]:
    role = draw(roles)
    if "special" in role.get("reveal", {}):
        role["reveal"]["special"].setdefault("step_up", "30 minutes")  # without it no policy is approved
    return role


def _fields(draw: st.DrawFn) -> dict[str, Any]:
    some = st.lists(st.sampled_from(PURPOSES), min_size=1, max_size=3, unique=True)
    return {
        "email": {"type": "email", "class": "contact", "for": draw(some), "identifies": "person"},
        "country": {"type": "country", "class": "contact", "for": draw(some), "clear": True},
        "born": {"type": "date", "class": "profile", "for": draw(some), "minimise": "year"},
        "health": {"type": "text", "class": "special", "for": ["delta"], "condition": "explicit_consent"},
        "badge": {"type": "id", "class": "own", "for": draw(some), "find_by": ["last4"]},
    }


def _recipients(draw: st.DrawFn, some: list[str]) -> dict[str, Any]:
    role = draw(st.sampled_from(["internal", "processor"]))
    papers = {} if role == "internal" else {"contract": "DPA-1", "review": "2027-03-01", "erase": "task"}
    return {
        "lake": {
            "kind": "parquet", "path": "/lake", "role": role, "for": sorted({"delta", some[0]}),
            "fields": ["email", "health"],
            **papers,
        }
    }  # fmt: skip


def as_yaml(policy: dict[str, Any]) -> str:
    """The mapping as a file: JSON is YAML."""
    return json.dumps(policy)


some_purposes = st.frozensets(st.sampled_from(PURPOSES), max_size=2)
words = st.dictionaries(st.sampled_from(PURPOSES), st.booleans(), max_size=4)
regions = st.sampled_from([None, "us", "us-ca", "us-ny", "de", "de-by", "is", "gb", "br", "strictest"])
differing = st.just(frozenset[str]()) | st.frozensets(
    st.sampled_from(["us", "us-ca", "de", "is", "strictest"]), min_size=2
)
states = st.lists(st.sampled_from([*PersonState]), max_size=2).map(lambda some: sum(some, PersonState.NONE)) | st.just(
    PersonState.NONE
)
banners = st.none() | st.dictionaries(st.sampled_from(["Banner", "Cookie", "delta", "alpha", "Else"]), st.booleans())
persons = st.builds(
    PersonFacts,
    region=regions,
    regions=differing,
    consents=words,
    signals=st.sampled_from([frozenset(), frozenset({"gpc"})]),
    state=states,
    suppressed=some_purposes,
    objected=some_purposes,
    customer=some_purposes,
)
grants = st.builds(
    Grant,
    id=st.just("0a" * 16),
    purpose=st.sampled_from(PURPOSES),
    fields=st.frozensets(st.sampled_from(["email", "country", "born", "health", "badge"]), min_size=1),
    persons=st.just(frozenset()) | st.frozensets(st.sampled_from([b"p", b"q"])),
)
facts = st.builds(
    Facts,
    training=st.frozensets(st.sampled_from(COURSES)),
    state=st.just(PersonState.NONE) | states,
    consents=words,
    suppressed=st.just(frozenset()) | some_purposes,
    objected=st.just(frozenset()) | some_purposes,
    region=regions,
    regions=differing,
    grant=st.sampled_from([None, "g1"]),
    step_up_age_s=st.sampled_from([None, 0, 300, 301, 28_800, 28_801, 86_400]),
    network=st.sampled_from([None, "10.1.2.3", "10.1.0.0/24", "10.0.0.0/8", "10.2.0.1", "2001:db8::1", "nonsense"]),
    quota_left=st.sampled_from([None, 0, 1]),
    own_record=st.sampled_from([False, False, True]),
    grants=st.just(()) | st.lists(grants, max_size=3).map(tuple),
    persons=st.just(frozenset()) | st.frozensets(st.sampled_from([b"p", b"q"])),
    colleague=st.sampled_from([False, False, True]),
    flagged=st.sampled_from([False, False, True]),
    today=st.sampled_from([None, "2027-03-01", "2027-03-02"]),
    customer=some_purposes,
)
asks = st.builds(
    Ask,
    actor=st.builds(
        Actor,
        id=st.just("a"),
        kind=st.sampled_from(["staff", "service", "os-user"]),
        roles=st.lists(st.sampled_from([*ROLES, "nobody"]), unique=True, max_size=3).map(tuple),
    ),
    action=st.sampled_from(
        ["find", "show", "reveal", "reveal", "timeline", "send", "package", "count", "check", "change"]
    ),
    purpose=st.sampled_from([*PURPOSES[:2], *PURPOSES, "requests", "world_peace"]),
    facts=facts,
    mode=st.sampled_from(["masked", "full", "full", "aggregate"]),
    reason=st.sampled_from(
        [None, "", " ", "call back", "Call-Back: 77", "callback", "OTHER", "other:x", ": 7", "bored"]
    ),
    recipient=st.sampled_from([None, "lake", "lake", "nobody"]),
)
