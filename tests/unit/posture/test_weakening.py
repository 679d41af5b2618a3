"""Each setting that can weaken a house, in each direction; and every other one, with why it cannot."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from lockhouse.posture.weakening import REFUSED, SETTINGS, decode, encode, picked, said, weaker
from lockhouse.settings import Settings

WEAKER: list[tuple[str, Any, Any]] = [
    ("console_url", "https://console.shop.example", "https://console.evil.example"),
    ("journal_copy", "/mnt/other", ""),
    ("leaked_passwords", "leaked.txt", ""),
    ("listen_collect", "127.0.0.1:8400", "0.0.0.0:8400"),
    ("listen_console", "127.0.0.1:8410", "10.0.0.1:8410"),
    ("listen_console", "10.0.0.1:8410", "0.0.0.0:8410"),
    ("listen_metrics", "localhost:9420", "[::]:9420"),
    ("leaked_passwords", "leaked.txt", ""),
    ("oidc_client", "", "vault"),
    ("oidc_groups", "groups", "roles"),
    ("oidc_hosts", (), ("evil.example",)),
    ("oidc_issuer", "", "https://id.evil.example"),
    ("oidc_issuer", "https://id.shop.example", "https://id.evil.example"),
    ("oidc_max_age_min", 60, 0),
    ("oidc_max_age_min", 60, 61),
    ("oidc_networks", (), ("10.0.0.0/8",)),
    ("oidc_only", False, True),
    ("oidc_roles", ("vault=support",), ("vault=support", "all=admin")),
    ("oidc_trust", "", "/srv/ca.pem"),
    ("oidc_two_factors", ("mfa",), ("mfa", "pwd")),
    ("private_recipients", ("10.1.0.0/16",), ("10.0.0.0/8",)),
    ("retention_runs", True, False),
    ("smtp_host", "mail.shop.example", ""),
    ("smtp_host", "", "mail.evil.example"),
    ("smtp_tls", "starttls", "none"),
    ("smtp_trust", "", "/srv/ca.pem"),
    ("tls", "files", "proxy"),
    ("tls", "own", "proxy"),
    ("trusted_proxies", (), ("::/0",)),
    ("trusted_proxies", ("10.0.0.0/8",), ("10.0.0.0/8", "192.0.2.1")),
    ("review_months", 6, 0),
    ("review_months", 6, 12),
]
FINE: list[tuple[str, Any, Any]] = [
    ("listen_collect", "0.0.0.0:8400", "127.0.0.1:8400"),
    ("listen_collect", "127.0.0.1:8400", "127.0.0.1:9999"),
    ("leaked_passwords", "", "leaked.txt"),
    ("leaked_passwords", "leaked.txt", "/srv/newer.txt"),
    ("oidc_issuer", "https://id.shop.example", ""),
    ("oidc_max_age_min", 0, 60),
    ("oidc_max_age_min", 60, 30),
    ("oidc_roles", ("vault=support",), ()),
    ("private_recipients", ("10.0.0.0/8",), ("10.1.0.0/16", "10.2.0.7")),
    ("retention_runs", False, True),
    ("smtp_tls", "none", "tls"),
    ("tls", "proxy", "files"),
    ("tls", "own", "files"),
    ("trusted_proxies", ("10.0.0.0/8",), ("10.1.2.3",)),
]
HARMLESS = {
    "collect_processes": "how many do the same",
    "console_processes": "how many do the same, each held to its part of every limit",
    "demo": "only restricts a house that was not founded as one",
    "house": "it opens with no other", "log": "no line holds a person's value",
    "mail_from": "what a mail says of itself",
    "mail_name": "what a mail says of itself", "name": "what pages call the company",
    "oidc_client_auth": "how the same secret is shown", "oidc_name": "what a button says",
    "oidc_secret_file": "another secret signs nobody in", "policy": "names a draft, which rules nothing",
    "public_url": "what documents tell senders", "root": "it opens with no other",
    "root_passphrase_file": "it opens with no other", "smtp_password_file": "another one signs in nowhere",
    "smtp_port": "the server proves itself on each", "smtp_user": "another one signs in nowhere",
    "spool_mb": "what waits is sealed", "tls_cert": "browsers weigh it", "tls_key": "fits its certificate or nothing",
}  # fmt: skip
"""Settings that cannot weaken, each with why."""


@pytest.mark.parametrize(("name", "approved", "now"), WEAKER)
def test_a_weaker_value_is_told_and_going_back_to_what_was_approved_never_is(
    name: str, approved: Any, now: Any
) -> None:
    assert weaker({name: approved}, {name: now}) == (name,)
    assert weaker({name: approved}, {name: approved}) == ()
    [line] = said({name: approved}, {name: now})
    assert line.startswith(f"setting {name}: ")


@pytest.mark.parametrize(("name", "approved", "now"), FINE)
def test_a_value_that_is_no_weaker_is_taken(name: str, approved: Any, now: Any) -> None:
    assert weaker({name: approved}, {name: now}) == ()


def test_every_setting_either_can_weaken_or_cannot_for_a_reason() -> None:
    known = {one.name for one in fields(Settings)}
    assert set(SETTINGS) | set(HARMLESS) == known
    assert set(SETTINGS) & set(HARMLESS) == set()
    assert {name for name, _, _ in WEAKER} == set(SETTINGS)
    assert set(SETTINGS) > REFUSED


def test_what_is_written_is_read_again_and_of_what_was_not_approved_nothing_is_weaker() -> None:
    values = picked(Settings(trusted_proxies=("10.0.0.0/8",)))
    assert decode(encode(values)) == values
    assert weaker({}, values) == weaker(decode(""), values) == ()
