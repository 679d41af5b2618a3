"""The settings file is changed on disk and the house is started again: what weakens is not taken, and is told."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Refused, Tampered
from lockhouse.flows import approve, enrol, session, sign_in, staff, step_up
from lockhouse.flows.approve import Proposal, Signed, draft_of
from lockhouse.gates.approvals import Signing
from lockhouse.gates.authority import signed as with_mac
from lockhouse.gates.live import LIVE, load_live, versions
from lockhouse.gates.settings_held import require_strict
from lockhouse.gates.staff.called import Called
from lockhouse.gates.state import verify_state
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import PolicyApproval
from lockhouse.policy.document import parse
from lockhouse.settings import FILE, Settings
from lockhouse.wiring import KINDS, found, opened, template
from tests.authenticator import Authenticator
from tests.flows.signing import SEEN
from tests.world import POLICY, Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.gates.house import House
    from lockhouse.wiring import Opened

RULES = POLICY + "  admin: {may: [policy.*, staff.*]}\n"
HOST = "os-user:1000"


class House_:  # noqa: N801  (a house on disk, beside the product's own word)
    """A house on disk whose only member may approve."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.keys = folder, Clock(), Authenticator()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Opened]:
        """The house, opened by a process that begins now."""
        async with opened(self.folder, role="console", clock=self.clock) as one:
            yield one

    def set(self, line: str) -> None:
        """A line of the settings' file, in place of the one that says the same."""
        file, name = self.folder / FILE, line.partition(" =")[0]
        text = re.sub(rf"^{name} = .*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
        file.write_text(f"{text}{line}\n", encoding="utf-8")

    async def approve(self, house: House) -> int:
        """What rules is approved anew, with the settings as the file has them."""
        document = parse({"policy.yaml": RULES}, templates=template)
        proposal = Proposal(await draft_of(house, document, KINDS), RULES.encode(), HOST)
        told = await approve.agreed(house, proposal, by=f"staff:{self.staff.hex()}")
        assert told.exact is not None
        asked = await sign_in.passkey_options(house)
        token = (await sign_in.by_passkey(house, asked.ceremony, self.keys.use(asked.json), seen=SEEN)).token
        live = await session.of(house, token)
        assert live is not None
        meant = told.exact.meant()
        options, ceremony = await step_up.options(house, live.session, meant)
        answer = self.keys.use(options)
        proof = await step_up.by_passkey(house, live.session, meant, ceremony=ceremony, answer=answer)
        return await approve.agree(house, proposal, signed=Signed(live.session, proof, Signing(ceremony, answer)))

    staff = b""


@pytest.fixture
async def house(tmp_path: Path) -> House_:
    made = House_(tmp_path / "house")
    await found(made.folder, Settings(root=str(tmp_path / "keys" / "root.key"), demo=True), clock=made.clock)
    made.set('trusted_proxies = ["10.0.0.0/16"]')
    async with made.open() as one:
        document = parse({"policy.yaml": RULES}, templates=template)
        await approve.approve(one.house, await draft_of(one.house, document, KINDS), RULES.encode(), by=HOST)
        link = await staff.invite(one.house, Called("mia@shop.example", "Mia"), by=HOST)
        begun = await enrol.begin(one.house, link.token)
        answer = made.keys.make(begun.options_json)
        made.staff = (await enrol.with_passkey(one.house, begun.ceremony, answer, name="x", seen=SEEN)).staff
        assert await made.approve(one.house) == 2
    return made


async def test_a_file_that_weakens_is_not_taken_and_what_was_approved_serves(house: House_) -> None:
    house.set('trusted_proxies = ["0.0.0.0/0"]')
    house.set("retention_runs = false")
    house.set('private_recipients = ["10.0.0.0/8"]')
    async with house.open() as one:
        assert one.settings.trusted_proxies == ("10.0.0.0/16",)
        assert (one.settings.retention_runs, one.settings.private_recipients) == (True, ())
        assert one.house.strict.weakened == ("private_recipients", "retention_runs", "trusted_proxies")
        require_strict(one.house)


async def test_what_narrows_is_taken_at_once_and_going_back_to_what_was_approved_too(house: House_) -> None:
    house.set('trusted_proxies = ["10.0.7.1"]')
    async with house.open() as one:
        assert (one.settings.trusted_proxies, one.house.strict.weakened) == (("10.0.7.1",), ())
    house.set('trusted_proxies = ["10.0.0.0/16"]')
    async with house.open() as one:
        assert (one.settings.trusted_proxies, one.house.strict.weakened) == (("10.0.0.0/16",), ())


@pytest.mark.parametrize(
    "line", ['listen_metrics = "0.0.0.0:9420"', 'journal_copy = "/tmp"', 'console_url = "http://localhost:9999"']
)
async def test_nothing_serves_that_would_listen_or_write_elsewhere(house: House_, line: str) -> None:
    house.set(line)
    async with house.open() as one:
        with pytest.raises(Refused, match="LH-3014") as caught:
            require_strict(one.house)
        assert caught.value.reasons == ("weaker",)


async def test_a_weaker_file_is_an_effect_that_is_signed_and_taken_once_it_is_approved(house: House_) -> None:
    house.set('trusted_proxies = ["10.0.0.0/8"]')
    async with house.open() as one:
        document = parse({"policy.yaml": RULES}, templates=template)
        draft = await draft_of(one.house, document, KINDS)
        assert (draft.same, draft.effects.widening) == (False, True)
        assert "setting trusted_proxies: 10.0.0.0/8 (was 10.0.0.0/16)" in draft.effects.loosened
        assert await house.approve(one.house) == 3
    async with house.open() as one:
        assert (one.settings.trusted_proxies, one.house.strict.weakened) == (("10.0.0.0/8",), ())
        assert (await verify_state(one.house)).findings.kept == []


async def test_what_is_written_into_the_approval_without_a_passkey_approves_no_settings(house: House_) -> None:
    async with house.open() as one:
        known = await versions(one.house)
        [row] = [each async for rows in one.house.reads.scan(PolicyApproval) for each in rows]
        weak = row.settings.replace("10.0.0.0/16", "0.0.0.0/0")
        forged = with_mac(msgspec.structs.replace(row, settings=weak), one.house.integrity_key)
        await one.house.commits.commit(Change("record", puts=(Put(PolicyApproval.TABLE, forged),)))
        with pytest.raises(Tampered):
            await load_live(one.house)
        assert known[-1].state == LIVE
