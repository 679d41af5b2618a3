"""What a person chose, purpose by purpose, as a page says it: what stands, by which word, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lockhouse.faces.console.closed import why
from lockhouse.faces.console.current import house_of
from lockhouse.faces.console.fields import label, spelt
from lockhouse.faces.console.rendering import text_of
from lockhouse.flows import choices as flow
from lockhouse.gates.staff.acting import actor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.choices import Choice, Word
    from lockhouse.gates.disclose import View
    from lockhouse.model.decision import Ask

SHOW, RECORD = "consent.show", "consent.record"
JUST_MS: Final = 120_000
"""How long the page says of a refusal that it was just recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A purpose.

    Attributes:
        mark: shape before what stands: `good`, `refused`, or empty where nothing can be chosen.
        stands: what they chose, or on what it rests where there is no choice. `at`: since when (ms), 0 if unknown.
        by: how that is known. `entry`: the ledger's entry of it, as hexadecimal; empty without a word.
        follows: what is so since. `earlier`: words before it, as (ms, text) each; `older`: how many more there are.
        can_refuse: that the reader may record a refusal.
        is_new: the reader recorded a refusal a moment ago.
    """

    name: str
    label: str
    about: str
    mark: str
    stands: str
    at: int = 0
    by: str = ""
    entry: str = ""
    follows: str = ""
    earlier: tuple[tuple[int, str], ...] = ()
    older: int = 0
    can_refuse: bool = False
    is_new: bool = False


async def chosen(request: Request, me: Me, view: View, ask: Ask) -> dict[str, Any]:
    """The rows of a person who was just looked at; whoever may not see what people chose is told what holds of all.

    Raises:
        NotFound: nobody is there who lives. Others: as of the flow.
    """
    house, _ = house_of(request), text_of(request)
    if not me.may(house, SHOW):
        return {"rows": _of_nobody(request, ask), "all": False}
    actor = actor_of(me.live.session, me.live.roles)
    _entry, found = await flow.choices(house, view, actor=actor, own=ask.facts.own)
    now, may = house.clock.now_ms(), me.may(house, RECORD)
    return {"rows": [_row(one, _, me=me.actor, now=now, may=may) for one in found], "all": True}


def _of_nobody(request: Request, ask: Ask) -> list[Row]:
    """What is so of everybody by the policy, and that this person's data may be seen for the reader's own purpose."""
    _, rows = text_of(request), []
    for one in house_of(request).live().policy.purposes:
        said = ""
        if not one.builtin and not one.refusable:
            said = _rests(sorted(set(one.basis.values())), _)
        elif not one.builtin and one.name == ask.purpose:
            said = _("open: else nothing of this would be shown")
        if said:
            mark = "good" if one.refusable else ""
            rows.append(Row(name=one.name, label=label(one.name, _), about=one.about, mark=mark, stands=said))
    return rows


def _row(one: Choice, _: Callable[[str], str], *, me: str, now: int, may: bool) -> Row:
    if not one.refusable:
        return Row(
            name=one.purpose, label=label(one.purpose, _), about=one.about, mark="", stands=_rests(one.bases, _),
            follows=why([one.shut], _) if one.shut else "",
        )  # fmt: skip
    rules = _ruling(one)
    return Row(
        name=one.purpose, label=label(one.purpose, _), about=one.about, mark="refused" if one.shut else "good",
        stands=_stands(one, rules, _), at=rules.at if rules else 0, by=_by(rules, _, me=me) if rules else "",
        entry=rules.entry.hex() if rules else "", follows=_follows(one, _),
        earlier=tuple((each.at, _earlier(each, _, me=me)) for each in one.words if each is not rules), older=one.older,
        can_refuse=may and not one.denied,
        is_new=rules is not None and one.denied and rules.by == me and 0 <= now - rules.at < JUST_MS,
    )  # fmt: skip


def _ruling(one: Choice) -> Word | None:
    """The newest word that says what stands; None where none of them does."""
    for word in one.words:
        if word.customer:
            if not one.denied and not one.shut and not any(each.granted and each.counts for each in one.words):
                return word
        elif word.counts and word.granted is not one.denied:
            return word
    return None


def _stands(one: Choice, rules: Word | None, _: Callable[[str], str]) -> str:
    if one.denied:
        objected = "legitimate_interest" in one.bases and "consent" not in one.bases
        return _("objected") if objected else _("refused")
    if rules is not None and rules.customer:
        return _("a customer, who has not refused")
    if rules is not None:
        return _("agreed")
    if not one.shut:
        return _("not refused")
    return _("never asked, or no answer that counts") if one.shut == "no-consent" else _("closed")


def _follows(one: Choice, _: Callable[[str], str]) -> str:
    """What is done, or is not, since they chose so; where no choice closes it, the sentence of what does."""
    where = ", ".join(one.recipients)
    if not one.shut:
        return (
            _("May be used for it, and sent to: %(names)s.") % {"names": where} if where else _("May be used for it.")
        )
    told = "" if one.denied or one.shut == "no-consent" else why([one.shut], _) + " "
    if where:
        return told + _("Nothing is used for it, and nothing goes to: %(names)s.") % {"names": where}
    return told + _("Nothing is used for it.")


def _rests(bases: Iterable[str], _: Callable[[str], str]) -> str:
    words = {
        "contract": _("contract"), "legal_obligation": _("law"), "vital_interest": _("vital interest"),
    }  # fmt: skip
    return _("%(basis)s, no choice is needed") % {"basis": ", ".join(words.get(one, one) for one in bases)}


def _earlier(word: Word, _: Callable[[str], str], *, me: str) -> str:
    said = _("bought something") if word.customer else _("agreed") if word.granted else _("refused")
    told = f"{said}, {_by(word, _, me=me)}"
    return told if word.counts else told + ": " + _("does not count")


def _by(word: Word, _: Callable[[str], str], *, me: str) -> str:
    """How a word came, by whom it is vouched for, and the text that they saw."""
    signals = {
        "banner": _("by a banner"), "gpc": _("by their browser's signal"), "import": _("by a file"),
        "provider": _("by a provider"), "restore": _("told again after a restore"), "sale": _("by an order"),
        "staff": _("recorded by you") if word.by == me else _("recorded by staff"),
        "suppression": _("by a suppression"),
    }  # fmt: skip
    keys = {1: _("public key"), 2: _("secret key"), 3: _("signed")}
    parts = [signals.get(word.signal, spelt(word.signal))]
    if word.note:
        parts.append(spelt(word.note))
    if word.channel:
        parts.append(f"{word.channel} ({keys.get(word.assurance, '')})")
    if word.notice:
        parts.append(_("text %(version)s") % {"version": spelt(word.notice)})
    return ", ".join(parts)
