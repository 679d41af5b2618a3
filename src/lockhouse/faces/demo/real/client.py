"""The public Python client, unmodified: what a shop's own programmers would write."""

from __future__ import annotations

import logging
import queue
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping

    from lockhouse.faces.demo.real.month import Message

INSTALL = "pip install segment-analytics-python, or run ./script/demo --real from a checkout"
RETRIES = 2
WAIT_S = 0.05


def send(messages: Iterable[Message], *, most: int, url: str, keys: Mapping[str, str], stop: threading.Event) -> None:
    """Every message was taken by the house. Blocks; run it in a thread.

    Args:
        messages: in the order they are sent.
        most: how many at most: room in the client's queue, since what finds it full is lost without a word.
        url: of the collect listener.
        keys: channel -> write key.
        stop: set from another thread to end early, with what is queued left unsent.

    Raises:
        Unavailable: the client is not installed, or could not deliver.
    """
    errors: list[str] = []
    clients = {channel: _client(key, url, errors, room=most + 1) for channel, key in keys.items()}
    for message in messages:
        if stop.is_set() or errors:
            break
        clients[message.channel].track(
            user_id=message.household, event=message.event, properties=message.properties, context=message.context,
            timestamp=message.at, message_id=message.id,
        )  # fmt: skip
    for client in clients.values():
        _finish(client, errors, stop)
    if errors:
        raise Unavailable(
            f"demo --real: expected every batch to be taken, got {len(errors)} that were not: {errors[0]}"
        )


def _finish(client: Any, errors: list[str], stop: threading.Event) -> None:
    """Wait for the client's own thread; if it is to end early, take out of its queue what it has not sent."""
    while client.queue.unfinished_tasks and not errors and not stop.wait(WAIT_S):
        continue
    with suppress(queue.Empty):
        while True:
            client.queue.get_nowait()
            client.queue.task_done()
    client.shutdown()


def _client(key: str, url: str, errors: list[str], *, room: int) -> Any:
    try:
        from segment.analytics.client import Client  # noqa: PLC0415  # an extra: only this demo and tests need it
    except ImportError as err:
        raise Unavailable("demo --real: expected the package segment-analytics-python, got none", hint=INSTALL) from err
    # What goes wrong is heard by `on_error`; the client's own lines would stand in the middle of a progress bar.
    logging.getLogger("segment").setLevel(logging.CRITICAL)
    return Client(
        key, host=url, gzip=True, max_queue_size=room, max_retries=RETRIES,
        on_error=lambda error, _items: errors.append(type(error).__name__),
    )  # fmt: skip
