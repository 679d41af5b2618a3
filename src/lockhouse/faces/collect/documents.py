"""What browser libraries fetch before they start: where to send to, and that nothing else is to be loaded.

Each is the document of the library's own vendor, cut down to what the library needs. None tells anything about a
person, and each turns off what the library would report to its vendor.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from lockhouse.faces.collect.answers import DOCUMENT, Whole

_SETTINGS = re.compile(r"/v1/projects/([!-.0-~]{1,200})/settings")
"""The write key stands in the path; it is printable ASCII without a slash."""
SOURCE_CONFIG: Final = frozenset({"/sourceConfig", "/sourceConfig/"})
_HOST = re.compile(rb"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_NOBODY = "1970-01-01T00:00:00.000Z"
_encode = msgspec.json.Encoder().encode


def settings_key(path: str) -> str | None:
    """The write key in the path of a Segment settings document; None for any other path."""
    found = _SETTINGS.fullmatch(path)
    return None if found is None else found[1]


def own_address(said: str, *, scheme: str, host: bytes) -> str | None:
    """The address by which a page reaches this house; None if it cannot be told.

    Args:
        said: the setting `public_url`, which is believed first.
        scheme: of the request under way.
        host: its `Host`. It is the address that this very browser used, and tells no other one anything.
    """
    if said:
        return said.rstrip("/")
    return f"{scheme}://{host.decode('ascii')}" if _HOST.fullmatch(host) else None


def segment_settings(key: str, *, address: str) -> Whole:
    """What `@segment/analytics-next` fetches as `/v1/projects/KEY/settings`.

    Without an `apiHost` here or in the page the library would send to Segment; so it stands here.
    """
    scheme, _, host = address.partition("://")
    return _document(
        {
            "integrations": {
                "Segment.io": {
                    "apiKey": key,
                    "apiHost": f"{host}/v1",
                    "protocol": scheme,
                    "addBundledMetadata": True,
                    "unbundledIntegrations": [],
                }
            },
            "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
            "edgeFunction": {},
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "remotePlugins": [],
            "legacyVideoPluginsEnabled": False,
            "analyticsNextEnabled": True,
            "metrics": {"sampleRate": 0},
        }
    )


def source_config(key: str) -> Whole:
    """What `@rudderstack/analytics-js` fetches as `/sourceConfig/`: a source that is on, and no destinations."""
    silent = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    return _document(
        {
            "source": {
                "id": "lockhouse",
                "name": "lockhouse",
                "writeKey": key,
                "workspaceId": "lockhouse",
                "enabled": True,
                "config": {"statsCollection": silent},
                "destinations": [],
                "updatedAt": _NOBODY,
            },
            "updatedAt": _NOBODY,
        }
    )


def _document(tree: dict[str, Any]) -> Whole:
    return Whole(status=200, body=_encode(tree), base=DOCUMENT)
