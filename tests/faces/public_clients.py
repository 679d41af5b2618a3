"""The unmodified JavaScript client, in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / ".cache/node/node_modules"


def send_with_node(url: str, key: str) -> Any:
    """Each of the six calls is sent and answered; how many were, and what went wrong."""
    node = shutil.which("node")
    assert node, "the public client needs node, which script/test installs"
    assert (NODE_MODULES / "@segment/analytics-node").is_dir(), "script/test installs the JavaScript clients"
    script = ROOT / "tests/js/send_segment.mjs"
    sent = subprocess.run(
        [node, script, url, key, f"{NODE_MODULES.parent}/"], capture_output=True, check=True, timeout=60
    )
    return json.loads(sent.stdout)
