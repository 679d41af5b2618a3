"""Accounts of staff as people and scripts read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.errors import Unavailable
from lockhouse.faces.cli.call import id_of
from lockhouse.faces.cli.layout import pairs, when
from lockhouse.faces.cli.mails import UNSET as MAIL_UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.flows.staff import Known
    from lockhouse.gates.staff.failures import Failures
    from lockhouse.gates.staff.links import Link
    from lockhouse.model.rows import StaffRole
    from lockhouse.wiring import Opened

STATES = {0: "invited", 1: "active", 2: "disabled"}
ROLE_STATES = {0: "proposed", 1: "given", 2: "ended"}
MEANS = {1: "passkey", 2: "password", 3: "one-time codes", 4: "recovery codes", 5: "identity provider"}


def staff_of(text: str) -> bytes:
    """An account's id as people see it, as bytes.

    Raises:
        Invalid: it is none.
    """
    return id_of(text.removeprefix("staff:"), where="staff", hint="lockhouse staff list prints ids")


def address(link: Link, *, console_url: str) -> str:
    """What is opened once in a browser. The secret stands behind `#`, where no server and no log sees it."""
    return f"{console_url.rstrip('/')}/enrol#{link.token}"


def linked(link: Link, *, console_url: str, mail: bool = False) -> dict[str, Any]:
    """A link for scripts; one that is mailed is not told."""
    told = {"mailed": True} if mail else {"link": address(link, console_url=console_url)}
    return {"staff": link.staff.hex(), **told, "until": link.until_at}


def by_mail(opened: Opened, *, wanted: bool) -> Callable[[Link], str] | None:
    """How a link that is to be mailed is written; None where it is not wanted so.

    Raises:
        Unavailable: the house sends no mail.
    """
    if wanted and not opened.house.sends_mail:
        raise Unavailable("--mail: expected a mail server in the settings, got none", hint=MAIL_UNSET)
    return (lambda link: address(link, console_url=opened.settings.console_url)) if wanted else None


def handed_or_mailed(link: dict[str, Any]) -> str:
    """A link for whoever hands it over, or that it goes out by mail and is shown to nobody here."""
    if "link" in link:
        return f"The link:\n{handing(link, again='link')}"
    return (
        f"A link is mailed to the login, by `lockhouse serve`. It opens once, until {when(link['until'])}; "
        "lockhouse mail list says why, if it is not sent.\n"
        f"Another one: lockhouse staff link {link['staff']} --mail"
    )


def handing(link: dict[str, Any], *, again: str) -> str:
    """A link for whoever hands it over; `again` is the command that makes another."""
    return (
        f"  {link['link']}\n"
        f"It opens once, until {when(link['until'])}. Whoever opens it becomes this account: hand it over yourself, "
        "on a way that nobody else reads.\n"
        f"Another one: lockhouse staff {again} {link['staff']}"
    )  # fmt: skip


def as_value(one: Known) -> dict[str, Any]:
    """An account for scripts."""
    row = one.row
    return {
        "staff": row.id.hex(), "login": one.called.login, "name": one.called.name, "state": STATES[row.state],
        "roles": [_role(role) for role in one.roles], "factors": [MEANS[factor.kind] for factor in one.factors],
        "invited_by": row.inviter.hex() or "host", "invited_at": row.created_at, "active_at": row.active_at,
        "used_at": one.used_at, "last": row.step, "at": row.at, "by": row.by, "unreviewed_since": row.recovered_at,
    }  # fmt: skip


def failed(seen: Failures) -> dict[str, Any]:
    """How many sign-ins failed in seven days, for scripts."""
    return {"failed": seen.tries, "failed_at": seen.last_at}


def _role(row: StaffRole) -> dict[str, Any]:
    return {
        "role": row.role, "state": ROLE_STATES[row.state], "proposed_by": row.proposed_by, "by": row.by, "at": row.at,
    }  # fmt: skip


def roles_line(value: dict[str, Any]) -> str:
    """The roles of an account in one line; those that are only proposed say so."""
    held = [one for one in value["roles"] if one["state"] != "ended"]
    return ", ".join(one["role"] + (" (proposed)" if one["state"] == "proposed" else "") for one in held) or "none"


def page(value: dict[str, Any]) -> str:
    """One account."""
    lines = {
        "staff": value["staff"], "login": value["login"], "name": value["name"],
        "state": f"{value['state']}, {value['last']} {when(value['at'])} by {value['by']}",
        "roles": roles_line(value), "factors": ", ".join(value["factors"]) or "none",
        "invited": f"{when(value['invited_at'])} by {value['invited_by']}", "active since": when(value["active_at"]),
        "factor last used": when(value["used_at"]),
    }  # fmt: skip
    at = f", the last {when(value['failed_at'])}" if value["failed"] else ""
    lines |= {"failed sign-ins": f"{value['failed']} in seven days{at}"}
    lines |= {"recovered": when(value["unreviewed_since"])} if value["unreviewed_since"] else {}
    return pairs(lines)
