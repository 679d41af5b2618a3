"""As which role the operating system's user of a house acts.

1. Until somebody has enrolled, and in a demo house, that user acts in any role, and the ledger says so.
2. From then on members sign in and act as themselves, with all of their roles: nobody names one to act in.
3. What the rules leave to whoever has the machine, that user does without a role (`faces.cli.duties`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import ActingRefused, Invalid
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
        is_demo: it is a throw-away house, on made-up people.
        has_staff: somebody has enrolled.

    Raises:
        ActingRefused: a role is named, and the house has staff.
        Invalid: the policy has no such role.
    """
    if role is not None and has_staff and not is_demo:
        raise ActingRefused(
            "--as: expected members to act as themselves, got a role to act in", reasons=("has-staff",),
            hint="leave it out: lockhouse sign-in, and your own roles count",
        )  # fmt: skip
    if role is not None and role not in roles:
        raise Invalid("--as", f"one of {', '.join(roles)}", got="another word")
    return Actor(
        id=f"os-user:{user}", kind="os-user", roles=() if role is None else (role,), shown="this machine's user"
    )
