"""What a process that goes on for months will need is loaded before it serves.

Commands leave what only few of them need until then. A process that serves must not: whoever upgrades this Python's
packages beside it would have it read half of one, with everybody's requests waiting.
"""

from __future__ import annotations

from importlib import import_module

LATER = (
    "anyio._backends._asyncio", "certifi", "cryptography.hazmat.backends.openssl", "email_validator", "h11", "httpcore",
    "httpx", "idna.uts46data",
)  # fmt: skip
"""What sending, passkeys and addresses in other scripts load when first asked for, by us or by what we load."""


def load_all() -> None:
    """Nothing of what such a process does loads a package any more."""
    for name in LATER:
        import_module(name)
