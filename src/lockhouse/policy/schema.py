"""The form of a policy file as JSON Schema (draft-07, which editors read best), built from the words of the reader.

It says which keys and words may stand where, so that an editor offers them and marks a wrong one while it is typed.
What needs the whole document (a purpose that is named must exist) only `lockhouse policy check` tells. Nothing is
required at the top, since a file may extend a template or be one of several.

https://json-schema.org/draft-07/schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lockhouse.policy import words
from lockhouse.policy.parts import nobody, signing

Schema = dict[str, Any]
TEXT: Schema = {"type": ["string", "integer"], "minLength": 1}
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
REGION = r"^(eu|[a-z]{2}(-[a-z0-9]{1,3})?)$"
COUNTRY = "^[A-Za-z]{2}$"
KEEP = "^[1-9][0-9]{0,3} (day|month|year)s? after (event|last_activity)$"
DURATION = "^[1-9][0-9]{0,4} (minute|hour|day|month)s?$"


def schema() -> Schema:
    """The schema of a policy file of version 1."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Lockhouse policy, version 1",
        "description": "What may be kept, why, until when, who may see it and who may receive it.",
        **_mapping({
            "policy": {"const": 1, "description": "the version of the form"},
            "extends": _matching(f"^{words.TEMPLATE.pattern}$", "the template it stands over, such as retail@1"),
            "controller": _controller(),
            "purposes": _named(words.NAME, _purpose(), "why data is processed"),
            "consent": _mapping({
                "absent": _word(("denied",), "what no consent object means"),
                "names": {**_any(_name(words.NAME)), "description": "a banner's word: the purpose it speaks of"},
            }),
            "classes": _list(_name(words.NAME), "the house's own classes beside the built-in ones"),
            "fields": _named(words.NAME, _field(), "what data there is"),
            "events": _named(words.EVENT, _list(_name(words.NAME)), "event: the fields that are kept of it"),
            "channels": _named(words.LABEL, _channel(), "the ways in"),
            "recipients": _named(words.LABEL, _recipient(), "who may receive something; nobody else does"),
            "roles": _named(words.LABEL, _role(), "what staff may see and do"),
            "separate": _mapping({
                "roles": _list(_list(_name(words.LABEL), least=2), "roles that nobody holds together"),
                "steps": _list(_list(_permission(), least=2), "steps that nobody takes both of"),
            }),
            "ceilings": _named(words.NAME, _ceiling(), "class: of how many people an hour the whole house opens it"),
            "training": _named(words.LABEL, _course(), "courses that roles ask for"),
        }),
    }  # fmt: skip


def schema_text() -> str:
    """The schema as a file holds it, the same bytes in every process."""
    return json.dumps(schema(), indent=1) + "\n"


def _controller() -> Schema:
    return _mapping(
        {
            "name": TEXT,
            "contact": _matching("@|^https://", "an e-mail address or an https:// address"),
            "regulations": _list(_word(words.REGULATIONS)),
            "country": _matching(COUNTRY, "of phone numbers that are written without one"),
            "region": _mapping({
                "from": _list(_name(words.NAME), "country fields; the first that an event gives wins"),
                "unknown": _matching(f"^strictest$|{REGION}", "what an unknown region counts as"),
            }),
        },
        required=("name", "contact", "regulations"),
    )  # fmt: skip


def _purpose() -> Schema:
    basis = _word(words.BASES, "the lawful basis")
    by_region = {**_any(basis), "propertyNames": {"pattern": f"^default$|{REGION}"}, "required": ["default"]}
    return _mapping(
        {
            "about": {**TEXT, "description": "a sentence that the customer reads"},
            "basis": {"anyOf": [basis, by_region]},
            "keep": _matching(KEEP, "such as 24 months after last_activity"),
            "soft_opt_in": _mapping(
                {"after": _list(_name(words.EVENT), "events that make somebody a customer", least=1)},
                required=("after",),
            ),
            "sold_or_shared": {"type": "boolean", "description": "closed by Global Privacy Control"},
        },
        required=("about", "basis", "keep"),
    )


def _field() -> Schema:
    """A field; what else may be said of it depends on its type, and on whether its class is special."""
    item = _word(words.ITEM_TYPES)
    form = _mapping(
        {
            "type": _word(words.TYPES, "brings validation, mask and minimiser"),
            "class": {"anyOf": [_word(words.CLASSES), _name(words.NAME)], "description": "roles see classes"},
            "for": _list(_name(words.NAME), "the purposes it is for", least=1),
            "identifies": _word(("person", "device")),
            "nobody": {
                **_list(
                    {"type": "string", "minLength": 1}, "values that stand for nobody: the house's own, or everybody's"
                ),
                "maxItems": nobody.MOST,
            },
            "find_by": _list(_word(("exact", "last4", "surname")), "people are found by it"),
            "minimise": TEXT,
            "mask": {"type": "string", "description": "how it is shown masked"},
            "clear": {"type": "boolean", "description": "stored unsealed, so that it can be counted"},
            "of": {"anyOf": [item, {**_any(item), "propertyNames": _name(words.NAME)}]},
            "condition": _word(words.CONDITIONS, "of GDPR Art. 9(2), for class special"),
        },
        required=("type", "class", "for"),
    )
    special = {
        "if": {"properties": {"class": {"const": words.SPECIAL}}, "required": ["class"]},
        "then": {"required": ["condition"], "properties": {"clear": {"const": False}}},
        "else": {"properties": {"condition": False}},
    }
    return {**form, "allOf": [*(_of_type(kind, allowed) for kind, allowed in words.TYPES.items()), special]}


def _of_type(kind: str, allowed: words.TypeWords) -> Schema:
    """What may be said of a field of one type."""
    patterns = [f"{word} ([1-9][0-9]{{0,2}}|1000)" if word == "truncate" else word for word in allowed.minimise]
    then: Schema = {
        "identifies": _word(allowed.identifies) if allowed.identifies else False,
        "find_by": _list(_word(allowed.find_by)) if allowed.find_by else False,
        "minimise": _matching(f"^({'|'.join(patterns)})$") if patterns else False,
        "mask": _word(allowed.masks),
    }
    if not allowed.identifies:
        then["nobody"] = False
    if not allowed.clear:
        then["clear"] = {"const": False}
    if kind != "list":
        then["of"] = False
    needed = {"required": ["of"]} if kind == "list" else {}
    return {
        "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
        "then": {"properties": then, **needed},
    }


def _channel() -> Schema:
    keyed = {
        "if": {"properties": {"kind": {"enum": list(words.KEYED_KINDS)}}},
        "then": {"required": ["key"]},
        "else": {"properties": {"key": False}},
    }
    paged = {"if": {"properties": {"key": {"const": "public"}}, "required": ["key"]}, "else": _unsaid("origins")}
    form = _mapping(
        {
            "kind": _word(words.CHANNEL_KINDS),
            "key": _word(("public", "secret"), "which its senders hold"),
            "origins": _list(_matching("^https?://[a-z0-9.-]+(:[0-9]{1,5})?$"), "sites whose pages may send"),
            "stage": _word(words.STAGES),
            "events": _list(_name(words.EVENT), "that it may send; all, unless named"),
            "map": {**_any(TEXT), "propertyNames": _name(words.NAME), "description": "field: dotted path"},
            "proves": _list(_name(words.NAME), "identifiers that it saw its customers prove"),
            "country": _matching(COUNTRY, "of phone numbers that are written without one"),
            "sign": _sign(),
            "narrows": _list(_name(words.NAME), "what an unsubscribe or a complaint closes; all, unless named"),
        },
        required=("kind",),
    )
    signed = {
        "if": {"properties": {"kind": {"const": signing.KIND}}, "required": ["kind"]},
        "then": {"required": ["sign"]},
        "else": {"properties": {"sign": False}},
    }
    return {**form, "allOf": [keyed, paged, signed]}


def _sign() -> Schema:
    """How a channel of kind `hmac` is signed."""
    place = _named_place(signing.PLACE)
    form = _mapping(
        {
            "header": _name(signing.HEADER),
            "signed": _named_place(signing.SIGNED, "the signed bytes: {body}, {timestamp}, {id}, {url}"),
            "algorithm": _word(signing.ALGORITHMS, "of the HMAC"),
            "encoding": _word(signing.ENCODINGS, "of the signature"),
            "prefix": _named_place(signing.PREFIX, "before the signature, such as sha256="),
            "element": _named_place(signing.ELEMENT, "members of the header that hold signatures, such as v1"),
            "timestamp": place,
            "window": _matching(DURATION, "how far a timestamp may be off"),
            "id": place,
            "event": _named_place(signing.NAMED, "where the event's name stands"),
            "occurred": _named_place(signing.IN_BODY, "where its time stands"),
            "key": _word(signing.FORMS, "how the secret's text is read"),
            "key_prefix": _named_place(signing.PREFIX, "before the key, such as whsec_"),
        },
        required=("header",),
    )
    return {**form, "description": "how a sender of kind hmac signs"}


def _named_place(pattern: re.Pattern[str], about: str = "a place: header:NAME, element:NAME or body:PATH") -> Schema:
    return _matching(_anchored(pattern), about)


def _recipient() -> Schema:
    outside = {
        "if": {"properties": {"role": {"const": "internal"}}},
        "else": {"required": ["contract", "review", "erase"]},
    }
    reached = [
        {"if": {"properties": {"kind": {"enum": list(kinds)}}}, "then": {"required": [key]}}
        for kinds, key in ((("segment", "webhook"), "url"), (("csv", "parquet"), "path"))
    ]
    local = r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/[^\s@]*)?"
    form = _mapping(
        {
            "kind": _word(words.RECIPIENT_KINDS),
            "role": _word(words.RECIPIENT_ROLES),
            "for": _list(_name(words.NAME), "the purposes it may use data for"),
            "fields": _list(_name(words.NAME), "the fields it gets"),
            "url": _matching(rf"^(https://[^\s@]+|{local})$", "https://, or http:// to this machine"),
            "path": TEXT,
            "region": _matching(REGION),
            "safeguard": _word(words.SAFEGUARDS, "of a transfer to another country"),
            "contract": {"type": ["string", "integer"], "pattern": r"^[^\s@]{1,80}$"},
            "review": _matching(DAY, "the day after which nothing is sent until the contract was reviewed"),
            "erase": _word(words.ERASE_WAYS, "how an erasure reaches it"),
            "person": _word(("identifiers", "pseudonym"), "how people are named to it"),
            "every": _matching("^[1-9][0-9]{0,2} (minute|hour|day)s?$", "how often it is sent to"),
        },
        required=("kind", "role", "for", "fields"),
    )
    return {**form, "allOf": [outside, *reached]}


def _role() -> Schema:
    reason = {"anyOf": [_word(("required",)), _list(TEXT)]}
    reveal = _mapping(
        {"reason": reason, "step_up": _matching(DURATION), "grant": _word(("required",))}, required=("reason",)
    )
    by_class = {"pattern": rf"^\*$|{_anchored(words.NAME)}"}
    return _mapping({
        "for": _list(_name(words.NAME), "the purposes it works for"),
        "see": {**_any(_word(words.SEE_MODES)), "propertyNames": by_class, "description": "class: how far"},
        "reveal": {**_any(reveal), "propertyNames": by_class, "description": "class: what it must bring"},
        "check": _list(_name(words.NAME), "classes that it may check a caller's word against"),
        "change": _list(_name(words.NAME), "classes that it may correct"),
        "may": _list(_permission(), "such as ledger.read or audit.*"),
        "limits": _mapping({
            "persons_per_hour": {"type": "integer", "minimum": 1},
            "export": _word(("allowed", "never")),
            "mode": _word(("enforce", "observe")),
        }),
        "training": _list(_name(words.LABEL), "courses that must be held"),
        "networks": _list(_matching("^[0-9a-fA-F.:]+(/[0-9]{1,3})?$"), "that it works from"),
    })  # fmt: skip


def _ceiling() -> Schema:
    properties = {"persons_per_hour": {"type": "integer", "minimum": 1}, "mode": _word(("enforce", "observe"))}
    return _mapping(properties, required=("persons_per_hour",))


def _course() -> Schema:
    grace = _matching(DURATION.removesuffix("$") + " after assigned$", "such as 14 days after assigned")
    return _mapping({"every": _matching(DURATION, "such as 12 months"), "grace": grace}, required=("every",))


def _mapping(properties: Mapping[str, Schema], *, required: Iterable[str] = ()) -> Schema:
    found: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _named(pattern: re.Pattern[str], value: Schema, about: str) -> Schema:
    return {**_any(value), "propertyNames": _name(pattern), "description": about}


def _any(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _list(items: Schema, about: str = "", *, least: int = 0) -> Schema:
    found = {"type": "array", "items": items, "uniqueItems": True, **({"minItems": least} if least else {})}
    return {**found, "description": about} if about else found


def _word(known: Iterable[str], about: str = "") -> Schema:
    return {"enum": sorted(known), **({"description": about} if about else {})}


def _matching(pattern: str, about: str = "") -> Schema:
    return {"type": "string", "pattern": pattern, **({"description": about} if about else {})}


def _name(pattern: re.Pattern[str]) -> Schema:
    return {"type": "string", "pattern": _anchored(pattern)}


def _permission() -> Schema:
    return _matching(rf"^({'|'.join(words.PERMISSION_AREAS)})\.(\*|[a-z][a-z_-]{{0,39}})$")


def _anchored(pattern: re.Pattern[str]) -> str:
    return f"^{pattern.pattern.removesuffix(chr(92) + 'Z')}$"


def _unsaid(key: str) -> Schema:
    return {"properties": {key: {"type": "array", "maxItems": 0}}}
