"""Numbers in free text: payment cards and national numbers of digits alone.

A number may stand among others (`2 4111 1111 1111 1111`), so every run of digits is cut into its groups, and every
window of at most eight of them is held against the shapes that are known. What a window can be depends on it alone, so
the time is that of the groups and not of their square.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from lockhouse.policy.types import national
from lockhouse.policy.types.digits import luhn

CARD = "[card]"
MIN_CARD, MAX_CARD = 12, 19
"""ISO/IEC 7812-1: an account number has at most 19 digits; the shortest that were given out have 12."""
_MAX_E164 = 15
_MAX_GROUPS = 8
_LENGTHS = (  # the beginnings that are given out (ISO/IEC 7812-1; the networks' own tables), with their lengths
    (("4",), frozenset({13, 16, 18, 19})),
    (("34", "37"), frozenset({15})),
    (("30", "36", "38", "39"), frozenset(range(14, 20))),
    (("5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763"), frozenset(range(12, 20))),
    (("22", "23", "24", "25", "26", "27", "35", "5", "6", "81", "82", "9792"), frozenset(range(16, 20))),
    (("1", "2131"), frozenset({15})),
)
_HEADS = {
    size: tuple(head for heads, sizes in _LENGTHS if size in sizes for head in heads)
    for size in range(MIN_CARD, MAX_CARD + 1)
}
_RUN = re.compile(r"[0-9]+(?:(?:%20| ?[-./+_] ?| {1,2})[0-9]+)*")
_GROUP = re.compile(r"(?<!%)(?<!%2)[0-9]+")  # not the 20 of `%20`
_MANY = re.compile(r"[0-9](?:(?:%20|[ ./+_-]{0,3})[0-9]){11}")
_LAYOUTS = (
    "4 4 4 4", "4 6 5", "4 6 4", "4 4 5", "4 4 4 4 1", "4 4 4 4 2", "4 4 4 4 3", "6 13", "8 8", "4 4 4 6", "4 5 4",
)  # fmt: skip
_CARD_SHAPES = frozenset(layout.replace(" ", sign) for layout in _LAYOUTS for sign in " -.+_/")


def has_many(text: str) -> bool:
    """Whether any run of digits is long enough for a payment card."""
    return _MANY.search(text) is not None


def is_card(digits: str) -> bool:
    """Whether the digits pass as a payment card's: a length and a beginning that are given out, and Luhn's check.

    So a time in milliseconds, which begins with 1 and has 13 digits, is none.
    """
    return digits.startswith(_HEADS.get(len(digits), ())) and luhn(digits)


def without_numbers(text: str, *, national_too: bool) -> str:
    """The text with every card number replaced by `[card]`, and every national number by its word if so asked."""
    least = national.LEAST if national_too else MIN_CARD
    out: list[str] = []
    at = 0
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start >= least:
            for first, last, label in _within(text, start, end, national_too=national_too):
                out += (text[at:first], label)
                at = last
    return "".join((*out, text[at:])) if out else text


def _within(text: str, start: int, end: int, *, national_too: bool) -> Iterator[tuple[int, int, str]]:
    """Where in a run of digits numbers stand, from left to right and the longest first, with the words for them."""
    if not national_too and text[start:end].isdigit():
        if is_card(text[start:end]) and not _is_abroad(text, start, end - start):
            yield start, end, CARD
        return
    groups = [group.span() for group in _GROUP.finditer(text, start, end)]
    digits = [text[first:last] for first, last in groups]
    total = sum(map(len, digits))
    if total < (national.LEAST if national_too else MIN_CARD):
        return
    if _is_abroad(text, start, total):
        return
    between = [_sign(text[here[1] : there[0]]) for here, there in itertools.pairwise(groups)]
    index, found = 0, False
    while index < len(groups):
        ahead = index + _MAX_GROUPS
        first = groups[index][0]
        size, label = _longest(
            digits[index:ahead], between[index:ahead], around=(text, first) if national_too else None
        )
        last = groups[index + size - 1][1]
        if label == national.LABEL and _is_piece(text, first, last):
            size = 0
        if size:
            found = True
            yield first, last, label
        index += size or 1
    if not found and total <= MAX_CARD and is_card("".join(digits)):
        yield start, end, CARD  # in a form of its own, such as digit by digit


def _is_abroad(text: str, start: int, total: int) -> bool:
    """Whether this is a telephone number with its country, one in ten of which would pass as a card's."""
    return total <= _MAX_E164 and (text[start - 1 : start] == "+" or text[start - 3 : start] == "%2B")


def _is_piece(text: str, first: int, last: int) -> bool:
    """Whether letters stand beside the digits, as in an article's name; `%3D` is a sign and no letter."""
    before = text[first - 1 : first].isalnum() and text[max(0, first - 3) : first - 2] != "%"
    return before or text[last : last + 1].isalnum()


def _sign(between: str) -> str:
    return " " if between == "%20" else between.strip() or " "


def _longest(digits: list[str], between: list[str], *, around: tuple[str, int] | None) -> tuple[int, str]:
    """How many of these groups make one number, and its word; 0 and nothing if none do.

    Args:
        digits: the groups.
        between: the sign behind each of them.
        around: the text and where in it the first group begins; None if national numbers are not looked for.
    """
    for size in range(len(digits), 0, -1):
        compact = "".join(digits[:size])
        if not national.LEAST <= len(compact) <= MAX_CARD:
            continue
        shape = "".join(f"{len(group)}{sign}" for group, sign in zip(digits[: size - 1], between, strict=False))
        shape += str(len(digits[size - 1]))
        if around is not None and shape in national.BY_SHAPE and national.is_national(compact, shape, around=around):
            return size, national.LABEL
        if (size == 1 or shape in _CARD_SHAPES) and is_card(compact):
            return size, CARD
    return 0, ""
