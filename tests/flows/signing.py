"""A house with members who sign in as people do: by passkeys of a software authenticator, passwords and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.otp import STEP_S, code_at, read_seed
from lockhouse.crypto.staff import Cost, StaffKeys
from lockhouse.flows import enrol, sign_in, staff
from lockhouse.flows.sign_in import Signed, Typed
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.sessions import Seen
from tests.authenticator import Authenticator

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.secret import Secret
    from tests.world import World

BY = "os-user:1000"
SEEN = Seen("192.0.2.7", "Firefox on Linux")
ELSEWHERE = Seen("198.51.100.9", "curl")
PASSWORD = "seven owls knit quietly"
CHEAP = Cost(memory_kib=8, iterations=1, lanes=1)


class Member(NamedTuple):
    """Somebody with a password and an app."""

    staff: bytes
    login: str
    seed: Secret
    codes: tuple[str, ...]

    def typed(self, world: World, password: str = PASSWORD) -> Typed:
        """What they type now."""
        return Typed(self.login, password, code_at(self.seed, world.clock.at // 1_000 // STEP_S))


def cheaply(world: World, *, cost: Cost = CHEAP) -> House:
    """The house with hashes that cost next to nothing."""
    house = world.house
    house.staff_keys = StaffKeys.of(house.integrity_key, house=house.id, cost=cost)
    return house


async def invited(world: World, name: str = "mia") -> str:
    """The link of somebody who was just invited."""
    return (await staff.invite(world.house, Called(f"{name}@shop.example", name), by=BY)).token


async def with_passkey(world: World, name: str = "mia", *, authenticator: Authenticator) -> bytes:
    """Somebody who enrolled with a passkey."""
    begun = await enrol.begin(world.house, await invited(world, name))
    answer = authenticator.make(begun.options_json)
    done = await enrol.with_passkey(world.house, begun.ceremony, answer, name="laptop", seen=SEEN)
    return done.staff


async def with_password(world: World, name: str = "mia") -> Member:
    """Somebody who enrolled with a password and an app; the code they enrolled with is used up, so time goes by."""
    asked = await enrol.with_password(world.house, await invited(world, name), PASSWORD)
    seed = read_seed(asked.seed)
    code = code_at(seed, world.clock.at // 1_000 // STEP_S)
    done = await enrol.confirm_totp(world.house, asked.ceremony, code, seen=SEEN)
    world.clock.at += STEP_S * 1_000
    return Member(done.staff, f"{name}@shop.example", seed, done.recovery_codes)


async def by_passkey(world: World, authenticator: Authenticator, *, seen: Seen = SEEN) -> Signed:
    """Somebody signs in with their newest passkey."""
    asked = await sign_in.passkey_options(world.house)
    return await sign_in.by_passkey(world.house, asked.ceremony, authenticator.use(asked.json), seen=seen)
