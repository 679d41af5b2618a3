"""`script/redaction-quality`: what `redact_identifiers` finds and misses in texts of somebody else's generator.

An identifier is *found* if none of its letters and digits is left, whatever word stands for it. *Recall* is the share
of identifiers that were found. *Precision* is the share of words put in that stand for some part of an identifier.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from lockhouse.policy.types import redact

HERE = Path(__file__).parent
OF_PRESIDIO = ("CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "US_SSN")
"""What its sentences hold that `redact_identifiers` promises to find; the others are names, places, days and jobs."""
FLOORS = {"presidio": (0.95, 0.98), "national": (0.92, 0.95)}
"""The least recall and precision of each set."""
NEGATIVE = frozenset({"ORDER", "NAME", "CITY", "DATE"})
_WORD = re.compile(r"\[(?:card|e-mail|iban|ip|key|mac|national id|phone|redacted)\]")


class Text(msgspec.Struct, frozen=True):
    """One text and where its identifiers stand."""

    set: str
    text: str
    spans: list[tuple[str, int, int]]


@dataclass(slots=True)
class Tally:
    """What was found in one set."""

    there: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    put: int = 0
    in_vain: Counter[str] = field(default_factory=Counter)
    texts: int = 0

    def add(self, one: Text) -> None:
        """Redact a text and count."""
        self.texts += 1
        gone = replaced(one.text, redact.identifiers(one.text))
        wanted = [span for span in one.spans if _is_wanted(one.set, span[0])]
        for kind, start, end in wanted:
            self.there[kind] += 1
            left = [at for at in range(start, end) if one.text[at].isalnum() and not _covers(gone, at)]
            self.found[kind] += not left
        self.put += len(gone)
        for first, last, word in gone:
            if not any(first < end and start < last for _, start, end in wanted):
                self.in_vain[word] += 1

    @property
    def recall(self) -> float:
        """The share of identifiers that were found."""
        return self.found.total() / max(1, self.there.total())

    @property
    def precision(self) -> float:
        """The share of words put in that stand for some part of an identifier."""
        return 1 - self.in_vain.total() / max(1, self.put)

    def figures(self) -> dict[str, object]:
        """Recall by kind and whole, and precision."""
        kinds = sorted(self.there)
        return {
            "texts": self.texts,
            "recall": {kind: round(self.found[kind] / self.there[kind], 4) for kind in kinds},
            "identifiers": {kind: self.there[kind] for kind in kinds},
            "recall_of_all": round(self.recall, 4),
            "precision": round(self.precision, 4),
            "put": self.put,
            "in_vain": dict(sorted(self.in_vain.items())),
        }


def _is_wanted(name: str, kind: str) -> bool:
    return kind in OF_PRESIDIO if name == "presidio" else kind not in NEGATIVE


def _covers(gone: list[tuple[int, int, str]], at: int) -> bool:
    return any(first <= at < last for first, last, _ in gone)


def replaced(text: str, kept: str) -> list[tuple[int, int, str]]:
    """Where in the text the words stand that were put into it.

    Raises:
        ValueError: what is kept is not the text with words put in.
    """
    if kept == text:
        return []
    words = _WORD.findall(kept)
    parts = [re.escape(part) for part in _WORD.split(kept)]
    found = re.fullmatch("(.+?)".join(parts), text, re.DOTALL)
    if found is None:
        raise ValueError("kept: expected the text with words put in, got another")
    return [(*found.span(number), word) for number, word in enumerate(words, start=1)]


def table(tallies: dict[str, Tally]) -> str:
    """The figures for people, in Markdown."""
    lines = []
    for name, tally in tallies.items():
        lines += [f"{name}: {tally.texts:,} texts", "", "| identifier | there | found | recall |", "|---|---|---|---|"]
        lines += [
            f"| {kind} | {tally.there[kind]:,} | {tally.found[kind]:,} | {tally.found[kind] / tally.there[kind]:.3f} |"
            for kind in sorted(tally.there)
        ]
        lines += [f"| all | {tally.there.total():,} | {tally.found.total():,} | {tally.recall:.3f} |", ""]
        told = ", ".join(f"{count} {word}" for word, count in sorted(tally.in_vain.items())) or "none"
        lines += [f"precision {tally.precision:.3f}: of {tally.put:,} words put in, in vain: {told}", ""]
    return "\n".join(lines)


def missed(tallies: dict[str, Tally]) -> list[str]:
    """Which sets are below their floors."""
    return [
        name
        for name, (recall, precision) in FLOORS.items()
        if name not in tallies or tallies[name].recall < recall or tallies[name].precision < precision
    ]


def main() -> None:
    """Make the texts, redact them, print what was found; ends with 1 if `--check` finds a floor missed."""
    parser = argparse.ArgumentParser(prog="script/redaction-quality", description=__doc__)
    parser.add_argument(
        "--generator", type=Path, default=Path(".cache/quality/bin/python"), help="a Python that has it"
    )
    parser.add_argument("--seed", type=int, default=23, help="another seed makes other texts")
    parser.add_argument("--texts", type=int, default=6_000, help="how many a set")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--check", action="store_true", help="end with 1 if a floor is missed")
    chosen = parser.parse_args()
    command = [chosen.generator, HERE / "redaction_texts.py", "--seed", str(chosen.seed), "--texts", str(chosen.texts)]
    made = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - our own
    if made.returncode:
        sys.exit(
            f"redaction-quality: error: the generator ended with {made.returncode}: {made.stderr.decode()[-2000:]}"
        )
    tallies: dict[str, Tally] = {}
    for line in made.stdout.splitlines():
        one = msgspec.json.decode(line, type=Text)
        tallies.setdefault(one.set, Tally()).add(one)
    print(table(tallies))
    if chosen.json:
        figures = {"seed": chosen.seed, **{name: tally.figures() for name, tally in tallies.items()}}
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    if below := missed(tallies):
        print(f"below its floor: {', '.join(below)}")
        sys.exit(1 if chosen.check else 0)


if __name__ == "__main__":
    main()
