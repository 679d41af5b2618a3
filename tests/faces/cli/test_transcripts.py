"""What a person types and sees, as transcripts: `tests/faces/transcripts/*.txt`, one house each.

    # a sentence about what follows
    @ a house           with the channels `web` and `shop`, just made
    $ lockhouse person find email -
    < what is typed, or piped in
    what is printed
    = person            the first id that was printed is {person} from here on
    ~ key               the first write key that was printed is {key} from here on, as far as it was shown
    > event …           an event goes through the collect gate of the channel `shop`
    + FILE TEXT         another line stands in a file of the house's folder
    ! 2                 the exit code, where it is not 0

Ids, keys and digests are shown as words. `python -m tests.faces.cli.test_transcripts` writes what is printed anew.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faces.cli.house import EMAIL, PHONE, Desk

HERE = Path(__file__).parents[1] / "transcripts"
EVENT = {
    "email": EMAIL,
    "phone": PHONE,
    "name": "Anna Schmidt",
    "order_id": "A-1",
    "ssn": "1",
    "shipping_country": "DE",
}
ID = re.compile(r"\b[0-9a-f]{32}\b")
KEY = re.compile(r"lh[ps]?_[\w-]+")
SHOWN = [
    (re.compile(r"/enrol#[\w-]{43}"), "/enrol#SECRET"),
    (re.compile(r"lh[ps]?_[\w-]+…"), "KEY…"),
    (KEY, "KEY"),
    (re.compile(r"lockhouse/[0-9a-f]{32}/1\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+"), "VKEY"),
    (ID, "ID"),
    (re.compile(r"\b[0-9a-f]{16}…"), "DIGEST…"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "DIGEST"),
    (re.compile(r"os-user:\d+"), "os-user:UID"),
    (re.compile(r"\b\d+ ms\b"), "N ms"),
    (re.compile(r"[\d,]+ bytes"), "N bytes"),
    (re.compile(r"incident \w{12}"), "incident NUMBER"),
]


class Transcript:
    """One file, played line by line."""

    def __init__(self, text: str, folder: Path) -> None:
        self.lines = text.splitlines()
        self.desk = Desk(folder)
        self.names: dict[str, str] = {}
        self.printed = ""

    def play(self) -> str:
        """The transcript as it goes now."""
        out: list[str] = []
        for at, line in enumerate(self.lines):
            kind = line[:2]
            if kind == "# " and re.match(r"# [A-Z]", line):  # a shell comment in what was printed begins small
                out += [*([""] if out else []), line]
            elif kind == "$ ":
                out += [line, *self._typed(at), *self._call(line, "\n".join(self._typed(at)))]
            elif kind == "> ":
                out += [line, *self._send()]
            elif kind in {"@ ", "+ "}:
                self.desk.found() if kind == "@ " else self._write(*line[2:].split(" ", 1))
                out.append(line)
            elif kind in {"= ", "~ "}:
                self.names[line[2:]] = (ID if kind == "= " else KEY).findall(self.printed)[0]
                out.append(line)
        return "\n".join(out) + "\n"

    def _typed(self, at: int) -> list[str]:
        found = []
        for line in self.lines[at + 1 :]:
            if not line.startswith("< "):
                break
            found.append(line)
        return found

    def _call(self, line: str, typed: str) -> list[str]:
        words = line.removeprefix("$ lockhouse ").format_map(self.names)
        lines = "".join(f"{one[2:]}\n" for one in typed.splitlines())
        seen = self.desk.call(words, typed=lines, talks=bool(typed) and not re.search(r" -( |$)", words))
        self.printed = seen.out + seen.err
        return [*self._as_shown(self.printed), *([f"! {seen.code}"] if seen.code else [])]

    def _as_shown(self, text: str) -> list[str]:
        text = text.replace(str(self.desk.folder), "FOLDER")
        text = text.replace(f"{shlex.quote(sys.executable)} -m", "python3 -m")
        for pattern, word in SHOWN:
            text = pattern.sub(word, text)
        return text.rstrip("\n").splitlines()

    def _write(self, name: str, text: str) -> None:
        with (self.desk.house / name).open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def _send(self) -> list[str]:
        [reply] = self.desk.send(("Order Completed", EVENT))
        return [f"{reply.outcome} {reply.code}"]


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.txt")))
def test_a_person_sees_what_the_transcript_says(name: str, tmp_path: Path) -> None:
    text = (HERE / name).read_text("utf-8")
    assert Transcript(text, tmp_path).play() == text


def test_no_transcript_shows_a_canary_but_where_it_was_typed_or_revealed() -> None:
    shown = []
    for path in HERE.glob("*.txt"):
        lines = path.read_text("utf-8").splitlines()
        shown += [line for line in lines if EMAIL in line and not line.startswith(("< ", "$ ", "email  "))]
    assert shown == []


if __name__ == "__main__":
    for place in HERE.glob("*.txt"):
        with tempfile.TemporaryDirectory() as folder:
            place.write_text(Transcript(place.read_text("utf-8"), Path(folder)).play(), "utf-8")
