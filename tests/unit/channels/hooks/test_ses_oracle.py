"""What Amazon's own validator takes we take, and what it refuses we refuse; where we take less, it is said why."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from lockhouse.channels.hooks import Proven
from tests.unit.channels.hooks.test_ses import HOST, SIGNED, TOPIC, certificate, found, key, message, needs

ROOT = Path(__file__).parents[4]
MODULES = ROOT / ".cache/node/"
FLIPPED = 24
"""At so many places of each signature a bit is turned."""
OWN_CERTIFICATE = certificate()


def _theirs(messages: list[tuple[Any, bytes]]) -> list[bool]:
    node = shutil.which("node")
    assert node, "Amazon's validator needs node, which script/test installs"
    assert (MODULES / "node_modules/sns-validator").is_dir(), "script/test installs Amazon's validator"
    lines = [json.dumps({"message": tree, "certificate": pem.decode("latin-1")}) for tree, pem in messages]
    command = [node, str(ROOT / "tests/js/sns_valid.mjs"), f"{MODULES}/"]
    ran = subprocess.run(command, input="\n".join(lines), capture_output=True, check=True, timeout=60, text=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def _flipped(text: str, at: int) -> str:
    place = at * len(text) // FLIPPED
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def _mutated() -> list[tuple[Any, bytes]]:
    """Good messages of both kinds and versions, and each of them with one thing changed."""
    made: list[tuple[Any, bytes]] = []
    for kind in SIGNED:
        for version in ("1", "2"):
            subject: dict[str, Any] = {"Subject": "News"} if kind == "Notification" else {}
            good = message(kind, version=version, Message='{"a":"Z\u00fcrich\\n\\u00e9"}', **subject)
            made += [(good, OWN_CERTIFICATE), (good, certificate(key(2048, 2))), (good, b"no certificate")]
            made += [({**good, "Signature": _flipped(good["Signature"], at)}, OWN_CERTIFICATE) for at in range(FLIPPED)]
            for name in (*SIGNED[kind], "Signature", "SigningCertURL", "SignatureVersion"):
                made.append(({k: v for k, v in good.items() if k != name}, OWN_CERTIFICATE))
                made.append(({**good, name: f"x{good.get(name)}"}, OWN_CERTIFICATE))
            made.append(({**good, "SignatureVersion": "2" if version == "1" else "1"}, OWN_CERTIFICATE))
            made.append(({**good, "UnsubscribeURL": "https://evil.example/"}, OWN_CERTIFICATE))
    return made


def _ours(tree: Any, pem: bytes) -> bool:
    return needs(tree) is not None and isinstance(found(tree, fetched=pem), Proven)


def test_amazons_validator_and_ours_agree_on_good_messages_and_on_changed_ones() -> None:
    messages = _mutated()
    theirs = _theirs(messages)
    assert [_ours(tree, pem) for tree, pem in messages] == theirs
    assert sum(theirs) == 8, "four good ones, and four with an address more that is not signed"


def test_what_amazons_validator_takes_of_a_stranger_we_do_not() -> None:
    strangers = message(TopicArn=TOPIC.replace("123456789012", "999999999999"))
    elsewhere = {**message(), "SigningCertURL": f"{HOST}/any/other/path.pem"}
    old = message(Timestamp="2020-01-01T00:00:00.000Z")
    messages = [(tree, OWN_CERTIFICATE) for tree in (strangers, elsewhere, old)]
    assert _theirs(messages) == [True, True, True]
    assert [_ours(tree, pem) for tree, pem in messages] == [False, False, False]
