"""What the house writes to its staff: in their language, one line a value, and no link but an invitation's."""

from __future__ import annotations

import re
from string import Template

import pytest

from lockhouse.access.letters import MAX_SHOWN, check_link, letter_of, wire_address
from lockhouse.errors import Invalid
from lockhouse.model.mails import (
    KINDS,
    About,
    FactorAdded,
    FactorEnded,
    GlassBroken,
    Invite,
    Mail,
    NewNetwork,
    PolicyWaits,
    ResetBegun,
    RoleProposed,
    Trial,
)
from lockhouse.wiring_mail import LANGUAGES, texts

AT = 1_795_440_630_000
LINK = "https://vault.northwind.example/enrol#k7"
EACH: tuple[About, ...] = (
    Invite(link=LINK, until_at=AT), FactorAdded(means="passkey", at=AT), FactorEnded(means="passkey", at=AT),
    ResetBegun(at=AT), Trial(),
    NewNetwork(network="192.0.2.0/24", agent="Firefox", at=AT), RoleProposed(role="support", at=AT),
    PolicyWaits(version="v3", by="Mia", until_at=AT),
    GlassBroken(who="Mia", purpose="service", reason="call-back: T-17", at=AT),
)  # fmt: skip


def _mail(about: About, *, language: str = "en", name: str = "Anna") -> Mail:
    return Mail(to="anna@staff.example", name=name, language=language, until_at=AT, about=about)


def _written(about: About, **more: str) -> tuple[str, str]:
    letter = letter_of(_mail(about, **more), texts(), house="Northwind", mail_id=bytes(16), at=AT)
    return letter.subject, letter.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", EACH, ids=lambda one: type(one).__name__)
def test_each_kind_has_its_text_in_each_language_with_all_its_values(about: About, language: str) -> None:
    subject, text = _written(about, language=language)
    assert "Northwind" in subject
    assert "$" not in subject + text
    assert len(text.splitlines()) <= 20
    assert max(map(len, text.splitlines())) <= 160
    links = re.findall(r"\S+://\S+", text)
    assert links == ([LINK] if isinstance(about, Invite) else [])
    for name in about.__struct_fields__:
        shown = getattr(about, name)
        assert name == "means" or ("2026-11-23" in text if isinstance(shown, int) else shown in text)


def test_the_languages_have_the_same_texts_words_and_names() -> None:
    english, german = texts()["en"], texts()["de"]
    assert (
        set(english.mails) == set(german.mails) == set(KINDS) == {str(type(one).__struct_config__.tag) for one in EACH}
    )
    assert set(english.words) == set(german.words)
    for kind, text in english.mails.items():
        assert _names(text.text) == _names(german.mails[kind].text)
        assert _names(text.subject) == _names(german.mails[kind].subject)


def _names(text: str) -> set[str]:
    return set(Template(text).get_identifiers())


def test_a_language_that_is_not_there_is_english() -> None:
    assert _written(Trial(), language="fr") == _written(Trial(), language="en")
    assert _written(Trial(), language="de") != _written(Trial(), language="en")


def test_a_value_is_one_line_and_fills_nothing_in() -> None:
    role = "support\nX-Odd: $house ${name}\u202e" + "x" * 500
    _, text = _written(RoleProposed(role=role, at=AT))
    [line] = [one for one in text.splitlines() if "X-Odd" in one]
    assert "support\N{REPLACEMENT CHARACTER}X-Odd: $house ${name}\N{REPLACEMENT CHARACTER}xxx" in line
    assert len(line) < MAX_SHOWN + 130 < len(role)


@pytest.mark.parametrize(
    "link",
    ["http://vault.example/x", "javascript:alert(1)", "https:///x", "https://a b/", "https://a/\nx", "ftp://a", "",
     "https://[::1", "http://localhost.evil.example/"],
)  # fmt: skip
def test_a_link_that_leaves_this_machine_in_plain_or_leads_nowhere_is_refused(link: str) -> None:
    with pytest.raises(Invalid, match="a link by https, or to this machine"):
        check_link(link)


@pytest.mark.parametrize("link", [LINK, "http://localhost:8410/enrol#k7", "http://[::1]:8410/x"])
def test_a_link_by_tls_or_to_this_machine_is_not(link: str) -> None:
    check_link(link)


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("anna@staff.example", "anna@staff.example"),
        ("Anna.Berg@Bücher.example", "Anna.Berg@xn--bcher-kva.example"),
        ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_as_it_stands_on_the_wire(typed: str, wire: str) -> None:
    assert wire_address(typed) == wire
    assert wire_address(wire) == wire


@pytest.mark.parametrize(
    "typed",
    ["", "anna", "anna@", "@staff.example", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example",
     "Anna <anna@staff.example>", '"a b"@staff.example', "a@b.example\x00", "anna@staff.example\u202e",
     "a@" + "b" * 300 + ".example", "anna@[192.0.2.1]", "\ud800@staff.example"],
)  # fmt: skip
def test_what_is_no_address_of_one_mailbox_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="an e-mail address of one mailbox"):
        wire_address(typed)
