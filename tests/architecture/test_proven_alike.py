"""What a deed takes of whoever does it is one thing: on the command line, in the console, and of a token by the API."""

from __future__ import annotations

import ast
import inspect

from lockhouse.access.step_up import NEEDS, need_of
from lockhouse.faces.api.table import ROUTES
from lockhouse.faces.cli import duties
from lockhouse.faces.cli.elsewhere import ASKED, CONSOLE, ONLY_THERE, PROVES
from lockhouse.faces.console.app import PAGES

CONFIRMED = {
    "access-review-sign": ("staff access sign", "access-review-sign"),
    "channel-key-end": ("channel revoke", "channel-key-end"),
    "channel-key-make": ("channel add", "channel-key-make"),
    "channel-key-rotate": ("channel rotate", "channel-key-rotate"),
    "channel-pause": ("channel resume", "service-resume"),
    "grant-ask": ("grant break-glass", "break-glass"),
    "grant-deed": ("grant approve", "grant-approve"),
    "person-change": ("person change", "person-change"),
    "person-check": ("person check", "person-check"),
    "person-refusal": ("consent record", "consent-record"),
    "person-reveal": ("person reveal", "person-reveal"),
    "policy-refuse": ("policy withdraw", "policy-withdraw"),
    "recipient-pause": ("recipient resume", "service-resume"),
    "recipient-replay": ("recipient replay", "export"),
    "sessions-end": ("staff session end", "session-end"),
    "sessions-end-all": ("staff session end", "session-end"),
    "staff-invite": ("staff invite", "staff-invite"),
    "token-make": ("token create", "token-make"),
    "token-revoke": ("token revoke", "token-revoke"),
    "token-rotate": ("token rotate", "token-make"),
}
"""Form of the console -> the command that does the same, and what is confirmed for it."""
OF_STAFF = {
    "approve": "staff role approve", "approve-reset": "staff reset", "disable": "staff disable",
    "enable": "staff enable", "end": "staff role end", "give": "staff role give", "link": "staff link",
    "reset": "staff reset", "review": "staff review",
}  # fmt: skip
"""What can be done about somebody in the console -> the command that does the same."""
UNCONFIRMED = {
    "access-review-decide": "staff access decide", "access-review-open": "staff access open",
    "policy-back": "policy rollback", "policy-propose": "policy propose", "policy-settings": "policy propose",
}  # fmt: skip
"""Forms of the console that take no proof, of which a command does the same without one."""
OWN = {
    "device-asked", "device-confirm", "device-refuse", "enrol-app", "enrol-identity", "enrol-open", "enrol-passkey",
    "enrol-password", "factor-end", "find-person", "identity-link", "identifier-add", "ledger-checkpoint",
    "ledger-proof", "ledger-verify", "passkey-add", "passkey-made", "password-change", "password-chosen",
    "person-prove", "person-undo", "policy-approve", "purpose", "recovery-codes", "session-end", "sign-in-identity",
    "sign-in-passkey", "sign-in-password", "sign-out", "staff-deed",
}  # fmt: skip
"""Forms about whoever sends them, that only look, or that no command does."""


def test_every_command_that_changes_something_is_proven_or_says_why_not() -> None:
    reading = {*duties.READS, *duties.LOOKS}
    changing = duties.THEMSELVES - duties.LOOKS
    assert reading | changing | {*duties.ALONE} == {*duties.READS, *duties.THEMSELVES, *duties.ALONE}
    assert {*duties.PROVEN} | {*duties.UNPROVEN} == changing
    assert not {*duties.PROVEN} & {*duties.UNPROVEN}


def test_what_a_command_asks_is_written_down_and_what_widens_takes_a_proof_of_its_own() -> None:
    assert {action for action in duties.PROVEN.values() if action not in NEEDS} == set()
    widening = (
        "suppression remove", "hold release", "hold place", "hold review", "person link", "person unlink",
        "proposal accept", "request cancel", "consent import", "consent undo", "token create", "staff role give",
        "staff enable", "channel add", "grant approve", "recipient replay",
    )  # fmt: skip
    assert {name for name in widening if not need_of(duties.PROVEN[name]).bound} == set()
    assert need_of(duties.PROVEN["consent record"]) == need_of("person-change")


def test_a_form_of_the_console_is_confirmed_as_the_command_that_does_the_same() -> None:
    said = {name: duties.PROVEN.get(command) for name, (command, _) in CONFIRMED.items()}
    assert said == {name: action for name, (_, action) in CONFIRMED.items()}
    pages = {route.name: inspect.getsource(page) for page in PAGES for route in page.ROUTES}
    assert {name for name, (_, action) in CONFIRMED.items() if not _says(pages[name], action)} == set()
    assert all(duties.PROVEN.get(command) is None for command in UNCONFIRMED.values())


def test_what_is_done_about_somebody_in_the_console_is_confirmed_as_its_command() -> None:
    [deeds] = [page.DEEDS for page in PAGES if page.__name__.endswith("staff_deeds")]
    assert {name: one.action for name, one in deeds.items()} == {
        name: duties.PROVEN[command] for name, command in OF_STAFF.items()
    }


def test_every_form_of_the_console_stands_beside_its_command() -> None:
    forms = {route.name for page in PAGES for route in page.ROUTES if "POST" in (route.methods or ())}
    assert forms == {*CONFIRMED, *UNCONFIRMED, *OWN}
    assert len(CONFIRMED) + len(UNCONFIRMED) + len(OWN) == len(forms)


def test_a_token_is_let_change_nothing_at_the_command_line_that_takes_a_person() -> None:
    people = {name for name, why in ONLY_THERE.items() if why in {CONSOLE, PROVES}}
    by_token = {name for name, action in duties.PROVEN.items() if action in duties.BY_TOKEN}
    unproven = {*duties.UNPROVEN} - duties.A_PERSONS
    assert (by_token | unproven) & people == set()
    routes = {route.name for route in ROUTES}
    assert {name for name in people if name.replace(" ", ".") in routes} == set()
    files = {"consent export", "consent import", "import"}
    assert (by_token | unproven) - {name for name in ASKED if name.replace(" ", ".") in routes} == files


def _says(text: str, action: str) -> bool:
    """Whether a page confirms that action; of a grant it is put together of the path."""
    texts = {one.value for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Constant)}
    return action in texts or (action.startswith("grant-") and "grant-" in texts)
