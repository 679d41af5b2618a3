"""Drafts of the policy by the API: explained, compared and proposed. What makes one rule is approved elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec

from lockhouse.errors import Invalid
from lockhouse.faces.api import shapes
from lockhouse.faces.api.reads import waiting_of
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered, plain
from lockhouse.faces.policy_text import approved, source_of
from lockhouse.flows.approve import Draft, draft_of, propose
from lockhouse.gates.live import LIVE, versions
from lockhouse.model.decision import PersonFacts
from lockhouse.policy.explain import explain
from lockhouse.policy.words import is_region
from lockhouse.wiring import KINDS


async def explained(call: Call) -> shapes.PolicyExplained:
    """Why a role sees a field so, for a purpose and such a person."""
    asked: shapes.AboutAsked = call.body
    policy = call.house.live().policy
    region = None if asked.region is None else asked.region.lower()
    if region is not None and not is_region(region):
        raise Invalid("region", "eu, a country as two letters (de) or a part of one (us-ca)", got="another word")
    known = [one.name for one in policy.purposes if not one.builtin]
    words = asked.consents or {}
    if not set(words) <= set(known):
        raise Invalid("consents", f"of the purposes {', '.join(known)}", got="another")
    person = PersonFacts(region=region, consents={name: word == "granted" for name, word in words.items()})
    lines = explain(policy, role=asked.role, field=asked.field, purpose=asked.purpose, person=person)
    return answered(shapes.PolicyExplained, role=asked.role, field=asked.field, purpose=asked.purpose, because=lines)


async def diff(call: Call) -> shapes.DraftShown:
    """What a draft would change; nothing is written."""
    live = call.house.live_policy
    draft = await _draft(call)
    return answered(
        shapes.DraftShown, same=draft.same, against=live.version if live else None, waiting=waiting_of(call),
        **_told(draft),
    )  # fmt: skip


async def proposed(call: Call) -> shapes.DraftProposed:
    """A draft is a version that may be approved; it rules nothing yet."""
    source = _source(call.body)
    draft = await _draft(call)
    ruling = [row for row in await versions(call.house) if row.state == LIVE]
    if ruling and ruling[-1].document == source:
        return answered(shapes.DraftProposed, version=ruling[-1].id, changed=False, **_told(draft))
    made = await propose(call.house, draft, source, by=call.actor.id)
    return answered(shapes.DraftProposed, version=made, changed=True, **_told(draft))


async def _draft(call: Call) -> Draft:
    asked: shapes.DraftAsked = call.body
    document = approved(_source(asked), said=min(asked.files))
    return await draft_of(call.house, document, KINDS)


def _source(asked: shapes.DraftAsked) -> bytes:
    return source_of(asked.files, folder=asked.folder)


def _told(draft: Draft) -> dict[str, Any]:
    ends = None if draft.reach is None else msgspec.structs.asdict(draft.reach)
    return {"effects": plain(draft.effects), "ends": ends}
