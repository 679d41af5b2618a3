"""The verifier as an auditor runs it: a file, a key, and none of the product but crypto and errors."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.crypto.checkpoint import format_proof
from lockhouse.crypto.cosignature import cosign, witness_vkey
from lockhouse.crypto.signatures import SigningKey
from lockhouse.errors import Tampered
from lockhouse.ledger.certificate import Residue, certificate, commitment
from lockhouse.ledger.verify import consistency, inclusion, verify_export
from lockhouse.ledger.verify.__main__ import main
from tests.unit.ledger.logs import Log, busy
from tests.unit.ledger.test_certificate import SALT, STATEMENT

if TYPE_CHECKING:
    from pathlib import Path

# Runs the module as `python -m` would, and refuses every module of the product that an auditor need not have.
ALONE = """
import runpy, sys
from importlib.abc import MetaPathFinder

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")
        if top[0] != "lockhouse" or len(top) == 1 or top[1] in {"crypto", "errors", "secret"}:
            return None
        if top[1:] == ["ledger"] or top[1:3] == ["ledger", "verify"]:
            return None
        raise ImportError("refused " + name)

sys.meta_path.insert(0, Refuse())
sys.argv = ["verify", *sys.argv[1:]]
runpy.run_module("lockhouse.ledger.verify", run_name="__main__")
"""


def _alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ALONE, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def _export(log: Log, folder: Path) -> str:
    path = folder / "export.jsonl"
    path.write_bytes(b"".join(log.lines()))
    return str(path)


def test_the_hook_does_refuse_the_rest_of_the_product() -> None:
    code = ALONE.replace('runpy.run_module("lockhouse.ledger.verify", run_name="__main__")', "import lockhouse.model")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert "refused lockhouse.model" in ran.stderr


def test_an_export_verifies_without_the_product(tmp_path: Path) -> None:
    log = busy()
    ran = _alone(_export(log, tmp_path), "--vkey", log.vkeys[0])
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "14 entries in 3 lanes, 2 checkpoints verified\nclean\n"


def test_a_certificate_verifies_without_the_product(tmp_path: Path) -> None:
    log = busy()
    entry = log.end(statement=commitment(STATEMENT, salt=SALT))
    log.seal()
    path = tmp_path / "certificate.json"
    path.write_bytes(certificate(STATEMENT, salt=SALT, entry=entry.body, place=log.place(entry)))
    ran = _alone(str(path), "--certificate", "--vkey", log.vkeys[0])
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "certificate verified: person erased, 1 key destroyed" in ran.stdout
    assert ran.stdout.count("cannot prove: ") == 3


def test_a_certificate_is_told_in_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = busy()
    entry = log.end(statement=commitment(STATEMENT, salt=SALT))
    log.seal()
    path = tmp_path / "certificate.json"
    path.write_bytes(certificate(STATEMENT, salt=SALT, entry=entry.body, place=log.place(entry)))
    assert main([str(path), "--certificate", "--vkey", log.vkeys[0]]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == f"entry {entry.id.hex()} at position 14 of {log.origin}"
    assert told[2] == "remains until 2026-09-22T14:13:20Z: backup of 1 October"
    assert told[3] == "remains until nobody can say: paper"


def test_a_certificate_with_a_time_beyond_the_calendar_is_told_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, ms = busy(), 253_402_300_800_000
    late = msgspec.structs.replace(STATEMENT, residues=[Residue(what="boxes under a legal hold", until=ms)])
    entry = log.end(statement=commitment(late, salt=SALT))
    log.seal()
    path = tmp_path / "certificate.json"
    path.write_bytes(certificate(late, salt=SALT, entry=entry.body, place=log.place(entry)))
    assert main([str(path), "--certificate", "--vkey", log.vkeys[0]]) == 0
    assert f"remains until a time beyond the calendar ({ms} ms): boxes" in capsys.readouterr().out


def test_what_was_found_is_said_and_sets_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = busy()
    log.entries[2] = log.entries[3]
    export = _export(log, tmp_path)
    assert main([export, "--vkey", log.vkeys[0]]) == 7
    assert "deleted-entry: lane console, number 2: Number 2 of the lane is missing." in capsys.readouterr().out
    assert main([export, "--vkey", log.vkeys[0], "--json"]) == 7
    told = json.loads(capsys.readouterr().out)
    assert (told["entries"], told["found"] > 0, told["findings"][0]["kind"]) == (14, True, "deleted-entry")


def test_a_held_checkpoint_is_read_from_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, held = busy(), tmp_path / "checkpoint"
    held.write_text(log.checkpoints[0].text, encoding="utf-8")
    assert main([_export(log, tmp_path), "--vkey", log.vkeys[0], "--held", str(held)]) == 0
    assert capsys.readouterr().out.endswith("clean\n")


def test_a_held_checkpoint_must_be_cosigned_where_a_witness_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, held, key = busy(), tmp_path / "checkpoint", SigningKey.generate()
    asked = [_export(log, tmp_path), "--vkey", log.vkeys[0], "--held", str(held)]
    asked += ["--witness", witness_vkey("witness.example/w", key.public())]
    text = log.checkpoints[0].text
    held.write_text(text, encoding="utf-8")
    assert main(asked) == 7
    assert "expected a cosignature by a given witness, got none" in capsys.readouterr().out
    held.write_text(text + cosign(text, name="witness.example/w", key=key, at_s=1), encoding="utf-8")
    assert main(asked) == 0
    assert main([*asked[:-1], "w+1+2"]) == 2


def test_a_witness_that_is_named_is_asked_for_or_the_call_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = busy()
    witness = witness_vkey("witness.example/w", SigningKey.generate().public())
    assert main([_export(log, tmp_path), "--vkey", log.vkeys[0], "--witness", witness]) == 2
    assert capsys.readouterr().out.startswith("invalid: --witness: expected a checkpoint beside it")
    proof, held = tmp_path / "entry.proof", tmp_path / "held"
    proof.write_text("c2sp.org/tlog-proof@v1\nindex 0\n\n", "utf-8")
    held.write_text(log.checkpoints[-1].text, "utf-8")
    assert main([str(proof), "--vkey", log.vkeys[0], "--held", str(held)]) == 2
    assert capsys.readouterr().out.startswith("invalid: --held: expected an export or tiles")


def test_a_wrong_call_is_told_from_a_changed_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = busy()
    export = _export(log, tmp_path)
    held = tmp_path / "checkpoint"
    held.write_text("no checkpoint", encoding="utf-8")
    assert main([str(tmp_path / "none"), "--vkey", log.vkeys[0]]) == 2
    assert main([export, "--vkey", "no key"]) == 2
    assert main([export, "--vkey", log.vkeys[0], "--certificate"]) == 7
    assert main([export, "--vkey", log.vkeys[0], "--held", str(held)]) == 2
    held.write_text(log.checkpoints[0].text.replace("\n", "\n1", 1), encoding="utf-8")
    assert main([export, "--vkey", log.vkeys[0], "--held", str(held)]) == 7
    held.write_bytes(log.checkpoints[0].text.encode() + b"\xff")
    assert main([export, "--vkey", log.vkeys[0], "--held", str(held)]) == 7
    assert main([export, "--vkey", f"\udcff{log.vkeys[0]}"]) == 2
    assert capsys.readouterr().out.splitlines()[0] == "unreadable: No such file or directory"


def test_a_file_that_is_no_export_is_said_to_be_none_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "README.md"
    path.write_text("# Lockhouse\n\nA gate and vault.\n" * 50, encoding="utf-8")
    assert main([str(path), "--vkey", busy().vkeys[0]]) == 2
    assert capsys.readouterr().out.splitlines() == [
        "invalid: file: expected an export of a ledger, got something else",
        "hint: `lockhouse -C HOUSE ledger export FILE` writes one",
    ]


@pytest.mark.parametrize("held_in", ["extra", "above", "beside"])
def test_a_proof_verifies_with_its_entry_wherever_that_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], held_in: str
) -> None:
    log = busy()
    row, place = log.entries[5], log.place(log.entries[5])
    proof, more = format_proof(place.position, place.path, place.checkpoint).encode(), []
    if held_in == "extra":
        header, _, rest = proof.partition(b"\n")
        proof = b"\n".join((header, b"extra " + base64.b64encode(row.body), rest))
    elif held_in == "above":
        proof = row.body + b"\n" + proof
    else:
        (tmp_path / "entry.json").write_bytes(row.body)
        more = ["--entry", str(tmp_path / "entry.json")]
    path = tmp_path / "one.tlog-proof"
    path.write_bytes(proof)
    assert main([str(path), "--vkey", log.vkeys[0], *more]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"proof verified: {row.kind} of ")
    assert told[1] == f"entry {row.id.hex()} at position 5 of {log.origin}"
    assert main([str(path), "--vkey", log.vkeys[0], "--json", *more]) == 0
    assert json.loads(capsys.readouterr().out)["entry"] == row.id.hex()


def test_a_proof_of_another_entry_of_none_or_of_a_changed_one_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = busy()
    place, path, entry = log.place(log.entries[5]), tmp_path / "one.tlog-proof", tmp_path / "entry.json"
    proof = format_proof(place.position, place.path, place.checkpoint).encode()
    path.write_bytes(proof)
    assert main([str(path), "--vkey", log.vkeys[0]]) == 2
    assert "name its file with --entry" in capsys.readouterr().out
    for wrong in (log.entries[4].body, log.entries[5].body.replace(b'"v":1', b'"v": 1'), b"{}"):
        entry.write_bytes(wrong)
        assert main([str(path), "--vkey", log.vkeys[0], "--entry", str(entry)]) == 7
    path.write_bytes(proof.replace(b"\n", b"\nextra !\n", 1))
    assert main([str(path), "--vkey", log.vkeys[0]]) == 7


def test_a_certificate_is_known_by_how_it_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = busy()
    entry = log.end(statement=commitment(STATEMENT, salt=SALT))
    log.seal()
    path = tmp_path / "certificate.json"
    path.write_bytes(certificate(STATEMENT, salt=SALT, entry=entry.body, place=log.place(entry)))
    assert main([str(path), "--vkey", log.vkeys[0]]) == 0
    assert capsys.readouterr().out.startswith("certificate verified: ")
    assert main([str(path), "--vkey", log.vkeys[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "certificate"
    beheaded = tmp_path / "beheaded.jsonl"
    beheaded.write_bytes(b"".join(log.lines()).partition(b"\n")[2])
    assert main([str(beheaded), "--vkey", log.vkeys[0]]) == 7
    assert "incomplete-export" in capsys.readouterr().out


def test_inclusion_and_consistency_return_none_or_raise() -> None:
    log = busy()
    place = log.place(log.entries[5])
    root = verify_export(log.lines(), vkeys=log.vkeys).root
    inclusion(log.entries[5].leaf, 5, 14, place.path, root)
    with pytest.raises(Tampered):
        inclusion(log.entries[5].leaf, 6, 14, place.path, root)
    consistency(14, 14, [], root, root)
    with pytest.raises(Tampered):
        consistency(0, 14, [], root, root)
