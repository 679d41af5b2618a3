"""no-plain-compare: digests and tags are compared in constant time, so that timing tells nothing."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint.source import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint.source import Source

DIGESTS = ("tag", "mac", "hmac", "digest", "hexdigest", "hash", "signature")


class NoPlainCompare:
    """`==` and `!=` on a value whose name ends in tag, mac, digest, hash or signature."""

    name = "no-plain-compare"

    def find(self, source: Source) -> Iterator[tuple[int, str]]:
        """Yield every comparison with a digest; one with a literal is left, for a literal is no secret."""
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Compare):
                continue
            sides = [node.left, *node.comparators]
            is_equality = any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops)
            has_literal = any(isinstance(side, ast.Constant) for side in sides)
            if is_equality and not has_literal and any(_is_digest(side) for side in sides):
                yield node.lineno, "a digest is compared with ==; use hmac.compare_digest"


def _is_digest(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        return False  # one byte, or one of many by its key
    return last_name(node).lower().split("_")[-1] in DIGESTS
