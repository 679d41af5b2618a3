"""Why a value is not open in a look, in sentences: what would show it in full, and who can."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from lockhouse.policy.lending import covering
from lockhouse.policy.sentences import SENTENCES
from lockhouse.policy.unmask import elsewhere, opening

if TYPE_CHECKING:
    from lockhouse.gates.disclose import View
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Policy
    from lockhouse.policy.unmask import Unmasking

MASKS = frozenset({"only-masked", "reason"})
"""Reasons that depend on who asks: one sentence for all would be wrong for some of them."""
_PROOF = "step-up"
"""Of what a grant lends: nothing but a reveal that names it opens it (`policy.decide`)."""


def of_view(ask: Ask, view: View) -> Ask:
    """The same, of whom the view shows: what a grant covers goes by that."""
    facts = msgspec.structs.replace(
        ask.facts, persons=frozenset(view.persons), quota_left=1, colleague="colleague" in view.marks,
        flagged="flagged" in view.marks,
    )  # fmt: skip
    return msgspec.structs.replace(ask, facts=facts)


def because(policy: Policy, ask: Ask, field: str, codes: tuple[str, ...], *, person: str) -> str:
    """Why a field is not open in this look, in sentences: each with what would change it, and who can."""
    is_lent = covering(ask, field) is not None
    asks = MASKS | {_PROOF} if is_lent else MASKS
    found = opening(policy, ask, field) if field in policy.fields and asks & set(codes) else None
    if found is None:
        return " ".join(SENTENCES.get(code, code) for code in codes)
    if not found.role:
        return elsewhere(found, ask.purpose, names_roles=_names_roles(ask))
    known = MASKS | {_PROOF} if ask.actor.kind == "staff" else MASKS  # a member's reveal asks for the proof by itself
    lacking = [SENTENCES[code] for code in found.lacking if code not in known]
    named = f" {field}" if is_lent else ""  # each value by itself
    when = "Then" if lacking else "You can"  # what would still be refused is not told as if it went now
    return " ".join([_reveals(found), *lacking, f"{when}: {_reveal(found, ask, person=person, field=named)}"])


def _names_roles(ask: Ask) -> bool:
    """Whether whoever asks chooses a role: a member acts in their own, and a token in its."""
    return ask.actor.kind == "os-user"


def _reveals(found: Unmasking) -> str:
    if "reason" not in found.lacking:
        return "Masked: a look shows this masked, and a reveal opens it."
    words = f"one of your role's reasons: {', '.join(found.reasons)}" if found.reasons else "a reason of your own words"
    return f"Masked: a reveal opens this with {words}."


def _reveal(found: Unmasking, ask: Ask, *, person: str, field: str) -> str:
    role = f" --as {found.role}" if _names_roles(ask) else ""
    line = f"lockhouse person reveal {person}{field}{role} --for {ask.purpose}"
    if "reason" in found.lacking:
        return f"{line} --reason {shlex.quote(found.reasons[0]) if found.reasons else 'REASON'}"
    return f"{line} with the same --reason" if ask.reason else line
