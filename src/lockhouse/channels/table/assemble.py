"""A row as an event of its channel: each value where the channel looks for its field, nothing else from the row."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from lockhouse.errors import Invalid
from lockhouse.model.event import Event
from lockhouse.model.table import ISO, MILLIS, SECONDS, Column, Reject

if TYPE_CHECKING:
    from lockhouse.model.table import Mapping, Row

MAX_MESSAGE_ID_CHARS: Final = 99
MAX_EVENT_NAME_CHARS: Final = 200
MAX_AHEAD_MS: Final = 24 * 3_600_000
"""As of events over the wire: a file does not choose how long its data is kept by dating it ahead."""
_MAX_STAMP_CHARS: Final = 60
_DIGITS: Final = {SECONDS: (1000, 12), MILLIS: (1, 15)}


class Assembler:
    """Makes events of the rows of one file."""

    def __init__(self, mapping: Mapping, content: bytes) -> None:
        """Learn the mapping.

        Args:
            mapping: checked against the policy.
            content: hash of the file: with its line, a row without a message id of its own is known again by it.

        Raises:
            Invalid: the zone is none that this machine knows.
        """
        self._mapping = mapping
        self._content = content
        at = {column.name: place for place, column in enumerate(mapping.columns())}
        self._fields = [(at[column.name], mapping.places[name]) for name, column in mapping.fields.items()]
        self._answers = [(at[one.column.name], one) for one in mapping.consent]
        self._event_at = at[mapping.event.name] if isinstance(mapping.event, Column) else None
        self._id_at = None if mapping.message_id is None else at[mapping.message_id.name]
        self._time_at = None if mapping.time is None else at[mapping.time.column.name]
        self._form = ISO if mapping.time is None else mapping.time.form
        self._zone = _zone(mapping)
        self._known_as: dict[str, str] = {}

    @property
    def dated(self) -> bool:
        """Whether rows say when they happened."""
        return self._time_at is not None

    def event(self, row: Row, *, now: int) -> Event | Reject:
        """The event of a row.

        Args:
            now: ms; when the row is brought in.
        """
        cells = row.cells
        name = self._mapping.event if self._event_at is None else cells[self._event_at]
        if not isinstance(name, str) or not 0 < len(name) <= MAX_EVENT_NAME_CHARS:
            return Reject(row.line, "the name of an event")
        at = self._moment(cells, now)
        if at is None:
            return Reject(row.line, self._time_expected())
        message = self._message_id(row, name)
        if message is None:
            return Reject(row.line, f"a message id of 1 to {MAX_MESSAGE_ID_CHARS} characters")
        source: dict[str, Any] = {}
        for place, path in self._fields:
            value = cells[place]
            if value is not None:
                _set(source, path, value)
        said = self._said(cells)
        if isinstance(said, str):
            return Reject(row.line, said)
        if said:
            # Also in the event itself: the same message with another answer is another message.
            source.setdefault("context", {})["consent"] = {"categoryPreferences": said}
        return Event(name=name, message_id=message, occurred_at=at, source=source, consent=said or None)

    def _message_id(self, row: Row, event: str) -> str | None:
        if self._id_at is not None:
            found = row.cells[self._id_at]
            text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
            return text if isinstance(text, str) and 0 < len(text) <= MAX_MESSAGE_ID_CHARS else None
        begins = self._known_as.get(event)
        if begins is None:
            digest = sha256(
                b"lockhouse/import/1\0" + self._content + event.encode("utf-8", "surrogatepass")
            ).hexdigest()
            begins = self._known_as[event] = f"import-{digest[:32]}"
        return f"{begins}-{row.line}"

    def _said(self, cells: tuple[object, ...]) -> dict[str, bool] | str:
        """The banner's words that the row answers; what was expected, if one cannot be read."""
        said: dict[str, bool] = {}
        for place, answer in self._answers:
            cell = cells[place]
            if cell is None:
                continue
            word = str(cell).strip().lower() if isinstance(cell, bool) else str(cell).strip()
            if word in answer.yes:
                if not self.dated:
                    # It would count from now, and so against a no that was said since the file was written.
                    return f"a time beside a yes to {answer.word}: `time: now` says none"
                said[answer.word] = True
            elif word in answer.no:
                said[answer.word] = False
            else:
                return f"a yes or a no to {answer.word}, as the mapping spells them, or nothing"
        return said

    def _moment(self, cells: tuple[object, ...], now: int) -> int | None:
        """When the row happened, in ms; None if its time cannot be read."""
        if self._time_at is None:
            return now
        stamp = cells[self._time_at]
        if self._form in _DIGITS:
            at = _since(stamp, *_DIGITS[self._form])
        elif isinstance(stamp, str) and len(stamp) <= _MAX_STAMP_CHARS:
            at = _read(stamp.strip(), self._form, self._zone)
        else:
            at = None
        return None if at is None or at < 0 else min(at, now + MAX_AHEAD_MS)

    def _time_expected(self) -> str:
        if self._form in _DIGITS:
            return f"a time in {self._form} since 1970"
        form = "ISO 8601" if self._form == ISO else "the mapping's form"
        return f"a time since 1970 in {form}" + (", with its offset" if self._zone is None else "")


def _since(stamp: object, unit: int, most: int) -> int | None:
    """A count since 1970, as a whole number or digits, in ms."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | str):
        return None
    text = str(stamp).strip()
    return int(text) * unit if text.isascii() and text.isdigit() and len(text) <= most else None


def _read(stamp: str, form: str, zone: tzinfo | None) -> int | None:
    try:
        at = datetime.fromisoformat(stamp) if form == ISO else datetime.strptime(stamp, form)  # noqa: DTZ007  # below
    except ValueError:
        return None
    if at.tzinfo is None:
        if zone is None:
            return None
        at = at.replace(tzinfo=zone)
    try:
        return round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _zone(mapping: Mapping) -> tzinfo | None:
    zone = None if mapping.time is None else mapping.time.zone
    if zone is None or zone == "UTC":
        return None if zone is None else UTC
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as err:
        raise Invalid("mapping: time: zone", "UTC or an IANA zone such as Europe/Berlin", got="another word") from err


def _set(tree: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for segment in path[:-1]:
        tree = tree.setdefault(segment, {})
    tree[path[-1]] = value
