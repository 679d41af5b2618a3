"""The checks. Each is one sentence about the world, and the command that mends it, or the page that says how."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import msgspec

from lockhouse.model.ids import DAY_MS
from lockhouse.posture import clock, endings, journal, leaked, mail, mends
from lockhouse.posture.doors import CHECKS as DOOR_CHECKS
from lockhouse.posture.staff import CHECKS as STAFF_CHECKS
from lockhouse.posture.staff import Said, StaffSeen
from lockhouse.posture.world import Host, House, Thing, World

State = Literal["PASS", "FAIL", "MANUAL", "ERROR"]
OPEN_TO_OTHERS = 0o077
GREAT_WAL = 256 * 1024 * 1024
FRESH_BACKUP_MS = 2 * DAY_MS
READ_ALL = "lockhouse ledger verify --records"
MEND_FIRST = "mend what is said here and what fails above, then ask again: lockhouse doctor"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says.

    Attributes:
        check: its stable word. `production`: it stands only between here and real customers.
        sentence: what is so. `mend`: the command or deed that mends it; empty on a pass.
    """

    check: str
    state: State
    sentence: str
    mend: str = ""
    production: bool = False


class Answer(NamedTuple):
    """A check's answer before it has its name; what is fine has nothing to mend."""

    state: State
    sentence: str
    mend: str = ""


def fine(sentence: str) -> Answer:
    """It is as it should be."""
    return Answer("PASS", sentence)


def _folder(host: Host) -> Answer:
    bad = [one.name for one in host.things if one.mode & OPEN_TO_OTHERS]
    if bad:
        return Answer("FAIL", f"Others may read {', '.join(bad)}.", mends.alone(host.folder, mode="-R go="))
    return fine("Only its owner reads the house folder.")


def _owner(host: Host) -> Answer:
    bad = [one for one in host.things if not one.owned or one.is_link]
    if bad:
        told = f"Somebody else owns, or a link stands for, {', '.join(one.name for one in bad)}."
        return Answer("FAIL", told, mends.own(host.folder, is_link=all(one.owned for one in bad)))
    return fine("The house's files are ours.")


def _root(host: Host) -> Answer:
    found: Thing | None = host.root.thing
    if found is None:
        return Answer(
            "FAIL", f"There is no root key file at {host.root.path}.",
            mends.setting("set `root`", first="bring it back from its copy, or "),
        )  # fmt: skip
    if found.mode & OPEN_TO_OTHERS or not found.owned or found.is_link:
        mend = mends.alone(host.root.path)
        if not found.owned or found.is_link:
            mend = mends.own(host.root.path, is_link=found.is_link)
        return Answer("FAIL", "The root key file is open to others: ask who has read it.", mend)
    return fine("Only we read the root key file.")


def _passphrase(host: Host) -> Answer:
    path, found = host.root.passphrase_path, host.root.passphrase
    if not path:
        return fine("No file with a passphrase is named.")
    if found is None:
        return Answer(
            "FAIL", f"There is no file with the passphrase at {path}.",
            mends.setting("set `root_passphrase_file`", first="bring it back from its copy, or "),
        )  # fmt: skip
    if found.mode & OPEN_TO_OTHERS:
        return Answer("FAIL", f"Others may read the passphrase at {path}: ask who has.", mends.alone(path))
    return fine("Only its owner reads the file with the passphrase.")


def _root_apart(host: Host) -> Answer:
    if host.demo:
        return fine("A demo house keeps its root inside.")
    if host.root.inside:
        mend = mends.setting("set `root`", first="move it, and what lies beside it, elsewhere, and ")
        return Answer("FAIL", "The root key file lies in the house folder.", mend)
    if host.root.same_disk:
        return Answer(
            "MANUAL", "The root key file is on the house's file system: a snapshot of it holds both.",
            mends.setting("set `root`", first="move it, and what lies beside it, to another file system, and "),
        )  # fmt: skip
    return fine("The root key file is on another file system.")


def _schema(host: Host) -> Answer:
    broken = [store for store, version in host.schema.items() if version is None]
    if broken:
        return Answer(
            "FAIL", f"No readable database: {', '.join(broken)}. Keep the file as it is.", mends.RESTORE,
        )  # fmt: skip
    old = [store for store, version in host.schema.items() if version != host.wanted]
    if old:
        return Answer("FAIL", f"Not of this release's schema: {', '.join(old)}.", "lockhouse migrate")
    return fine(f"Both stores are of schema {host.wanted}.")


def _wal(host: Host) -> Answer:
    great = [store for store, size in host.wal_bytes.items() if size > GREAT_WAL]
    if great:
        return Answer(
            "FAIL",
            f"The log file of {', '.join(great)} does not shrink.",
            f"end the process that reads without end ({mends.STORES})",
        )
    return fine("The stores' log files are small.")


def _spool(host: Host) -> Answer:
    if host.spool_bytes:
        told = f"Events that were answered wait in the spool and are in no store yet: {host.spool_bytes:,} bytes."
        return Answer("FAIL", told, f"lockhouse serve brings them in once both stores can be written ({mends.OUTAGE})")
    return fine("No event waits for a store.")


def _listeners(host: Host) -> Answer:
    bare = [one.name for one in host.listeners if not one.loopback and host.tls == "own"]
    if bare:
        mend = mends.setting('set tls = "files" or "proxy"')
        return Answer("FAIL", f"Plain HTTP leaves this machine: {', '.join(bare)}.", mend)
    if host.missing_keys:
        mend = mends.setting("set tls_cert and tls_key to files")
        return Answer("FAIL", f"Named and not there: {', '.join(host.missing_keys)}.", mend)
    return fine("Nothing leaves this machine unencrypted.")


def _metrics(host: Host) -> Answer:
    if any(one.name == "metrics" and not one.loopback for one in host.listeners):
        mend = mends.setting("set listen_metrics")
        return Answer("MANUAL", "/metrics is reachable from elsewhere: it tells your volume.", mend)
    return fine("/metrics is on loopback.")


def _journal(house: House) -> Answer:
    wrong = journal.wrong(house.journal)
    if wrong:
        return Answer("FAIL", wrong, journal.mend(house.journal))
    return fine("Destroyed keys are written down in a second place.")


def _ledger(house: House) -> Answer:
    if house.unsigned:
        return Answer("FAIL", f"The ledger cannot be signed: {house.unsigned}.", "lockhouse ledger verify")
    if house.found is None:
        unread = f"The ledger goes on from what was signed last; its {house.entries:,} entries were not read."
        return Answer("MANUAL", unread, READ_ALL)
    if house.found:
        return Answer("FAIL", f"The ledger is not as it was signed: {house.found} found wrong with it.", READ_ALL)
    return fine(f"The ledger's {house.entries:,} entries are as they were signed. No record was read: {READ_ALL}.")


def _policy(house: House) -> Answer:
    if house.policy is None:
        return Answer("FAIL", "No policy was approved: nothing is collected.", "lockhouse policy approve")
    if house.doubted:
        return Answer("FAIL", mends.doubted(house.policy, house.doubted), mends.DOUBTED)
    if house.weakened:
        return Answer("FAIL", mends.weakened(house.weakened), mends.WEAKENED)
    if house.waiting:
        return Answer("MANUAL", f"Policy v{house.policy} rules; {house.waiting}", mends.WAITING)
    return fine(f"Policy v{house.policy} rules.")


def _draft(house: House) -> Answer:
    if house.no_draft:
        rules = f"; v{house.policy} rules until another draft is approved" if house.policy is not None else ""
        return Answer("FAIL", f"There is no draft to read: {house.no_draft}{rules}.", house.mend_draft)
    if house.draft_waits:
        return fine("The draft is the version that waits.")
    if house.policy is not None and house.differs:
        return Answer("MANUAL", house.differs, mends.LOOK_AT_DRAFT)
    return fine("The draft is what rules.")


def _clock(house: House) -> Answer:
    sentence, mend = clock.behind(house)
    if sentence:
        return Answer("FAIL", sentence, mend)
    if sentence := clock.leapt(house):
        return Answer("MANUAL", sentence, "lockhouse accept clock")
    return fine("The clock is not behind the ledger.")


def _readable(house: House) -> Answer:
    if house.read_shut:
        return Answer(
            "FAIL",
            "It was brought back without its journal or with endings changed by hand: nothing is shown or sent.",
            f"{mends.RESTORE}, if the journal turns up or from another backup; else lockhouse accept restore",
        )  # fmt: skip
    return fine("The house may be read.")


def _endings(house: House) -> Answer:
    wrong, mend = endings.wrong(house)
    if house.announced and not wrong:
        told = f"Retention runs that one person alone confirmed will destroy much: {house.announced}."
        return Answer("MANUAL", told, mends.ANNOUNCED)
    return Answer("FAIL", wrong, mend) if wrong else fine("No ending is overdue.")


def _recipient_keys(house: House) -> Answer:
    if house.no_write_key:
        told = f"Nothing can be sent without its write key: {', '.join(house.no_write_key)}."
        return Answer("FAIL", f"{told} Paste it, Enter, Ctrl-D.", mends.write_key(house.folder, house.no_write_key[0]))
    return fine("Every recipient that is served has its write key.")


def _dead(house: House) -> Answer:
    if house.dead:
        name, number = next(iter(house.dead)), sum(house.dead.values())
        told = f"{number} event{'s' * (number > 1)} could not be sent on to {', '.join(house.dead)}."
        return Answer("FAIL", told, f"lockhouse recipient show {name} && lockhouse recipient replay {name}")
    return fine("Nothing is a dead letter.")


def _backup(house: House) -> Answer:
    if house.backup_at is None:
        return Answer("FAIL", "No backup was ever made.", "lockhouse backup create DIR")
    if house.now - house.backup_at > FRESH_BACKUP_MS:
        return Answer("FAIL", "The newest backup is older than two days.", "lockhouse backup create DIR")
    return Answer("MANUAL", "There is a fresh backup; only a restore shows that it works.", mends.RESTORE)


def _is_demo(host: Host) -> Answer:
    if host.demo:
        return Answer("FAIL", "This is a demo house.", "lockhouse init DIR")
    return fine("This is no demo house.")


def _locked(host: Host) -> Answer:
    if not host.root.locked:
        return Answer(
            "FAIL",
            "Whoever copies the root key file can read everything; a root that stands cannot be locked, so this means "
            "a new house.",
            "lockhouse init DIR --passphrase-file FILE",
        )  # fmt: skip
    return fine("A passphrase locks the root key file.")


def _journal_apart(host: Host) -> Answer:
    if host.journal.same_disk:
        return Answer(
            "FAIL",
            "The destruction journal's copy is on the same disk.",
            mends.setting(
                "set journal_copy to a folder on another machine, with the journal and the checkpoints in it"
            ),
        )
    return fine("The destruction journal is on another disk.")


def _reached(host: Host) -> Answer:
    if not host.public_url:
        return Answer(
            "FAIL", "Senders elsewhere have no address for the house.", mends.setting("set public_url and tls")
        )
    return fine("Senders have an address.")


def _contact(house: House) -> Answer:
    if house.placeholder:
        return Answer("FAIL", "Customers would write to the example's contact.", mends.policy("set controller.contact"))
    return fine("Customers have a contact.")


def _recipients(house: House) -> Answer:
    if house.unproven:
        return Answer(
            "FAIL",
            f"Without a contract, or past review: {', '.join(house.unproven)}.",
            mends.policy("name the contract and its next review"),
        )
    if house.elsewhere:
        return Answer(
            "MANUAL", f"Called internal, without a contract, at a public host: {', '.join(house.elsewhere)}.",
            mends.policy("if somebody else runs it, give it `role: processor` and its contract"),
        )  # fmt: skip
    return fine("Every recipient outside has a contract.")


def _of_doors(ask: Callable[[House], Said]) -> Callable[[House], Answer]:
    return lambda house: Answer(*ask(house))


def _of_staff(ask: Callable[[StaffSeen], Said]) -> Callable[[House], Answer]:
    return lambda house: Answer(*ask(house.staff))


def _witness(_house: House) -> Answer:
    return Answer(
        "MANUAL",
        "Only a checkpoint kept elsewhere shows that the log was cut off.",
        "lockhouse ledger checkpoint > FILE",
    )


_HOST: tuple[tuple[str, Callable[[Host], Answer], bool], ...] = (
    ("folder-mode", _folder, False), ("folder-owner", _owner, False), ("root-file", _root, False),
    ("passphrase", _passphrase, False),
    ("root-apart", _root_apart, False), ("schema", _schema, False), ("wal-size", _wal, False), ("spool", _spool, False),
    ("listeners", _listeners, False), ("metrics", _metrics, False),
    ("leaked-passwords", lambda host: Answer(*leaked.standing(host.leaked)), False),
    ("no-demo", _is_demo, True), ("root-locked", _locked, True), ("journal-apart", _journal_apart, True),
    ("public-url", _reached, True),
)  # fmt: skip
_HOUSE: tuple[tuple[str, Callable[[House], Answer], bool], ...] = (
    ("ledger", _ledger, False), ("policy", _policy, False), ("draft", _draft, False), ("clock", _clock, False),
    ("readable", _readable, False), ("journal", _journal, False),
    *((name, _of_doors(ask), False) for name, ask in DOOR_CHECKS),
    ("recipient-keys", _recipient_keys, False), ("endings", _endings, False), ("dead-letters", _dead, False),
    ("mail", lambda house: Answer(*mail.standing(house)), False),
    ("backup", _backup, True), ("contact", _contact, True), ("recipients", _recipients, True),
    *((name, _of_staff(ask), only) for name, ask, only in STAFF_CHECKS), ("witness", _witness, True),
)  # fmt: skip
CHECKS: tuple[str, ...] = tuple(name for name, _, _ in (*_HOST, *_HOUSE))
"""Every check by its word."""


def examine(world: World, *, production: bool) -> list[Result]:
    """What every check says; those that stand only before real customers are left out unless asked for.

    A house that could not be opened is an ERROR for each check that needed it.
    """
    results = [_named(name, ask(world.host), only) for name, ask, only in _HOST if production or not only]
    for name, judge, only in _HOUSE:
        if only and not production:
            continue
        if world.house is None:
            away = Answer("ERROR", f"The house could not be opened: {world.away}.", world.mend or MEND_FIRST)
            results.append(_named(name, away, only))
        else:
            results.append(_named(name, judge(world.house), only))
    return results


def _named(name: str, answer: Answer, only: bool) -> Result:  # noqa: FBT001  # a table's column
    return Result(check=name, state=answer.state, sentence=answer.sentence, mend=answer.mend, production=only)


def counts(results: Iterable[Result]) -> dict[str, int]:
    """How many of each state."""
    found = {"PASS": 0, "FAIL": 0, "MANUAL": 0, "ERROR": 0}
    for one in results:
        found[one.state] += 1
    return found
