"""A shop's page in a real browser: headless Chromium, which resolves the shop's names to loopback and no others.

The page's own site serves the vendors' libraries as they are in their packages. A page tells what went wrong in it and
which addresses it asked for, also those that it could not reach.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from tests.faces.public_clients import NODE_MODULES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.faces.collect_world import Certificate

LOAD_S = 60.0
LIBRARIES = {
    "segment": "@segment/analytics-next/dist/umd/index.js",
    "rudder": "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
    "image": None,
    "jitsu": None,
}
_QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-default-apps", "--no-proxy-server", "--disable-features=OptimizationHints,MediaRouter",
)  # fmt: skip
"""Root runs it in CI, hence no sandbox; the pages are our own."""


class Told(NamedTuple):
    """What a page said when it was done."""

    errors: list[str]
    hosts: set[str]


class Site:
    """The shop's web site, as ASGI: one page, the libraries, and an ear for what the page tells."""

    def __init__(self, page: str, asked: Mapping[str, Any]) -> None:
        self._page = page
        self._asked = asked
        self._told: dict[str, Any] = {}
        self._heard = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        path = scope["path"]
        if path == "/told":
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            self._told = json.loads(body)
            self._heard.set()
        found = self._found(path)
        kind = b"text/javascript" if ".js" in path else b"text/html"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": found})

    def _found(self, path: str) -> bytes:
        if path.startswith("/sdk/"):
            return (NODE_MODULES / path.removeprefix("/sdk/")).read_bytes()
        if path == "/page.js":
            return (ROOT / f"tests/js/pages/{self._page}.js").read_bytes()
        if path == "/":
            return self._html().encode()
        return b""

    def _html(self) -> str:
        library = LIBRARIES[self._page]
        script = f'<script src="/sdk/{library}"></script>' if library else ""
        return f"""<!doctype html><title>Shop</title>{script}<script src="/page.js"></script><script type="module">
const asked = {json.dumps(self._asked)};
const tell = (path, errors) => {{
  const hosts = performance.getEntriesByType("resource").map((one) => new URL(one.name).host);
  return navigator.sendBeacon(path, JSON.stringify({{ errors, hosts }}));
}};
run(asked).catch((error) => [`${{error}}`]).then((errors) => {{
  if (asked.leave) {{
    addEventListener("pagehide", () => tell("/told", errors));
    location.href = "/left";
  }} else {{
    tell("/told", errors);
  }}
}});
</script>"""

    def told(self) -> Told:
        """What the page said, once it has."""
        assert self._heard.wait(LOAD_S), "the page said nothing"
        return Told(self._told["errors"], set(self._told["hosts"]))


@contextmanager
def browsing(url: str, *, folder: Path, certificate: Certificate, names: Mapping[str, int]) -> Iterator[None]:
    """The browser shows a page for as long as the block runs.

    Args:
        url: of the page.
        folder: where it keeps what it keeps; new and empty.
        certificate: the one key that it believes.
        names: host name to loopback port.
    """
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert chromium, "the public browser libraries need chromium, which script/test installs"
    rules = [f"MAP {name} 127.0.0.1:{port}" for name, port in names.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                chromium, *_QUIET, f"--user-data-dir={folder / 'profile'}",
                f"--host-resolver-rules={', '.join([*rules, 'MAP * ~NOTFOUND'])}",
                f"--ignore-certificate-errors-spki-list={_fingerprint(certificate)}", url,
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
        )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _fingerprint(certificate: Certificate) -> str:
    key = load_pem_x509_certificate(certificate.chain.read_bytes()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
