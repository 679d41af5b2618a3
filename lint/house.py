"""The house rules together: which there are, and what they find in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint import suppress
from lint.no_clock import NoClock
from lint.no_plain_compare import NoPlainCompare
from lint.no_reveal import NoReveal
from lint.no_value_in_message import NoValueInMessage
from lint.one_door import OneDoor
from lint.source import Finding, parse

if TYPE_CHECKING:
    from lint.source import Rule

RULES: tuple[Rule, ...] = (NoClock(), NoReveal(), OneDoor(), NoPlainCompare(), NoValueInMessage())


def findings(text: str, path: str) -> list[Finding]:
    """Everything the rules find in one file, suppressions applied, in the order of lines.

    Raises:
        SyntaxError: the text is not Python.
    """
    source = parse(text, path)
    found = {
        Finding(path=path, line=line, rule=rule.name, sentence=sentence)
        for rule in RULES
        for line, sentence in rule.find(source)
    }
    return sorted(suppress.apply(source, sorted(found)))
