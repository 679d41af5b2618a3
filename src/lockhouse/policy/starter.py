"""The policy a new house begins with: short, whole, and valid as it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lockhouse.errors import Invalid
from lockhouse.policy.words import CHANNEL_KINDS, KEYED_KINDS, is_region

_REGULATIONS = {
    "eu": "gdpr",
    "gb": "uk-gdpr",
    "uk": "uk-gdpr",
    "us": "ccpa",
    "ch": "fadp",
    "br": "lgpd",
    "ca": "pipeda",
}


_TEMPLATE = """\
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

# Purposes, fields, events and roles come from retail@1; a key written here replaces its own.
# purposes:
#   marketing:
#     about: Tell you about products you may like
#     basis: {{default: consent, us: opt_out}}
#     sold_or_shared: true
#     keep: 12 months after last_activity
# fields:
#   gift_note: {{type: text, class: contact, for: [fulfilment], minimise: redact_identifiers}}
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


def starter(company: str, regions: Sequence[str], systems: Sequence[str], *, contact: str = "") -> str:
    """A policy file of at most 60 lines that extends `retail@1`.

    Args:
        company: the controller's name.
        regions: where its customers are: `eu`, `us`, `uk` or countries in lower case.
        systems: channels to begin with, each `name`, `name:kind` or `name:segment:public|secret`.
        contact: where people write about their data; without one a place-holder to be replaced.

    Raises:
        Invalid: a region or a kind is not one the policy knows.
    """
    laws: dict[str, None] = {}
    for region in regions:
        if region != "uk" and not is_region(region):
            raise Invalid("regions", "a region such as eu, us or de", got="another word")
        laws[_REGULATIONS.get(region, "ccpa" if region.startswith("us-") else "gdpr")] = None
    channels = [line for system in systems or ("web:segment:public",) for line in _channel(system)]
    return _TEMPLATE.format(
        name=json.dumps(company or "Example Company", ensure_ascii=False),
        contact=json.dumps(contact or "privacy@company.example", ensure_ascii=False),
        regulations=", ".join(laws or {"gdpr": None}),
        channels="\n".join(channels),
    )


def _channel(system: str) -> list[str]:
    name, _, rest = system.partition(":")
    kind, _, key = rest.partition(":")
    kind = kind or ("segment" if name not in CHANNEL_KINDS else name)
    if kind not in CHANNEL_KINDS:
        raise Invalid("systems", f"a kind of {', '.join(CHANNEL_KINDS)}", got="another word")
    lines = [f"  {name}:", f"    kind: {kind}"]
    if kind in KEYED_KINDS:
        lines.append(f"    key: {key or 'secret'}")
    return lines
