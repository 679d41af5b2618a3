"""Sends each of the six calls with an unmodified public client, three a batch, and ends when the last is answered.

    python send_calls.py segment|rudder HOST WRITE_KEY RETRIES [LARGE]

With a number at the end it sends so many large events in one batch instead, of 20,000 characters each.

Prints one line of JSON: how many calls were handed over and what went wrong with each batch that was not taken.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

SEGMENT = {"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True}}}
RUDDER = {
    "consentManagement": {
        "provider": "custom",
        "allowedConsentIds": ["Analytics"],
        "deniedConsentIds": ["Advertising"],
    }
}


def main(sdk: str, host: str, key: str, retries: str, large: str = "0") -> None:
    """Hand over, wait, say."""
    errors: list[str] = []
    options: dict[str, Any] = {
        "host": host,
        "upload_size": int(large) or 3,
        "max_retries": int(retries),
        "on_error": lambda error, _items: errors.append(str(error)),
    }
    # Segment's client packs only when it is told to, RudderStack's by itself.
    client = SegmentClient(key, gzip=True, **options) if sdk == "segment" else RudderClient(key, **options)
    if int(large):
        for number in range(int(large)):
            client.track("u-1", "Catalogue Seen", {"order_id": f"o-{number}", "note": "x" * 20_000})
    else:
        _six(client, SEGMENT if sdk == "segment" else RUDDER)
    client.flush()
    client.join()
    sys.stdout.write(json.dumps({"sent": int(large) or 6, "errors": errors}))


def _six(client: Any, consent: dict[str, Any]) -> None:
    order = {"order_id": "o-1", "total": 12.5}
    before = datetime.now(tz=UTC) - timedelta(seconds=5)
    client.identify("u-1", {"email": "jane@shop.example"}, context=consent)
    client.track("u-1", "Order Completed", order, timestamp=before)
    client.page(anonymous_id="d-1", name="Home", properties={"path": "/start"})
    client.screen("u-1", name="Basket", properties={"shown": "3 items"})
    client.group("u-1", "g-1", {"plan": "gold"})
    client.alias("u-1", "u-2")


if __name__ == "__main__":
    main(*sys.argv[1:])
