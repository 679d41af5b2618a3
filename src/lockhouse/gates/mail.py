"""Mail to staff: written beside the deed that it tells of, sealed, and opened by whoever sends it.

1. `put_for` gives a row for the Change of the deed: either both are durable or neither is.
2. Address, name, language and every value are sealed with the box key of the staff (`crypto.staff`) to the row, its
   kind and its end: in no row, backup or log does anybody's address stand.
3. Whoever works here is written to at their login, if that is an address and the house sends mail; what they are told
   of is done all the same where it is none.
4. A restore forgets what waited: links that were open then open nothing any more, and what was sent since is not sent
   again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.letters import check_link, wire_address
from lockhouse.crypto.canonical import lp
from lockhouse.crypto.staff import place
from lockhouse.errors import Invalid
from lockhouse.gates.staff.called import MAX_TEXT as MOST_SIGNS
from lockhouse.gates.staff.called import called
from lockhouse.model.change import Change, Delete, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.mails import Invite, Mail
from lockhouse.model.rows import QueuedMail

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.mails import About
    from lockhouse.model.rows import Staff

WAITING, GIVEN_UP = 0, 1
MOST_MS = 7 * DAY_MS
"""The longest that a mail may wait: an address is not kept for longer, whatever the caller says."""
NOTICE_MS = 3 * DAY_MS
"""How long it is worth while to tell somebody of what happened to their account."""
_CONTENT = 1
_DECODE = msgspec.json.Decoder(Mail).decode


def put_for(house: House, mail: Mail) -> Put:
    """The mail as a row, for the Change of the deed that it tells of; it is sent soon after that is durable.

    Raises:
        Invalid: the address is none, the name is no line of a name's length, or a link leads elsewhere than by TLS or
            to this machine.
    """
    now = house.clock.now_ms()
    if len(mail.name) > MOST_SIGNS or not mail.name.isprintable():
        raise Invalid("mail", f"a name of at most {MOST_SIGNS} printable signs", got="something else")
    if isinstance(mail.about, Invite):
        check_link(mail.about.link)
    until = min(mail.until_at, now + MOST_MS)
    own, kind = house.ids.new(), str(type(mail.about).__struct_config__.tag)
    whole = msgspec.structs.replace(mail, to=wire_address(mail.to), until_at=until)
    content = msgspec.json.encode(whole).decode()
    box = house.staff_keys.seal_fields({_CONTENT: content}, place=_place(own, kind, until))
    return Put(QueuedMail.TABLE, QueuedMail(own, kind, box, WAITING, 0, min(now, until), until, None))


def notice_for(house: House, row: Staff, about: About) -> tuple[Put, ...]:
    """The mail to somebody, whose row was checked, for the Change of what they are told of.

    None where the house sends no mail, or their login is no e-mail address.

    Raises:
        Tampered: the box of their row is not its own.
    """
    who = called(house, row) if house.sends_mail else None
    if who is None or not _is_address(who.login):
        return ()
    until = house.clock.now_ms() + NOTICE_MS
    return (put_for(house, Mail(to=who.login, name=who.name, language=row.language, until_at=until, about=about)),)


def _is_address(login: str) -> bool:
    try:
        wire_address(login)
    except Invalid:
        return False
    return True


def opened(house: House, row: QueuedMail) -> Mail:
    """What a row says, and to whom.

    Raises:
        Tampered: the row is not as this house wrote it.
    """
    fields = house.staff_keys.open_fields(row.box, place=_place(row.id, row.kind, row.until_at))
    return _DECODE(str(fields[_CONTENT]))


def written_at(row: QueuedMail) -> int:
    """When a mail was written, ms: its id begins with it (RFC 9562 §5.7)."""
    return int.from_bytes(row.id[:6], "big")


async def forget_mail(house: House) -> int:
    """No mail waits any more; how many did."""
    gone = 0
    async for rows in house.reads.scan(QueuedMail):
        deletes = tuple(Delete(QueuedMail.TABLE, (row.id,)) for row in rows)
        await house.commits.commit(Change("identity", deletes=deletes))
        gone += len(rows)
    return gone


def _place(mail_id: bytes, kind: str, until_at: int) -> bytes:
    return place(QueuedMail.TABLE, lp(mail_id, kind, until_at), "box")
