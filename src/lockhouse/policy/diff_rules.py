"""The rules of a policy that `diff` compares as lines: what lets more happen, what holds back, and how a no is heard.

A person's no reaches a purpose through a banner's word, an identifier that leads to them, and the region that picks the
basis. Whatever takes one of these away opens what a no would have shut, so it loosens, though the file grows shorter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from msgspec import UnsetType, structs

from lockhouse.model.policy import Channel, Field, Policy
from lockhouse.model.scale import Stage
from lockhouse.policy.live import STRICTEST, basis_in
from lockhouse.policy.types.mask import mask
from lockhouse.policy.words import SENDING_KINDS

_UNKEYED = {"file": "nothing that proves it"}
"""What proves a request that no key of ours does, where it is no signature."""
_WORD_NEEDED = {
    "consent": 3,
    "soft_opt_in": 2,
    "opt_out": 1,
    "legitimate_interest": 1,
    "contract": 0,
    "legal_obligation": 0,
    "vital_interest": 0,
}
"""How much a basis asks of the person's own word: from a yes beforehand down to nothing."""


def bases(before: Policy | None, after: Policy, *, weaker: bool) -> set[str]:
    """Purposes that come to rest on another basis which asks no more (or less) of the person's own word, by place."""
    known = {} if before is None else {one.name: one for one in before.purposes}
    found: set[str] = set()
    for purpose in after.purposes:
        old = known.get(purpose.name)
        for place in sorted({*purpose.basis, *old.basis}) if old is not None else ():
            was, now = (basis_in(one, place) for one in (old or purpose, purpose))
            moved = _WORD_NEEDED[now] - _WORD_NEEDED[was]
            if was != now and (moved <= 0 if weaker else moved > 0):
                found.add(f"{purpose.name} rests on {now} in {place} (was {was})")
    return found


def ceilings(before: Policy | None, after: Policy, *, weaker: bool) -> set[str]:
    """Classes that the whole house may open of more people an hour (or of fewer) than before."""
    old, new = ({} if one is None else _bounds(one) for one in (before, after))
    found = set[str]()
    for class_ in sorted({*old, *new} if before is not None else ()):
        was, now = old.get(class_), new.get(class_)
        if was != now and (now is None or (was is not None and now > was)) is weaker:
            found.add(f"{class_} of {_people(now)} an hour in the whole house (was {_people(was)})")
    return found


def _bounds(policy: Policy) -> dict[str, int]:
    """Ceilings that refuse, by class."""
    return {name: one.persons_per_hour for name, one in (policy.ceilings or {}).items() if one.mode == "enforce"}


def _people(bound: int | None) -> str:
    return "as many people as there are" if bound is None else f"{bound:,} people"


def loose(policy: Policy) -> Iterator[str]:
    """Rules that let more happen by being there."""
    for role in policy.roles.values():
        yield from (f"{role.name} may {permission}" for permission in role.may)
        if role.limits is not None and role.limits.export == "allowed":
            yield f"{role.name} may export"
    yield from (_banner(word, purpose) for word, purpose in policy.consent_names.items())
    for purpose in policy.purposes:
        yield from (f"{event} makes a customer for {purpose.name}" for event in purpose.sales)
    if policy.region_unknown != STRICTEST:
        yield f"an unknown region counts as {policy.region_unknown}"
    yield f"a region is known from {', '.join(policy.region_from) or 'nothing'}"
    for channel in policy.channels.values():
        proven = channel.assurance_key or _UNKEYED.get(channel.kind, "its signature")
        yield f"channel {channel.name} takes {channel.kind} by {proven}{_signed(channel)}"
        yield from (f"channel {channel.name} proves {name}" for name in channel.proves)
        yield from _reads(channel)
        yield from (f"channel {channel.name} takes requests from {origin}" for origin in channel.origins)
        if channel.stage is Stage.TRIAL:  # what is added later reaches back to all of it
            yield f"what the policy lacks on {channel.name} is kept sealed for 72 hours"
    for field in policy.fields.values():
        if field.identifies:
            yield _identifies(field)
        yield from _nobody(field)
        yield from (f"{field.name} finds people by {how}" for how in field.find_by)
        if field.condition is not None:
            yield f"{field.name} is special under {field.condition}"


def _signed(channel: Channel) -> str:
    """How a channel says that its deliveries are signed: any change of it may let in what was not let in before."""
    if isinstance(channel.sign, UnsetType):
        return ""
    said = structs.asdict(channel.sign)
    return f" ({', '.join(f'{name} {value}' for name, value in said.items() if value not in {None, ''})})"


def strict(policy: Policy) -> Iterator[str]:
    """Rules that hold things back by being there: taking one away loosens."""
    if policy.region_unknown == STRICTEST:
        yield "an unknown region counts as the strictest"
    for purpose in policy.purposes:
        if purpose.sold_or_shared:
            yield f"{purpose.name} closes on an opt-out of sale and sharing"
        if purpose.refusable:
            yield f"{purpose.name} can be refused"
    for apart in policy.separate.roles:
        yield f"nobody holds {' and '.join(apart)} together"
    for apart in policy.separate.steps:
        yield f"nobody takes both {' and '.join(apart)}"
    for course in policy.training.values():
        yield f"course {course.name} every {course.every_days} days, {course.grace_days} days of grace"
    for one in policy.recipients.values():
        if one.erase is not None:
            yield f"an erasure reaches {one.name} by {one.erase}"
    yield from (f"regulation {name} counts" for name in policy.controller.regulations)


def _veiled(field: Field, value: str) -> str:
    """A value of a stop-list as approvers tell it from another, without its being said where this is kept."""
    return f"{mask(field, value)} ({hashlib.sha256(value.encode()).hexdigest()[:6]})"


def lost(old: Policy, new: Policy) -> set[str]:
    """Rules of `loose` whose end lets more happen too, and ways in which a no was heard of what still comes in."""
    return _heard(old, within=new) - _heard(new, within=new)


def closes_more(old: Policy, new: Policy) -> set[str]:
    """What an unsubscribe closes now that it did not, on the channels and of the purposes that there were."""
    return _closes(new, within=old) - _closes(old, within=new)


def _closes(policy: Policy, *, within: Policy) -> set[str]:
    purposes = {one.name for one in within.purposes}
    channels = (one for one in policy.channels.values() if one.name in within.channels)
    return {line for channel in channels for line in _passed_on(channel, policy, purposes)}


def _heard(policy: Policy, *, within: Policy) -> set[str]:
    """How a no is heard, as far as it is of a purpose or a channel that `within` has too.

    A way in that is cut off whole, a channel that is gone or only observes, brings nothing in that a no would close.
    """
    purposes = {one.name for one in within.purposes}
    found = {_banner(word, purpose) for word, purpose in policy.consent_names.items() if purpose in purposes}
    for field in policy.fields.values():
        if field.identifies:
            found.add(_identifies(field))
            found.update(f"{field.name} leads to people for {name}" for name in field.purposes if name in purposes)
        found.update(_nobody(field))
    for channel in policy.channels.values():
        after = within.channels.get(channel.name)
        if after is not None and Stage.OBSERVE not in {channel.stage, after.stage}:
            found.update(_reads(channel))
            found.update(_heard_on(channel, policy))
            found.update(_passed_on(channel, policy, purposes))
    return found


def _heard_on(channel: Channel, policy: Policy) -> Iterator[str]:
    """Whose no each event of a channel brings, and by what it says which basis theirs is."""
    for event in channel.events:
        for name in policy.events[event].fields:
            if policy.fields[name].identifies:
                yield f"a no in {event} on {channel.name} is heard of whoever its {name} leads to"
            if name in policy.region_from and channel.assurance_key != "public":  # which moves nobody
                yield f"{event} on {channel.name} says by {name} where somebody is"


def _passed_on(channel: Channel, policy: Policy, purposes: set[str]) -> Iterator[str]:
    """What an unsubscribe or a complaint closes that the channel's provider passes on."""
    if channel.kind in SENDING_KINDS:
        return
    for one in policy.purposes:
        if one.refusable and one.name in purposes and (not channel.closing or one.name in channel.closing):
            yield f"an unsubscribe on {channel.name} closes {one.name}"


def _reads(channel: Channel) -> Iterator[str]:
    """Where a channel finds what it reads, and how it reads it. Without a place of its own it is the kind's."""
    yield from (f"channel {channel.name} reads {name} from {path}" for name, path in channel.map.items())
    if channel.country is not None:
        yield f"channel {channel.name} reads numbers without a country as of {channel.country}"


def _banner(word: str, purpose: str) -> str:
    return f"the banner's word {word} means {purpose}"


def _identifies(field: Field) -> str:
    return f"{field.name} identifies a {field.identifies}"


def _nobody(field: Field) -> Iterator[str]:
    yield from (f"{field.name} {_veiled(field, value)} stands for nobody" for value in field.nobody)
