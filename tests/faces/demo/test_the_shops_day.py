"""The made-up people and their traffic: the same for the same seed, and nobody who could be real."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files

import msgspec
import phonenumbers
import pytest

from lockhouse.faces.demo.people import ANNA, crowd
from lockhouse.faces.demo.shapes import TEST_CARD
from lockhouse.faces.demo.tally import Tally
from lockhouse.faces.demo.traffic import CHANNELS, Call, traffic
from lockhouse.faces.serve.desk import Answer
from lockhouse.model.names import NameBook
from lockhouse.policy.cedar import judge
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.document import parse
from lockhouse.wiring import KINDS, template

RESERVED = ("example.com", "example.net", "example.org")


def _body(call: Call) -> bytes:
    return gzip.decompress(call.body) if call.packed else call.body


def test_the_same_seed_tells_the_same_day() -> None:
    days = [[(call.channel, _body(call)) for call in traffic(crowd(40, seed=5), seed=5)] for _ in range(2)]
    assert days[0] == days[1]
    other = [(call.channel, _body(call)) for call in traffic(crowd(40, seed=6), seed=6)]
    assert other != days[0]


def test_nobody_can_be_reached_and_nobody_is_somebody_else() -> None:
    people = crowd(2_000, seed=7)
    assert people[0] is ANNA
    assert len({one.email for one in people}) == len(people)
    phones = [one.phone for one in people if one.phone]
    assert len(set(phones)) == len(phones) > 1_000
    assert all(one.email.endswith(RESERVED) for one in people)
    regions = {phonenumbers.region_code_for_number(phonenumbers.parse(phone)) for phone in phones}
    assert regions <= {"DE", "GB", "US", None}


def test_every_channel_sends_and_every_mishap_happens() -> None:
    calls = list(traffic(crowd(400, seed=7), seed=7))
    assert {call.channel for call in calls} == set(CHANNELS)
    assert sum(call.again for call in calls) > 10
    assert {call.gpc for call in calls} == {True, False}
    everything = b"".join(_body(call) for call in calls)
    for mishap in (b'"order_id":"NW-0",}', b'"trakc"', b"Wishlist Shared", TEST_CARD.encode(), b'"ssn"', b'"pan"'):
        assert mishap in everything
    keys = Counter(call.channel for call in calls if b'"favourites":{"' in _body(call))
    assert keys["app"] > 0


def test_sound_items_are_sound_json() -> None:
    call = next(call for call in traffic(crowd(40, seed=5), seed=5) if not call.broken)
    assert len(msgspec.json.decode(_body(call))["batch"]) == call.items


@pytest.mark.parametrize("room", ["lockhouse.faces.demo", "lockhouse.faces.demo.real"])
def test_both_policies_pass_their_own_check(room: str) -> None:
    text = (files(room) / "policy.yaml").read_text("utf-8")
    policy = compile_policy(parse({"policy.yaml": text}, templates=template), NameBook({}), KINDS)
    assert judge(policy) == []
    assert all(channel.served for channel in policy.channels.values())


def test_a_line_says_what_was_kept_what_was_not_and_why() -> None:
    tally = Tally()
    tally.add(
        Answer(
            at=0, channel="web", event="Order Completed", outcome="trimmed", code="LH-0001", kept=6,
            dropped=(("properties.*", "undeclared"), ("traits.birthday", "no-consent")),
        )
    )  # fmt: skip
    line = tally.next_line()
    assert line is not None
    assert line.text == "stored 6 · dropped 2: properties.* (undeclared), traits.birthday (no consent)"
    assert tally.next_line() is None


def test_sorts_of_lines_take_turns() -> None:
    tally = Tally()
    for _ in range(3):
        for event in ("page", "identify"):
            tally.add(Answer(at=0, channel="web", event=event, outcome="stored", code="LH-0000", kept=1))
    lines = [tally.next_line(), tally.next_line()]
    assert {line.event for line in lines if line} == {"page", "identify"}
    assert tally.total == 6
    assert tally.count("stored") == 6


def test_a_terminal_breaks_the_story_between_words_and_leaves_commands_whole() -> None:
    told = "from lockhouse.faces.demo.stage import Stage; stage = Stage(json=False, once=True)"
    command = "lockhouse -C /a/long/place ledger verify --records --held /another/long/place"
    ended = subprocess.run(
        [sys.executable, "-c", f"{told}; stage.say('acknowledged ' * 9); stage.ran('{command}', 'word ' * 20)"],
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "40", "TERM": "xterm"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    lines = re.sub(r"\x1b\[[0-9;]*m", "", ended.stdout).splitlines()
    assert f"$ {command}" in lines
    rest = [line for line in lines if command not in line]
    assert max(map(len, rest)) <= 40
    assert set(" ".join(rest).split()) == {"acknowledged", "word"}
