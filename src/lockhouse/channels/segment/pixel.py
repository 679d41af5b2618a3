"""An event whose sender cannot post: everything stands in the address of an image.

Two forms, of Segment's and RudderStack's pixels alike: `?data=` with the event as JSON, in base64 or as it is; or a
parameter for each value, named by its path (`properties.subject=…`). What comes out is the body that a client would
have posted, to be read as such.

Who loads an image chose nothing: a mail program, a virus scanner and a preview load it too. So an address that says no
closes its own event alone; it is nobody's word and withdraws nothing.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from lockhouse.channels import codes
from lockhouse.channels.segment.consent import consent_of, says_gpc
from lockhouse.channels.segment.parse import MAX_DEPTH, object_of
from lockhouse.model.event import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_QUERY_BYTES: Final = 64 * 1024
"""More than any browser's or proxy's address; who sends one has shown no key yet."""
MAX_PARAMETERS: Final = 200
"""RudderStack's AMP library, which sends the most, sends 40."""
_FLAGS = {"true": True, "false": False}
_encode = msgspec.json.Encoder().encode


def pixel_body(query: bytes) -> bytes | Fault:
    """The event as JSON, its write key inside; a `Fault` if the query cannot be read as one.

    Args:
        query: the raw query string.
    """
    if len(query) > MAX_QUERY_BYTES:
        return Fault(code=codes.BODY_TOO_LARGE, where="", expected=f"at most {MAX_QUERY_BYTES} bytes in the address")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError:  # UnicodeDecodeError is one
        return _unreadable()
    data = [text for name, text in pairs if name == "data"]
    if len(data) > 1:
        return _twice()
    item = _of_data(data[0]) if data else _of_parameters(pairs)
    if isinstance(item, Fault):
        return item
    _close_alone(item)
    return _encode(item)


def _of_data(text: str) -> dict[str, Any] | Fault:
    """The JSON object under `data`; with the padding left out and in the alphabet for addresses too (RFC 4648 §5)."""
    raw = text.encode()
    if not text.lstrip().startswith("{"):
        plain = text.replace(" ", "+").translate(_STANDARD).rstrip("=")
        try:
            raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except (binascii.Error, ValueError):
            return _unreadable()
    # As posted ones are: what stood twice in it would be gone behind our own spelling.
    return object_of(raw)


_STANDARD = str.maketrans("-_", "+/")


def _of_parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, Any] | Fault:
    """An object with each value at its path; every value is text, but the banner's answers."""
    tree: dict[str, Any] = {}
    for name, text in pairs:
        *above, last = name.split(".")
        if len(above) >= MAX_DEPTH:
            return Fault(code=codes.ITEM_TOO_DEEP, where="", expected=f"at most {MAX_DEPTH} levels")
        at: Any = tree
        for key in above:
            at = at.setdefault(key, {})
            if not isinstance(at, dict):
                return _twice()
        if last in at:
            return _twice()
        at[last] = _FLAGS.get(text, text) if above == _PREFERENCES else text
    device = tree.get("anonymousId")
    if isinstance(device, str) and len(device) > 1 and device[0] == device[-1] == '"':
        tree["anonymousId"] = device[1:-1]  # AMP puts a text in quotes of its own
    return tree


_PREFERENCES = ["context", "consent", "categoryPreferences"]


def _close_alone(item: dict[str, Any]) -> None:
    """Turn a no into the consent object in which nothing can be read, which closes its own event and is not kept."""
    context = item.get("context")
    if not isinstance(context, dict):
        return
    said = consent_of(context)
    if says_gpc(context) or (said and not all(said.values())):
        for word in ("gpc", "globalPrivacyControl", "consentManagement"):
            context.pop(word, None)
        context["consent"] = {}


def _unreadable() -> Fault:
    return Fault(
        code=codes.BAD_ITEM, where="", expected="an event in the address: under `data`, or a value a parameter"
    )


def _twice() -> Fault:
    return Fault(code=codes.TWICE_A_KEY, where="", expected="each value once")
