"""The policy a new house begins with: short, whole, and valid as it stands."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from lockhouse.errors import Invalid
from lockhouse.policy.words import CHANNEL_KINDS, KEYED_KINDS, LABEL, is_region

_REGULATIONS = {
    "eu": "gdpr",
    "gb": "uk-gdpr",
    "uk": "uk-gdpr",
    "us": "ccpa",
    "ch": "fadp",
    "br": "lgpd",
    "ca": "pipeda",
}
EXAMPLE_COMPANY = "Example Company"
EXAMPLE_CONTACT = "privacy@company.example"
"""What stands where nobody said otherwise: not to be shown to real customers."""

SCHEMA_FILE = "policy.schema.json"
"""Where the schema lies beside the policy that names it: `lockhouse policy schema` prints it again."""
_TEMPLATE = """\
# yaml-language-server: $schema=policy.schema.json
# What may be kept, why, until when, who may see it and who may receive it.
# `lockhouse policy check` reads it, `lockhouse policy show --full` prints it with its template.
policy: 1
extends: retail@1
controller:
  name: {name}
  contact: {contact}
  regulations: [{regulations}]
  region:
    from: [shipping_country, store_country, account_country]   # first known wins
    unknown: strictest

# Purposes, fields, events and roles come from retail@1; a key written here replaces its own, a list as a whole.
# purposes:
#   marketing:
#     about: Tell you about products you may like
#     basis: {{default: consent, us: opt_out}}
#     sold_or_shared: true
#     keep: 12 months after last_activity
# fields:
#   gift_note: {{type: text, class: contact, for: [fulfilment], minimise: redact_identifiers}}
# events:                # a field is kept of the events that carry it; this replaces retail@1's list of the event
#   Support Requested: [email, phone, name, customer_id, order_id, message, gift_note]
# consent:
#   names: {{Advertising: marketing}}    # what your banner says: what this file says

channels:                # a channel may send every event unless `events:` narrows it
{channels}

# recipients:            # nobody else may receive anything
#   analytics-tool:
#     kind: segment
#     url: https://collector.example
#     role: internal
#     for: [analytics]
#     fields: [device_id, order_total, items, page_path]
"""

_TESTS = """\
# What this policy must do: `lockhouse policy test` judges the draft by it, before anybody approves it.
# What may stand here is said in docs/spec/policy.md. The people are made up.
tests: 1

decisions:
  - {{says: support works with masked addresses, role: support, for: fulfilment, field: email, expect: masked}}
  - says: support reveals one for a stated reason, freshly signed in
    role: support
    for: fulfilment
    field: email
    action: reveal
    brought: {{reason: call back, step_up: 5 minutes}}
    expect: open
  - says: support sees nothing while a course has lapsed
    role: support
    for: fulfilment
    field: order_id
    brought: {{courses: []}}
    expect: shut
    because: [course-missing]
  - {{says: analysts see nobody's orders, role: analyst, for: analytics, field: order_total, expect: shut}}
  - {{says: analysts count orders, role: analyst, for: analytics, field: order_total, action: count, expect: open}}
  - says: who objected is not counted
    role: analyst
    for: analytics
    field: order_total
    action: count
    person: {{objected: [analytics]}}
    expect: shut
    because: [objected]
  - says: a request is answered though the data is restricted
    role: privacy_officer
    for: requests
    field: email
    person: {{state: [restricted]}}
    expect: masked

collects:
  - says: an order of somebody who refused is kept for what needs no consent
    channel: {channel}
    event: Order Completed
    sent: {{email: anna@customers.example, order_id: A-1, order_total: "19.90", gift: a book}}
    consent: {{Advertising: false, Analytics: false}}
    person: {{region: de}}
    kept: {{email: [fulfilment], order_id: [accounting, fulfilment], order_total: [accounting]}}
    dropped: {{properties.*: undeclared}}
  - says: who agreed in Germany is kept for marketing too
    channel: {channel}
    event: identify
    sent: {{email: anna@customers.example, birth_date: 1990-02-03}}
    consent: {{Advertising: true}}
    person: {{region: de}}
    kept: {{email: [fulfilment, marketing], birth_date: [marketing]}}
"""


def starter(company: str, regions: Sequence[str], systems: Sequence[str], *, contact: str = "") -> str:
    """A policy file of at most 60 lines that extends `retail@1`.

    Args:
        company: the controller's name.
        regions: where its customers are: `eu`, `us`, `uk` or countries in lower case.
        systems: channels to begin with, each as `read_system` reads it.
        contact: where people write about their data; without one a place-holder to be replaced.

    Raises:
        Invalid: a region or a kind is not one the policy knows.
    """
    laws: dict[str, None] = {}
    for at, region in enumerate(regions, 1):
        check_region(region, where=f"region {at}")
        laws[_REGULATIONS.get(region, "ccpa" if region.startswith("us-") else "gdpr")] = None
    read = [read_system(one, where=f"system {at}") for at, one in enumerate(systems or ("web:segment:public",), 1)]
    channels = [line for system in read for line in _channel(system)]
    return _TEMPLATE.format(
        name=json.dumps(company or EXAMPLE_COMPANY, ensure_ascii=False),
        contact=json.dumps(contact or EXAMPLE_CONTACT, ensure_ascii=False),
        regulations=", ".join(laws or {"gdpr": None}),
        channels="\n".join(channels),
    )


def starter_tests(systems: Sequence[str]) -> str:
    """Tests that `starter` passes as it stands; see `lockhouse.policy.cases`.

    Args:
        systems: as given to `starter`; events come by the first.
    """
    return _TESTS.format(channel=read_system((*systems, "web:segment:public")[0], where="system 1").name)


class System(NamedTuple):
    """A system that sends.

    Attributes:
        name, kind: of its channel.
        key: which its senders hold, if they hold one of ours.
        proves: identifiers that it saw its customers prove.
    """

    name: str
    kind: str
    key: Literal["public", "secret"] | None
    proves: tuple[str, ...] = ()


def check_region(region: str, *, where: str) -> None:
    """Return only if the word is a region that a policy knows.

    Raises:
        Invalid: it is not; `where` tells the place, never the word.
    """
    if region != "uk" and not is_region(region):
        raise Invalid(where, "a region such as eu, us, uk or a country in lower case", got="another word")


PROVABLE = ("customer_id", "email", "loyalty_id", "phone")
"""Fields of `retail@1` that point to a person."""
ON_DEVICES = frozenset({"android", "app", "browser", "ios", "mobile", "site", "web", "website"})
"""Names of systems that run where anybody can read their key."""


def read_system(text: str, *, where: str, kinds: Collection[str] = CHANNEL_KINDS) -> System:
    """`name`, `name:kind` or `name:segment:public|secret` as a system, perhaps with `:field+field` that it proves.

    Args:
        text: as it was typed; a name that is a kind is of that kind, every other of `segment`. What customers' own
            devices run (`web`, `site`, `app`, …) can keep no secret: its key is public unless it is said to be secret.
            Who holds a public key proves nothing.
        where: the place that an error names.
        kinds: that may be chosen.

    Raises:
        Invalid: the name, the kind, the key or what is proven is none; the word itself is not repeated.
    """
    name, kind, key, proven, *more = [*text.split(":"), "", "", ""]
    kind = kind or ("segment" if name not in CHANNEL_KINDS else name)
    if not LABEL.match(name):
        raise Invalid(f"{where}, name", "small letters, digits, - and _, a letter first", got="another form")
    if kind not in kinds:
        raise Invalid(f"{where}, kind", f"one of {', '.join(sorted(kinds))}", got="another word")
    if key not in {"", "public", "secret"} or (key and kind not in KEYED_KINDS):
        raise Invalid(f"{where}, key", "public or secret, and for segment alone", got="another word")
    held: Literal["public", "secret"] | None = None
    if kind in KEYED_KINDS:
        held = "public" if key == "public" or (not key and name in ON_DEVICES) else "secret"
    proves = tuple(proven.split("+")) if proven else ()
    if any(more) or not set(proves) <= (set() if held == "public" else set(PROVABLE)):
        expected = f"some of {', '.join(PROVABLE)} with + between them, and none with a public key"
        raise Invalid(f"{where}, what it proves", expected, got="another form")
    return System(name, kind, held, proves)


def _channel(system: System) -> list[str]:
    lines = [f"  {system.name}:", f"    kind: {system.kind}"]
    if system.key == "public":
        lines += [
            "    key: public",
            "    # origins: [https://shop.example]   # sites whose pages may send; none, no page may",
        ]
    elif system.key:
        lines.append(f"    key: {system.key}")
    if system.proves:
        lines.append(f"    proves: [{', '.join(system.proves)}]")
    elif system.key != "public":
        lines.append("    # proves: [email]    # what it saw its customers prove: a sign-in, a code, a double opt-in")
    return lines
