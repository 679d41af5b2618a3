"""As which role the operating system's user of a house acts.

The command line cannot sign anybody in yet, so it acts as `os-user` also in a house that has staff: whoever has the
account that opens the house acts in any role, and the ledger says so. `has_staff` is the refusal that stands for a face
which can; no face passes it yet (`docs/design/access.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, Unproven
from lockhouse.model.decision import Actor

if TYPE_CHECKING:
    from collections.abc import Collection


def acting(
    user: int, role: str | None, *, roles: Collection[str], is_demo: bool = False, has_staff: bool = False
) -> Actor:
    """The operating system's user as an actor.

    Args:
        user: the numeric user id; a name would be personal data in the ledger.
        role: the role to act as; None acts without one, for what needs none.
        roles: names in the policy.

    Raises:
        Unproven: the house has staff, and the face can sign them in, so acting means signing in.
        Invalid: the policy has no such role.
    """
    if has_staff and not is_demo:
        raise Unproven("sign-in: expected a signed-in member of staff", hint="staff act as themselves")
    if role is not None and role not in roles:
        raise Invalid("--as", f"one of {', '.join(roles)}", got="another word")
    return Actor(
        id=f"os-user:{user}", kind="os-user", roles=() if role is None else (role,), shown="this machine's user"
    )
