"""Diff: what a change of policy does, in fields, purposes, roles and recipients, before it goes live.

Every line is a fact about data, not about text: reordering or rewording a file changes nothing here. Anything
that keeps more, longer, shows more or sends more makes the change a *widening*, which waits where narrowing
does not; and so does what takes away a way in which a no is heard. docs/spec/policy.md has the judgement key by key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from lockhouse.model.policy import REQUESTS, Guard, Keep, Policy, Reveal, Role
from lockhouse.model.scale import Stage
from lockhouse.policy.diff_rules import bases, ceilings, closes_more, loose, lost, strict
from lockhouse.policy.lending import permits
from lockhouse.policy.life import may_outlast


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What changes, as lines in alphabetical order; `widening` says whether any of it may let more happen.

    Attributes:
        told: what customers are told of who answers for their data.
        uncarried: fields that no event carries and that stood otherwise, or not at all, before.
    """

    newly_kept: tuple[str, ...] = ()
    no_longer_kept: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()
    shorter: tuple[str, ...] = ()
    readable_by_more: tuple[str, ...] = ()
    readable_by_less: tuple[str, ...] = ()
    sent_to_more: tuple[str, ...] = ()
    sent_to_less: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    tightened: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    uncarried: tuple[str, ...] = ()
    widening: bool = False


UNCARRIED = "Declared, and kept of nothing until an event under `events` carries it"
_TITLES = {
    "newly_kept": "Newly kept",
    "longer": "Kept longer",
    "readable_by_more": "Readable by more",
    "sent_to_more": "Sent to more",
    "loosened": "Loosened",
    "no_longer_kept": "No longer kept",
    "shorter": "Kept shorter",
    "readable_by_less": "Readable by less",
    "sent_to_less": "Sent to less",
    "tightened": "Tightened",
    "told": "Told to customers otherwise",
    "uncarried": UNCARRIED,
}


_NARROWING = ("no_longer_kept", "shorter", "readable_by_less", "sent_to_less", "tightened")


def diff(old: Policy | None, new: Policy) -> Effects:
    """The effects of putting `new` in the place of `old`; without an old one everything is new."""
    before_kept, after_kept = _lines(old, _kept), _lines(new, _kept)
    before_seen, after_seen = _readable(old), _readable(new)
    before_sent, after_sent = _lines(old, _sent), _lines(new, _sent)
    before_rules, after_rules = _lines(old, loose), _lines(new, loose)
    before_strict, after_strict = _lines(old, strict), _lines(new, strict)
    unheard = set() if old is None else lost(old, new)
    before_keep, after_keep = _keeps(old), _keeps(new)
    longer = _keep_lines(before_keep, after_keep, longer=True)
    more = {
        "newly_kept": after_kept - before_kept,
        "longer": longer,
        "readable_by_more": _seen(before_seen, after_seen),
        "sent_to_more": after_sent - before_sent,
        "loosened": bases(old, new, weaker=True)
        | ceilings(old, new, weaker=True)
        | (after_rules - before_rules)
        | {f"no longer: {line}" for line in (before_strict - after_strict) | unheard},
    }
    less = {
        "no_longer_kept": before_kept - after_kept,
        "shorter": _keep_lines(before_keep, after_keep, longer=False),
        "readable_by_less": _seen(after_seen, before_seen),
        "sent_to_less": before_sent - after_sent,
        "tightened": bases(old, new, weaker=False)
        | ceilings(old, new, weaker=False)
        | (after_strict - before_strict)
        | (set() if old is None else closes_more(old, new))
        | {f"no longer: {line}" for line in before_rules - after_rules - unheard},
    }
    idle = {"told": _told(old, new), "uncarried": set(uncarried(new)) - set(uncarried(old) if old is not None else ())}
    lines = {name: tuple(sorted(found)) for name, found in {**more, **less, **idle}.items()}
    return msgspec.convert({**lines, "widening": any(more.values())}, Effects)


def encode_effects(effects: Effects) -> bytes:
    """The effects as bytes, the same for the same effects: what an approval is signed over."""
    return msgspec.json.encode(effects, order="deterministic")


def uncarried(policy: Policy) -> tuple[str, ...]:
    """Fields that no event carries, so that nothing is kept in them."""
    carried = {name for event in policy.events.values() for name in event.fields}
    return tuple(name for name in policy.fields if name not in carried)


def render(effects: Effects) -> str:
    """The effects as text, what widens first."""
    parts = ["\n".join([f"{title}:", *(f"  {line}" for line in lines)]) for title, lines in _titled(effects)]
    return "\n".join([*parts, _verdict(effects)]) + "\n"


def markdown(effects: Effects, *, head: str) -> str:
    """The effects for a pull request: what widens first, each line as code, so that no word in it acts or calls anyone.

    Args:
        head: of what against what; one line.
    """
    parts = [f"## {head}", f"**{_verdict(effects)}**"]
    for title, lines in _titled(effects):
        parts.append("\n".join([f"### {title} ({len(lines)})", "", *(f"- `{_code(line)}`" for line in lines)]))
    return "\n\n".join(parts) + "\n"


def _titled(effects: Effects) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each kind of effect that there is, under its title."""
    for name, title in _TITLES.items():
        lines: tuple[str, ...] = getattr(effects, name)
        if lines:
            yield title, lines


def _verdict(effects: Effects) -> str:
    """What it comes to, in a sentence."""
    if not any(True for _ in _titled(effects)):
        return "No effect: the two policies do the same."
    narrows = "This only narrows." if narrowing(effects) else "Nothing else changes."
    return "This widens what is done with data." if effects.widening else narrows


def narrowing(effects: Effects) -> bool:
    """Whether anything is kept, seen or sent less than before, or is held back that was not."""
    return any(getattr(effects, name) for name in _NARROWING)


def _code(line: str) -> str:
    """A line as a code span can hold it: a banner's word and a controller's name are anybody's text."""
    return "".join(sign if sign.isprintable() else " " for sign in line).replace("`", "'")


def _told(old: Policy | None, new: Policy) -> set[str]:
    """Who answers for the data, where that changes; in a first policy there is nothing it was before."""
    if old is None:
        return set()
    before, after = (
        {"name": one.name, "contact": one.contact, "country": one.country} for one in (old.controller, new.controller)
    )
    return {
        f"controller.{part} is {after[part] or 'not said'} (was {before[part] or 'not said'})"
        for part in after
        if before[part] != after[part]
    }


def _lines(policy: Policy | None, of: Callable[[Policy], Iterator[str]]) -> set[str]:
    return set() if policy is None else set(of(policy))


def _kept(policy: Policy) -> Iterator[str]:
    """What may be kept: field, purpose, event, channel; and in which form."""
    for channel in policy.channels.values():
        if channel.stage is Stage.OBSERVE:
            continue
        for event in channel.events:
            for name in policy.events[event].fields:
                for purpose in policy.fields[name].purposes:
                    yield f"{name} for {purpose}, from {event} on {channel.name}"
    idle = uncarried(policy)
    for field in policy.fields.values():
        if field.name in idle:
            continue
        form = f" coarsened by {field.minimise}" if field.minimise else " as sent"
        yield f"{field.name} as {field.type} of class {field.class_}{form}"
        yield from (f"{field.name} item {key or 'value'} as {kind}" for key, kind in field.of.items())


class _Sight(msgspec.Struct, frozen=True, kw_only=True):
    """The guards on one sight of one field; `None` is no guard. A later check in `_looser` compares each."""

    courses: frozenset[str] = frozenset()
    networks: frozenset[str] | None = None
    reasons: frozenset[str] | None = None
    any_reason: bool = False
    grant: bool = False
    per_hour: int | None = None
    step_up_s: int | None = None


def _readable(policy: Policy | None) -> dict[str, _Sight]:
    """Who may see what, under which guards."""
    if policy is None:
        return {}
    found = {f"{field.name} unsealed, for counts": _Sight() for field in policy.fields.values() if field.clear}
    for role, purposes in policy.table.items():
        for purpose, classes in purposes.items():
            for field in policy.fields.values():
                if purpose not in field.purposes and purpose != REQUESTS:
                    continue
                for mode, bits in classes.get(field.class_, {}).items():
                    shape = f" masked as {field.mask}" if mode == "masked" else f" {mode}"
                    line = f"{field.name}{shape} by {role} for {purpose}"
                    found[line] = _sight(policy.roles[role], Guard(bits), field.class_)
    return found | _packed(policy)


def _packed(policy: Policy) -> dict[str, _Sight]:
    """Who may pack a person's own copy, which holds everything, whatever the role itself sees (`policy.decide`)."""
    return {
        f"a copy of all that is kept of a person full by {role.name} for {REQUESTS}": _package(policy, role)
        for role in policy.roles.values()
        if REQUESTS in role.for_ and permits(policy, (role.name,), "request.fulfil")
    }


def _package(policy: Policy, role: Role) -> _Sight:
    guards = Guard.NONE
    for cells in policy.table[role.name].get(REQUESTS, {}).values():
        guards |= Guard(cells.get("full", 0))
    reveals = role.reveal.values()
    listed = [frozenset(one.reasons) for one in reveals if one.reasons is not None]
    ages = [one.step_up_s for one in reveals if one.step_up_s is not None]
    return _Sight(
        courses=frozenset(role.training),
        networks=frozenset(role.networks) if role.networks else None,
        reasons=frozenset.intersection(*listed) if listed and guards & Guard.REASON else None,
        any_reason=bool(guards & Guard.REASON),
        grant=bool(guards & Guard.GRANT),
        per_hour=role.limits.persons_per_hour if guards & Guard.QUOTA and role.limits is not None else None,
        step_up_s=min(ages, default=0) if guards & Guard.STEP_UP else None,
    )


def _sight(role: Role, guards: Guard, class_: str) -> _Sight:
    reveal = role.reveal.get(class_, Reveal()) if guards & Guard.REASON else None
    reasons = reveal.reasons if reveal is not None else None
    return _Sight(
        courses=frozenset(role.training),
        networks=frozenset(role.networks) if role.networks else None,
        reasons=frozenset(reasons) if reasons is not None else None,
        any_reason=reveal is not None,
        grant=bool(guards & Guard.GRANT),
        per_hour=role.limits.persons_per_hour if guards & Guard.QUOTA and role.limits is not None else None,
        step_up_s=reveal.step_up_s if reveal is not None else None,
    )


def _seen(before: dict[str, _Sight], after: dict[str, _Sight]) -> set[str]:
    """What `after` shows and `before` did not, or showed only under a stricter guard."""
    found = {line for line in after if line not in before}
    for line in before.keys() & after.keys():
        words = _looser(before[line], after[line])
        found |= {f"{line}, with another guard: {', '.join(words)}"} if words else set()
    return found


def _looser(old: _Sight, new: _Sight) -> list[str]:
    """The guards of `new` that let through what those of `old` did not."""
    checks = {
        "courses": not new.courses >= old.courses,
        "networks": old.networks is not None and (new.networks is None or not new.networks <= old.networks),
        "reasons": (old.any_reason and not new.any_reason)
        or (old.reasons is not None and (new.reasons is None or not new.reasons <= old.reasons)),
        "grant": old.grant and not new.grant,
        "persons an hour": _higher(old.per_hour, new.per_hour),
        "step-up": _higher(old.step_up_s, new.step_up_s),
    }
    return [word for word, loose in checks.items() if loose]


def _higher(old: int | None, new: int | None) -> bool:
    """Whether a bound was raised or taken away."""
    return old is not None and (new is None or new > old)


def _sent(policy: Policy) -> Iterator[str]:
    """Who outside receives what, where, under which contract."""
    for one in policy.recipients.values():
        place, where = one.url or one.path or "its own place", one.region or "no named region"
        yield f"{one.name}: {one.role} by {one.kind} in {where} at {place}, persons by {one.person}"
        yield f"{one.name}: under {one.contract or 'no contract'}, {one.safeguard or 'no safeguard'}"
        yield f"{one.name}: until review {one.review or 'never'}"
        yield f"{one.name}: sent to {f'every {one.every}' if one.every else 'as it comes'}"
        for name in one.fields:
            for purpose in sorted(set(one.purposes) & set(policy.fields[name].purposes)):
                yield f"{name} to {one.name} for {purpose}"


def _keeps(policy: Policy | None) -> dict[str, Keep]:
    return {} if policy is None else {one.name: one.keep for one in policy.purposes if one.keep is not None}


def _keep_lines(before: dict[str, Keep], after: dict[str, Keep], *, longer: bool) -> set[str]:
    """Purposes whose keep moves one way. From the last activity is later than from the event, so it is longer."""
    found: set[str] = set()
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        grows = may_outlast(new, old) or (new.after, old.after) == ("last_activity", "event")
        shrinks = may_outlast(old, new) or (new.after, old.after) == ("event", "last_activity")
        if grows if longer else shrinks:
            found.add(f"{name}: {_said(new)} (was {_said(old)})")
    return found


def _said(keep: Keep) -> str:
    return f"{keep.n} {keep.unit} after {keep.after}"
