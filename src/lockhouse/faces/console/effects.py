"""What a policy would do, as a page says it: who loses what, who sees more, who gets more; people first.

Lines of `policy.diff` are facts about fields. Here those of one role, recipient or channel come under one heading, with
how many people that is; a line of another kind stands as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lockhouse.policy.diff import Effects

_SEEN = re.compile(
    r"(?P<field>.+?) (?P<how>masked as .+?|full|check|change|aggregate) by (?P<role>\S+) for (?P<purpose>[^,]+?)"
    r"(?:, with another guard: (?P<guards>.+))?"
)
_SENT = re.compile(r"(?P<field>[^: ]+) to (?P<to>\S+) for (?P<purpose>\S+)")
_KEPT = re.compile(r"(?P<field>\S+) for (?P<purpose>[^,]+), from (?P<event>[^,]+) on (?P<channel>\S+)")
CONTEXT = 2
"""Lines that stand around one that changes."""


class Group(NamedTuple):
    """What is alike: a name (of a role, a recipient, a channel; empty for none), how much of it, and the sentences."""

    name: str
    beside: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One kind of effect: its sign (`plus`, `minus`, or empty), its heading, and what belongs to it."""

    sign: str
    head: str
    groups: tuple[Group, ...]


class Line(NamedTuple):
    """A line of the documents' difference; `kind` is `ins`, `del`, `c` (a place) or empty."""

    kind: str
    text: str


def told(effects: Effects, *, people: Mapping[str, int], _: Callable[[str], str]) -> list[Told]:
    """Every kind of effect that there is, what people lose first.

    Args:
        people: role -> how many hold it.
    """
    kinds = (
        ("minus", _("No longer kept"), _kept(effects.no_longer_kept, _)),
        ("minus", _("Kept shorter"), _plain(effects.shorter)),
        ("plus", _("Sees more"), _seen(effects.readable_by_more, people, _)),
        ("plus", _("Gets more"), _sent(effects.sent_to_more, _)),
        ("plus", _("Newly kept"), _kept(effects.newly_kept, _)),
        ("plus", _("Kept longer"), _plain(effects.longer)),
        ("plus", _("Loosened"), _plain(effects.loosened)),
        ("minus", _("Sees less"), _seen(effects.readable_by_less, people, _)),
        ("minus", _("Gets less"), _sent(effects.sent_to_less, _)),
        ("minus", _("Tightened"), _plain(effects.tightened)),
        ("", _("Customers are told"), _plain(effects.told)),
        ("", _("Carried by no event"), _plain(effects.uncarried)),
    )  # fmt: skip
    return [Told(sign=sign, head=head, groups=groups) for sign, head, groups in kinds if groups]


def _plain(lines: Iterable[str]) -> tuple[Group, ...]:
    found = tuple(lines)
    return (Group("", "", found),) if found else ()


def _seen(lines: Iterable[str], people: Mapping[str, int], _: Callable[[str], str]) -> tuple[Group, ...]:
    """Role by role: which fields, how, and for what."""
    by_role: dict[str, dict[tuple[str, str, str], list[str]]] = {}
    rest: list[str] = []
    for line in lines:
        found = _SEEN.fullmatch(line)
        if found is None:
            rest.append(line)
            continue
        how = "masked" if found["how"].startswith("masked") else found["how"]
        alike = by_role.setdefault(found["role"], {})
        alike.setdefault((how, found["purpose"], found["guards"] or ""), []).append(found["field"])
    groups = [
        Group(
            role, _people(people.get(role, 0), _),
            tuple(_sight(fields, *key, _=_) for key, fields in alike.items()),
        )
        for role, alike in by_role.items()
    ]  # fmt: skip
    return (*groups, *_plain(rest))


def _people(count: int, _: Callable[[str], str]) -> str:
    return _("%(num)d people hold it") % {"num": count} if count != 1 else _("one person holds it")


def _sight(fields: list[str], how: str, purpose: str, guards: str, *, _: Callable[[str], str]) -> str:
    words = {
        "masked": _("%(fields)s, masked, for %(purpose)s"),
        "full": _("%(fields)s, unmasked, for %(purpose)s"),
        "check": _("%(fields)s, checked against what a caller says, for %(purpose)s"),
        "change": _("%(fields)s, to correct, for %(purpose)s"),
        "aggregate": _("%(fields)s, as counts, for %(purpose)s"),
    }
    said = words[how] % {"fields": ", ".join(fields), "purpose": purpose}
    return said + _("; the guard changes: %(guards)s") % {"guards": guards} if guards else said


def _sent(lines: Iterable[str], _: Callable[[str], str]) -> tuple[Group, ...]:
    """Recipient by recipient: which fields, and for what."""
    found: dict[str, dict[str, list[str]]] = {}
    rest: list[str] = []
    for line in lines:
        one = _SENT.fullmatch(line)
        if one is None:
            rest.append(line)
        else:
            found.setdefault(one["to"], {}).setdefault(one["purpose"], []).append(one["field"])
    groups = [Group(to, "", tuple(_for(fields, purpose, _) for purpose, fields in alike.items()))
              for to, alike in found.items()]  # fmt: skip
    return (*groups, *_plain(rest))


def _for(fields: list[str], purpose: str, _: Callable[[str], str]) -> str:
    return _("%(fields)s, for %(purpose)s") % {"fields": ", ".join(fields), "purpose": purpose}


def _kept(lines: Iterable[str], _: Callable[[str], str]) -> tuple[Group, ...]:
    """Channel by channel: which fields of which events, and for what."""
    found: dict[str, dict[tuple[str, str], list[str]]] = {}
    rest: list[str] = []
    for line in lines:
        one = _KEPT.fullmatch(line)
        if one is None:
            rest.append(line)
        else:
            found.setdefault(one["channel"], {}).setdefault((one["event"], one["purpose"]), []).append(one["field"])
    groups = [
        Group(
            channel, "",
            tuple(
                _("%(fields)s of %(event)s, for %(purpose)s")
                % {"fields": ", ".join(fields), "event": event, "purpose": purpose}
                for (event, purpose), fields in alike.items()
            ),
        )
        for channel, alike in found.items()
    ]  # fmt: skip
    return (*groups, *_plain(rest))


def lines(before: str, after: str) -> list[Line]:
    """How one document becomes the other, line by line."""
    made = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=CONTEXT)
    kinds = {"+": "ins", "-": "del", "@": "c"}
    return [Line(kinds.get(one[:1], ""), one) for at, one in enumerate(made) if at > 1]
