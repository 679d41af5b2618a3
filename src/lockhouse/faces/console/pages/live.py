"""What becomes of a channel's events as they come: paths, types and outcomes, and never a value.

The page is whole without script, and is read anew by its reload. With script it asks for the newest a few times a
minute, for a while: a page that nobody looks at must not keep a sign-in awake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse
from starlette.routing import Route

from lockhouse.faces.console.beside import beside_of
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.guard import POLICY
from lockhouse.faces.console.pages.channels import HERE, channel_of
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.reasons import why
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.times import second
from lockhouse.faces.outcomes import sentence
from lockhouse.gates.sights import WOULD_BE_KEPT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.faces.serve.desk import Answer

SHOWN: Final = 40
LONGEST: Final = 60
"""Signs of a name or path that are shown; what is longer ends in dots."""
MOST_PATHS: Final = 12
_MARKS: Final = {"stored": "stored", "trimmed": "trimmed", "observed": "held", "held": "held", "accepted": "wait",
                 "duplicate": "stored", "refused": "refused", "rejected": "refused"}  # fmt: skip
_UNREAD: Final = "LH-100"
"""Codes of what could not be read: they say where it is wrong and what was expected there."""


@signed_in
async def live(request: Request, me: Me) -> Response:
    """A channel's newest events."""
    require(request, me, "channel.tail")
    one, _ = channel_of(request), text_of(request)
    found = await _rows(request, one.name, _)
    answer = shown(request, me, "live.html", here=HERE, name=one.name, rows=found or [], runs=found is not None)
    answer.headers["content-security-policy"] = f"{POLICY}; connect-src 'self'"  # of this page alone
    return answer


@signed_in
async def rows(request: Request, me: Me) -> Response:
    """The same for the page's script."""
    require(request, me, "channel.tail")
    one = channel_of(request)
    found = await _rows(request, one.name, text_of(request))
    return JSONResponse({"rows": found or [], "runs": found is not None})


async def _rows(request: Request, channel: str, _: Callable[[str], str]) -> list[dict[str, Any]] | None:
    """The newest first; None where no process collects on this machine."""
    answers = await beside_of(request).recent(channel)
    if answers is None:
        return None
    known = house_of(request).live().policy.events
    newest = sorted(answers, key=lambda one: -one.at)[:SHOWN]
    return [_row(one, known=known, _=_) for one in newest]


def _row(one: Answer, *, known: Collection[str], _: Callable[[str], str]) -> dict[str, Any]:
    """An answer in words. A name that the policy does not have may be somebody's value, and is never shown."""
    words = {
        "stored": _("stored %(n)s"), "trimmed": _("stored %(n)s of %(all)s"), "observed": _("observed"),
        "held": _("held"), "accepted": _("set aside"), "duplicate": _("a repeat"), "refused": _("refused"),
        "rejected": _("turned away"),
    }  # fmt: skip
    unread = one.code.startswith(_UNREAD)
    kept = [path for path, reason in one.dropped if reason == WOULD_BE_KEPT]
    lost = [(path, reason) for path, reason in one.dropped if reason != WOULD_BE_KEPT]
    word = words.get(one.outcome, one.outcome) % {"n": one.kept, "all": one.kept + len(lost)}
    return {
        "at": second(one.at), "event": short(one.event) if one.event in known else "*",
        "mark": _MARKS.get(one.outcome, "wait"), "word": word + (f", {one.count}x" if one.count > 1 else ""),
        "code": one.code if one.outcome in {"refused", "rejected"} else "",
        "said": _(sentence(one.code)) if one.outcome in {"refused", "rejected"} else "",
        "kept": [short(path) for path in kept[:MOST_PATHS]],
        "lost": [] if unread else _by_reason(lost[:MOST_PATHS], _),
        "more": max(0, len(lost) - MOST_PATHS) + max(0, len(kept) - MOST_PATHS),
    }  # fmt: skip


def _by_reason(lost: Sequence[tuple[str, str]], _: Callable[[str], str]) -> list[dict[str, Any]]:
    """Paths that were dropped, each reason said once."""
    found: dict[str, list[str]] = {}
    for path, reason in lost:
        found.setdefault(why(reason, _), []).append(short(path))
    return [{"paths": paths, "why": words} for words, paths in found.items()]


def short(text: str) -> str:
    """A text of at most `LONGEST` signs that can be printed."""
    seen = "".join(sign if sign.isprintable() else "?" for sign in text)
    return seen if len(seen) <= LONGEST else seen[: LONGEST - 1] + "…"


ROUTES = [
    Route(f"{HERE}/{{channel}}/live", live, name="channel-live"),
    Route(f"{HERE}/{{channel}}/live/rows", rows, name="channel-live-rows"),
]
