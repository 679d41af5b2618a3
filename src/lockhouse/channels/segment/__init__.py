"""The Segment protocol as its public clients speak it: `POST /v1/batch` and one path a call.

Format and traps: docs/spec/event.md. Segment's, RudderStack's and Jitsu's public clients send to it unmodified;
docs/clients.md names those that the tests run.
"""

from lockhouse.channels.segment.kind import KIND, PEER_NETWORK
from lockhouse.channels.segment.parse import CALLS, MAX_BATCH_BYTES, MAX_LONG_BYTES, ParsedRequest, parse_batch
from lockhouse.channels.segment.pixel import pixel_body
from lockhouse.channels.segment.write_key import body_key, buried_key, head_key

__all__ = [
    "CALLS",
    "KIND",
    "MAX_BATCH_BYTES",
    "MAX_LONG_BYTES",
    "PEER_NETWORK",
    "ParsedRequest",
    "body_key",
    "buried_key",
    "head_key",
    "parse_batch",
    "pixel_body",
]
