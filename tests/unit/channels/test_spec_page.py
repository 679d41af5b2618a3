"""The specification page says what the reader does."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockhouse.channels import pieces, segment
from lockhouse.channels.segment import KIND, parse, pixel, times, write_key

PAGE = (Path(__file__).parents[3] / "docs/spec/event.md").read_text()


@pytest.mark.parametrize("call", sorted(segment.CALLS))
def test_every_address_is_named(call: str) -> None:
    assert f"/v1/{call}`" in PAGE


@pytest.mark.parametrize(("field", "paths"), sorted(KIND.defaults.items()))
def test_every_default_is_in_the_table(field: str, paths: tuple[str, ...]) -> None:
    assert f"| `{field}` | {', '.join(f'`{path}`' for path in paths)} |" in PAGE


def test_no_row_of_the_table_is_without_its_default() -> None:
    table = PAGE.partition("| field | paths, in order |")[2].partition("\n\n")[0]
    assert table.count("\n| `") == len(KIND.defaults)


@pytest.mark.parametrize(
    "limit",
    [
        f"| a request, unpacked | {parse.MAX_BATCH_BYTES} bytes |",
        f"| the same, if its head or query holds a secret key | {parse.MAX_LONG_BYTES} bytes |",
        f"| events in a batch | {parse.MAX_ITEMS} |",
        f"| an event | {parse.MAX_ITEM_BYTES} bytes as sent |",
        f"| nesting of an event | {parse.MAX_DEPTH} levels",
        f"| `messageId` | 1 to {parse.MAX_MESSAGE_ID_CHARS} characters |",
        f"| name of a track call | 1 to {parse.MAX_EVENT_NAME_CHARS} characters |",
        f"| {parse.MAX_SPREAD_BYTES} bytes | `LH-1011`, the whole request |",
        f"of a batch that is not wholly JSON | {pieces.MAX_STEPS} |",
        f"1 to {write_key.MAX_KEY_CHARS} printable ASCII",
        f"| the query of an image's address | {pixel.MAX_QUERY_BYTES} bytes |",
        f"named by its path; at most {pixel.MAX_PARAMETERS}",
        f"`received` + {times.MAX_AHEAD_MS // 3_600_000} h",
    ],
)
def test_every_limit_is_the_readers_own(limit: str) -> None:
    assert limit in PAGE
