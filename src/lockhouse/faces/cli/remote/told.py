"""What all commands that ask elsewhere have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from lockhouse.client.shapes import Answer
    from lockhouse.faces.cli.acting import As


def plain(answer: Answer) -> dict[str, Any]:
    """An answer as the command has it that is typed on the house's machine."""
    told: dict[str, Any] = msgspec.to_builtins(answer)
    return told


def without(told: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same but for these parts."""
    return {name: one for name, one in told.items() if name not in names}


def require_own_role(acting: As | None) -> None:
    """Nobody names a role: a token has one.

    Raises:
        Invalid: somebody does.
    """
    if acting is not None and acting.role is not None:
        raise Invalid("--as", "no role with --server, as a token acts in its own", got="one")
