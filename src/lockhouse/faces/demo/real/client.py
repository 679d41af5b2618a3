"""The public Python client, unmodified: what a shop's own programmers would write."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lockhouse.faces.demo.real.month import Message

INSTALL = "pip install segment-analytics-python, or run ./script/demo --real from a checkout"
QUEUE = 2_000
FULL_S = 0.02


def send(messages: Iterable[Message], *, url: str, keys: Mapping[str, str], sent: Callable[[int], None]) -> None:
    """Every message was taken by the house. Blocks; run it in a thread.

    Args:
        url: of the collect listener.
        keys: channel -> write key.
        sent: is told how many more were handed to the client.

    Raises:
        Unavailable: the client is not installed, or could not deliver.
    """
    errors: list[str] = []
    clients: dict[str, Any] = {channel: _client(key, url, errors) for channel, key in keys.items()}
    try:
        for message in messages:
            _track(clients[message.channel], message)
            sent(1)
            if errors:
                break
    finally:
        for client in clients.values():
            with suppress(RuntimeError):  # a thread that never started has nothing to join
                client.shutdown()
    if errors:
        raise Unavailable(
            f"demo --real: expected every batch to be taken, got {len(errors)} that were not: {errors[0]}"
        )


def _client(key: str, url: str, errors: list[str]) -> Any:
    try:
        from segment.analytics.client import Client  # noqa: PLC0415  # an extra: only this demo and tests need it
    except ImportError as err:
        raise Unavailable("demo --real: expected the package segment-analytics-python, got none", hint=INSTALL) from err
    return Client(
        key, host=url, gzip=True, max_queue_size=QUEUE, max_retries=5,
        on_error=lambda error, _items: errors.append(type(error).__name__),
    )  # fmt: skip


def _track(client: Any, message: Message) -> None:
    """Hand it over, waiting while the client's own queue is full: the client would drop it without a word."""
    while True:
        taken, _ = client.track(
            user_id=message.household, event=message.event, properties=message.properties, context=message.context,
            timestamp=message.at, message_id=message.id,
        )  # fmt: skip
        if taken:
            return
        time.sleep(FULL_S)
