"""How a sender's deliveries are signed, as a value: a policy says it for kind `hmac`, a kind of its own in its file."""

from __future__ import annotations

from typing import Literal

import msgspec


class Signing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed, how, and where each part of it stands.

    A *place* is `header:NAME`, `element:NAME` (a member of the signature's header, as `t` in `t=1,v1=ab`) or
    `body:PATH` (dotted, in the JSON body).

    Attributes:
        header: in which the signature stands, in lower case.
        signed: the signed bytes, with `{body}` and, where they are signed, `{timestamp}`, `{id}` and `{url}`.
        algorithm: of the HMAC.
        encoding: of the signature.
        prefix: that stands before the signature (`sha256=`). With `element`, the members are read instead.
        element: name of the members that hold signatures (`v1`).
        separator: between members: `,`, or a blank.
        assign: between a member's name and its value.
        timestamp: a place; None where the sender sends none.
        window_s: how far the timestamp may be from the house's clock, in seconds.
        id: a place, of the delivery's id; None where the body's hash stands for it.
        event: a place, of the event's name.
        occurred: a place, of when it happened: Unix seconds or ISO 8601. Without it, when it came.
        key: how the secret's text is read; `key_prefix` is no part of the key. `p256`: a public key, for a kind that
            proves by it; no policy says so.
    """

    header: str
    signed: str = "{body}"
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    element: str | None = None
    separator: str = ","
    assign: str = "="
    timestamp: str | None = None
    window_s: int = 300
    id: str | None = None
    event: str | None = None
    occurred: str | None = None
    key: Literal["text", "base64", "hex", "p256"] = "text"
    key_prefix: str = ""
