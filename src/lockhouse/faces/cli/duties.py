"""Who each command is done by in a house that somebody has enrolled in, in one table.

1. *Alone*: it needs nobody's role, and must go on when nobody can sign in; the machine's user does it, as before.
2. *On the machine*: the rules of staff leave it to whoever has the machine, and `--local` says that they mean it.
3. Everything else is done by a member who signed in, with their roles, or by a service token, within its terms:
   without a role there is no answer, also of what only reads.
4. *Proven*: a member confirms it in the console, for this very command; a token never does what takes a person.
5. A command that is not in the table is a member's alone: forgetting it lets nobody in.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.access.step_up import action_hash
from lockhouse.gates.staff.steps import Meant

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_UNOPENED = "opens no house, or no working one"
_PROVES = "shows nothing of a person, and whoever doubts the house must be able to run it"
_KEEPS = "runs by a timer, and what it makes is sealed: it takes the root key, and no role, to open it"
ALONE: Final[dict[str, str]] = {
    "accept clock": "the house has closed itself, and no sign-in counts under a clock in doubt",
    "accept restore": "the house has closed itself: whoever brought it back answers for it",
    "backup create": _KEEPS,
    "backup restore": "makes a house anew, with the root key, where nobody can be signed in",
    "completion": _UNOPENED,
    "demo": _UNOPENED,
    "doctor": "says what to mend, also of a house that nobody can sign in to",
    "init": _UNOPENED,
    "ledger verify": _PROVES,
    "ledger witness": _PROVES,
    "mail test": "opens no house: it tries the settings, which whoever has the machine reads anyway",
    "migrate": "comes before the house can open",
    "policy check": "reads the draft, and opens no house",
    "policy schema": _UNOPENED,
    "policy test": "reads the draft, and opens no house",
    "restart": "asks the serving house to go on; whoever may signal it may",
    "serve": "runs the console that people sign in to",
    "sign-in": "is how somebody comes in",
    "sign-out": "ends what is one's own",
    "version": _UNOPENED,
    "whoami": "says who is signed in, and whether",
}
"""Command -> why nobody has to be signed in."""
LOCAL: Final[dict[str, str]] = {
    "policy approve": "while nobody who works here could sign it, and nobody else could mend the policy",
    "policy rollback": "as `policy approve`",
    "staff invite": "a second account made on the machine is what makes a house of two",
    "staff link": "as `staff invite`, for whoever was invited there",
    "staff list": "names the accounts that the others are about",
    "staff recover": "a sole admin who lost every factor has nobody to ask",
    "staff reset": "while fewer than two have ever enrolled",
    "staff review": "while fewer than two have ever enrolled",
    "staff role approve": "while fewer than two have ever enrolled, or where it begins the second line",
    "staff role give": "proposes, and gives nothing that takes two",
    "staff show": "as `staff list`",
}
"""Command -> why whoever has the machine may do it, with `--local`."""
PROVEN: Final[dict[str, str]] = {
    "channel add": "token-make",
    "channel test": "token-make",
    "channel resume": "service-resume",
    "consent export": "export",
    "grant approve": "grant-approve",
    "grant break-glass": "break-glass",
    "grant record": "grant-approve",
    "grant review": "grant-approve",
    "grant withdraw": "grant-approve",
    "hold read": "export",
    "key reseal": "key-rotate",
    "key snapshot": "key-rotate",
    "person change": "person-change",
    "person check": "person-check",
    "person reveal": "person-reveal",
    "person unflag": "person-unflag",
    "policy withdraw": "policy-withdraw",
    "recipient replay": "export",
    "recipient resume": "service-resume",
    "request fulfil": "erase",
    "request open": "erase",
    "retention apply": "erase",
    "retention confirm": "erase",
    "retention end-idle": "erase",
    "staff access sign": "access-review-sign",
    "staff disable": "staff-disable",
    "staff enable": "staff-enable",
    "staff identifier add": "staff-identifier",
    "staff identifier end": "staff-identifier",
    "staff import": "staff-invite",
    "staff invite": "staff-invite",
    "staff link": "staff-invite",
    "staff reset": "staff-reset",
    "staff review": "staff-review",
    "staff role approve": "role-approve",
    "staff role end": "role-end",
    "staff role give": "role-give",
    "token create": "token-make",
    "token rotate": "token-make",
    "training record": "grant-approve",
}
"""Command -> what of `access.step_up` a member proves for it. A policy they approve on the console's own page."""
OF_SPECIAL: Final = {"person-change": "special-change", "person-check": "special-check"}
"""What a member proves in place of it where a field is special."""
BY_TOKEN: Final = frozenset({"export", "person-check", "person-reveal", "service-resume"})
"""Of these, those that a token's own terms decide over; the others take a person, or the API."""
READS: Final[dict[str, str]] = {
    "channel drops": "channel.drops",
    "channel list": "channel.list",
    "channel observed": "channel.drops",
    "channel show": "channel.show",
    "import list": "import.list",
    "key status": "key.status",
    "ledger checkpoint": "ledger.read",
    "ledger export": "ledger.read",
    "ledger log": "ledger.read",
    "ledger prove": "ledger.read",
    "mail list": "mail.list",
    "policy diff": "policy.show",
    "policy explain": "policy.show",
    "policy history": "policy.history",
    "policy matrix": "policy.matrix",
    "policy show": "policy.show",
    "policy suggest": "policy.suggest",
    "recipient list": "recipient.list",
    "recipient show": "recipient.show",
    "request certificate": "request.show",
    "request list": "request.list",
    "request show": "request.show",
    "retention idle": "retention.plan",
    "retention plan": "retention.plan",
    "tail": "channel.tail",
    "why": "channel.why",
}
"""Commands that show nothing of a person and ask for no permission themselves, and what each needs: who is signed in
by a role of theirs, and a token by its own terms."""
THEMSELVES: Final = frozenset({
    "staff access decide", "staff access export", "staff access list", "staff access now", "staff access open",
    "staff access show", "staff access sign", "staff import",
    "channel pause", "channel resume", "recipient pause", "recipient resume",
    "grant approve", "grant break-glass", "grant recorded", "grant refuse", "grant request", "grant review",
    "grant show", "grant withdraw", "person change", "person flag", "person flagged", "person looked", "person unflag",
    "staff identifier add", "staff identifier end", "staff identifier list",
    "channel add", "channel replay", "channel revoke", "channel test",
    "consent export", "consent import", "consent record",
    "consent show", "consent undo", "grant end", "grant list", "grant record", "hold list", "hold place", "hold read",
    "hold release", "hold review", "hold show", "import", "import undo", "insight report", "key reseal", "key snapshot",
    "mail retry", "person check", "person explain", "person find", "person link", "person reveal", "person show",
    "person timeline", "person unlink", "policy approve", "policy propose", "policy rollback", "policy withdraw",
    "proposal accept", "proposal compare", "proposal list", "proposal refuse", "recipient replay", "request cancel",
    "request fulfil", "request open", "retention apply", "retention confirm", "retention end-idle", "staff disable",
    "staff enable", "staff invite", "staff link", "staff list", "staff recover", "staff reset", "staff review",
    "staff role approve", "staff role end", "staff role give", "staff session end", "staff session list", "staff show",
    "suppression add", "suppression list", "suppression remove", "token create", "token list", "token revoke",
    "token rotate", "token show", "training record", "training show",
})  # fmt: skip
"""Commands that ask for their permission, or decide over a look, themselves."""
_ID_DIGITS = 32


class Typed(NamedTuple):
    """A command as it was typed: its name, and its words behind it.

    `beside` says what it was handed in files or at a prompt, a line each, where that decides what is done.
    """

    name: str
    words: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As a member reads it: each word apart from the next, and no sign that could hide or turn another."""
        words = (shlex.quote(_plain(word)) for word in self.words)
        return "\n".join((" ".join(("lockhouse", self.name, *words)), *map(_plain, self.beside)))


NOTHING: Final = Typed("")


def action_of(typed: Typed, *, special: Collection[str]) -> str | None:
    """What of `access.step_up` a member proves for this command; None: nothing. Any word may be a special field."""
    action = PROVEN.get(typed.name)
    return OF_SPECIAL.get(action, action) if action and any(word in special for word in typed.words) else action


def meant(typed: Typed, action: str) -> Meant:
    """What a member proves for this very command: its action, the persons it names, and every word and line of it."""
    persons = [bytes.fromhex(word) for word in typed.words if _is_id(word)]
    words: Sequence[str] = [f"{at} {word}" for at, word in enumerate((typed.name, *typed.words))]
    beside = [f"+{at} {line}" for at, line in enumerate(typed.beside)]
    return Meant(action, action_hash(action, persons=persons, fields=[*words, *beside]))


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _is_id(word: str) -> bool:
    return len(word) == _ID_DIGITS and set(word) <= set("0123456789abcdef")
