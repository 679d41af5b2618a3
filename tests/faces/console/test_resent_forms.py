"""A reload behind a deed sends its form again: it shows no error, does nothing again, and says so."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.console import cookies
from lockhouse.faces.console.app import PAGES
from lockhouse.faces.console.sent import MOST
from lockhouse.model.rows import LedgerEntry
from tests.faces.console.channels_world import channels
from tests.faces.console.resending import resending
from tests.faces.console.world import hidden

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.house import House

ROUTES = {route.name: route for page in PAGES for route in page.ROUTES if "POST" in route.methods}
STORIES = {
    "test_access_review:test_a_signature_is_over_the_lines_as_they_were_shown": (
        "access-review-decide", "access-review-open", "access-review-sign", "enrol-passkey", "sign-in-passkey",
    ),
    "test_by_password:test_a_password_and_an_app_do_as_well_and_lead_to_a_passkey_that_invites": (
        "enrol-app", "enrol-open", "enrol-password", "passkey-add", "passkey-made", "recovery-codes",
        "sign-in-password", "sign-out", "staff-invite",
    ),
    "test_by_password:test_a_password_is_changed_by_the_one_before_it_and_a_code_and_other_sign_ins_are_over": (
        "password-change", "password-chosen",
    ),
    "test_policy_pages:test_a_proposal_is_refused_and_an_older_version_is_proposed_again": (
        "policy-approve", "policy-back", "policy-propose", "policy-refuse",
    ),
    "test_staff_pages:test_a_second_passkey_is_added_with_the_first_and_opens_the_same_account": ("factor-end",),
    "test_people_deeds:test_a_stolen_session_that_stepped_up_reveals_nothing": (
        "find-person", "person-check", "person-reveal",
    ),
    "test_data_pages:test_a_key_is_made_with_a_passkey_shown_once_and_the_one_before_ended_with_another": (
        "channel-key-end", "channel-key-make",
    ),
    "test_identity:test_the_provider_proves_nothing_for_a_deed_that_a_session_alone_must_not_do": (
        "identity-link", "sign-in-identity",
    ),
    "test_grants_page:test_who_sees_nobody_by_role_finds_by_a_grant_that_names_nobody": ("grant-ask", "grant-deed"),
    "test_tokens_page:test_a_token_is_rotated_and_the_old_one_is_taken_for_the_overlap": ("token-make", "token-rotate"),
    "test_people_deeds:test_a_value_is_put_right_on_the_persons_word_and_that_is_undone": (
        "person-change", "person-undo",
    ),
    "test_ledger_pages:test_a_proof_and_a_checkpoint_verify_without_the_house": ("ledger-checkpoint", "ledger-proof"),
    "test_data_pages:test_a_key_is_rotated_with_a_passkey_and_the_one_before_is_taken_for_a_day": (
        "channel-key-rotate",
    ),
    "test_staff_pages:test_ones_own_sign_ins_are_listed_and_ended_and_nobody_elses": ("session-end",),
    "test_sessions_page:test_a_sign_in_of_somebody_is_ended_with_a_passkey_and_opens_nothing_from_then_on": (
        "sessions-end",
    ),
    "test_sessions_page:test_names_are_text_and_what_is_no_id_is_not_there": ("sessions-end-all",),
    "test_tokens_page:test_a_token_is_revoked_once_that_was_confirmed": ("token-revoke",),
    "test_staff_pages:test_a_recovery_on_the_machine_is_reviewed_by_who_approves": ("staff-deed",),
    "test_data_pages:test_what_was_held_back_is_told_by_reason_and_dead_letters_are_sent_again": ("recipient-replay",),
    "test_people:test_of_a_minor_the_page_says_so_and_shuts_what_is_optional": ("purpose",),
    "test_people_deeds:test_special_data_is_seen_for_five_minutes_behind_a_passkey": ("person-prove",),
    "test_choices:test_a_refusal_counts_as_new_for_two_minutes": ("person-refusal",),
    "test_grants_page:test_somebody_says_by_what_they_are_a_customer_and_the_value_stands_nowhere": ("identifier-add",),
    "test_ledger_pages:test_the_newest_entries_are_verified_and_it_is_told_how_many": ("ledger-verify",),
    "test_identity:test_a_link_is_opened_at_the_provider_and_ends_with_a_passkey_beside_the_identity": (
        "enrol-identity",
    ),
}  # fmt: skip
"""Story of another test -> the forms that are answered in it."""
BESIDE = {
    "channel-pause": "pauses once, and says the second time that nothing was done",
    "recipient-pause": "as a channel's",
    "device-asked": "asks; a code is answered once (tests/attack/test_device_codes.py)",
    "device-confirm": "as above",
    "device-refuse": "as above",
    "policy-settings": "leads on to a page that is read anew",
}
"""Form -> why no story here answers it."""
BEFORE = frozenset(
    {
        "enrol-app", "enrol-identity", "enrol-open", "enrol-passkey", "enrol-password", "sign-in-identity",
        "sign-in-passkey", "sign-in-password", "sign-out",
    }
)  # fmt: skip
"""Forms of whoever is not signed in, or is not any more."""


async def _entries(house: House) -> int:
    return sum([len(rows) async for rows in house.reads.scan(LedgerEntry)])


def test_every_form_of_the_route_table_stands_in_a_story_or_says_why_not() -> None:
    told = {name for names in STORIES.values() for name in names}
    assert (told | set(BESIDE), told & set(BESIDE)) == (set(ROUTES), set())
    assert {name for name, route in ROUTES.items() if not getattr(route.endpoint, "once", False)} == BEFORE


@pytest.mark.parametrize("story", STORIES)
async def test_each_form_that_was_answered_with_a_page_is_answered_once(story: str, tmp_path: Path) -> None:
    module, _, name = story.partition(":")
    with resending() as found:
        await getattr(importlib.import_module(f"tests.faces.console.{module}"), name)(tmp_path)
    assert set(found) >= set(STORIES[story])
    assert {page: wrong for page, wrong in found.items() if wrong} == {}


PAUSE, RESUME = "/channels/web/service/pause", "/channels/web/service/resume"


async def test_a_form_is_known_again_by_its_own_session_and_browser_alone(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        page = await keeper.get("/channels/web")
        assert "Paused" in (await keeper.post(PAUSE, {}, on=page)).text
        before = await _entries(made.house)
        again = await keeper.post(PAUSE, {}, on=page)
        assert ("Answered before" in again.text, 'href="/channels/web"' in again.text) == (True, True)
        other = await keeper.post(PAUSE, {}, on=await keeper.get("/channels/web"))
        assert (other.status_code, "Answered before" in other.text) == (409, False)
        keeper.client.cookies.delete(cookies.SENT.name)
        assert (await keeper.post(PAUSE, {}, on=page)).status_code == 409
        assert await _entries(made.house) == before


async def test_a_browser_remembers_so_many_forms_and_in_a_cookie_that_fits(tmp_path: Path) -> None:
    async with channels(tmp_path) as (_, keeper, _watcher):
        first = page = await keeper.get("/channels/web")
        for _turn in range(MOST // 2 + 1):
            last = page
            page = await keeper.post(PAUSE, {}, on=last)
            page = await keeper.post(RESUME, {"pause": hidden(page, "pause")}, on=page)
        assert len(keeper.client.cookies[cookies.SENT.name]) < 2_000
        assert "Answered before" in (await keeper.post(PAUSE, {}, on=last)).text
        assert "Answered before" not in (await keeper.post(PAUSE, {}, on=first)).text


async def test_a_forged_token_is_never_known_again(tmp_path: Path) -> None:
    async with channels(tmp_path) as (_, keeper, _watcher):
        page = await keeper.get("/channels/web")
        await keeper.post(PAUSE, {}, on=page)
        token = hidden(page, "form")
        for forged in (token[::-1], "0" * 64, token[:16] + "0" * 48):
            answer = await keeper.post(PAUSE, {"form": forged}, on=page)
            assert (answer.status_code, "Answered before" in answer.text) == (403, False)
