"""What is routine: a twentieth, and less where less is usual."""

from __future__ import annotations

import pytest

from lockhouse.rights.blast import is_much


@pytest.mark.parametrize(
    ("share", "usual", "much"),
    [
        (0.05, [], False),
        (0.0501, [], True),
        (0.0501, [0.08] * 12, True),
        (0.04, [0.001, 0.001], False),
        (0.04, [0.001, 0.001, 0.001], True),
        (0.04, [0.02, 0.02, 0.02], False),
        (0.041, [0.02, 0.02, 0.02], True),
        (0.01, [0.001, 0.001, 0.001], False),
        (0.03, [*[0.04] * 12, *[0.001] * 12], True),
        (0.03, [*[0.001] * 12, *[0.04] * 12], False),
    ],
    ids=[
        "a twentieth",
        "more than that",
        "however usual",
        "too few runs are known",
        "many times the usual",
        "twice the usual",
        "more than twice",
        "a hundredth is never much",
        "the oldest do not count",
        "the newest do",
    ],
)
def test_a_run_is_much_by_its_share_or_beside_the_usual(share: float, usual: list[float], *, much: bool) -> None:
    assert is_much(share, usual) is much
