"""`lockhouse staff import`: a list of people, each of them invited, with the roles that they are to have."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.access.federation import group_role
from lockhouse.access.roster import MAX_BYTES, Fault, read
from lockhouse.errors import Conflict, Invalid, LockhouseError, Refused
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.files import named, promised
from lockhouse.faces.cli.layout import Said, table
from lockhouse.faces.cli.many import many_rows
from lockhouse.faces.cli.staff import address, by_mail
from lockhouse.flows import roster, staff, staff_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockhouse.flows.roster import Planned
    from lockhouse.gates.staff.links import Link
    from lockhouse.wiring import Opened

SENTENCES: dict[Fault, str] = {
    "disabled": "they are disabled: lockhouse staff enable",
    "form": "it has too many or too few values, or one that is no text",
    "kept-apart": "the policy keeps these roles apart",
    "language": "the language is neither en nor de",
    "login": "the login is empty, too long, or no mail address where links are mailed",
    "name": "the name is empty or too long",
    "no-policy": "no policy rules yet, so there are no roles",
    "role": "the policy has no such role",
    "twice": "a line before it has the same login",
}
"""What is wrong with a line, without what stands in it."""
SHOWN = 50


async def import_(  # noqa: PLR0913  (what a list can be told)
    file: Path, /, *, dry_run: bool = False, mail: bool = False, links: Path | None = None, acting: As | None = None,
    call: Here,
) -> Said:  # fmt: skip
    """Invite everybody of a list, with their roles; one that reads of persons, or has power over staff, is proposed.

    A CSV file with a head of login, name, and roles, groups, language where wanted, or a JSON list of objects. Whoever
    is stopped types the same again. Begin with --dry-run.

    For example `lockhouse staff import people.csv --links links.jsonl`.

    Args:
        file: the list.
        dry_run: say what each line would do, and store nothing.
        mail: mail each link to the login.
        links: a new file for the links, by the number of their line, to hand over yourself.
        acting: the role.
    """
    lines = read(_bytes_of(call.cwd / file))
    if not dry_run and mail == (links is not None):
        raise Invalid("staff import", "--mail, or --links with a new file", got="both" if mail else "neither")
    with promised(None if links is None or dry_run else call.cwd / links, where="--links", keeps=True) as report:
        async with call.open() as opened:
            by = allowed(opened.house, "staff.invite", (acting or As()).role)
            mapped = [pair for pair in map(group_role, opened.settings.oidc_roles) if pair]
            planned = await roster.plan(opened.house, lines, mapped=mapped, by=by.id)
            if any(one.gives or one.proposes for one in planned):
                allowed(opened.house, "staff.role", (acting or As()).role)
            way = by_mail(opened, wanted=mail and not dry_run)
            with many_rows(), call.terminal.progress("people", total=len(planned), shown=not call.json) as told:
                work = _Work(opened, by.id, way, report)
                done = [_would(one) if dry_run else await work.one(one, told) for one in planned]
    return _said(done, dry_run=dry_run)


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as err:
        raise Invalid("file", "one that can be read", got="another", hint=named(file)) from err


def _would(one: Planned) -> dict[str, Any]:
    state = "refused" if one.fault else "invited" if one.staff is None else "there"
    told = {"line": one.line.number, "state": state, "gives": [*one.gives], "proposes": [*one.proposes]}
    return told | ({"why": one.fault} if one.fault else {}) | ({"staff": one.staff.hex()} if one.staff else {})


class _Work(NamedTuple):
    """Who does it where, how links are mailed, and where they are written for whoever hands them over."""

    opened: Opened
    by: str
    way: Callable[[Link], str] | None
    report: Callable[[list[bytes]], None]

    async def one(self, one: Planned, told: Callable[[int], None]) -> dict[str, Any]:
        """Invited, and their roles given or proposed; what keeps somebody from it is told by its word."""
        told(1)
        value, own = _would(one), one.staff
        if one.fault:
            return value
        try:
            own = own or await self._invited(one, value)
            for role in (*one.gives, *one.proposes):
                await staff_roles.give(self.opened.house, own, role, by=self.by)
        except (Conflict, Invalid, Refused) as err:
            value |= {"state": value["state"] if own else "refused", "why": _word(err)}
        return value

    async def _invited(self, one: Planned, value: dict[str, Any]) -> bytes:
        language = one.line.language or "en"
        link = await staff.invite(
            self.opened.house, roster.called(one.line), by=self.by, language=language, mailed=self.way
        )  # fmt: skip
        value["staff"] = link.staff.hex()
        if self.way is None:
            url = address(link, console_url=self.opened.settings.console_url)
            line = {"line": one.line.number, "staff": link.staff.hex(), "link": url, "until": link.until_at}
            self.report([json.dumps(line).encode() + b"\n"])  # at once: it stands nowhere else
        return link.staff


def _word(err: LockhouseError) -> str:
    if isinstance(err, Refused) and err.reasons:
        return err.reasons[0]
    return "login" if isinstance(err, Invalid) else err.code


def _said(done: Sequence[dict[str, Any]], *, dry_run: bool) -> Said:
    counts = Counter(one["state"] for one in done)
    value = {"dry_run": dry_run, "counts": dict(counts), "lines": [*done]}
    told = [one for one in done if "why" in one]
    rows = [(str(one["line"]), one["state"], SENTENCES.get(one["why"], one["why"])) for one in told[:SHOWN]]
    text = (
        f"{'Would be' if dry_run else 'Of the list,'} invited: {counts['invited']:,}; there already: "
        f"{counts['there']:,}; wrong: {counts['refused']:,}."
    )  # fmt: skip
    proposed = sum(len(one["proposes"]) for one in done)
    text += f" Roles given at once: {sum(len(one['gives']) for one in done):,}; proposed: {proposed:,}." if done else ""
    if rows:
        text += "\n" + table(("line", "state", "why"), rows, empty="")
    if len(told) > SHOWN:
        text += f"\nand {len(told) - SHOWN:,} more: --json has them all"
    return Said(value, text)
