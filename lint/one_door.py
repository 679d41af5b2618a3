"""one-door: sealing, opening and the ticket that opens have one room, the gates."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint.source import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint.source import Source

# Types are not known here, so the rule goes by what a keyring is called; a keyring under another name is caught
# by review, and by the one line in wiring that makes it.
KEYRINGS = ("keyring", "keyrings")
UNDERNEATH = {"lockhouse.crypto.seal.seal_box", "lockhouse.crypto.seal.open_box"}


class OneDoor:
    """Only `gates` seal, open and make a `Noted`; `crypto` is where those are defined."""

    name = "one-door"

    def find(self, source: Source) -> Iterator[tuple[int, str]]:
        """Yield every way around the gates."""
        if source.is_in("gates", "crypto"):
            return
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute):
                yield from _attribute(node)
            if isinstance(node, ast.ImportFrom):
                taken = {f"{node.module}.{each.name}" for each in node.names} & UNDERNEATH
                yield from ((node.lineno, f"{name} is under the keyring; go through a gate") for name in sorted(taken))


def _attribute(node: ast.Attribute) -> Iterator[tuple[int, str]]:
    owner = last_name(node.value).lower().lstrip("_")
    if node.attr in {"seal", "open"} and owner.endswith(KEYRINGS):
        yield node.lineno, f"a keyring's {node.attr} is used outside the gates"
    if node.attr == "from_commit" and owner == "noted":
        yield node.lineno, "a Noted is made outside the gates"
