"""What Shopify's own library takes we take, and what it refuses we refuse."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from lockhouse.channels.hooks import Proven
from tests.unit.channels.hooks.mail_world import delivery, proven
from tests.unit.channels.hooks.test_shopify import HEADER, KEY, ORDER, REDACT, signed

ROOT = Path(__file__).parents[4]
MODULES = ROOT / ".cache/node/"
AROUND = {
    "x-shopify-topic": "orders/create", "x-shopify-api-version": "2026-01", "x-shopify-webhook-id": "w-1",
    "x-shopify-shop-domain": "northwind.myshopify.example",
}  # fmt: skip
BODIES = (json.dumps(ORDER), json.dumps(REDACT), '{"a":"Zürich\\n\\u00e9 😀"}', "{}", " ")

Sent = tuple[dict[str, str], str]


def _theirs(sent: list[Sent]) -> list[bool]:
    node = shutil.which("node")
    assert node, "Shopify's library needs node, which script/test installs"
    assert (MODULES / "node_modules/@shopify/shopify-api").is_dir(), "script/test installs Shopify's library"
    lines = [json.dumps({"headers": headers, "body": body}) for headers, body in sent]
    command = [node, str(ROOT / "tests/js/shopify_valid.mjs"), f"{MODULES}/", KEY]
    ran = subprocess.run(command, input="\n".join(lines), capture_output=True, check=True, timeout=60, text=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def _ours(sent: list[Sent]) -> list[bool]:
    return [isinstance(proven("shopify", delivery(body.encode(), headers), KEY), Proven) for headers, body in sent]


def _good(body: str) -> Sent:
    return {**AROUND, HEADER: signed(body.encode(), None).one(HEADER)}, body


def test_shopifys_library_and_ours_agree_on_good_deliveries_and_on_changed_ones() -> None:
    made: list[Sent] = []
    for body in BODIES:
        headers, _ = _good(body)
        text = headers[HEADER]
        made += [(headers, body), (headers, body + " "), ({**headers, "x-shopify-topic": "customers/redact"}, body)]
        made.append(({**headers, HEADER: signed(body.encode(), None, key="another-client-secret").one(HEADER)}, body))
        made += [({**headers, HEADER: other}, body) for other in (text[:-4], text + text, text.lower(), "A" * 44)]
        for at in range(0, len(text) - 1, 3):
            made.append(({**headers, HEADER: text[:at] + ("A" if text[at] != "A" else "Q") + text[at + 1 :]}, body))
        made.append(({name: text for name, text in headers.items() if name != HEADER}, body))
    theirs = _theirs(made)
    assert _ours(made) == theirs
    assert sum(theirs) == 2 * len(BODIES), "of each body the good one, and the one under another topic"


def test_headers_that_are_not_signed_shopifys_library_asks_for_and_ours_does_without() -> None:
    headers, body = _good(BODIES[0])
    bare = [({name: text for name, text in headers.items() if name != lost}, body) for lost in AROUND]
    assert _theirs(bare) == [False] * len(AROUND)
    assert _ours(bare) == [True] * len(AROUND)
