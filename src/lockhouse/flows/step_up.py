"""Stepping up: somebody who is signed in proves once more who they are, for one thing.

By a passkey, whose challenge is made from the hash of the action, its persons and its fields, so that the answer is no
answer to anything else; or by a password and a code, where they have an app and the action asks for no passkey. What
comes of it is a proof for that very thing, used up by it (`gates.staff.steps`), or, for work that shows nothing plain,
a window of the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.sign_in import Means
from lockhouse.access.step_up import need_of
from lockhouse.crypto import passkeys
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, Unproven
from lockhouse.gates.staff import judging, waits
from lockhouse.gates.staff.ceremonies import PROVEN, STEP_UP, What, begun, challenge, taken
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import passkey_of, used_now
from lockhouse.gates.staff.failures import line, noting
from lockhouse.gates.staff.read import account, proofs_of
from lockhouse.gates.staff.steps import MEANS_KEPT
from lockhouse.gates.staff.told import MEANS
from lockhouse.ledger.entry import StepUp

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.judging import Typed
    from lockhouse.gates.staff.read import Proof
    from lockhouse.gates.staff.sessions import Seen
    from lockhouse.gates.staff.steps import Meant
    from lockhouse.model.rows import Session


async def options(house: House, session: Session, meant: Meant) -> tuple[str, str]:
    """What the member's browser asks their passkeys, as JSON text, and the ceremony's token.

    Raises:
        Unproven: they have no passkey.
    """
    held = await _passkeys(house, session.staff)
    if not held:
        raise Unproven("step-up: expected somebody with a passkey", hint="enrol a passkey, then sign in again")
    token = await begun(house, What(STEP_UP, session.staff, session.tag, meant.hash))
    known = [passkey_of(house, one).id for one in held]
    asked = challenge(house, token, meant.hash)
    return passkeys.using_options(house.proving.site, challenge=asked, known=known), token


async def by_passkey(house: House, session: Session, meant: Meant, *, ceremony: str, answer: str) -> str:
    """The token of a proof for this very thing; empty where it opened a window of the session.

    Raises:
        Unproven: the ceremony is over, another session's or for something else, or the answer proves nothing.
        Conflict: the session was used or ended meanwhile.
    """
    row = await taken(house, ceremony, STEP_UP)
    if not equal(row.session, session.tag) or not equal(row.bound, meant.hash):
        raise Unproven("step-up: expected the answer to what was asked here", hint="begin again")
    credential, _ = passkeys.answering(answer)
    held = await _passkeys(house, session.staff)
    proof = next((one for one in held if equal(passkey_of(house, one).id, credential)), None)
    if proof is None:
        raise Unproven("step-up: expected a passkey of the member who is signed in", hint="use your own")
    asked, passkey = challenge(house, ceremony, row.bound), passkey_of(house, proof)
    used = passkeys.used(house.proving.site, answer, challenge=asked, user=session.staff, passkey=passkey)
    return await _given(house, session, meant, proof=proof, counter=used.sign_count)


async def by_password(house: House, session: Session, meant: Meant, *, typed: Typed, seen: Seen) -> str:
    """As `by_passkey`, by the member's password and the code that their app shows now; the login typed counts nothing.

    Raises:
        Unproven: the password or the code is not right, or what is meant asks for a passkey.
        Paused: it comes within a wait, as at signing in.
        Conflict: the session was used or ended meanwhile.
    """
    if need_of(meant.action).passkey:
        raise Unproven("step-up: expected a passkey for this", reasons=("another-means",), hint="use a passkey")
    whose = await account(house, session.staff)
    tags = waits.tags_for(house, near=seen.near, login=b"" if whose is None else whose.login_tag)
    tried = await waits.counted(house, tags)
    async with noting(house, line(house, near=seen.near, way="step-up", staff=session.staff)):
        judged = await judging.by_code(house, await proofs_of(house, session.staff), typed, tried)
        if not judged.password or judged.second is None:
            raise judging.unproven()
    given = await _given(house, session, meant, proof=judged.second, counter=judged.counter)
    await waits.moved(house, tags, waits.RIGHT)
    return given


async def _given(house: House, session: Session, meant: Meant, *, proof: Proof, counter: int) -> str:
    deed, means = Deed(house), proof.factor.kind
    deed.set(used_now(house, proof.use, counter), was=proof.use)
    said = StepUp(
        staff=session.staff.hex(), session=session.id.hex(), means=MEANS[means], action=meant.action,
        hash=meant.hash.hex(),
    )  # fmt: skip
    deed.tell(said.draft(id=house.ids.new(), lane=house.lane))
    bound = need_of(meant.action).bound
    if bound:
        deed.hold(session)
    else:
        now = house.clock.now_ms()
        deed.set(msgspec.structs.replace(session, step_up_at=now, step_up_by=proof.factor.id), was=session)
    try:
        await deed.done()
    except Conflict as err:
        raise Conflict("step-up: expected the session as it was", hint="try again") from err
    what = What(PROVEN, session.staff, session.tag, meant.hash)
    return await begun(house, what, kept={MEANS_KEPT: means}) if bound else ""


async def _passkeys(house: House, staff: bytes) -> list[Proof]:
    return [one for one in await proofs_of(house, staff) if one.factor.kind == Means.PASSKEY]
