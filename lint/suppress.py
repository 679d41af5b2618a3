"""Suppressions: `# house: allow no-clock: reason`, on the line itself. One that hides nothing is a finding."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

from lint.source import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lint.source import Source

_MARK = re.compile(r"#\s*house:\s*(?P<rest>.*)")
_FORM = re.compile(r"allow (?P<rule>[a-z-]+): (?P<reason>\S.{9,})")


def apply(source: Source, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that are not allowed, and a finding for each suppression that is wrong or hides nothing."""
    allowed: dict[tuple[int, str], bool] = {}
    for line, comment in _comments(source.text):
        mark = _MARK.search(comment)
        if mark is None:
            continue
        form = _FORM.fullmatch(mark["rest"].strip())
        if form is None:
            sentence = "expected `# house: allow RULE: reason` with a reason of ten letters or more"
            yield Finding(path=source.path, line=line, rule="suppression", sentence=sentence)
        else:
            allowed[line, form["rule"]] = False
    for each in found:
        if (each.line, each.rule) in allowed:
            allowed[each.line, each.rule] = True
        else:
            yield each
    for (line, rule), is_used in allowed.items():
        if not is_used:
            yield Finding(
                path=source.path, line=line, rule="suppression", sentence=f"allows {rule}, which it does not break"
            )


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
