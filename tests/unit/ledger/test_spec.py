"""The specification's example is what the code writes, and verifies as the page says."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

from lockhouse.crypto.canonical import lp
from lockhouse.ledger.certificate import certificate, commitment
from lockhouse.ledger.entry import KINDS
from lockhouse.ledger.record import clear_columns, record_leaf_of
from lockhouse.ledger.verify import verify_certificate, verify_export
from tests.unit.ledger.logs import Log
from tests.unit.ledger.test_certificate import SALT, STATEMENT

SPEC = Path(__file__).parents[3] / "docs" / "spec" / "ledger.md"


def example() -> Log:
    """One record taken in, one look at it, one ending; folded and signed."""
    log = Log()
    log.store(1)
    log.look()
    log.end(statement=commitment(STATEMENT, salt=SALT))
    log.seal()
    return log


def blocks() -> dict[str, str]:
    """The fenced blocks of the page by their word."""
    return dict(re.findall(r"^```(\S+)\n(.*?)^```$", SPEC.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


def test_the_example_export_is_what_the_code_writes_and_is_clean() -> None:
    log = example()
    text = blocks()["export"]
    assert text.encode() == b"".join(log.lines())
    report = verify_export(text.encode().splitlines(), vkeys=[blocks()["vkey"].strip()], records=log.rows)
    assert report.clean
    assert (report.entries, report.lanes) == (3, {"collect-0": 1, "console": 1, "work": 1})


def test_the_example_leaves_are_the_hashes_the_page_says() -> None:
    raws = [line[9 : line.rindex(',"position"')] for line in blocks()["export"].splitlines() if '{"entry"' in line]
    assert [sha256(b"\x00" + raw.encode()).hexdigest() for raw in raws] == blocks()["leaves"].split()


def test_the_example_record_has_the_leaf_the_page_says() -> None:
    log = example()
    [row] = log.records.values()
    salt, columns, boxes, leaf = (bytes.fromhex(part) for part in blocks()["record"].split())
    assert (row.salt, clear_columns(row), sha256(row.boxes).digest(), record_leaf_of(row)) == (
        salt,
        columns,
        boxes,
        leaf,
    )
    again = sha256(b"\x00" + lp("lockhouse/record/1", salt, columns, boxes)).digest()
    assert leaf == again


def test_the_example_certificate_is_what_the_code_writes_and_verifies() -> None:
    log = example()
    entry = log.entries[2]
    text = blocks()["certificate"]
    assert text.encode() == certificate(STATEMENT, salt=SALT, entry=entry.body, place=log.place(entry))
    proven = verify_certificate(text.encode(), vkeys=[blocks()["vkey"].strip()])
    assert (proven.entry, json.loads(text)["v"]) == (entry.id, 1)


def test_the_page_names_every_kind_with_its_fields() -> None:
    page = SPEC.read_text(encoding="utf-8")
    for word, kind in KINDS.items():
        assert f"| `{word}` | {', '.join(kind.__struct_fields__)} |" in page


def test_the_page_names_every_finding() -> None:
    page = SPEC.read_text(encoding="utf-8")
    source = Path(__file__).parents[3] / "src" / "lockhouse" / "ledger" / "verify"
    code = "".join(path.read_text(encoding="utf-8") for path in source.glob("*.py"))
    found = set(re.findall(r'(?:found\.add\(|_finding\(|yield |return )\s*"([a-z]+(?:-[a-z]+)*)",', code))
    assert len(found) == 23
    assert {word for word in found if f"`{word}`" not in page} == set()
