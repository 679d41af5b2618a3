"""The policy that rules, in plain words: what is kept and why, who sees what of it, and who receives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.policy.matrix import matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.model.policy import Keep, Policy, Purpose, Role
    from lockhouse.policy.matrix import Seen


def purposes_of(policy: Policy, _: Callable[[str], str]) -> list[dict[str, object]]:
    """Purposes, each with what customers read, what it rests on, and for how long."""
    return [
        {"name": one.name, "about": one.about, "basis": _basis(one, _), "keep": keep_words(one.keep, _)}
        for one in policy.purposes
        if not one.builtin
    ]


def _basis(one: Purpose, _: Callable[[str], str]) -> list[str]:
    words = {
        "consent": _("a yes"), "opt_out": _("no objection"), "soft_opt_in": _("an earlier sale, and no objection"),
        "contract": _("the contract"), "legal_obligation": _("a law"),
        "legitimate_interest": _("an interest, which can be objected to"), "vital_interest": _("a vital interest"),
    }  # fmt: skip
    return [
        words.get(word, word) if region == "default" else f"{region}: {words.get(word, word)}"
        for region, word in one.basis.items()
    ]


def keep_words(keep: Keep | None, _: Callable[[str], str]) -> str:
    """For how long, in words."""
    if keep is None:
        return ""
    said = {
        ("months", "event"): _("%(n)d months after it happened"),
        ("months", "last_activity"): _("%(n)d months after the last activity"),
        ("days", "event"): _("%(n)d days after it happened"),
        ("days", "last_activity"): _("%(n)d days after the last activity"),
    }[keep.unit, keep.after]
    return said % {"n": keep.n}


def fields_of(policy: Policy) -> list[dict[str, object]]:
    """Fields by class."""
    known = sorted(policy.fields.values(), key=lambda one: (one.class_, one.name))
    return [
        {
            "name": one.name, "class": one.class_, "type": one.type, "for": ", ".join(one.purposes), "mask": one.mask,
            "is_clear": one.clear, "identifies": one.identifies or "",
        }
        for one in known
    ]  # fmt: skip


def roles_of(policy: Policy, people: Mapping[str, int], _: Callable[[str], str]) -> list[dict[str, object]]:
    """Roles, each with its sentences and with how many hold it."""
    return [
        {"name": one.name, "people": people.get(one.name, 0), "lines": _role(policy, one, _)}
        for one in policy.roles.values()
    ]


def _role(policy: Policy, role: Role, _: Callable[[str], str]) -> list[str]:
    found = []
    for cell in matrix(policy, role=role.name):
        if cell.sees == "nothing" and cell.reveal is None:
            continue
        found.append(
            _("%(class)s for %(purpose)s: %(how)s")
            % {"class": cell.class_, "purpose": cell.purpose, "how": ", ".join(sight(cell, _))}
        )
    if role.may:
        found.append(_("may: %(permissions)s") % {"permissions": ", ".join(role.may)})
    return found or [_("sees nobody, and may nothing")]


def sight(cell: Seen, _: Callable[[str], str]) -> list[str]:
    """What a cell of the matrix shows, in words, with the guards that must hold."""
    words = {"value": _("unmasked"), "mask": _("masked"), "count": _("counts only"), "nothing": _("nothing")}
    said = [_guarded(words[cell.sees], cell.guards, _)]
    if cell.reveal is not None:
        said.append(_guarded(_("reveals"), cell.reveal, _))
    if cell.check is not None:
        said.append(_guarded(_("checks"), cell.check, _))
    if cell.change is not None:
        said.append(_guarded(_("corrects"), cell.change, _))
    return said


def _guarded(word: str, guards: tuple[str, ...], _: Callable[[str], str]) -> str:
    names = {
        "course": _("a course"), "network": _("the network"), "quota": _("an hourly limit"), "reason": _("a reason"),
        "step-up": _("a fresh proof"), "grant": _("a grant"),
    }  # fmt: skip
    if not guards:
        return word
    return _("%(what)s with %(guards)s") % {"what": word, "guards": ", ".join(names[one] for one in guards)}


def recipients_of(policy: Policy) -> list[dict[str, object]]:
    """Who outside receives what, for what, under which contract."""
    return [
        {
            "name": one.name, "role": one.role, "for": ", ".join(one.purposes), "fields": ", ".join(one.fields),
            "contract": one.contract or "", "region": one.region or "",
        }
        for one in policy.recipients.values()
    ]  # fmt: skip


def matrix_of(policy: Policy, _: Callable[[str], str]) -> list[dict[str, object]]:
    """Role by purpose by class: what is seen, with masks and guards."""
    return [
        {
            "role": one.role, "purpose": one.purpose, "class": one.class_, "sees": one.sees,
            "words": sight(one, _), "fields": ", ".join(one.fields),
        }
        for one in matrix(policy)
    ]  # fmt: skip
