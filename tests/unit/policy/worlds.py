"""The policy the tests of this room stand on: the example, compiled for a Segment-like kind."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import lockhouse.policy
from lockhouse.errors import NotFound
from lockhouse.model.event import Event, Kind
from lockhouse.model.names import NameBook
from lockhouse.model.policy import Policy
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.document import Document, parse

VECTORS = Path(__file__).parents[2] / "vectors" / "policy"
EXAMPLE = (VECTORS / "example.yaml").read_text("utf-8")
SEGMENT = Kind(
    name="segment",
    roots=("properties", "traits", "context.traits"),
    defaults={"device_id": ("anonymousId",), "ip": ("context.ip",), "page_path": ("context.page.path",)},
    envelope=frozenset({"type", "event", "messageId", "timestamp", "context.library", "context.consent"}),
    vocabulary=frozenset({"properties", "traits", "context", "anonymousId", "page", "path", "url", "ip"}),
)
SMALL = """
policy: 1
controller: {name: Small Shop, contact: privacy@shop.example, regulations: [gdpr]}
purposes:
  care: {about: Care, basis: contract, keep: 12 months after event}
  news: {about: News, basis: consent, keep: 30 days after event}
fields:
  email: {type: email, class: contact, for: [care, news], identifies: person}
  note: {type: text, class: profile, for: [care]}
events:
  Seen: [email, note]
channels:
  web: {kind: segment, key: public}
roles:
  clerk: {for: [care], see: {contact: masked}}
"""


def template(name: str) -> str:
    """The text of a shipped template."""
    found = Path(lockhouse.policy.__file__).parent / "templates" / f"{name}.yaml"
    if not found.is_file():
        raise NotFound("template: expected one that ships, got another")
    return found.read_text("utf-8")


def document(text: str = EXAMPLE) -> Document:
    """A parsed document."""
    return parse({"policy.yaml": text}, templates=template)


@functools.cache
def compiled(text: str = EXAMPLE) -> Policy:
    """A compiled policy with a fresh registry."""
    return compile_policy(document(text), NameBook(), {"segment": SEGMENT})


def event(name: str, source: dict[str, Any]) -> Event:
    """An event of the test's kind."""
    return Event(name=name, message_id="m", occurred_at=0, source=source)
