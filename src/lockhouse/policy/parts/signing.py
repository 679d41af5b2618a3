"""`sign:` of a channel of kind `hmac`: how its sender signs, in the sender's own terms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import UNSET, UnsetType

from lockhouse.model.signing import Signing
from lockhouse.policy.shown import shown

if TYPE_CHECKING:
    from lockhouse.policy.section import Section

KIND: Final = "hmac"
HEADER = re.compile(r"[a-z][a-z0-9-]{0,63}\Z")
SIGNED = re.compile(r"(?:[!-z|~]|\{(?:body|timestamp|id|url)\}){1,80}\Z")
"""Printable ASCII without braces, and the four placeholders."""
RUNS_ON = re.compile(r"\{timestamp\}[0-9.]*\{id\}|\{id\}[0-9]*\{timestamp\}")
"""Where the end of the one may be read as the beginning of the other, under the same signature."""
PREFIX = re.compile(r"[!-~]{1,40}\Z")
ELEMENT = re.compile(r"[A-Za-z0-9_-]{1,20}\Z")
PATH = r"[A-Za-z0-9_$-]{1,64}(?:\.[A-Za-z0-9_$-]{1,64}){0,9}"
PLACE = re.compile(rf"(?:header:[a-z][a-z0-9-]{{0,63}}|element:[A-Za-z0-9_-]{{1,20}}|body:{PATH})\Z")
NAMED = re.compile(rf"(?:header:[a-z][a-z0-9-]{{0,63}}|body:{PATH})\Z")
IN_BODY = re.compile(rf"body:{PATH}\Z")
ALGORITHMS = ("sha1", "sha256", "sha512")
ENCODINGS = ("base64", "hex")
FORMS = ("base64", "hex", "text")
WINDOW_S: Final = (60, 3600)
KEYS = (
    "algorithm", "element", "encoding", "event", "header", "id", "key", "key_prefix", "occurred", "prefix", "signed",
    "timestamp", "window",
)  # fmt: skip
_PLACED = "a place such as header:x-timestamp, element:t or body:created"


def signing(part: Section, kind: str | None) -> Signing | UnsetType:
    """How the channel's deliveries are signed; unset for every other kind, which knows it itself."""
    if kind != KIND:
        if "sign" in part:
            part.problems.add(part.place("sign"), f"'sign' on kind {KIND} only", "one")
        return UNSET
    part.need("sign")
    sign = part.sub("sign", KEYS)
    sign.need("header")
    signed = sign.text("signed", SIGNED, "{body}, with {timestamp}, {id} or {url} where they are signed") or "{body}"
    _check(sign, signed)
    return Signing(
        header=sign.text("header", HEADER, "a header in lower case, such as x-signature") or "",
        signed=signed,
        algorithm=sign.word("algorithm", ALGORITHMS) or "sha256",
        encoding=sign.word("encoding", ENCODINGS) or "hex",
        prefix=sign.text("prefix", PREFIX, "what stands before the signature, such as sha256=") or "",
        element=sign.text("element", ELEMENT, "a member's name, such as v1"),
        timestamp=sign.text("timestamp", PLACE, _PLACED),
        window_s=_window(sign),
        id=sign.text("id", PLACE, _PLACED),
        event=sign.text("event", NAMED, "a place such as body:type or header:x-topic"),
        occurred=sign.text("occurred", IN_BODY, "a place such as body:created"),
        key=sign.word("key", FORMS) or "text",
        key_prefix=sign.text("key_prefix", PREFIX, "what stands before the key, such as whsec_") or "",
    )


def _window(sign: Section) -> int:
    least, most = WINDOW_S
    found = sign.duration_s("window")
    if found is not None and not least <= found <= most:
        sign.problems.add(sign.place("window"), "a window of 1 to 60 minutes", f"{found} s")
    return found or 300


def _check(sign: Section, signed: str) -> None:
    """What is believed must be signed, and what is signed must be found."""
    if "{body}" not in signed:
        sign.problems.add(sign.place("signed"), "{body} among what is signed", shown(signed))
    if RUNS_ON.search(signed):
        # `{timestamp}{id}` of 1764561600000 and abc is that of 1764561600 and 000abc too: one overheard delivery would
        # be taken twice, since another id is another delivery.
        sign.problems.add(sign.place("signed"), "more than digits and dots between {timestamp} and {id}", shown(signed))
    for name in ("timestamp", "id"):
        place = sign.spot(name)
        if place is None and f"{{{name}}}" in signed:
            sign.problems.add(sign.place("signed"), f"a key '{name}' that says where it stands", "none")
        is_in_body = place is not None and isinstance(place.value, str) and place.value.startswith("body:")
        if name == "timestamp" and place is not None and f"{{{name}}}" not in signed and not is_in_body:
            sign.problems.add(place.where, "{timestamp} among what is signed, or one in the body", "neither")
    if "element" not in sign and any(
        (spot := sign.spot(name)) is not None and str(spot.value).startswith("element:") for name in ("timestamp", "id")
    ):
        sign.problems.add(sign.where, "a key 'element' beside a place in the signature's header", "none")
    if "window" in sign and "timestamp" not in sign:
        sign.problems.add(sign.place("window"), "a 'timestamp' for the window to be of", "none")
