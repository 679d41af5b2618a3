"""A policy is proposed, read and approved in Chromium, by a passkey as browsers make them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lockhouse.gates.approvals import approval_of
from lockhouse.gates.live import LIVE, versions
from tests.faces.console.browsing import beside, invited
from tests.faces.serve_world import Place, make_place, served
from tests.world import POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.gates.house import House
    from lockhouse.model.rows import PolicyApproval
    from tests.faces.console.browsing import Desk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("console-browser")]
RULES = POLICY + "  admin: {may: [policy.*, staff.*]}\n"
_ANALYST = ("{for: [analytics], see: {", "{for: [analytics, marketing], see: {contact: masked, ")
_RUDDER = (
    "for: [analytics],\n    fields: [device_id, order",
    "for: [analytics, marketing],\n    fields: [device_id, email, order",
)  # fmt: skip
_KEEP = ("13 months after event", "12 months after event")
WIDER = RULES.replace(*_ANALYST).replace(*_RUDDER).replace(*_KEEP)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A house whose console is served."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("policy"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(RULES)).result(60)
    made.set(name="Northwind Outfitters")
    with served(made, only="console"):
        yield made


async def _signed(house: House) -> PolicyApproval | None:
    ruling = [row for row in await versions(house) if row.state == LIVE]
    return await approval_of(house, ruling[-1].id)


def test_a_policy_is_proposed_read_and_approved_by_a_verified_passkey(at: Desk, place: Place) -> None:
    at.page.goto(invited(place, "Priya Nair"))
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")
    at.go("/policy")
    at.look(picture="policy")
    at.go("/policy/matrix")
    at.look()
    at.go("/policy/propose")
    at.page.get_by_label("The policy, as YAML").fill(
        WIDER.replace("fulfilment, marketing]", "fulfilment, markting]", 1)
    )
    at.page.get_by_role("button", name="Propose it").click()
    at.page.wait_for_selector("text=did you mean")
    at.look()
    at.page.get_by_label("The policy, as YAML").fill(WIDER)
    at.page.get_by_role("button", name="Propose it").click()
    at.page.wait_for_selector("h1:has-text('What v2 will do')")
    at.look(picture="policy-version")
    at.page.get_by_role("button", name="Approve with passkey").click()
    at.page.wait_for_selector("[data-passkey=get]")
    at.look()
    at.verified(is_verified=False)
    at.page.get_by_role("main").get_by_role("button", name="Approve v2").click()
    at.page.wait_for_selector("[data-said]:visible, .note.stop:visible")
    assert beside(place.folder, _signed) is None
    at.verified(is_verified=True)
    at.page.get_by_role("main").get_by_role("button", name="Approve v2").click()
    at.page.wait_for_selector("text=v3 rules from now on")
    at.look()
    row = beside(place.folder, _signed)
    assert (row.standing, row.origin) == ("one", place.settings.console_url)
