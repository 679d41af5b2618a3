"""Reasons that a role lists are noted as words, whatever language the policy is written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.ledger.entry.body import Word
from lockhouse.model.rows import LedgerEntry
from lockhouse.policy.decide import plain_reason
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

LISTED = ("Rückruf", "обратный звонок", "доставка", "折り返し", "“call” back", "x" * 90)
TEXT = POLICY.replace("[call back, delivery problem]", str([*LISTED, "call back"]).replace("'", '"'))


@pytest.mark.parametrize("reason", LISTED)
def test_every_reason_of_any_script_is_a_word_that_the_ledger_takes(reason: str) -> None:
    assert msgspec.convert(plain_reason(reason), Word) == plain_reason(f"{reason.upper()}: T-17")


def test_no_two_reasons_are_noted_as_one() -> None:
    assert len({plain_reason(one) for one in (*LISTED, "call back", "折り返さない")}) == len(LISTED) + 2
    assert (plain_reason("Rückruf"), plain_reason("Call back: T-17")) == ("ruckruf", "call-back")


@pytest.mark.parametrize("reason", [LISTED[0], LISTED[1]])
async def test_a_look_with_a_reason_in_another_language_is_opened_and_noted_by_its_word(
    tmp_path: Path, reason: str
) -> None:
    world = await World.make(tmp_path, TEXT)
    await world.send("backend", "Order Completed", email="anna@example.com")
    person = await world.person("anna@example.com")
    view = await world.reveal(person, reason=f"{reason}: T-17")
    assert view.fields["email"].value == "anna@example.com"
    bodies = [msgspec.json.decode(one.body)["body"] for one in await world.rows(LedgerEntry)]
    assert plain_reason(reason) in [one.get("reason") for one in bodies]
