"""A house in use in which members of staff approve policies, by passkeys of software authenticators."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.channels import segment
from lockhouse.flows import approve, session, step_up
from lockhouse.flows.approve import Proposal, Signed
from lockhouse.gates.approvals import Signing
from lockhouse.gates.staff.deed import Deed
from lockhouse.model.rows import StaffRole
from lockhouse.policy.document import parse
from lockhouse.wiring import template
from tests.authenticator import Authenticator
from tests.flows.signing import BY, by_passkey, cheaply, with_passkey
from tests.flows.staffed import acts
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.approvals import Exact

ROLES = POLICY + "  officer: {may: [policy.*]}\n  admin: {may: [staff.*, policy.*]}\n"
WIDER = ROLES.replace("see: {contact: masked, identity: masked", "see: {contact: full, identity: masked")
NARROWER = ROLES.replace("identify: [email, phone, name, ", "identify: [email, phone, ")


class Officer(NamedTuple):
    """A member who may approve policies, with their authenticator."""

    staff: bytes
    keys: Authenticator

    @property
    def by(self) -> str:
        """As the ledger calls them."""
        return acts(self.staff)


async def in_use(tmp_path: Path, policy: str = ROLES) -> World:
    """A house that is no demo and has held somebody's data for two days."""
    world = await World.make(tmp_path, policy)
    cheaply(world)
    world.house.demo = False
    await world.send("account", "identify", email="anna.schmidt@example.com", name="Anna")
    world.clock.pass_days(2)
    return world


async def officer(world: World, name: str, *, role: str = "officer", settled: bool = True) -> Officer:
    """Somebody whom the machine's user invited, in for four days unless they came just now."""
    keys = Authenticator()
    staff = await with_passkey(world, name, authenticator=keys)
    deed = Deed(world.house)
    deed.put(StaffRole(staff, role, 1, BY, BY, world.clock.at, 0, world.house.ids.new(), b""), was=None)
    await deed.done()
    if settled:
        world.clock.pass_days(4)
    return Officer(staff, keys)


async def proposed(world: World, policy: str, *, by: str, ends: int | None = None) -> Proposal:
    """A policy as somebody proposed it, compiled against what rules."""
    draft = await approve.draft_of(
        world.house, parse({"policy.yaml": policy}, templates=template), {"segment": segment.KIND}
    )
    return Proposal(draft, policy.encode(), by, ends)


async def signed(world: World, who: Officer, exact: Exact | None) -> Signed:
    """What somebody's browser sends who approves exactly this."""
    assert exact is not None
    live = await session.of(world.house, (await by_passkey(world, who.keys)).token)
    assert live is not None
    asked, ceremony = await step_up.options(world.house, live.session, exact.meant())
    answer = who.keys.use(asked)
    proof = await step_up.by_passkey(world.house, live.session, exact.meant(), ceremony=ceremony, answer=answer)
    return Signed(live.session, proof, Signing(ceremony, answer))


async def approves(world: World, who: Officer, policy: str, *, by: str) -> int:
    """Somebody approves what somebody proposed; the version."""
    proposal = await proposed(world, policy, by=by)
    told = await approve.agreed(world.house, proposal, by=who.by)
    return await approve.agree(world.house, proposal, signed=await signed(world, who, told.exact))
