"""Ledger entries as people read them: a sentence, who, and the parts by their names; hashes stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockhouse.faces.console.fields import plain
from lockhouse.faces.console.times import day
from lockhouse.gates.staff.members import STAFF
from lockhouse.model.scale import ConsentState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.gates.house import House
    from lockhouse.ledger.verify.lanes import Wire

HASHES: Final = frozenset({
    "ask", "by_row", "hash", "place", "refs_root", "root", "row", "salt", "serials_root", "statement", "text", "vkey",
})  # fmt: skip
"""Parts that say nothing to a reader: they are shown under the entry, with its bytes."""
_WHO: Final = ("actor", "by")
_NUMBERED: Final = {"channel": "channel", "compartment": "compartment", "purpose": "purpose", "recipient": "recipient"}
_LISTED: Final = {"fields": "field", "purposes": "purpose"}
_TIMES: Final = frozenset({"review", "since", "until"})
_MOST: Final = 12
HOST: Final = "os-user"
FAILED: Final = "failed-sign-ins"
"""Whose account was tried is not who tried it."""


def sentences(_: Callable[[str], str]) -> dict[str, str]:
    """What each kind of entry says."""
    return _of_staff(_) | {
        "acceptance": _("A doubt was accepted: the clock, or a house that was brought back"),
        "backup": _("A backup was made"),
        "cancellation": _("An ending was called off"),
        "checkpoint-gap": _("The log went on behind what had been signed"),
        "completion": _("An ending went a step further: shut, erased or final"),
        "confirmation": _("An ending was confirmed"),
        "consent": _("Somebody said what their data may be used for"),
        "correction": _("Something that is held of a person was put right, or such a correction ended"),
        "credential": _("A write key was made or ended"),
        "deletion": _("Rows of records were removed on purpose"),
        "disclosure": _("People's data was looked at"),
        "doctor": _("The house was examined"),
        "flag": _("A person was marked to be watched over, or not any more"),
        "hold": _("A legal hold was placed or released"),
        "import": _("A file was brought in"),
        "intake": _("Records were taken in"),
        "intent": _("An ending was begun"),
        "key": _("A key of the house was made, rotated or retired"),
        "link": _("Two source persons were joined, or parted"),
        "opened": _("A backup was opened to see that it can be"),
        "pause": _("A channel or recipient was taken out of service for now, or put back"),
        "policy": _("The policy went a step: proposed, approved, live, rolled back or withdrawn"),
        "quota": _("A look was counted in somebody's hour"),
        "refusal": _("A look was refused"),
        "refusals": _("Looks of one kind were refused, counted together"),
        "reseal": _("Records were sealed again under new keys"),
        "restore": _("The house was brought back from a backup"),
        "rework": _("A worker opened records to work on them"),
        "suppression": _("Somebody was put on the list of those not to be collected, or taken off"),
        "undo": _("A file that was brought in was taken back"),
    }  # fmt: skip


def _of_staff(_: Callable[[str], str]) -> dict[str, str]:
    """What entries say of who works here, and of systems."""
    return {
        "asked": _("A request that a provider passed on came, was settled, or is not kept any longer"),
        "attestation": _("Somebody vouched for a fact about somebody who acts here"),
        "failed-sign-ins": _("Sign-ins failed, counted together by the hour"),
        "factor": _("A way to prove who one is was added, changed or ended"),
        "grant": _("Extra access was asked for, decided over, ended or taken at once"),
        "role": _("A role was proposed, given or ended"),
        "session": _("Somebody signed in, or a sign-in ended"),
        "access-review": _("Who holds which role was looked through"),
        "staff": _("An account went a step"),
        "staff-identifier": _("It was said by what a member of staff is known as a customer, or that it ended"),
        "step-up": _("Somebody proved once more who they are"),
        "token": _("A service token was made, rotated or ended"),
    }


def line(said: Wire, *, called: Mapping[str, str], _: Callable[[str], str]) -> dict[str, Any]:
    """An entry as a list has it. `called`: who acts -> what they are called."""
    who = next((str(said.body[name]) for name in _WHO if name in said.body), "")
    if not who and "staff" in said.body and said.kind != FAILED:
        who = f"{STAFF}{said.body['staff']}"
    return {
        "id": said.id, "at": said.at, "kind": said.kind, "sentence": plain(sentences(_).get(said.kind, said.kind)),
        "who": plain(name_of(who, called=called, _=_)),
        "step": plain(str(said.body.get("step") or said.body.get("change") or "")),
    }  # fmt: skip


def parts(house: House, said: Wire, *, called: Mapping[str, str], _: Callable[[str], str]) -> list[tuple[str, str]]:
    """What an entry says besides, by the names of its parts."""
    return [
        (plain(name.replace("_", " ")), plain(_told(house, name, value, called=called, _=_)))
        for name, value in said.body.items()
        if name not in HASHES
    ]


def _told(house: House, name: str, value: Any, *, called: Mapping[str, str], _: Callable[[str], str]) -> str:
    """A part as it is read: numbers of the registry by their names, times as times, staff by theirs."""
    names = house.live_policy.names if house.live_policy else None
    if value is None or isinstance(value, bool):
        return {True: _("yes"), False: _("no"), None: _("none")}[value]
    if isinstance(value, int):
        return _number(house, name, value)
    if isinstance(value, list):
        kind = _LISTED.get(name)
        known = [(names.name(kind, one) if names and kind else None) or str(one) for one in value]  # type: ignore[arg-type]
        more = _(" and %(n)s more") % {"n": len(known) - _MOST} if len(known) > _MOST else ""
        return (", ".join(known[:_MOST]) or _("none")) + more
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items()) or _("none")
    return name_of(str(value), called=called, _=_)


def name_of(actor: str, *, called: Mapping[str, str], _: Callable[[str], str]) -> str:
    """Who acts, as people call them."""
    return _("the machine's user") if actor.startswith(HOST) else called.get(actor, actor)


def _number(house: House, name: str, value: int) -> str:
    """A number of the registry or of a scale by its word, a time as a time, any other as it is."""
    names = house.live_policy.names if house.live_policy else None
    if name == "state" and value in list(ConsentState):
        return ConsentState(value).name.lower()
    if name in _TIMES:
        return day(value)
    known = names.name(_NUMBERED[name], value) if names and name in _NUMBERED else None  # type: ignore[arg-type]  # kinds
    return known or str(value)
