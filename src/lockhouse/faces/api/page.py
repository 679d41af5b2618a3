"""The documentation page of the API: how to call it, and a table of its routes that is made from the routes."""

from __future__ import annotations

from lockhouse.faces.api.limits import WINDOW_S, Most
from lockhouse.faces.api.openapi import STATUSES, codes, statuses
from lockhouse.faces.api.route import PREFIX, Route
from lockhouse.faces.api.table import ROUTES
from lockhouse.faces.outcomes import anchor

ALWAYS = frozenset(set.intersection(*(set(statuses(route)) for route in ROUTES)))
"""Statuses that every route may be answered with."""


def api_page() -> str:
    """The page as Markdown."""
    return f"{_HEAD}\n{_routes()}\n{_BETWEEN}\n{_statuses()}\n{_FOOT}"


def _needs(route: Route) -> str:
    kind, word = route.needs
    return {"token": "any token", "permission": f"`{word}`", "look": f"a role that sees persons: {word}"}[kind]


def _routes() -> str:
    lines = ["| request | what it does | needs | besides |", "|---|---|---|---|"]
    for route in ROUTES:
        more = [*(["`Idempotency-Key`"] if route.changes else []), *(["`ETag`"] if route.tagged else [])]
        more += [str(status) for status in statuses(route) if status not in ALWAYS]
        asked = f"`{route.method} {PREFIX}{route.path}`"
        lines.append(f"| {asked} | {route.about} | {_needs(route)} | {', '.join(more) or '-'} |")
    return "\n".join(lines)


def _statuses() -> str:
    lines = ["| status | when | codes |", "|---|---|---|"]
    told = codes()
    for status, about in STATUSES.items():
        named = ", ".join(f"[{code}]({anchor(code).removeprefix('docs/')})" for code in sorted(told[status]))
        lines.append(f"| {status} | {about} | {named} |")
    return "\n".join(lines)


_HEAD = f"""# The API

What systems ask of a house, under `{PREFIX}` of the console's listener. `GET {PREFIX}/openapi.json` is the whole of
it as OpenAPI 3.1, for anybody; the table below is made from the same routes.

## A token

```
lockhouse token create helpdesk --role support --for fulfilment --network 10.1.0.0/16
```

prints one, once. It narrows one role of the policy: it may do what both its own permissions (`--may`) and its role
say, and looks at persons for the purposes (`--for`) that it names, from the networks (`--network`) that it names.
Without `--network` it comes from this machine alone; without `--days` it lives for 90 days, a year at most. Nobody is
there to prove who they are, so what a role shows only after a step-up stays masked. What it looks at counts to
whoever made it.

Show it in the header, and in no address, body or command line:

```
read -rs TOKEN
curl -sS -H @- http://localhost:8410{PREFIX}/version <<< "Authorization: Bearer $TOKEN"
```

`lockhouse token rotate ID` makes one in its place; both are taken for seven days, or as `--overlap-days` says, so
that no call fails while the new one is brought out. `lockhouse token revoke ID` ends one at once, in every process;
it is not undone, since nobody has its text: make another. What a token makes, also in its own place, ends no later than
itself, and is revoked with it. `lockhouse token list` says on which day each was last used.

## Requests
"""
_BETWEEN = f"""
`{{person}}`, `{{request}}`, `{{hold}}` and `{{entry}}` are random ids, 32 hexadecimal digits, as answers have
them; `{{channel}}`, `{{recipient}}` and `{{field}}` are names of the policy. No address holds a person's value:
whoever is sought, suppressed or asked after by a message id of a sender's stands in the body. A body is one JSON
object of at most 64 KiB, sent as `application/json` and not compressed. A word that nobody knows is an error, in a
body and in a query.

Every answer is `Cache-Control: no-store`. Times are ms since 1970.

**Looks.** What is read of persons passes the same gate as on the command line, in the token's role, and is noted in
the ledger before it is answered, as is a look that is refused; `entry` names the note. So is what a person said
(`consent.show`), for `requests`; it needs no role that sees persons, as no box is opened for it. The entry of a word
that is recorded names the token that recorded it.

**Pages.** An answer with `next` goes on: ask the same again with `cursor=` and its text; `null` is the end. A cursor
is of its token and its question. A page may be shorter than `limit`, or empty, and go on all the same.

**The same again.** Where the table says `Idempotency-Key`, a request that carries one (8 to 64 letters, digits, `_`,
`.`, `:` or `-`; draft-ietf-httpapi-idempotency-key-header-07) is done once in 24 hours, in whichever process. A key is
of its token, and stands for one address and body: a repeat gets the first answer, the key with another body or at
another address 422, a repeat that comes while the first is under way 409, however long it takes. An error is not
kept. If the house was cut off in the midst, the key is free again after a minute, and whether it was done is to be
read first. A repeat about a person who has ended since gets 404. What makes a token takes no key, as its answer is kept
nowhere: whoever lost it revokes what was made, and asks again.

**Erasures.** `anyway` in a request to be erased needs `request.anyway` among the token's own permissions, by that
name; `request.*` is not enough.

**What did not change.** Where the table says `ETag`, send it back as `If-None-Match`: 304 if it is still so.

**How often.** A token may ask {Most().token} times in a window of {WINDOW_S} seconds that its first request opens,
and a network without a token that stands {Most().stranger} times. `RateLimit-Policy` and `RateLimit` say what is left
(draft-ietf-httpapi-ratelimit-headers-10); one too many is 429, with `Retry-After`. Where `console_processes` is more
than one, each process lets its part of that through, and the header states the part.

**Retry** 429 and 503 after `Retry-After`, and 409 behind a new reading; nothing else gets better by itself.

## Problems

What is not done is answered as problem details (RFC 9457), `application/problem+json`: `code` is the outcome code to
act on, `detail` says where and what was expected, never a value; `reasons` are the rules of the policy that decided,
and `incident` is the number under which the house's log has a fault of its own. Why a token does not stand is told to
the log alone. Every route may be answered {", ".join(map(str, sorted(ALWAYS)))}; the others as the table of routes
says.
"""
_FOOT = """
An address that is none is 404, and a method that an address does not take is 405, with `Allow`.

This page is made from the routes in `src/lockhouse/faces/api/table.py`, and a test holds the two together.
"""
