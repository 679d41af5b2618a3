"""no-reveal: a plaintext key leaves its `Secret` only where it is used."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint.source import Source


class NoReveal:
    """`.reveal()` stands in `crypto`, in `secret.py` and in the root adapters `adapters/kms_*`."""

    name = "no-reveal"

    def find(self, source: Source) -> Iterator[tuple[int, str]]:
        """Yield every `x.reveal()` without arguments, and every mention of `Secret.reveal`."""
        is_root = source.is_in("adapters") and source.place.parts[1].startswith("kms_")
        if is_root or source.is_in("crypto", "secret.py"):
            return
        for node in ast.walk(source.tree):
            if _is_exit(node) or (isinstance(node, ast.Attribute) and source.full_name(node).endswith("Secret.reveal")):
                yield getattr(node, "lineno", 1), "a plaintext key is revealed outside crypto and the root adapters"


def _is_exit(node: ast.AST) -> bool:
    # With arguments it is another `reveal`: the verb that shows a person's value to a member of staff.
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "reveal"
        and not node.args
        and not node.keywords
    )
