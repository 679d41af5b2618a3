"""The policy draft in the house folder: a file or a folder of files that nothing loads until it is approved."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple  # noqa: F401  # the words that Meant inherits are read here

from cyclopts import Parameter

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.faces.cli.acting import As
from lockhouse.faces.cli.files import named
from lockhouse.faces.cli.layout import count, when
from lockhouse.faces.policy_text import MAX_BYTES, approved, source_of
from lockhouse.flows.approve import draft_of
from lockhouse.gates.approvals import require_machine_may
from lockhouse.gates.ending.reach import HORIZON_DAYS
from lockhouse.gates.live import LIVE, versions
from lockhouse.gates.staff.members import people
from lockhouse.policy.diff import narrowing, render
from lockhouse.policy.folded import fold
from lockhouse.settings import load
from lockhouse.wiring import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.errors import LockhouseError
    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.approve import Draft
    from lockhouse.gates.ending.reach import Reach
    from lockhouse.gates.house import House
    from lockhouse.model.rows import PolicyVersion
    from lockhouse.policy.diff import Effects
    from lockhouse.policy.document import Document
    from lockhouse.settings import Settings
    from lockhouse.wiring import Opened


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Meant(As):
    """How an approval is meant, and what of its effects is said before it."""

    yes: bool = False
    """do not ask; what it changes is said all the same."""
    ends: int | None = None
    """how many boxes end, where that is asked for: the larger that `policy diff` says."""
    full: bool = False
    """say each field and event of what changes in a line of its own."""


class Written(NamedTuple):
    """A draft as it stands on disk: its texts by shown name, and its bytes as an approval keeps them."""

    files: dict[str, str]
    source: bytes

    def document(self) -> Document:
        """The draft, checked.

        Raises:
            Invalid: with every problem at once.
        """
        return approved(self.source, said=min(self.files))


def draft_at(place: Path, *, said: str = "", hint: str = "") -> Written:
    """The draft at a path.

    Args:
        place: a YAML file or a folder of them.
        said: how an error names the place; as it is, if nothing else is said.
        hint: what to do if there is none.

    Raises:
        NotFound: there is neither a file nor a folder with YAML files.
        Invalid: it may not be read, is not UTF-8, or larger than a policy can be.
    """
    try:
        found = sorted(place.glob("*.yaml")) if place.is_dir() else [place]
        if not found or not all(one.is_file() for one in found):
            got = "a folder without one" if place.is_dir() else "something else" if place.exists() else "none"
            expected = f"policy: expected a YAML file, or a folder of them, at {said or place}"
            raise NotFound(f"{expected}, got {got}", hint=hint)
        raw = {one.name: one.read_bytes() for one in found}
    except PermissionError as err:
        raise Invalid(
            "policy", f"a file that this user may read at {said or place}", got="one that they may not"
        ) from err
    if sum(map(len, raw.values())) > MAX_BYTES:
        raise Invalid("policy", f"at most {MAX_BYTES:,} bytes", got="more")
    try:
        files = {name: content.decode() for name, content in raw.items()}
    except UnicodeDecodeError as err:
        raise Invalid("policy", "files in UTF-8", got="something else") from err
    return Written(files, source_of(files, folder=place.is_dir()))


def draft_of_house(folder: Path, settings: Settings) -> Written:
    """The draft of a house.

    Raises:
        NotFound, Invalid: as `draft_at`.
    """
    place = folder / settings.policy
    again = f"; lockhouse policy show > {shlex.quote(str(place))} writes out the one that rules"
    return draft_at(
        place,
        hint="the setting `policy` names it: bring it back from a copy, or name another place"
        + ("" if place.is_dir() else again),
    )


def draft_named(call: Call, file: Path | None) -> Written:
    """The draft that is named, or the house's own.

    Raises:
        NotFound, Invalid: as `draft_at`.
    """
    if file is None:
        folder = call.folder()
        return draft_of_house(folder, load(folder, call.environment))
    hint = "name one that is there, or none for the house's own draft"
    return draft_at(call.cwd / file, said=named(file), hint=hint)


async def live_version(opened: Opened) -> PolicyVersion | None:
    """The version that rules, or None.

    Raises:
        Tampered: a version was not approved by this house.
    """
    ruling = [row for row in await versions(opened.house) if row.state == LIVE]
    return ruling[-1] if ruling else None


async def drafted(call: Call, opened: Opened, document: Document) -> Draft:
    """What a document would be and do; whoever waits for the counting of what ends sees how far it is."""
    with call.terminal.progress("records looked at", shown=not call.json) as told:
        return await draft_of(opened.house, document, KINDS, told=told)


def effects_text(effects: Effects, *, full: bool) -> str:
    """The effects as people read them: what is alike in one line, unless all of it is wanted."""
    shown = effects if full else fold(effects)
    text = render(shown).rstrip("\n")
    return text if shown == effects else f"{text}\nOne line stands for many here: --full says each by itself."


def ending(draft: Draft) -> str:
    """In a line, what of the data that is kept ends; empty where no keep is shortened."""
    return ending_of(draft.reach)


def ending_of(reach: Reach | None) -> str:
    """The same of a reach."""
    if reach is None:
        return ""
    now = _part(reach.boxes, of=reach.of_boxes, persons=reach.persons)
    soon = _part(reach.soon_boxes, of=reach.of_boxes, persons=reach.soon_persons)
    kept = f"{count(reach.of_boxes, 'box', 'boxes')} of {count(reach.of_persons, 'person')}"
    return f"Ends of what is kept ({kept}): now {now}; within {HORIZON_DAYS} days, that included, {soon}."


def _part(boxes: int, *, of: int, persons: int) -> str:
    share = 100 * boxes / max(1, of)
    return f"{count(boxes, 'box', 'boxes')} ({share:.1f} %) of {count(persons, 'person')}"


def asked(call: Call, draft: Draft, meant: Meant) -> int | None:
    """Somebody saw what would change and when, and wants it; how many boxes they said will end.

    Whoever said beforehand that they want it is shown the same, and asked nothing.

    Raises:
        Invalid: they do not, or nobody is there to be asked.
    """
    yes, ends = meant.yes, meant.ends
    if not call.json:
        call.terminal.tell("\n".join(filter(None, [effects_text(draft.effects, full=meant.full), ending(draft)])))
    if draft.reach is not None and draft.reach.is_much and not (yes or call.json) and ends is None:
        question = "This is much: no look shows it from its day on, and a retention run destroys it 72 hours later."
        call.sure(question, str(draft.reach.many), yes=False, instead=f"--ends {draft.reach.many}")
        ends = draft.reach.many
    rules = "" if draft.due_at is None else f" It widens, so it rules from {when(draft.due_at)}.{_narrows(draft)}"
    call.sure(f"This becomes policy v{draft.number}.{rules}", f"v{draft.number}", yes=yes)
    return ends


def _narrows(draft: Draft) -> str:
    told = " What narrows waits with it: approved in a draft of its own, that would rule at once."
    return told if narrowing(draft.effects) else ""


def waiting_version(opened: Opened) -> int | None:
    """The version that is approved and waits, which an approval supersedes; None if none does."""
    live = opened.house.live_policy
    return None if live is None or live.waiting is None else live.waiting.version


async def outcome(opened: Opened, number: int, *, also: str = "", waited: int | None = None) -> str:
    """What came of an approval, in sentences; `waited` is the version that waited before."""
    waiting = opened.house.live().waiting
    also += "" if waited is None else f"; v{waited}, which waited, never rules"
    if waiting is None or waiting.version != number:
        return f"Policy v{number} rules now, in every process{also}."
    live = opened.house.live().version
    return (
        f"Policy v{number} is approved{also}. It widens, so it waits: v{live} rules until {when(waiting.due_at)}.\n"
        f"lockhouse policy withdraw v{number} calls it off."
    )


def waits(house: House) -> str | None:
    """One sentence when an approved policy waits, or None."""
    waiting = house.live_policy.waiting if house.live_policy else None
    return None if waiting is None else waiting_told(waiting.version, waiting.due_at, stale=waiting.stale)


def waiting_told(number: int, due_at: int, *, stale: bool) -> str:
    """The same of a version that waits, as it was told."""
    if stale:
        return f"v{number} is not as it was left last and never rules. lockhouse policy withdraw v{number}"
    return f"v{number} is approved and rules from {when(due_at)}. lockhouse policy history"


async def require_machine_approves(opened: Opened) -> None:
    """Nothing, while nobody who works here could sign an approval.

    Raises:
        Refused: somebody could; it says where they do.
    """
    try:
        require_machine_may(opened.house, await people(opened.house))
    except Refused as err:
        raise Refused(err.text, reasons=err.reasons, hint=f"{err.hint}: {opened.settings.console_url}/policy") from err


def waits_in_vain(house: House) -> bool:
    """Whether what waits was found not to be as it was left last, so that it never rules."""
    waiting = house.live_policy.waiting if house.live_policy else None
    return waiting is not None and waiting.stale


def unreadable(opened: Opened) -> LockhouseError | None:
    """Why the draft of an open house cannot be read, or None if it can."""
    try:
        draft_of_house(opened.folder, opened.settings)
    except (NotFound, Invalid) as error:
        return error
    return None


async def is_waiting(opened: Opened) -> bool:
    """Whether the draft is, to the byte, the version that is approved and waits; none waits that never rules."""
    number = waiting_version(opened)
    if number is None or waits_in_vain(opened.house) or unreadable(opened) is not None:
        return False
    source = draft_of_house(opened.folder, opened.settings).source
    return any(row.id == number and row.document == source for row in await versions(opened.house))


async def difference(opened: Opened) -> str | None:
    """One sentence when the draft is not what rules, or None."""
    live = await live_version(opened)
    if live is None:
        return "No policy was approved yet: nothing is collected and nothing shown. lockhouse policy approve"
    try:
        written = draft_of_house(opened.folder, opened.settings)
    except (NotFound, Invalid):
        return f"The draft cannot be read; live v{live.id} rules. lockhouse policy check"
    if written.source == live.document:
        return None
    return f"{opened.settings.policy} differs from live v{live.id}, which rules. lockhouse policy diff"
