"""Why somebody may not do something with staff, in a sentence for whoever tried: what, why, and who can help."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.errors import Refused


def said(refused: Refused, _: Callable[[str], str]) -> str:
    """The sentence of a refusal's word."""
    return sentence(refused.reasons[0] if refused.reasons else "", _)


def sentence(word: str, _: Callable[[str], str]) -> str:
    """The sentence of a word."""
    return _sentences(_).get(word) or _("Not done: this is not yours to do.")


def _sentences(_: Callable[[str], str]) -> dict[str, str]:
    """Word of `access.people`, `access.grants`, `flows.token` or of `gates.staff.refusing` -> sentence."""
    return {
        "beyond-its-maker": _("A token has no role but one of yours. Ask somebody who holds the role."),
        "by-host": _("The machine's user proposed this, who may be one of you. Give the role, or begin it, yourself."),
        "decided-some": _("Whoever decided a line does not sign it off. Ask a colleague."),
        "glass-overdue": _("Your break-glass waits for its review too long, or three do. Ask for a grant instead."),
        "grant-over": _("This is over already. Ask for another."),
        "has-staff": _("Two or more can sign in here, so one of them approves it."),
        "holds-roles": _(
            "They have a role already, and whoever opens a link has it too: only who may give roles makes one."
        ),
        "kept-apart": _("The policy keeps this role apart from another that they have. End that one first."),
        "last-admin": _("They are the last admin: without one nobody could be let in. Give another the role first."),
        "lowers-factors": _("That would leave weaker proof than before. Add a passkey first."),
        "no-longer": _("This request waits no longer. It is asked for anew."),
        "not-active": _("They are not active, so nothing changes for them."),
        "not-allowed": _("Your role does not let you. Ask an admin which one does."),
        "not-another-role": _("Whoever approves this holds a role that the proposer does not hold. Ask one of them."),
        "not-glass": _("This was approved by somebody, so nobody reviews it."),
        "not-sole": _("There is another admin, who begins a reset instead."),
        "of-one-line": _(
            "You and the proposer, or you and they, are of one line of invitations, which could be one person. Ask "
            "somebody whom somebody else invited."
        ),
        "not-staff": _("Only a member of staff who is signed in does this."),
        "reviewed": _("Somebody has reviewed this."),
        "same-person": _("Nobody decides over themselves, and who proposed this does not approve it. Ask a colleague."),
        "too-young": _("Whoever approves this has been active for 72 hours, and you have not yet. Ask a colleague."),
        "undecided": _("Some lines are not decided yet."),
        "wrong-state": _("This is done already, or does not go from where it stands. Read the page again."),
    }  # fmt: skip


def weak(word: str, _: Callable[[str], str]) -> str:
    """The sentence of a word of `access.passwords.Refusal`."""
    return {
        "guessed-first": _("It is among those that are guessed first. Take a few words that do not belong together."),
        "leaked": _("It leaked somewhere, and is tried before others. Take one that you use nowhere else."),
        "of-this-house": _("Leave out the names of the house, and your own."),
        "too-long": _("256 letters or signs are enough."),
        "too-short": _("8 letters or signs at least; a sentence is easier to remember."),
    }.get(word) or _("This is no text. Type it anew.")  # fmt: skip
