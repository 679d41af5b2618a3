"""A view of a person as a page shows it: class by class, each value with its source, each closed door's sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lockhouse.faces.console.closed import why
from lockhouse.faces.console.fields import label, spelt
from lockhouse.model.scale import PersonState, Proof
from lockhouse.policy.unmask import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.faces.console.work import Said
    from lockhouse.flows.change import Standing
    from lockhouse.gates.disclose import FieldView, RecordView, View
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Policy

_BROUGHT: Final = frozenset({"reason", "step-up"})
"""What a reveal asks for by itself; whatever else it lacks is said beside the value."""
_SHORT: Final = 5
"""Values of a record, or of somebody among several, that stand on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A value.

    Attributes:
        state: `open`, `masked`, or `revealed` for what a reveal of this very page opened.
        because: what a reveal lacks that it does not ask for itself.
        can: what may be done with it: `change`, `check`, `reveal`.
        said: what became of what a caller said of it.
        changed: that it was put right, and until when that is undone.
    """

    name: str
    label: str
    state: str
    text: str
    channel: str
    proof: int
    proved: str
    at: int | None
    because: str = ""
    can: frozenset[str] = frozenset()
    said: Said | None = None
    changed: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was done with the values before: said by a caller, opened by this page's reveal, and put right; by field."""

    said: Mapping[str, Said]
    opened: Mapping[str, FieldView]
    changed: Mapping[str, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Values of one class, and how the reader's role sees them."""

    label: str
    hint: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """Fields that are hidden for one reason. `can_prove`: a passkey of the reader opens them for five minutes."""

    labels: str
    why: str
    can_prove: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeing:
    """What a page needs to show a view: the policy, the question, what may be done, and the reader's language.

    The question is of whoever is looked at, as if there were room in the hour.
    """

    policy: Policy
    ask: Ask
    grades: Mapping[str, set[str]]
    unproven: frozenset[str]
    text: Callable[[str], str]

    def can(self, name: str, shown: FieldView) -> frozenset[str]:
        """What the reader's role may do with a value that it sees."""
        field = self.policy.fields[name]
        may = self.grades.get(field.class_, set())
        found: set[str] = {word for word in ("change", "check") if word in may and field.type != "list"}
        if name in self.policy.region_from:
            found.discard("change")
        if shown.state == "masked" and not self._lacks(name) and opening(self.policy, self.ask, name).role:
            found.add("reveal")
        return frozenset(found)

    def lacking(self, name: str) -> str:
        """The sentences of what a reveal of a masked value lacks, and does not ask for itself."""
        return why(sorted(self._lacks(name)), self.text)

    def _lacks(self, name: str) -> set[str]:
        return set(opening(self.policy, self.ask, name).lacking) - _BROUGHT


def groups(view: View, seeing: Seeing, before: Before) -> list[Group]:
    """What is seen of somebody, class by class, in the policy's order."""
    _ = seeing.text
    by_class: dict[str, list[Row]] = {}
    for name, field in seeing.policy.fields.items():
        one = before.opened.get(name) or view.fields.get(name)
        if one is not None and one.state != "shut":
            row = _row(name, one, seeing, before)
            by_class.setdefault(field.class_, []).append(row)
    return [
        Group(
            label=label(name, _), rows=tuple(rows),
            hint=_("masked for you") if any(row.state == "masked" for row in rows) else _("open for you"),
        )
        for name, rows in by_class.items()
    ]  # fmt: skip


def _row(name: str, one: FieldView, seeing: Seeing, before: Before) -> Row:
    _ = seeing.text
    is_revealed = name in before.opened and one.state == "open"
    return Row(
        name=name, label=label(name, _), state="revealed" if is_revealed else one.state,
        text=spelt(one.value), channel=one.channel or "", proof=one.proof or 0, proved=proved(one.proof, _), at=one.at,
        because=seeing.lacking(name) if one.state == "masked" else "", can=seeing.can(name, one),
        said=before.said.get(name), changed=before.changed.get(name) if one.corrected else None,
    )  # fmt: skip


def proved(proof: int | None, _: Callable[[str], str]) -> str:
    """How far a value is believed, in a word."""
    words = {Proof.CLAIMED: _("claimed"), Proof.ISSUED: _("issued"), Proof.PROVEN: _("proven")}
    return words.get(Proof(proof), "") if proof else ""


def shut(view: View, seeing: Seeing) -> list[Shut]:
    """What is hidden of somebody, each reason once with the fields that it holds for."""
    _ = seeing.text
    held: dict[str, list[str]] = {}
    for name, one in view.fields.items():
        if one.state == "shut":
            held.setdefault(why(one.because, _), []).append(label(name, _))
    found = [Shut(labels=", ".join(names), why=told) for told, names in held.items()]
    special = [label(name, _) for name in sorted(provable(seeing))]
    if special:
        found.append(Shut(labels=", ".join(special), why=why(["special"], _), can_prove=True))
    return found


def provable(seeing: Seeing) -> set[str]:
    """Special fields that the reader's role sees, and that wait for a passkey of theirs."""
    return {name for name in seeing.unproven if _sees(seeing, name)}


def _sees(seeing: Seeing, name: str) -> bool:
    return bool({"masked", "full"} & seeing.grades.get(seeing.policy.fields[name].class_, set()))


def brief(fields: Mapping[str, FieldView], policy: Policy, _: Callable[[str], str], *, most: int = _SHORT) -> list[Any]:
    """The first few values that are seen, as (label, text, is masked): what tells one person or record from another."""
    seen = [(name, fields[name]) for name in policy.fields if name in fields and fields[name].state != "shut"]
    return [(label(name, _), spelt(one.value), one.state == "masked") for name, one in seen][:most]


def record(one: RecordView, policy: Policy, _: Callable[[str], str]) -> dict[str, Any]:
    """A record of the timeline: what is seen of it, how much more there is, and why that is hidden."""
    hidden = [field for field in one.fields.values() if field.state == "shut"]
    codes = sorted({code for field in hidden for code in field.because})
    parts = brief(one.fields, policy, _)
    return {
        "at": one.occurred_at, "channel": one.channel, "event": one.event, "parts": parts,
        "more": len(one.fields) - len(hidden) - len(parts), "hidden": len(hidden), "why": why(codes, _),
        "gone": sum(one.ended.values()) + sum(part.boxes for part in one.shut),
    }  # fmt: skip


def states(view: View, _: Callable[[str], str], *, held: bool) -> list[tuple[str, str, str]]:
    """What stands against somebody's data, as (kind of notice, what, what it means, who helps); `held`: by a hold."""
    told = {
        PersonState.RESTRICTED: ("look", _("Restricted."), _("Kept, and used for nothing but legal duties.")),
        PersonState.HELD: ("look", _("Under a legal hold."), _("Nothing of it is deleted until the hold is released.")),
        PersonState.MINOR: ("look", _("A minor."), _("Optional purposes are shut.")),
        PersonState.ENDING: (
            "stop", _("Being erased."), _("It can be called off until it is destroyed: ask a privacy officer."),
        ),
        PersonState.ERASED: ("stop", _("Erased."), _("Nobody can bring it back. The certificate says when.")),
    }  # fmt: skip
    stands = view.state | (PersonState.HELD if held and not view.refused else PersonState.NONE)
    return [words for flag, words in told.items() if stands & flag]
