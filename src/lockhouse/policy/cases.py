"""Policy tests: what a house expects of its policy, written beside it and read as strictly as the policy itself.

    tests: 1
    decisions:
      - {says: support sees an address masked, role: support, for: fulfilment, field: email, expect: masked}
    collects:
      - says: an order without consent
        channel: shop
        event: Order Completed
        sent: {email: anna@customers.example, order_id: A-1}
        kept: [email, order_id]

What a case does not say is as if nothing stood against it: courses are held, and of the person nothing is known.
The values under `sent` are made up; no message repeats one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from lockhouse.model.decision import Action, Actor, Ask, Facts, PersonFacts, Wanted
from lockhouse.model.event import Event
from lockhouse.model.policy import REQUESTS, Policy
from lockhouse.model.scale import PersonState
from lockhouse.policy.reading import Problems, Spot, read
from lockhouse.policy.reduce import REASONS
from lockhouse.policy.section import Section
from lockhouse.policy.sentences import SENTENCES
from lockhouse.policy.shown import shown
from lockhouse.policy.words import is_region

TOP = ("tests", "decisions", "collects")
DECISION = ("says", "role", "for", "field", "action", "mode", "to", "person", "brought", "expect", "because")
COLLECT = ("says", "channel", "event", "sent", "consent", "signals", "person", "kept", "dropped")
PERSON = ("region", "consents", "state", "suppressed", "objected", "customer", "own", "colleague", "flagged")
BROUGHT = ("courses", "network", "quota", "grant", "step_up", "reason", "today")
STATES = {"restricted": PersonState.RESTRICTED, "held": PersonState.HELD, "ending": PersonState.ENDING,
          "erased": PersonState.ERASED, "minor": PersonState.MINOR}  # fmt: skip
ANSWERS = ("open", "masked", "shut")
WORDS = {"granted": True, "denied": False}
SIGNALS = ("gpc",)
_NETWORK, _DAY = re.compile(r"[0-9a-f:.]+(/[0-9]{1,3})?\Z"), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class DecisionCase(msgspec.Struct, frozen=True, kw_only=True):
    """One decision that is expected: `because` is None where the codes do not matter."""

    where: str
    says: str
    ask: Ask
    field: str
    expect: str
    because: frozenset[str] | None


class CollectCase(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected to be left of one event.

    Attributes:
        kept: field -> the purposes it is kept for, or None where they do not matter.
        dropped: path -> reason, all of them; None where they do not matter.
    """

    where: str
    says: str
    channel: str
    event: Event
    person: PersonFacts
    kept: dict[str, tuple[str, ...] | None]
    dropped: dict[str, str] | None


class Cases(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is expected of a policy."""

    decisions: tuple[DecisionCase, ...]
    collects: tuple[CollectCase, ...]


def parse_cases(name: str, text: str, policy: Policy) -> Cases:
    """The cases of a file, whose words are those of this policy.

    Raises:
        Invalid: with every problem at once, each with its place and the nearest known word.
    """
    problems = Problems()
    root = read(name, text, problems)
    if root is None or root.value is None:
        problems.add(f"{name}:1:1", "policy tests", "nothing") if not problems else None
        problems.stop()
    top = Section(root, problems, TOP)
    top.need("tests")
    spot = top.spot("tests")
    if spot is not None and spot.value != 1:
        problems.add(spot.where, "tests: 1, the only version", shown(spot.value))
    reader = _Reader(policy, problems)
    found = Cases(
        decisions=tuple(reader.decision(one) for one in top.items("decisions")),
        collects=tuple(reader.collect(one) for one in top.items("collects")),
    )
    if not problems and not (found.decisions or found.collects):
        problems.add(top.where, "at least one case under decisions or collects", "none")
    problems.stop()
    return found


class _Reader:
    """Reads cases against one policy; what it returns counts only if there are no problems."""

    def __init__(self, policy: Policy, problems: Problems) -> None:
        self._policy = policy
        self._problems = problems
        self._purposes = tuple(one.name for one in policy.purposes)

    def decision(self, spot: Spot) -> DecisionCase:
        case = Section(spot, self._problems, DECISION)
        case.need("for", "field", "expect")
        roles = self._some(case, "role", self._policy.roles)
        action: Action = case.word("action", get_args(Action)) or "show"
        self._addressed(case, action)
        facts, reason = self._facts(case)
        ask = Ask(
            actor=Actor(id="test", kind="service" if action == "send" else "staff", roles=roles),
            action=action,
            purpose=case.word("for", self._purposes) or "",
            facts=facts,
            mode=case.word("mode", get_args(Wanted)) or ("aggregate" if action == "count" else "full"),
            reason=reason,
            recipient=case.word("to", self._policy.recipients),
        )
        because = frozenset(case.words("because", SENTENCES)) if "because" in case else None
        field = case.word("field", self._policy.fields) or ""
        return DecisionCase(
            where=spot.where, says=case.text("says") or "", ask=ask, field=field,
            expect=case.word("expect", ANSWERS) or "", because=because,
        )  # fmt: skip

    def collect(self, spot: Spot) -> CollectCase:
        case = Section(spot, self._problems, COLLECT)
        case.need("channel", "event", "sent", "kept")
        served = [name for name, one in self._policy.channels.items() if one.kind in self._policy.kinds]
        channel = case.word("channel", served) or ""
        event = Event(
            name=case.word("event", self._policy.channels[channel].events if channel else self._policy.events) or "",
            message_id="test",
            occurred_at=0,
            source=self._source(case, channel),
            consent=self._consent(case) if "consent" in case else None,
            signals=frozenset(case.words("signals", SIGNALS)),
        )
        return CollectCase(
            where=spot.where, says=case.text("says") or "", channel=channel, event=event,
            person=self._person(case.sub("person", PERSON)), kept=self._kept(case), dropped=self._dropped(case),
        )  # fmt: skip

    def _some(self, case: Section, key: str, known: Iterable[str]) -> tuple[str, ...]:
        """One word, or a list of them."""
        spot = case.spot(key)
        if spot is not None and isinstance(spot.value, list):
            return case.words(key, known)
        word = case.word(key, known)
        return (word,) if word else ()

    def _addressed(self, case: Section, action: str) -> None:
        """Only what is sent has a recipient, and nobody's role sends it."""
        case.need("to" if action == "send" else "role")
        for key in ("role", "to"):
            if (key == "to") is not (action == "send") and key in case:
                self._problems.add(case.place(key), f"no '{key}' with the action {action}", "one")

    def _facts(self, case: Section) -> tuple[Facts, str | None]:
        known, brought = self._person(case.sub("person", PERSON)), case.sub("brought", BROUGHT)
        courses = brought.words("courses", self._policy.training) if "courses" in brought else self._policy.training
        facts = Facts(
            training=frozenset(courses),
            state=known.state,
            consents=known.consents,
            suppressed=known.suppressed,
            objected=known.objected,
            region=known.region,
            customer=known.customer,
            own_record=case.sub("person").flag("own"),
            colleague=case.sub("person").flag("colleague"),
            flagged=case.sub("person").flag("flagged"),
            grant="test" if brought.flag("grant") else None,
            step_up_age_s=brought.duration_s("step_up"),
            network=brought.text("network", _NETWORK, "an address or a network"),
            quota_left=brought.count("quota"),
            today=brought.text("today", _DAY, "a day as YYYY-MM-DD"),
        )
        return facts, brought.text("reason")

    def _person(self, person: Section) -> PersonFacts:
        region = person.text("region")
        if region is not None and not is_region(region):
            self._problems.add(person.place("region"), "eu, a country such as de or a part of one such as us-ca")
        said = person.sub("consents", [name for name in self._purposes if name != REQUESTS])
        states = (STATES[word] for word in person.words("state", STATES))
        return PersonFacts(
            region=region,
            consents={name: WORDS[word] for name in said if (word := said.word(name, WORDS)) is not None},
            state=sum(states, PersonState.NONE),
            suppressed=frozenset(person.words("suppressed", self._purposes)),
            objected=frozenset(person.words("objected", self._purposes)),
            customer=frozenset(self._purposes if person.flag("customer") else ()),
        )

    def _consent(self, case: Section) -> dict[str, bool]:
        """The event's own consent object: the banner's words, as they are sent."""
        said = case.sub("consent")
        return {word: said.flag(word) for word in said}

    def _source(self, case: Section, channel: str) -> dict[str, Any]:
        """What was sent: a plain name stands where the channel's kind looks first, a dotted one is a whole path."""
        sent, source = case.sub("sent"), dict[str, Any]()
        roots = self._policy.kinds[self._policy.channels[channel].kind].roots if channel else ("",)
        for name in sent:
            spot, place = sent.spot(name), source
            *above, last = (name if "." in name else f"{roots[0]}.{name}").split(".")
            for part in above:
                below = place.setdefault(part, {})
                place = below if isinstance(below, dict) else {last: None}
            if last in place:
                self._problems.add(sent.place(name), "each place in what is sent once", "a second value for one")
            place[last] = spot.plain() if spot is not None else None
        return source

    def _kept(self, case: Section) -> dict[str, tuple[str, ...] | None]:
        spot = case.spot("kept")
        if spot is None or not isinstance(spot.value, dict):
            return dict.fromkeys(case.words("kept", self._policy.fields))
        kept = case.sub("kept", self._policy.fields)
        return {name: tuple(sorted(kept.words(name, self._purposes))) for name in kept}

    def _dropped(self, case: Section) -> dict[str, str] | None:
        if "dropped" not in case:
            return None
        dropped = case.sub("dropped")
        return {path: dropped.word(path, REASONS) or "" for path in dropped}
