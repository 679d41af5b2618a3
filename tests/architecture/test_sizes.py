"""The size caps measure what they say, and the product keeps them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lint.sizes import EXCEPTIONS, Exemption, Size, exemptions_in, measure, too_large
from lint.source import files_below

ROOT = Path(__file__).parents[2]
PATH = "src/lockhouse/a.py"


def _sizes(text: str) -> dict[tuple[str, str], int]:
    return {(size.name, size.cap): size.measured for size in measure(text, PATH)}


def test_a_function_is_measured_without_its_docstring() -> None:
    text = 'def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n'
    assert _sizes(text)["f", "lines"] == 3


def test_a_method_is_measured_without_self() -> None:
    assert _sizes("class A:\n    def f(self, a, *, b, **c): ...\n")["f", "parameters"] == 2


def test_branches_of_an_inner_function_are_its_own() -> None:
    text = (
        "def f(a):\n    def g(b):\n        while b:\n            b = None\n"
        "    if a:\n        return g\n    elif f:\n        return 1\n"
    )
    sizes = _sizes(text)
    assert (sizes["f", "branches"], sizes["g", "branches"]) == (2, 1)


def test_every_kind_of_branch_counts() -> None:
    text = (
        "async def f(a):\n    for x in a: ...\n    async for y in a: ...\n    while a: ...\n    try: ...\n"
        "    except ValueError: ...\n    match a:\n        case 1: ...\n        case _: ...\n"
    )
    assert _sizes(text)["f", "branches"] == 6


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n" * 401, "the file has 401 lines, expected at most 400"),
        ("def f():\n" + "    a = 1\n" * 40, "f has 41 lines, expected at most 40"),
        ("def f(a):\n" + "    if a: ...\n" * 11, "f has 11 branches, expected at most 10"),
        ("def f(a, b, c, *, d, e, g): ...\n", "f has 6 parameters, expected at most 5"),
    ],
)
def test_what_is_over_a_cap_is_found(text: str, sentence: str) -> None:
    [found] = too_large(measure(text, PATH), [])
    assert (found.rule, found.sentence) == ("sizes", sentence)


def test_a_cap_itself_is_allowed() -> None:
    text = "def f(a, b, c, d, e):\n" + "    if a: ...\n" * 10
    assert list(too_large(measure(text, PATH), [])) == []


def test_what_ruff_passes_with_a_reason_passes_here() -> None:
    text = "def f(a, b, c, d, e, g):  # noqa: PLR0913  # each part is bound by name\n    return a\n"
    assert ("f", "parameters") not in _sizes(text)
    assert _sizes(text.replace("  # each part is bound by name", ""))["f", "parameters"] == 6


def test_an_exception_raises_the_cap_and_no_further() -> None:
    granted = Exemption(path=PATH, name="f", cap="lines", allowed=50, reason="hot path", date=date(2026, 11, 23))
    size = Size(path=PATH, line=1, name="f", cap="lines", measured=50)
    assert list(too_large([size], [granted])) == []
    longer = Size(path=PATH, line=1, name="f", cap="lines", measured=51)
    assert [each.sentence for each in too_large([longer], [granted])] == ["f has 51 lines, expected at most 50"]


def test_an_exception_nothing_needs_is_found() -> None:
    granted = Exemption(path=PATH, name="f", cap="lines", allowed=50, reason="hot path", date=date(2026, 11, 23))
    size = Size(path=PATH, line=1, name="f", cap="lines", measured=40)
    [found] = too_large([size], [granted])
    assert found.sentence == "the exception for f (lines) is no longer needed"


def test_an_exception_without_a_reason_is_no_exception() -> None:
    text = '[[exception]]\npath = "a.py"\nname = "f"\ncap = "lines"\nallowed = 50\ndate = 2026-11-23\n'
    with pytest.raises(TypeError, match="reason"):
        exemptions_in(text)


def test_the_product_its_tests_and_its_linter_keep_the_caps() -> None:
    paths = [path for root in ("src", "tests", "lint") for path in files_below(str(ROOT / root))]
    relative = [path.relative_to(ROOT) for path in paths if "examples" not in path.parts]
    sizes = [size for path in relative for size in measure((ROOT / path).read_text("utf-8"), path.as_posix())]
    found = too_large(sizes, exemptions_in(EXCEPTIONS.read_text("utf-8")))
    assert sorted(map(str, found)) == []
