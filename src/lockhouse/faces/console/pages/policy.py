"""The policy: what rules in plain words, who sees what, every version, and a draft that somebody proposes.

A draft is pasted: a browser's form holds one of some forty kilobytes, and what is larger, or a folder, is proposed on
the command line. Nothing that is proposed rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.errors import Conflict, Invalid
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages.policy_version import drafted, names_of, people_of, state_of, version_page
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.rules import fields_of, matrix_of, purposes_of, recipients_of, roles_of
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.policy_text import approved
from lockhouse.flows.approve import propose as propose_draft
from lockhouse.gates.live import LIVE, PROPOSED, WAITING, sound_versions, versions
from lockhouse.gates.staff.members import people
from lockhouse.policy.document import parse
from lockhouse.posture.weakening import decode, said
from lockhouse.wiring import template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me

HERE: Final = "/policy"
MOST_PROBLEMS: Final = 50
"""Of the problems of a draft, so many are shown: the rest is mended with them, or comes up then."""


@signed_in
async def policy(request: Request, me: Me) -> Response:
    """What rules, what waits or is proposed, and every version before."""
    require(request, me, "policy.show")
    house, _ = house_of(request), text_of(request)
    found, (known, doubted) = await people(house), await sound_versions(house)
    names = names_of(house, found, _)
    live = house.live_policy
    rows = [
        {"id": row.id, "state": state_of(row, _), "at": row.at, "by": names(row.by), "hash": row.hash.hex()[:12]}
        for row in reversed(known)
    ]
    return shown(
        request, me, "policy.html", here=HERE, version=live.version if live else 0,
        since=max((row.at for row in known if row.state == LIVE), default=0),
        open=[row for row, one in zip(rows, reversed(known), strict=True) if one.state in {PROPOSED, WAITING}],
        rows=rows, purposes=purposes_of(live.policy, _) if live else [], fields=fields_of(live.policy) if live else [],
        roles=roles_of(live.policy, people_of(found), _) if live else [],
        recipients=recipients_of(live.policy) if live else [], may_propose=me.may(house, "policy.propose"),
        doubted=doubted, weakened=said(decode(house.strict.approved), decode(house.strict.read())),
    )  # fmt: skip


@signed_in
async def matrix(request: Request, me: Me) -> Response:
    """Role by purpose by class: what is seen, by which mask, under which guards."""
    require(request, me, "policy.matrix")
    house, _ = house_of(request), text_of(request)
    live = house.live_policy
    cells = matrix_of(live.policy, _) if live else []
    return shown(request, me, "policy_matrix.html", here=HERE, version=live.version if live else 0, cells=cells)


@signed_in
async def draft(request: Request, me: Me) -> Response:
    """The form that a draft is pasted into; at first what rules stands there."""
    require(request, me, "policy.propose")
    known, _doubted = await sound_versions(house_of(request))
    ruling = [row for row in known if row.state == LIVE]
    return _form(request, me, text=ruling[-1].document.decode() if ruling else "")


def _form(request: Request, me: Me, *, text: str, wrong: Sequence[str] = ()) -> Response:
    return shown(
        request, me, "policy_propose.html", here=HERE, text=text, wrong=wrong[:MOST_PROBLEMS],
        status=422 if wrong else 200,
    )  # fmt: skip


@signed_in
async def propose(request: Request, me: Me) -> Response:
    """The draft stands as a version that rules nothing; the page that says what it would do."""
    require(request, me, "policy.propose")
    house, _ = house_of(request), text_of(request)
    fields = await posted(request, "document")
    text = fields["document"].replace("\r\n", "\n")  # as a browser sends a text area's lines
    try:
        made = await drafted(house, parse({"policy.yaml": text}, templates=template))
        if made.same:
            return _form(request, me, text=text, wrong=[_("This says what rules already: nothing was proposed.")])
        number = await propose_draft(house, made, text.encode(), by=me.actor)
    except Invalid as error:
        return _form(request, me, text=text, wrong=list(error.problems))
    except Conflict:
        return _form(request, me, text=text, wrong=[_("It changed meanwhile: nothing was done. Look again.")])
    return await version_page(request, me, number, done=_("It is proposed, and rules nothing yet."))


@signed_in
async def settings(request: Request, me: Me) -> Response:
    """What rules is proposed anew, with the settings as the file says them now: they are approved like a policy."""
    require(request, me, "policy.propose")
    house, _ = house_of(request), text_of(request)
    await posted(request)
    ruling = [row for row in await versions(house) if row.state == LIVE]
    if not ruling:
        raise Turned("LH-3004")
    row = ruling[-1]
    made = await drafted(house, approved(row.document, said=f"v{row.id}"))
    if not made.weakened:
        return await version_page(request, me, row.id, refused=_("No setting is weaker than what was approved."))
    number = await propose_draft(house, made, row.document, by=me.actor)
    return await version_page(request, me, number, done=_("It is proposed, and rules nothing yet."))


ROUTES = [
    Route("/policy/settings", settings, methods=["POST"], name="policy-settings"),
    Route(HERE, policy, name="policy"),
    Route("/policy/matrix", matrix, name="policy-matrix"),
    Route("/policy/propose", draft, name="policy-draft"),
    Route("/policy/propose", propose, methods=["POST"], name="policy-propose"),
]
