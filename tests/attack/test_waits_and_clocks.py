"""A sign-in under a clock in doubt says that the vault is away, and not that somebody tried too often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faces.console.federated import federated
from tests.faces.console.world import console

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_clock_in_doubt_tells_nobody_of_tries_that_went_wrong(tmp_path: Path) -> None:
    async with console(tmp_path) as desk:
        mia = await desk.hired("mia")
        mia.client.cookies.delete("__Host-lh")
        desk.clock.jump_days(3)
        page = await mia.sign_in()
        assert page.status_code == 503
        assert "Several tries" not in page.text
        assert "LH-5001" in page.text
        desk.clock.jump_days(-3)
        assert (await mia.sign_in()).status_code == 303


async def test_nor_does_one_say_that_the_provider_alone_is_away(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        back = await world.at.visit(await world.away(mia))
        world.desk.clock.jump_days(3)
        page = await mia.arrive(back)
        assert page.status_code in {403, 503}
        assert "Several tries" not in page.text


async def test_a_wait_after_failures_is_told_as_one_where_somebody_comes_back_from_their_provider(
    tmp_path: Path,
) -> None:
    async with federated(tmp_path) as world:
        browser = world.desk.another()
        await browser.get("/sign-in")
        path = "/sign-in/identity/back?code=a&state=s~a.1.b~c"
        last = [await browser.arrive(path) for _ in range(40)][-1]
        assert last.status_code == 429
        assert "Several tries went wrong" in last.text
        assert int(last.headers["retry-after"]) >= 1


async def test_a_provider_that_is_away_keeps_no_passkey_out(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.port._document = None
        world.at.raw["/.well-known/openid-configuration"] = b"<html>"
        page = await mia.post("/sign-in/identity", {}, on=await mia.get("/sign-in"))
        assert page.status_code == 503
        assert (await mia.sign_in()).status_code == 303
