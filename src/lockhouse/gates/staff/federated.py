"""Identities at the identity provider: whose one is, and what a browser is sent there with.

An identity is `sub` beside its issuer. It stands as a keyed hash: in a row that finds its account, and sealed in a
factor of that account, which is what counts. One that was ended may be somebody else's afterwards; one that lives is
nobody else's.

What is sent with a browser is made from a ceremony's token and from the browser's own cookie: another browser's answer
has another nonce and another verifier, and neither stands anywhere. A sign-in stores nothing until it is answered.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.access.federation import unproven
from lockhouse.access.sign_in import Means
from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, NotFound
from lockhouse.gates.staff.factors import add, identity_of, new_identity
from lockhouse.gates.staff.read import account, login_row, proofs_of
from lockhouse.model.rows import StaffLogin

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.deed import Deed
    from lockhouse.gates.staff.read import Proof
    from lockhouse.model.federation import IdentityProvider
    from lockhouse.model.rows import Factor, Staff

BACK = "/sign-in/identity/back"
"""Where a browser comes back to, below the console's own address."""
What = Literal["enrol", "link", "sign-in"]
_MARKS: dict[str, What] = {"e": "enrol", "l": "link", "s": "sign-in"}
_MAX_STATE = 512
IDENTITY_KEPT, LABEL_KEPT = 1, 2
"""Where the ceremony of an enrolment keeps an identity that was proven for it."""


class Sent(NamedTuple):
    """What a browser is sent to the provider with: the state, and what is made from it for this browser alone."""

    what: What
    token: str
    state: str
    nonce: str
    verifier: str


class Identity(NamedTuple):
    """Somebody at the provider, as the house knows them: the keyed hash, and what their owner calls it."""

    tag: bytes
    label: str


def provider(house: House) -> IdentityProvider:
    """The provider.

    Raises:
        NotFound: the house knows none.
    """
    if house.proving.provider is None:
        raise NotFound("identity provider: expected one, got none", hint="docs/operations/oidc.md")
    return house.proving.provider


def sent(house: House, what: What, token: str, *, browser: str) -> Sent:
    """What goes with a browser, to be known again when it comes back.

    Args:
        what: it is for. token: of its ceremony. browser: the secret of its own cookie.
    """
    mark = next(sign for sign, word in _MARKS.items() if word == what)
    said = f"{mark}~{token}"
    return Sent(what, token, f"{said}~{_made(house, 'state', said, browser)}", *_secrets(house, said, browser))


def came(house: House, state: str, *, browser: str) -> Sent:
    """What this browser was sent with.

    Raises:
        Unproven: another one was, or none.
    """
    said, sign, tag = state.rpartition("~")
    mark, _, token = said.partition("~")
    is_ours = len(state) <= _MAX_STATE and bool(sign and token and browser) and state.isascii() and mark in _MARKS
    if not is_ours or not equal(tag.encode(), _made(house, "state", said, browser).encode()):
        raise unproven("state")
    return Sent(_MARKS[mark], token, state, *_secrets(house, said, browser))


def _secrets(house: House, said: str, browser: str) -> tuple[str, str]:
    return _made(house, "nonce", said, browser), _made(house, "verifier", said, browser)


def _made(house: House, kind: str, said: str, browser: str) -> str:
    rules = provider(house).rules
    content = lp(rules.issuer.encode(), rules.client.encode(), said.encode(), browser.encode())
    return urlsafe_b64encode(house.staff_keys.tag(f"federation-{kind}", content)).decode().rstrip("=")


def identity(house: House, subject: str) -> Identity:
    """Somebody at the provider that the house knows now."""
    rules = provider(house).rules
    return Identity(house.staff_keys.tag("identity", lp(rules.issuer.encode(), subject.encode())), rules.name)


async def whose(house: House, who: Identity) -> tuple[Staff, Proof] | None:
    """Whose an identity is, and the factor that says so; None if it is nobody's.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    row = await login_row(house, who.tag)
    staff = None if row is None else await account(house, row.staff)
    if staff is None:
        return None
    for one in await proofs_of(house, staff.id):
        if one.factor.kind == Means.IDENTITY and equal(identity_of(house, one.factor), who.tag):
            return staff, one
    return None


async def bind(house: House, deed: Deed, staff: bytes, who: Identity, *, by: str) -> Factor:
    """The identity is this account's with this deed.

    Raises:
        Conflict: it is an account's already.
    """
    if await whose(house, who) is not None:
        raise Conflict("identity: expected one that no account has", hint="its owner removes it from the other account")
    deed.set(StaffLogin(who.tag, staff, b""), was=await login_row(house, who.tag))
    return add(house, deed, staff, new_identity(who.tag, label=who.label), by=by)
