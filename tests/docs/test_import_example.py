"""The example of an import is what its page says: rows of two channels come in, add up, and go again."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import runpy
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.adapters.clock import SystemClock
from lockhouse.flows.look import ask_of
from lockhouse.gates.disclose import Records, disclose
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Person
from lockhouse.wiring import opened
from tests.faces.cli.house import Desk, StoodClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.gates.house import House

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/complete_journey_import"
PAGE = ROOT / "docs/examples/import.md"
ROWS, MAIL = 3_000, 300
IMPORT = "import rows.csv --channel tills --map mapping.yaml"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.clock = StoodClock(SystemClock().now_ms())
    made.found()
    for file in EXAMPLE.glob("*.yaml"):
        shutil.copy(file, made.house / file.name)
    text = io.StringIO()
    with redirect_stdout(text):
        runpy.run_path(str(EXAMPLE / "rows.py"))["main"](ROWS)
    (made.house / "rows.csv").write_text(text.getvalue(), encoding="utf-8")
    approved = made.call("policy approve --yes")
    assert approved.code == 0, approved.err
    return made


async def _everyone(house: House) -> AsyncIterator[bytes]:
    async for rows in house.reads.scan(Person):
        for row in rows:
            yield row.id


async def _read_back(desk: Desk) -> tuple[int, set[str], Decimal]:
    """Lines, households and what they paid, as a bookkeeper reads them, noted."""
    lines, households, paid = 0, set[str](), Decimal()
    async with opened(desk.house, role="console", clock=desk.clock) as one:
        actor = Actor(id="os-user:0", kind="os-user", roles=("bookkeeper",))
        ask = await ask_of(one.house, actor, action="timeline", purpose=None, mode="full", reason="totals")
        async for view in disclose(one.house, ask, _everyone(one.house), records=Records(limit=ROWS)):
            for record in view.timeline:
                lines += 1
                households.add(str(record.fields["household_id"].value))
                paid += Decimal(str(record.fields["price"].value))
    return lines, households, paid


async def test_the_rows_of_the_example_add_up_on_both_sides_and_go_again(desk: Desk) -> None:
    raw = list(csv.DictReader(io.StringIO((desk.house / "rows.csv").read_text("utf-8"))))
    before = await _call(desk, f"{IMPORT} --dry-run")
    assert (before["stored"], before["trimmed"], before["rejected"]) == (ROWS, 0, 0)
    assert before["unread_columns"] == [7, 8, 9, 10]  # the discounts and the week
    told = await _call(desk, IMPORT)
    assert (told["stored"], told["trimmed"], told["refused"]) == (ROWS, 0, 0)
    lines, households, paid = await _read_back(desk)
    assert lines == len(raw) == ROWS
    assert households == {row["household_id"] for row in raw}
    assert paid == sum(Decimal(row["sales_value"]) for row in raw)
    assert (await _call(desk, f"import undo {told['batch']} --yes"))["records"] == ROWS
    assert (await _read_back(desk))[0] == 0


def _mail(desk: Desk) -> None:
    runpy.run_path(str(EXAMPLE / "mail.py"))["main"](MAIL, desk.house)


def _of_mail(desk: Desk, kind: str, *words: str) -> Any:
    line = f"import {kind}.csv --channel e-mail --map {kind}.yaml {' '.join(words)}"
    seen = desk.call(line, json=True)
    assert seen.code == 0, seen.err
    return seen.value


def test_campaigns_wait_for_the_consent_that_comes_before_them(desk: Desk) -> None:
    _mail(desk)
    before = _of_mail(desk, "campaigns", "--dry-run")
    assert (before["without_consent"], before["unspoken"]) == (MAIL, ["campaigns"])
    early = _of_mail(desk, "redemptions", "--dry-run")
    assert (early["kept"]["coupon"], "campaign_id" in early["kept"]) == (MAIL, False)
    assert desk.call("consent import consents.csv --channel e-mail").code == 0
    for kind in ("campaigns", "coupons", "redemptions"):
        told = _of_mail(desk, kind)
        assert (told["stored"], told["trimmed"]) == (MAIL, 0)


def test_what_the_tool_says_is_of_the_person_that_the_tills_speak_of(desk: Desk) -> None:
    _mail(desk)
    assert desk.call(IMPORT).code == 0
    assert desk.call("consent import consents.csv --channel e-mail").code == 0
    _of_mail(desk, "redemptions")
    shopped, redeemed = (
        {row["household_id"] for row in csv.DictReader(io.StringIO((desk.house / name).read_text("utf-8")))}
        for name in ("rows.csv", "redemptions.csv")
    )
    both = min(shopped & redeemed)
    [found] = desk.call("person find household_id - --as bookkeeper", typed=f"{both}\n", json=True).value["persons"]
    assert set(found["channels"]) == {"tills", "e-mail"}


@pytest.mark.slow
def test_the_page_runs_from_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    block = PAGE.read_text("utf-8").partition("```console\n")[2].partition("```")[0]
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }  # fmt: skip
    done = subprocess.run(  # the page's own words
        ["/bin/bash", "-e"], input=block, text=True, capture_output=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(
        "Clean: the ledger and every record and every row that gives authority is as it was signed.\n"
    )


async def _call(desk: Desk, line: str) -> dict[str, object]:
    """A command, in a thread of its own: it runs a loop of its own."""
    seen = await asyncio.to_thread(desk.call, line, json=True)
    assert seen.code == 0, seen.err
    value: dict[str, object] = seen.value
    return value


def test_the_page_shows_the_files_as_they_are() -> None:
    page = PAGE.read_text("utf-8")
    for name in ("mapping.yaml", "coupons.yaml"):
        assert (EXAMPLE / name).read_text("utf-8") in page
    assert f"lockhouse {IMPORT} --dry-run" in page
