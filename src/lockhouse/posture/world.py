"""What the checks look at: values that an adapter and the house looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from lockhouse.posture.leaked import LeakedSeen
from lockhouse.posture.staff import StaffSeen


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder as it stands.

    Attributes:
        mode: permission bits. `owned`: by the user who runs this. `is_link`: a symbolic link.
    """

    name: str
    mode: int
    owned: bool
    is_link: bool = False


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """The root key file.

    Attributes:
        thing: the file; None when it is missing. `path`: where it is looked for.
        inside: within the house folder. `same_disk`: on the house's file system. `locked`: by a passphrase.
        passphrase: the file that holds it; None when there is none at `passphrase_path`, which the settings name.
    """

    thing: Thing | None
    inside: bool
    same_disk: bool
    locked: bool
    path: str = ""
    passphrase: Thing | None = None
    passphrase_path: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that something is shipped to: whether it is on the house's own file system."""

    same_disk: bool


class JournalPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two files of the destruction journal.

    Attributes:
        name: which of the two. `path`: of the file. `folder`: whether the folder it belongs in is there.
        fault: what is wrong with it: there is none, it holds nothing, it cannot be read, its lines are not the
            journal's own, it does not begin with the house, it lacks keys that are destroyed, or names keys that are in
            use; empty for none.
        lacking: how many destroyed keys it does not name. `living`: how many keys in use it does.
    """

    name: str
    path: str
    folder: bool = True
    fault: Literal["", "missing", "empty", "unreadable", "broken", "late", "short", "living"] = ""
    lacking: int = 0
    living: int = 0


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is served: `loopback` only, and whether somebody answers there now."""

    name: str
    address: str
    loopback: bool
    answers: bool


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine shows of a house, without opening it.

    Attributes:
        folder: where the house is. `things`: the folder and its files.
        schema: version of each store's file, None where it is no readable database; `wanted` is this release's.
        wal_bytes: size of each store's log file. spool_bytes: how much is set aside for a store that is away.
        tls: `own`, `files` or `proxy`; `cert_days` until the certificate ends, None when there is none of ours.
        public_url: whether one is set.
        core_dumps: whether this process may leave one.
        leaked: the file of leaked passwords.
    """

    things: tuple[Thing, ...]
    root: Root
    journal: Place
    schema: Mapping[str, str | None]
    wanted: str
    wal_bytes: Mapping[str, int]
    listeners: tuple[Listener, ...]
    tls: str
    public_url: bool
    demo: bool
    missing_keys: tuple[str, ...] = ()
    """Files that settings name and that are not there."""
    folder: str = "."
    spool_bytes: int = 0
    leaked: LeakedSeen = LeakedSeen()


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """The house's own mail to its staff.

    Attributes:
        is_set: a mail server stands in the settings.
        given_up: mails that are not tried any more. `stuck`: that wait longer than they should; `why`: in words.
        spoilt: why its rows cannot be read; empty when they can. `mend`: what to do then.
    """

    is_set: bool = False
    given_up: int = 0
    stuck: int = 0
    why: str = ""
    spoilt: str = ""
    mend: str = ""


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What the open house shows.

    Attributes:
        policy: version of the live policy, None when none was approved. `differs`: a sentence when the draft does.
            `waiting`: one when an approved version does not rule yet; `draft_waits`: the draft is that version.
            `waits_in_vain`: it was put back and never rules, whatever its hour.
        doubted: versions that stand in the store and that nobody approved; they rule nothing.
        weakened: settings that are weaker than what was approved, and are not taken.
        no_draft: why the draft cannot be read; empty when it can. `mend_draft`: what to do then.
        placeholder: the controller's contact is still the example's.
        keyless: channels without a living key. `unserved`: channels and recipients whose kind this build lacks.
        proving: channels that prove identifiers of persons.
        addressless: channels whose provider signs an address that the house was not told.
        unanswered: ids of requests that a provider passed on and nobody settled by their day.
        no_write_key: files of recipients that are served whose write key is missing, empty or open to others.
        pageless: channels with a public key that list no site whose pages may send.
        unproven: recipients outside without a contract, or past their review.
        elsewhere: recipients called internal, without a contract, at a host that may be somebody else's.
        behind_ms: how far the local clock is behind the ledger's newest time; negative when ahead.
        unwatched: the clock leapt, and nobody has watched a day go by since.
        read_shut: brought back without its journal, or with endings that were changed by hand, and not accepted.
        backup_at: when the newest backup was noted, ms; None for none. `now`: ms.
        overdue: endings whose time has come, or that were cut off, and that are not done. `spoilt`: those whose
            intent is not as this house made it, or is gone though what they shut is there; they are carried on no more.
        closed: persons whose seal is closed by no request: events about them are refused.
        jobs: ids of jobs of a kind or a state that does not exist, which nobody does.
        unreviewed: legal holds that stand past their review.
        unmeant: retention runs that end much and that nobody, or too few, have confirmed; `announced`: how many were
            confirmed by the one who is alone here, and are not destroyed yet.
        folder: where the house is. `dead`: recipients with dead letters, and how many of them.
        unsigned: why the ledger could not be signed just now; empty when it was. `entries`: how many it has.
        found: what is wrong with them; None when there were too many to be read here.
        journal: the two files of the destruction journal, held against every key that is destroyed.
        mail: the house's own, to its staff.
        staff: who works with it.
    """

    policy: int | None
    differs: str | None
    placeholder: bool
    keyless: tuple[str, ...]
    proving: tuple[str, ...]
    unserved: tuple[str, ...]
    unproven: tuple[str, ...]
    behind_ms: int
    backup_at: int | None
    now: int
    overdue: int
    dead: Mapping[str, int]
    journal: tuple[JournalPlace, ...]
    folder: str = "."
    waiting: str = ""
    draft_waits: bool = False
    waits_in_vain: bool = False
    doubted: tuple[int, ...] = ()
    weakened: tuple[str, ...] = ()
    no_draft: str = ""
    mend_draft: str = ""
    no_write_key: tuple[str, ...] = ()
    pageless: tuple[str, ...] = ()
    addressless: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    unsigned: str = ""
    entries: int = 0
    found: int | None = None
    unwatched: bool = False
    read_shut: bool = False
    spoilt: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    unreviewed: tuple[str, ...] = ()
    unmeant: tuple[str, ...] = ()
    announced: int = 0
    mail: Mail = Mail()
    staff: StaffSeen = StaffSeen()


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Everything; `house` is None when the house could not be opened: `away` then says why, `mend` what to do."""

    host: Host
    house: House | None = None
    away: str = ""
    mend: str = ""
