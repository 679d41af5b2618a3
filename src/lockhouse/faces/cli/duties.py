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
    "channel add": "channel-key-make",
    "channel test": "channel-key-make",
    "channel resume": "service-resume",
    "channel revoke": "channel-key-end",
    "channel rotate": "channel-key-rotate",
    "consent export": "export",
    "consent import": "consent-import",
    "consent record": "consent-record",
    "consent undo": "consent-import",
    "grant approve": "grant-approve",
    "grant break-glass": "break-glass",
    "grant record": "grant-approve",
    "grant review": "grant-review",
    "grant withdraw": "grant-approve",
    "hold place": "hold-keep",
    "hold read": "export",
    "hold release": "hold-release",
    "hold review": "hold-keep",
    "key reseal": "key-rotate",
    "key snapshot": "key-rotate",
    "person change": "person-change",
    "person check": "person-check",
    "person link": "person-link",
    "person reveal": "person-reveal",
    "person unflag": "person-unflag",
    "person unlink": "person-link",
    "policy withdraw": "policy-withdraw",
    "proposal accept": "person-link",
    "recipient replay": "export",
    "recipient resume": "service-resume",
    "request cancel": "request-cancel",
    "request fulfil": "erase",
    "request open": "erase",
    "request settle": "request-settle",
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
    "staff session end": "session-end",
    "suppression remove": "suppression-remove",
    "token create": "token-make",
    "token revoke": "token-revoke",
    "token rotate": "token-make",
    "training record": "grant-approve",
}
"""Command -> what of `access.step_up` a member proves for it. A policy they approve on the console's own page."""
OF_SPECIAL: Final = {"person-change": "special-change", "person-check": "special-check"}
"""What a member proves in place of it where a field is special."""
UNPROVEN: Final[dict[str, str]] = {
    "channel pause": "stops a channel; senders keep what they have, and `channel resume` undoes it",
    "channel replay": "stores what the policy that was approved allows now",
    "grant end": "ends what lapses within hours, and is asked for anew",
    "grant refuse": "opens nothing; it may be asked for anew",
    "grant request": "opens nothing until another approves it",
    "import": "stores what the channel may send by the policy that was approved",
    "import undo": "takes records away that one import brought; it is imported anew",
    "mail retry": "sends what waits to whom it was for",
    "person flag": "has a person watched over; nobody sees more",
    "policy approve": "is approved on the console's own page, which asks for a passkey",
    "policy propose": "rules nothing",
    "policy rollback": "as `policy approve`",
    "proposal refuse": "keeps two persons two, as they are",
    "recipient pause": "what is for it waits, in its order, and `recipient resume` undoes it",
    "staff access decide": "ends nothing until somebody else signs it off",
    "staff access open": "ends nothing",
    "staff recover": "is for the machine's user alone",
    "suppression add": "keeps somebody from being collected; nobody sees more",
}
"""Command that changes something -> why a member confirms nothing for it."""
LOOKS: Final = frozenset({
    "grant list", "grant recorded", "grant show", "hold list", "hold show", "insight report",
    "consent show", "person explain", "person find", "person flagged", "person looked", "person show",
    "person timeline", "proposal compare", "proposal list", "staff access export", "staff access list",
    "staff access now", "staff access show", "staff identifier list", "staff list", "staff session list", "staff show",
    "suppression list", "token list", "token show", "training show",
})  # fmt: skip
"""Commands that ask for their permission themselves, and change nothing; each look at a person is noted."""
BY_TOKEN: Final = frozenset({
    "channel-key-end", "consent-import", "consent-record", "export", "hold-keep", "hold-release", "person-check",
    "person-link", "person-reveal", "request-cancel", "request-settle", "service-resume", "suppression-remove",
    "token-revoke",
})  # fmt: skip
"""Of these, those that a token's own terms decide over; the others take a person, or the API."""
A_PERSONS: Final = frozenset({
    "grant refuse", "grant request", "policy approve", "policy rollback", "staff access decide", "staff access open",
    "staff recover",
})  # fmt: skip
"""Commands that nobody confirms, and that no token does none the less: by the API there is no such route either."""
READS: Final[dict[str, str]] = {
    "channel drops": "channel.drops",
    "channel list": "channel.list",
    "channel observed": "channel.observed",
    "channel show": "channel.show",
    "import list": "import.list",
    "key status": "key.status",
    "ledger checkpoint": "ledger.read",
    "ledger export": "ledger.read",
    "ledger log": "ledger.read",
    "ledger prove": "ledger.read",
    "mail list": "mail.list",
    "policy diff": "policy.diff",
    "policy explain": "policy.explain",
    "policy history": "policy.history",
    "policy matrix": "policy.matrix",
    "policy show": "policy.show",
    "policy suggest": "policy.suggest",
    "recipient list": "recipient.list",
    "recipient show": "recipient.show",
    "request asked": "request.list",
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
    "channel add", "channel replay", "channel revoke", "channel rotate", "channel test",
    "consent export", "consent import", "consent record",
    "consent show", "consent undo", "grant end", "grant list", "grant record", "hold list", "hold place", "hold read",
    "hold release", "hold review", "hold show", "import", "import undo", "insight report", "key reseal", "key snapshot",
    "mail retry", "person check", "person explain", "person find", "person link", "person reveal", "person show",
    "person timeline", "person unlink", "policy approve", "policy propose", "policy rollback", "policy withdraw",
    "proposal accept", "proposal compare", "proposal list", "proposal refuse", "recipient replay", "request cancel",
    "request fulfil", "request open", "request settle", "retention apply", "retention confirm", "retention end-idle",
    "staff disable", "staff enable", "staff invite", "staff link", "staff list", "staff recover", "staff reset",
    "staff review", "staff role approve", "staff role end", "staff role give", "staff session end",
    "staff session list", "staff show", "suppression add", "suppression list", "suppression remove", "token create",
    "token list", "token revoke", "token rotate", "token show", "training record", "training show",
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
