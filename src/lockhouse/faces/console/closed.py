"""Why something of a person is hidden, in a sentence for whoever looks: what, why, what one can still do, who can help.

The codes are those of `policy.sentences`, whose words are for the command line; these are for the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lockhouse.gates.disclose import View


def why(codes: Iterable[str], _: Callable[[str], str]) -> str:
    """The sentences of these codes, each once."""
    known = sentences(_)
    return " ".join(dict.fromkeys(known.get(code) or known["class-not-seen"] for code in codes))


def refused(view: View, _: Callable[[str], str], *, at: Callable[[int], str]) -> str:
    """Why nothing of a person is shown; of a limit, since when there is room again."""
    if view.spent is not None and "quota" in view.refused:
        return spent(view.spent.limit, at(view.spent.free_at), _)
    return why(view.refused, _)


def spent(limit: int, free: str, _: Callable[[str], str]) -> str:
    """That a limit of people an hour is reached, and what helps."""
    return _(
        "You have looked up %(limit)s people this hour, your limit. There is room again at %(free)s, or an "
        "admin can raise it."
    ) % {"limit": limit, "free": free}


def sentences(_: Callable[[str], str]) -> dict[str, str]:
    """Code -> sentence, of every code that a look at a person may answer with."""
    return _of_person(_) | _of_reader(_) | _of_data(_)


def _of_person(_: Callable[[str], str]) -> dict[str, str]:
    """What stands against the person's data."""
    return {
        "being-erased": _(
            "Shut: this person's data is being erased. It can be called off until it is destroyed. Ask a "
            "privacy officer."
        ),
        "erased": _("Shut: this person's data was erased. Nobody can bring it back. The certificate says when."),
        "hold": _(
            "Not undone: a legal hold keeps this. What is held stays until it is released. Ask a privacy officer."
        ),
        "minor": _(
            "Hidden: this person is a minor; optional purposes are shut. Orders stay open. Ask a privacy officer."
        ),
        "no-consent": _("Hidden: this person did not agree to this purpose. Orders stay open. Only they can agree."),
        "objected": _(
            "Hidden: this person objected to this purpose. You can still see orders for others. Ask a privacy officer."
        ),
        "opted-out": _(
            "Hidden: this person opted out of sale and sharing. Orders stay open. Only they can opt in again."
        ),
        "region": _("Hidden: nobody knows this person's region, so the strictest rule counts. Orders stay open."),
        "restricted": _(
            "Hidden: this person's data is restricted: kept, and used for nothing but legal duties. Ask a "
            "privacy officer."
        ),
        "suppressed": _(
            "Hidden: this person asked to be left out of this purpose. Orders stay open. Ask a privacy officer."
        ),
        "undo-over": _("Not undone: this was changed more than thirty days ago. Change it anew, on the person's word."),
    }


def _of_reader(_: Callable[[str], str]) -> dict[str, str]:
    """What whoever looks lacks."""
    return {
        "class-not-seen": _(
            "Hidden: your role does not see this kind of data. For one case ask for a grant, else an admin whose role "
            "does."
        ),
        "colleague": _(
            "Hidden: this is a colleague's own record. Ask for a grant that names them, or somebody whose role looks "
            "at colleagues."
        ),
        "course-missing": _(
            "Hidden: a course that your role needs is not recorded of you, or has lapsed. Take it; an admin records it."
        ),
        "flagged": _(
            "Hidden: this person is watched over. Ask for a grant that names them, or somebody whose role looks at "
            "them."
        ),
        "grant": _("Hidden: this needs a grant from a colleague. Ask for one, with your reason and a ticket."),
        "network": _("Hidden: your role works from named networks only, and you ask from another. Ask an admin."),
        "no-role": _("Hidden: no role of yours works for this purpose. Pick one that it works for, or ask an admin."),
        "only-masked": _("Masked: your role sees this masked. Whoever may see it in full can help."),
        "own-record": _(
            "Hidden: this is your own record. You may have it as any customer may. Ask a colleague who answers "
            "requests."
        ),
        "quota": _(
            "Hidden: you have looked up as many people this hour as your role may. There is room again within "
            "the hour, or an admin can raise it."
        ),
        "reason": _("Masked: a reveal opens this, with a reason."),
        "separate-roles": _("Hidden: you hold two roles that one person must not hold. Ask an admin to end one."),
        "special": _(
            "Hidden: special data asks for a fresh proof of who you are, five minutes old at most. Prove it, "
            "and look again."
        ),
        "step-up": _("Masked: a reveal opens this, with a passkey."),
        "tries": _("Not checked: it was tried as often as it may be in an hour. Ask the caller for something else."),
    }


def _of_data(_: Callable[[str], str]) -> dict[str, str]:
    """What is so of the value, or of the whole house."""
    return {
        "ceiling": _(
            "Hidden: the whole house has opened this kind of data of as many people this hour as the policy "
            "allows. There is room again within the hour."
        ),
        "keep-over": _(
            "Hidden: this was kept for your purpose as long as was promised. Another purpose may still hold it."
            " Ask a privacy officer."
        ),
        "no-such-purpose": _("Hidden: the policy does not name this purpose any more. Pick another."),
        "not-collected-for-it": _(
            "Hidden: when this was collected, it was not for your purpose. What was collected for it since is shown."
        ),
        "not-for-this-purpose": _("Hidden: this is not kept for your purpose. Other roles work for others."),
        "now-special": _(
            "Hidden: this became special since, and what came before is not opened as such. What came since is shown."
        ),
        "other-class": _(
            "Hidden: this was another kind of data when it came, which other roles see. What came since is shown."
        ),
        "other-type": _("Hidden: a field of this name held something else when this came. What came since is shown."),
        "undeclared": _("Hidden: the policy does not name this field. Ask whoever writes the policy."),
    }
