"""A channel's lines put into a draft: nothing else of it changes, and nothing it does not declare comes with them."""

from __future__ import annotations

import pytest

from lockhouse.channels.hooks import HOOKS
from lockhouse.errors import Conflict, Invalid
from lockhouse.policy.document import parse
from lockhouse.policy.stanza import planted
from lockhouse.wiring import template
from tests.world import POLICY

FILE = "policy.yaml"
STANZA = """\
events:
  unsubscribed: [email, shoe_size]
  Order Completed: [shoe_size]
channels:
  newsletter:
    kind: mailgun
    stage: observe
    events: [unsubscribed, Order Completed]
    narrows: [marketing, astrology]
"""


def put(text: str = POLICY, *, stanza: str = STANZA, name: str = "mails", folder: bool = False) -> dict[str, str]:
    return planted({FILE: text}, stanza=stanza, name=name, folder=folder, templates=template).files


def test_the_lines_stand_beside_what_was_there_and_every_other_line_is_as_it_was() -> None:
    before, after = POLICY.splitlines(), put()[FILE].splitlines()
    new = [line for line in after if line not in before]
    assert [line for line in after if line in before] == before
    assert [line.strip() for line in new] == [
        "unsubscribed: [email]",
        "mails:",
        "kind: mailgun",
        "stage: observe",
        "events: [unsubscribed, Order Completed]",
        "narrows: [marketing]",
    ]
    channel = parse({FILE: put()[FILE]}, templates=template).channels["mails"]
    assert (channel.kind, channel.events, channel.narrows) == (
        "mailgun",
        ("unsubscribed", "Order Completed"),
        ("marketing",),
    )


def test_what_the_draft_does_not_declare_is_left_out_and_said() -> None:
    found = planted({FILE: POLICY}, stanza=STANZA, name="mails", folder=False, templates=template)
    assert found.left_out == ("field shoe_size of unsubscribed", "purpose astrology under narrows")


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_the_lines_of_every_kind_can_be_put_into_a_policy_with_one_word(name: str) -> None:
    after = parse(put(stanza=HOOKS[name].stanza, name="theirs"), templates=template)
    assert after.channels["theirs"].kind == name


def test_a_policy_of_several_files_gets_one_more() -> None:
    files = put(folder=True)
    assert files[FILE] == POLICY
    assert list(files) == [FILE, "channel-mails.yaml"]
    assert parse(files, templates=template).channels["mails"].kind == "mailgun"


def test_sections_that_are_not_there_yet_are_begun_and_a_last_line_without_an_end_is_ended() -> None:
    text = "extends: retail@1\ncontroller: {name: Shop, contact: a@b.example, regulations: [gdpr]}"
    after = put(text)[FILE]
    assert after.startswith(text + "\n")
    assert "mails" in parse({FILE: after}, templates=template).channels


def test_lines_end_as_those_of_the_draft_do() -> None:
    after = put(POLICY.replace("\n", "\r\n"))[FILE]
    assert after.count("\r\n") == after.count("\n")
    assert "mails" in parse({FILE: after}, templates=template).channels


def test_comments_behind_a_section_stay_behind_it() -> None:
    text = POLICY.replace("\nchannels:\n", "\n# What comes in.\nchannels:\n", 1)
    after = put(text)[FILE]
    assert after.index("unsubscribed: [email]") < after.index("# What comes in.")


def test_a_draft_whose_form_takes_no_lines_says_them_and_one_that_has_the_channel_says_so() -> None:
    head, _, rest = POLICY.partition("\nchannels:\n")
    tail = rest[rest.index("\n\n") :] if "\n\n" in rest else ""
    with pytest.raises(Invalid, match="channels: expected lines of its own") as refused:
        put(f"{head}\nchannels: {{}}\n{tail}")
    assert "mails:" in str(refused.value.hint)
    with pytest.raises(Conflict, match="channel web"):
        put(name="web")


@pytest.mark.parametrize("name", ["", "Mails", "a b", "../x", "x" * 41])
def test_a_name_that_no_channel_can_have_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="channel name"):
        put(name=name)
