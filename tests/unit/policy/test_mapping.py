"""A mapping is read strictly: every problem at once, each with its place, and no value of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid
from lockhouse.policy.mapping import parse_mapping, plain_mapping
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.policy import Channel, Policy
    from lockhouse.model.table import Mapping

GOOD = """
import: 1
event: {column: kind}
time: {column: ordered, form: "%d.%m.%Y", zone: Europe/Berlin}
message_id: number
format: csv
delimiter: semicolon
encoding: windows-1252
fields:
  email: E-Mail
  order_id: number
consent:
  Advertising: {column: ads, yes: [ja, 1], no: [nein, false]}
  analytics: stats
"""


@pytest.fixture
async def house(tmp_path: Path) -> tuple[Policy, Channel]:
    world = await World.make(tmp_path, POLICY)
    policy = world.house.live().policy
    return policy, policy.channels["backend"]


def _read(text: str, house: tuple[Policy, Channel]) -> Mapping:
    return parse_mapping("orders.yaml", text, policy=house[0], channel=house[1])


def test_a_mapping_says_what_each_column_is(house: tuple[Policy, Channel]) -> None:
    made = _read(GOOD, house)
    assert [one.name for one in made.columns()] == ["kind", "number", "ordered", "E-Mail", "ads", "stats"]
    assert made.places == {"email": ("properties", "email"), "order_id": ("properties", "order_id")}
    assert (made.delimiter, made.encoding, made.form) == (";", "windows-1252", "csv")
    assert [(one.word, one.yes, one.no) for one in made.consent] == [
        ("Advertising", ("ja", "1"), ("nein", "false")), ("analytics", ("1", "true", "yes"), ("0", "false", "no")),
    ]  # fmt: skip
    assert made.fields["email"].where == "orders.yaml:10:10"


def test_what_reads_a_file_alike_is_the_same_mapping(house: tuple[Policy, Channel]) -> None:
    assert _read(GOOD, house).fingerprint() == _read("# a comment\n" + GOOD, house).fingerprint()
    assert _read(GOOD, house).fingerprint() != _read(GOOD.replace("E-Mail", "Mail"), house).fingerprint()
    # What is gone on with is read as it was begun.
    for was, now in (("semicolon", "pipe"), ("windows-1252", "iso-8859-1"), ("format: csv", "format: parquet")):
        assert _read(GOOD, house).fingerprint() != _read(GOOD.replace(was, now), house).fingerprint()


@pytest.mark.parametrize(
    ("was", "now", "problem"),
    [
        ("import: 1", "import: 2", "orders.yaml:2:9: expected format version 1"),
        ("event: {column: kind}", "event: Order Complete", "did you mean 'Order Completed'?"),
        ("email: E-Mail", "emial: E-Mail", "orders.yaml:10:3: expected one of"),
        ("email: E-Mail", "email: {a: b}", "expected the name of a column, got a mapping"),
        ("Advertising:", "Advertisng:", "did you mean 'Advertising'?"),
        ("no: [nein, false]", "no: [ja]", "a word that says yes or no, not both"),
        ("time: {column: ordered,", "time: {colunm: ordered,", "did you mean 'column'?"),
        ("time: {column:", "tiem: {column:", "a key 'time'"),
        ("delimiter: semicolon", "delimiter: colon", "expected one of comma, pipe, semicolon, tab"),
        ("encoding: windows-1252", "encoding: rot13", "expected one of iso-8859-1"),
        ("email: E-Mail", "anna@example.com: E-Mail", "something that looks like a person's value"),
        ("fields:", "fields: &anchor", "an anchor"),
    ],
)
def test_a_wrong_word_is_named_with_its_place(house: tuple[Policy, Channel], was: str, now: str, problem: str) -> None:
    assert was in GOOD
    with pytest.raises(Invalid) as caught:
        _read(GOOD.replace(was, now), house)
    told = "\n".join(caught.value.problems)
    assert problem in told
    assert "anna" not in told


def test_every_problem_is_told_at_once(house: tuple[Policy, Channel]) -> None:
    with pytest.raises(Invalid) as caught:
        _read(
            GOOD.replace("email:", "mail:").replace("analytics:", "analysis:").replace("import: 1", "import: x"), house
        )
    assert len(caught.value.problems) == 3
    for text in ("", "[]", "\t", "- x"):
        with pytest.raises(Invalid):
            _read(text, house)


async def test_two_fields_of_one_place_cannot_both_be_sent(tmp_path: Path) -> None:
    channel = "backend: {kind: segment, key: secret, stage: live, map: {email: userId, loyalty_id: userId}}"
    world = await World.make(tmp_path, POLICY.replace("backend: {kind: segment, key: secret, stage: live}", channel))
    policy = world.house.live().policy
    text = "import: 1\nevent: identify\ntime: now\nfields: {email: a, loyalty_id: b}\n"
    with pytest.raises(Invalid, match="stands elsewhere in an event than 'email', got 'loyalty_id'"):
        parse_mapping("m.yaml", text, policy=policy, channel=policy.channels["backend"])


def test_columns_called_as_in_the_policy_need_no_mapping(house: tuple[Policy, Channel]) -> None:
    made = plain_mapping(["email", "event", "time", "shoe size"], policy=house[0], channel=house[1])
    assert (list(made.fields), made.message_id) == (["email"], None)
    for lacking in (["email", "time"], ["email", "event"], ["event", "time", "shoe size"]):
        with pytest.raises(Invalid, match="or a mapping"):
            plain_mapping(lacking, policy=house[0], channel=house[1])


@pytest.mark.parametrize("columns", [["email"], ["email", "event", "time"]])
def test_a_channel_without_events_is_said_to_have_none(columns: list[str], house: tuple[Policy, Channel]) -> None:
    silent = msgspec.structs.replace(house[1], events=())
    with pytest.raises(Invalid, match="a channel with events, got one without"):
        plain_mapping(columns, policy=house[0], channel=silent)
