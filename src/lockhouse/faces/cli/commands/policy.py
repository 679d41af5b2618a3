"""`lockhouse policy …`: the draft checked, compared and approved; the live policy shown and explained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import Parameter

from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.acting import allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.commands.policy_versions import version_number
from lockhouse.faces.cli.drafts import (
    Meant,
    asked,
    difference,
    draft_named,
    draft_of_house,
    drafted,
    effects_text,
    ending_of,
    live_version,
    outcome,
    require_machine_approves,
    waiting_version,
    waits,
)
from lockhouse.faces.cli.files import named
from lockhouse.faces.cli.layout import Said, count, when
from lockhouse.faces.policy_text import approved
from lockhouse.flows.approve import approve as approve_draft
from lockhouse.gates.live import LIVE, PROPOSED, STATES, WAITING, versions
from lockhouse.gates.versions import one_of
from lockhouse.model.decision import PersonFacts
from lockhouse.model.names import NameBook
from lockhouse.model.scale import Stage
from lockhouse.policy.cedar import judge
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.diff import UNCARRIED, Effects, uncarried
from lockhouse.policy.diff import diff as compare
from lockhouse.policy.diff import markdown as render_markdown
from lockhouse.policy.document import render as render_document
from lockhouse.policy.explain import explain as explain_lines
from lockhouse.policy.sentences import TRIAL
from lockhouse.policy.words import is_region
from lockhouse.wiring import KINDS

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.model.policy import Policy
    from lockhouse.policy.document import Document
    from lockhouse.wiring import Opened

_SERVED = "Senders and rows of files come in through channels with `kind: segment`."
APP = noun("policy", "What may be kept, why, until when, who sees it and who receives it.")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a person whose data is asked about."""

    region: str | None = None
    """where the person is: eu, a country (de) or a part of one (us-ca); unknown if it is not said"""
    consent: tuple[str, ...] = ()
    """the person's word, as PURPOSE=granted or PURPOSE=denied; may be said more than once"""


@APP.command
def check(file: Path | None = None, /, *, call: Here) -> Said:
    """Read a draft strictly and compile it; every problem is said at once, with its line. Changes nothing.

    For example `lockhouse policy check` or `lockhouse policy check ./policy.yaml`.

    Args:
        file: another draft than the house's: a YAML file or a folder of them.
    """
    written = draft_named(call, file)
    policy = compile_policy(written.document(), NameBook(), KINDS)
    problems = judge(policy)
    if problems:
        raise Invalid("policy", "a table that Cedar agrees with", problems=tuple(problems))
    value = {
        "fields": len(policy.fields), "purposes": len(policy.purposes), "channels": len(policy.channels),
        "recipients": len(policy.recipients), "roles": len(policy.roles), "compartments": len(policy.compartments),
        "hash": policy.hash,
    }  # fmt: skip
    parts = [count(number, name.removesuffix("s")) for name, number in value.items() if isinstance(number, int)]
    unserved = [name for name, one in policy.channels.items() if not one.served]
    note = f"\nNot served by this build: {', '.join(unserved)}. {_SERVED}" if unserved else ""
    tried = [name for name, one in policy.channels.items() if one.stage is Stage.TRIAL]
    note += f"\nStage trial {TRIAL}: {', '.join(tried)}." if tried else ""
    idle = uncarried(policy)
    note += f"\n{UNCARRIED}: {', '.join(idle)}." if idle else ""
    lists = {"uncarried": idle, "trial": tried, "unserved": unserved}
    return Said(value | lists, f"The draft is valid: {', '.join(parts)}.{note}")


@APP.command
async def show(*, full: bool = False, call: Here) -> Said:
    """The live policy as it was approved, and nothing else on standard output: it can be written to a file.

    Which version it is, and whether the draft differs, is said on standard error.

    Args:
        full: with its template merged in.
    """
    async with call.open() as opened:
        live = await live_version(opened)
        if live is None:
            raise NotFound("policy: expected an approved one, got none", hint="lockhouse policy approve")
        text, note, waiting = live.document.decode(), await difference(opened), waits(opened.house)
    value = {
        "version": live.id, "at": live.at, "by": live.by, "hash": live.hash.hex(), "document": text, "difference": note,
        "waiting": waiting,
    }  # fmt: skip
    return ruling(value, full=full, call=call)


def ruling(value: dict[str, Any], *, full: bool, call: Call) -> Said:
    """The live policy as it was told, and on standard error what is to be known beside it."""
    version, text = value["version"], value["document"]
    if full:
        text = render_document(approved(text.encode(), said=f"v{version}"))
    if not call.json:
        head = f"Live v{version}, approved {when(value['at'])} by {value['by']}, sha256 {value['hash'][:16]}…"
        told = [one for one in (value["waiting"], value["difference"]) if one]
        call.terminal.tell("\n".join([head, *map(call.located, told)]))
    return Said(value | {"document": text}, text)


@APP.command
async def explain(role: str, field: str, purpose: str, /, *, about: About | None = None, call: Here) -> Said:
    """Why a role sees a field so, for a purpose and such a person.

    For example `lockhouse policy explain support email marketing --region de --consent marketing=denied`.

    Args:
        role: of the live policy.
        field: of the live policy.
        purpose: of the live policy, or `requests`.
        about: what is known of the person.
    """
    async with call.open() as opened:
        policy = opened.house.live().policy
        person = _person(about or About(), policy)
        lines = explain_lines(policy, role=role, field=field, purpose=purpose, person=person)
    return explained({"role": role, "field": field, "purpose": purpose, "because": lines})


def explained(value: dict[str, Any]) -> Said:
    """Why, line by line."""
    return Said(value, "\n".join(value["because"]))


def _person(about: About, policy: Policy) -> PersonFacts:
    """A person of whom this is known.

    Raises:
        Invalid: the region is none, or a purpose is not one of the policy's; a slip would explain somebody else.
    """
    region = None if about.region is None else about.region.lower()
    if region is not None and not is_region(region):
        ruled = sorted({key for one in policy.purposes for key in one.basis} - {"default"})
        own = f"the live policy has rules of their own for {', '.join(ruled)}; " if ruled else ""
        raise Invalid(
            "--region", "eu, a country as two letters of ISO 3166-1 (de) or a part of one (us-ca)", got="another word",
            hint=f"{own}any other region takes each purpose's default; without --region it is unknown",
        )  # fmt: skip
    return PersonFacts(region=region, consents=dict(_word(one, policy) for one in about.consent))


def _word(said: str, policy: Policy) -> tuple[str, bool]:
    purpose, _, word = said.partition("=")
    known = [one.name for one in policy.purposes if not one.builtin]
    if word not in {"granted", "denied"} or purpose not in known:
        expected = f"PURPOSE=granted or PURPOSE=denied, and of the purposes one of {', '.join(known)}"
        raise Invalid("--consent", expected, got="another form" if purpose in known else "another purpose")
    return purpose, word == "granted"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Against what a draft is held, and in which form."""

    against: Path | None = None
    """another policy than the live one: a YAML file or a folder of them."""
    full: bool = False
    """each field and event in a line of its own, also where they differ in nothing else."""
    markdown: bool = False
    """as Markdown, in full and in a form that stays the same."""


@APP.command
async def diff(file: Path | None = None, /, *, shown: Shown | None = None, call: Here) -> Said:
    """What the draft would change: fields kept, times, readers and receivers. Changes nothing.

    For example `lockhouse policy diff`, or for a pull request, where no house is,
    `lockhouse policy diff policy.yaml --against ../main/policy.yaml --markdown`.

    Args:
        file: another draft than the house's: a YAML file or a folder of them.
        shown: against what, and how.
    """
    shown = shown or Shown()
    against = shown.against
    if against is None:
        async with call.open() as opened:
            written = draft_named(call, file) if file else draft_of_house(opened.folder, opened.settings)
            draft = await drafted(call, opened, written.document())
            live, waiting = opened.house.live_policy, waits(opened.house)
        effects, same, version = draft.effects, draft.same, live.version if live else None
        reach, than = draft.reach, than_of(version)
    else:
        old, new = (compile_policy(draft_named(call, one).document(), NameBook(), KINDS) for one in (against, file))
        effects, version, than, waiting = compare(old, new), None, named(against), None
        reach, same = None, effects == Effects()
    value = {"same": same, "effects": effects, "against": version, "ends": reach}
    return compared(value, than=than, waiting=waiting, shown=shown, call=call)


def than_of(version: int | None) -> str:
    """What a draft is held against."""
    return f"live v{version}" if version else "nothing, as none was approved yet"


def compared(value: dict[str, Any], *, than: str, waiting: str | None, shown: Shown, call: Call) -> Said:
    """What a draft would change, as it was told."""
    effects, end = value["effects"], ending_of(value["ends"])
    head = f"Draft against {than}"
    text = f"{head}:\n{effects_text(effects, full=shown.full)}"
    text = render_markdown(effects, head=head).rstrip() if shown.markdown else text
    text += f"\n\n{end}" if end else ""
    if waiting and not call.json:
        call.terminal.tell(call.located(waiting))
    return Said(value, text)


@APP.command
async def approve(version: str | None = None, /, *, meant: Meant | None = None, call: Here) -> Said:
    """Make the draft, or what was proposed, the live policy, after saying what it changes. Noted in the ledger.

    What only narrows rules at once. What widens (more kept, longer, shown or sent; a rule loosened) rules 48 hours
    later and can be withdrawn until then; a change that does both waits as a whole, so approve what is urgent in a
    draft of its own. What waited before never rules. Nothing waits in a demo house, nor until a day after the first
    customer's data came in, nor what ruled until less than a day ago.

    Where shorter keeps end more than a twentieth of what is kept, now or within 30 days, the number of boxes is typed
    first; and where another user of this machine has approved or proposed a policy, one of them proposes
    it and another approves.

    Once a member of staff has enrolled whose role has `policy.approve`, a policy is approved in the console, by a
    passkey: this command says so, and `policy propose` stores what they approve there.

    For example `lockhouse policy approve`, or `lockhouse policy approve v3` of what was proposed; it rules
    as a version of its own.

    Args:
        version: one that was proposed, as 3 or v3; the draft, if none is named.
        meant: how, and in which role.
    """
    meant = meant or Meant()
    number = None if version is None else version_number(version)
    async with call.open() as opened:
        actor = allowed(opened.house, "policy.approve", meant.role)
        await require_machine_approves(opened)
        document, source = await _to_approve(opened, number)
        draft = await drafted(call, opened, document)
        for row in await versions(opened.house):
            # A table that an earlier release compiled of the live document may hold less than this one's.
            if row.document == source and (row.state == WAITING or (row.state == LIVE and draft.same)):
                told = f"{'The draft' if number is None else f'v{number}'} is {STATES[row.state]} v{row.id} already."
                return Said({"version": row.id, "changed": False}, told)
        ends = asked(call, draft, meant)
        waited = waiting_version(opened)
        made = await approve_draft(opened.house, draft, source, by=actor.id, ends=ends)
        keys = f"; {len(draft.policy.compartments)} compartments have keys" if draft.due_at is None else ""
        also = keys if number is None else f"{keys}; it says what v{number} proposed"
        text = await outcome(opened, made, also=also, waited=waited)
    value = {
        "version": made, "changed": True, "effects": draft.effects, "rules_at": draft.due_at, "ends": draft.reach,
    }  # fmt: skip
    return Said(value, call.located(text))


async def _to_approve(opened: Opened, number: int | None) -> tuple[Document, bytes]:
    """The document that is to be approved, and its bytes.

    Raises:
        NotFound: there is no such proposal, or no draft.
        Invalid: it does not hold to its form.
    """
    if number is None:
        written = draft_of_house(opened.folder, opened.settings)
        return written.document(), written.source
    row = one_of(await versions(opened.house), number)
    if row.state != PROPOSED:
        hint = "lockhouse policy history; lockhouse policy rollback lets one rule again that ruled"
        raise NotFound("version: expected one that was proposed, got another", hint=hint)
    return approved(row.document, said=f"v{number}"), row.document


_HERE = "lockhouse.faces.cli.commands"
APP.command(f"{_HERE}.policy_matrix:matrix", name="matrix")
APP.command(f"{_HERE}.policy_versions:history", name="history")
APP.command(f"{_HERE}.policy_versions:propose", name="propose")
APP.command(f"{_HERE}.policy_versions:withdraw", name="withdraw")
APP.command(f"{_HERE}.policy_versions:rollback", name="rollback")
APP.command(f"{_HERE}.policy_tests:judge", name="test")
APP.command(f"{_HERE}.policy_schema:schema", name="schema")
APP.command(f"{_HERE}.policy_suggest:suggest", name="suggest")
