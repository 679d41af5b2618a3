"""The frozen vectors: made anew they are the same, and a second implementation opens them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
FOLDER, OPENER = TESTS / "vectors", TESTS / "js" / "open_vectors.mjs"
FILES = sorted(path.name for path in FOLDER.glob("*.json"))


def _opened(folder: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node, "the second implementation needs node"
    return subprocess.run([node, str(OPENER), str(folder)], capture_output=True, text=True, timeout=60, check=False)


def test_made_anew_the_vectors_are_the_same(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(FOLDER / "make.py"), str(tmp_path)], check=True, timeout=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_a_second_implementation_opens_every_vector() -> None:
    done = _opened(FOLDER)
    assert (done.returncode, done.stdout) == (0, "72 opened, 0 failed\n")


@pytest.mark.parametrize(
    ("name", "path", "failing"),
    [
        ("box", ("boxes", 1, "blob"), "failed: box special"),
        ("box", ("boxes", 0, "record"), "failed: box month"),
        ("snapshot", ("snapshots", 0, "upto"), "failed: snapshot 0"),
        ("snapshot", ("snapshots", 0, "root"), "failed: snapshot 0"),
        ("ring", ("rings", 0, "blob"), "failed: ring first-4"),
        ("ring", ("keys", 0, "name"), "failed: key epoch"),
        ("blind-index", ("tags", 3, "house"), "failed: tag 3"),
        ("checkpoint", ("checkpoints", 2, "root"), "failed: checkpoint 2"),
        ("staff", ("tags", 1, "tag"), "failed: staff tag 1"),
        ("staff", ("challenges", 0, "bound"), "failed: challenge 0"),
        ("staff", ("boxes", 0, "blob"), "failed: staff box 0"),
        ("staff", ("boxes", 1, "key"), "failed: staff box 1"),
    ],
)
def test_one_changed_byte_is_found_by_the_second_implementation(
    tmp_path: Path, name: str, path: tuple[str, int, str], failing: str
) -> None:
    for file in FILES:
        shutil.copy(FOLDER / file, tmp_path)
    vectors = json.loads((FOLDER / f"{name}.json").read_text("ascii"))
    group, at, field = path
    raw = bytearray.fromhex(vectors[group][at][field])
    raw[len(raw) // 2] ^= 1
    vectors[group][at][field] = raw.hex()
    (tmp_path / f"{name}.json").write_text(json.dumps(vectors), "ascii")
    done = _opened(tmp_path)
    assert done.returncode == 1
    assert failing in done.stdout
