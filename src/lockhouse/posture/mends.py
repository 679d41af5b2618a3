"""How what a check finds is mended: the command as it is typed; where there is none, one sentence and its page."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

POLICY = "docs/spec/policy.md"
SERVING = "docs/operations/serve.md"
SETTINGS = "docs/settings.md"
ENDINGS = "docs/design/ending.md"
OUTAGE = "docs/operations/outage.md"
STORES = "docs/design/stores.md"
OWNER = 'sudo chown -hR "$(id -un)"'
LOOK_AT_DRAFT = "lockhouse policy diff && lockhouse policy approve"
WAITING = "if nobody meant it, lockhouse policy withdraw VERSION"
WEAKENED = "put lockhouse.toml right; or, while the house runs, approve it in the console, on the page Policy"
DOUBTED = "lockhouse ledger verify --state names the rows; keep a copy as evidence, then take them away"
RESTORE = "lockhouse backup restore DIR --to NEW"
SPOILT = (
    "lockhouse serve mends within the hour what can be proved; of the rest lockhouse ledger log --kind intent says "
    "what was to end: open it again; or, if it is shut already, take its row of `intent` away if there is one, then "
    "lockhouse backup create DIR && lockhouse backup restore DIR --to NEW, and it stands again in that house "
    f"({ENDINGS})"
)
"""Whose requests they were is known to those who asked: the ledger names nobody."""
CLOSED = (
    "lockhouse ledger log --kind intent says whether a request of theirs was taken away; lockhouse request open PERSON "
    "makes it again, and lockhouse request cancel opens their seal if nobody asked"
)
JOBS = (
    "lockhouse serve plans a sweep that is missing again within a day; keep those rows of `job` elsewhere, take them "
    f"away, and ask who wrote them ({ENDINGS})"
)

HOLDS = (
    "lockhouse hold review HOLD --until DAY says that the claim still stands, and lockhouse hold release HOLD that it "
    "does not"
)
UNMEANT = "lockhouse retention confirm {}, if it was meant, typed by two users of this machine where two act here"
ANNOUNCED = "lockhouse request list names them; if nobody meant it, put the keep right: lockhouse policy approve"


def setting(words: str, *, first: str = "") -> str:
    """What is set in the file of settings, which no command writes; and what is done first, or instead."""
    return f"{first}in lockhouse.toml ({SETTINGS}) {words}"


def policy(words: str) -> str:
    """What is written in the draft, which no command writes, and how it comes to rule."""
    return f"in the policy ({POLICY}) {words}, then lockhouse policy approve"


def own(path: str, *, is_link: bool = False) -> str:
    """A file that is somebody else's, or a link."""
    if is_link:
        return f"put the file itself where its link stands ({SERVING})"
    return f"{OWNER} {shlex.quote(path)}"


def alone(path: str, *, mode: str = "600") -> str:
    """A file that others may read."""
    return f"chmod {mode} {shlex.quote(path)}"


def write_key(folder: str, file: str) -> str:
    """A key that is pasted, so that it stays out of the shell's history, into a file of the house's own mode."""
    place = PurePath(folder) / file
    home, key = shlex.quote(str(place.parent)), shlex.quote(str(place))
    return f"mkdir -p -m 700 {home} && install -m 600 /dev/stdin {key}"


def doubted(rules: int, versions: Sequence[int]) -> str:
    """What stands in the store as a policy and is none, in a sentence."""
    return f"Nobody approved {', '.join(f'v{one}' for one in versions)}, and somebody stored it; v{rules} rules on."


def weakened(settings: Sequence[str]) -> str:
    """Which settings are not taken, in a sentence."""
    return f"Weaker than what was approved, and not taken: {', '.join(settings)}."
