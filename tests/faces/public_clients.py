"""The public clients of Segment and RudderStack for servers, unmodified, each in a process of its own.

Each sends the same six calls, three a batch, to a house whose certificate it trusts as whoever runs it with an
authority of their own tells it. Each function gives what its client said went wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / ".cache/node/node_modules"
LARGE = 90
SAID = {"Advertising": False, "Analytics": True}
"""What `identify` brings of the banner, in the client's own shape."""


def segment_python(url: str, key: str, authority: Path, *, retries: int = 0) -> list[str]:
    """`segment-analytics-python`, with the gzip that it offers."""
    return _with_python("segment", url, key, authority, retries)


def rudder_python(url: str, key: str, authority: Path, *, retries: int = 0) -> list[str]:
    """`rudder-sdk-python`."""
    return _with_python("rudder", url, key, authority, retries)


def rudder_python_in_one_batch(url: str, key: str, authority: Path, *, retries: int = 0) -> list[str]:
    """`rudder-sdk-python`, with `LARGE` events of 20,000 characters."""
    return _with_python("rudder", url, key, authority, retries, LARGE)


def segment_node(url: str, key: str, authority: Path, *, retries: int = 0) -> list[str]:
    """`@segment/analytics-node`."""
    return _with_node("@segment/analytics-node", url, key, authority, retries)


def rudder_node(url: str, key: str, authority: Path, *, retries: int = 0) -> list[str]:
    """`@rudderstack/rudder-sdk-node`."""
    return _with_node("@rudderstack/rudder-sdk-node", url, key, authority, retries)


def jitsu_node(url: str, key: str, authority: Path) -> list[str]:
    """`@jitsu/js` on a server; it has four calls, and sends each alone and once."""
    return _sent(_node("send_jitsu.mjs", "@jitsu/js", url, key), {"NODE_EXTRA_CA_CERTS": str(authority)})


def _with_python(sdk: str, url: str, key: str, authority: Path, *numbers: int) -> list[str]:
    command = [sys.executable, str(ROOT / "tests/py/send_calls.py"), sdk, url, key, *map(str, numbers)]
    return _sent(command, {"REQUESTS_CA_BUNDLE": str(authority)})


def _with_node(sdk: str, url: str, key: str, authority: Path, retries: int) -> list[str]:
    command = [*_node("send_calls.mjs", sdk, sdk, url, key), str(retries)]
    return _sent(command, {"NODE_EXTRA_CA_CERTS": str(authority)})


def _node(script: str, sdk: str, *words: str) -> list[str]:
    node = shutil.which("node")
    assert node, "the public client needs node, which script/test installs"
    assert (NODE_MODULES / sdk).is_dir(), "script/test installs the JavaScript clients"
    return [node, str(ROOT / "tests/js" / script), *words, f"{NODE_MODULES.parent}/"]


def _sent(command: list[str], env: dict[str, str]) -> list[str]:
    ran = subprocess.run(command, capture_output=True, check=True, timeout=60, env={"PATH": os.environ["PATH"], **env})
    said: dict[str, Any] = json.loads(ran.stdout)
    assert said["sent"] in {4, 6, LARGE}
    errors: list[str] = said["errors"]
    return errors
