"""The page docs/spec/policy.md says what the program does, where the two could drift apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockhouse.model.policy import Guard
from lockhouse.policy import words
from lockhouse.policy.reading import MAX_DEPTH
from lockhouse.policy.reduce import REASONS

PAGE = (Path(__file__).parents[3] / "docs" / "spec" / "policy.md").read_text("utf-8")


@pytest.mark.parametrize("kind", sorted(words.TYPES))
def test_every_type_stands_in_the_table_with_its_words(kind: str) -> None:
    [row] = [
        line.split("|") for line in PAGE.splitlines() if line.startswith("|") and f"`{kind}`" in line.split("|")[1]
    ]
    allowed = words.TYPES[kind]
    assert _words(row[3]) == list(allowed.masks)
    assert [word.removesuffix(" N") for word in _words(row[4])] == list(allowed.minimise)
    assert _words(row[5]) == list(allowed.find_by)
    assert set(_words(row[6])) == set(allowed.identifies)
    assert bool(row[7].strip()) is allowed.clear


def _words(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(",") if word.strip()]


@pytest.mark.parametrize(
    "known",
    [
        words.SECTIONS, words.CLASSES, words.BASES, words.CONDITIONS, words.STAGES, words.CHANNEL_KINDS,
        words.RECIPIENT_KINDS, words.RECIPIENT_ROLES, words.ERASE_WAYS, words.SEE_MODES, REASONS,
    ],
)  # fmt: skip
def test_every_word_stands_on_the_page(known: tuple[str, ...]) -> None:
    assert [word for word in known if word not in PAGE] == []


def test_the_numbers_on_the_page_are_those_of_the_program() -> None:
    assert f"at most {MAX_DEPTH} levels" in PAGE
    for guard in Guard:
        assert f"{guard.name} {int(guard)}" in " ".join(PAGE.split())
