"""`lockhouse --server URL …`: the same commands, asked of a house elsewhere by its API, as a token may.

Each command of the tree stands in one of two tables: which function asks for it, or why it cannot be asked for. A test
holds them against the tree, so that none is forgotten. Whoever asks from elsewhere acts in the role of their token.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.outcomes import anchor, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockhouse.faces.cli.call import Call

_ROOM = "lockhouse.faces.cli.remote"
NOT_ELSEWHERE: Final = "LH-6001"
FILES = "it reads or writes files, keys or stores of the house's machine"
AS_IT_IS = "it looks at files, listeners and settings of the house's machine as they are"
PROCESSES = "it begins, follows or ends processes of the house's machine"
NO_HOUSE = "it needs no house: leave --server out"
RECOVERS = "it is for whoever has the house's machine, when nothing else may decide"
CONSOLE = "who works with the house does it in the console, where they prove who they are"
SIGNS = "a member signs in on the house's machine; elsewhere a token asks"
PROVES = "it takes a person, who proves that it is they: a token could not be asked who they are"
STAFF = (
    "invite", "link", "list", "show", "disable", "enable", "reset", "review", "role give", "role approve", "role end",
    "session list", "session end",
    "access now", "access list", "access open", "access show", "access decide", "access sign", "access export",
    "import",
    "identifier add", "identifier end", "identifier list",
)  # fmt: skip
PERSONS = (
    "grant request", "grant approve", "grant break-glass", "grant record", "grant refuse", "grant review",
    "grant withdraw", "person unflag", "training record",
)  # fmt: skip
ASKED: Final[dict[str, str]] = {
    "version": "house:version",
    "why": "house:why",
    "policy show": "policy:show",
    "policy history": "policy:history",
    "policy matrix": "policy:matrix",
    "channel list": "channel:list_",
    "channel show": "channel:show",
    "channel drops": "channel:drops",
    "recipient list": "recipient:list_",
    "recipient show": "recipient:show",
    "consent record": "words:record",
    "consent show": "words:show",
    "suppression add": "words:suppress",
    "suppression remove": "words:lift",
    "suppression list": "words:suppressions",
    "request open": "request:open_",
    "request list": "request:list_",
    "request show": "request:show",
    "request cancel": "request:cancel",
    "request asked": "request:asked",
    "request settle": "request:settle",
    "hold list": "hold:list_",
    "token create": "token:create",
    "token list": "token:list_",
    "token show": "token:show",
    "token rotate": "token:rotate",
    "token revoke": "token:revoke",
    "hold show": "hold:show",
    "hold place": "hold:place",
    "hold review": "hold:review",
    "hold release": "hold:release",
    "policy explain": "policy:explain",
    "policy diff": "policy:diff",
    "policy propose": "policy:propose",
    "channel observed": "channel:observed",
    "channel revoke": "channel:revoke",
    "recipient replay": "recipient:replay",
    "import list": "house:imports_",
    "import undo": "house:undo_import",
    "channel replay": "channel:replay",
    "channel pause": "pausing:pause_channel",
    "channel resume": "pausing:resume_channel",
    "recipient pause": "pausing:pause_recipient",
    "recipient resume": "pausing:resume_recipient",
    "grant list": "grant:list_",
    "grant show": "grant:show",
    "grant end": "grant:end",
    "person looked": "looks:looked",
    "person link": "person:join",
    "person unlink": "person:unlink",
    "key status": "house:keys",
    "ledger log": "ledger:log",
    "ledger prove": "ledger:prove",
    "person find": "persons:find",
    "person show": "persons:show",
    "person timeline": "persons:timeline",
    "person reveal": "persons:reveal",
    "person check": "persons:check",
    "person change": "persons:change",
    "person explain": "persons:explain",
    "person flag": "oversight:flag",
    "person flagged": "oversight:flagged",
    "proposal list": "proposal:list_",
    "proposal compare": "proposal:compare",
    "proposal accept": "proposal:accept",
    "proposal refuse": "proposal:refuse",
    "insight report": "oversight:report",
    "policy suggest": "oversight:suggest",
    "channel add": "channel:add",
    "channel rotate": "channel:rotate",
    "mail list": "oversight:mails",
    "mail retry": "oversight:retry",
    "training show": "oversight:courses",
    "grant recorded": "oversight:recorded",
    "retention plan": "oversight:plan",
    "retention idle": "oversight:idle",
    "request fulfil": "request:fulfil",
    "request certificate": "request:certificate",
    "hold read": "hold:read",
    "consent undo": "words:undo",
    "ledger checkpoint": "ledger:checkpoint",
}
"""Command -> the function that asks for it, in a module of `remote`."""
ONLY_THERE: Final[dict[str, str]] = {
    **dict.fromkeys(("init", "migrate", "import", "consent import", "backup create", "backup restore"), FILES),
    **dict.fromkeys(("key reseal", "key snapshot", "ledger export", "consent export"), FILES),
    **dict.fromkeys(("ledger verify", "mail test", "channel test", "doctor"), AS_IT_IS),
    **dict.fromkeys(("serve", "restart", "demo", "tail"), PROCESSES),
    **dict.fromkeys(("completion", "policy schema", "policy test", "policy check", "ledger witness"), NO_HOUSE),
    **dict.fromkeys(("staff recover", "accept clock", "accept restore", "retention apply"), RECOVERS),
    **dict.fromkeys(("retention confirm", "retention end-idle"), RECOVERS),
    **dict.fromkeys(("sign-in", "sign-out", "whoami"), SIGNS),
    **dict.fromkeys((f"staff {verb}" for verb in STAFF), CONSOLE),
    **dict.fromkeys(("policy approve", "policy rollback", "policy withdraw"), CONSOLE),
    **dict.fromkeys(PERSONS, PROVES),
}
"""Command -> why no token can ask for it."""


def elsewhere(chain: Sequence[str], call: Call) -> Callable[..., Any]:
    """What asks for a command at the house that `--server` names.

    Raises:
        Invalid: a house on this machine is named besides.
        Refused: the command acts on the house's own machine.
    """
    if call.house is not None:
        raise Invalid("--server", "a house here or one elsewhere", got="both", hint="leave -C or --server out")
    name = " ".join(chain)
    if name not in ASKED:
        why = ONLY_THERE[name]
        raise Refused(
            f"--server: expected a command that the API has, got one that is done on the house's machine: {why}",
            reasons=(NOT_ELSEWHERE,), hint=f"{NOT_ELSEWHERE}: {sentence(NOT_ELSEWHERE)} {anchor(NOT_ELSEWHERE)}",
        )  # fmt: skip
    module, _, function = ASKED[name].partition(":")
    found: Callable[..., Any] = getattr(import_module(f"{_ROOM}.{module}"), function)
    return found
