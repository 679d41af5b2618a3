"""A mapping as people write it: which column of a file is which field of the policy. Strict, with places.

    import: 1
    event: Order Completed
    time: {column: ordered, zone: Europe/Berlin}
    fields: {email: E-Mail, order_total: Total}

Without one, columns are what the policy calls them: `event`, `time`, `message_id` and the names of fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from lockhouse.errors import Invalid
from lockhouse.model.table import ISO, Answer, Column, Form, Mapping, Time
from lockhouse.policy.reading import Problems, Spot, read
from lockhouse.policy.reduce import place_of
from lockhouse.policy.section import Section
from lockhouse.policy.shown import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.model.policy import Channel, Policy

WORDS = ("consent", "delimiter", "encoding", "event", "fields", "format", "import", "message_id", "time")
ENCODINGS = ("utf-8", "iso-8859-1", "iso-8859-15", "windows-1252")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
NOW = "now"
_SHOWN = 2
_BY_NAME = "the file"
"""Where a column stands that no mapping names."""
YES, NO = ("1", "true", "yes"), ("0", "false", "no")
EVENT, TIME, MESSAGE_ID = "event", "time", "message_id"
"""What these columns are called in a file that is imported without a mapping."""


def parse_mapping(name: str, text: str, *, policy: Policy, channel: Channel) -> Mapping:
    """The mapping in a file, held against the policy that rules and the channel that it is for.

    Raises:
        Invalid: with every problem at once, each as `file:line:column: expected X, got Y`.
    """
    problems = Problems()
    spot = read(name, text, problems)
    if spot is None and not problems:
        problems.add(f"{name}:1:1", "a mapping", "nothing")
    if problems.unreadable:
        problems.stop()
    top = Section(spot, problems, WORDS)
    top.need("import", EVENT, TIME, "fields")
    version = top.spot("import")
    if version is not None and version.value != 1:
        problems.add(version.where, "format version 1", shown(version.value))
    made = Mapping(
        event=_event(top, channel),
        time=_time(top),
        message_id=_column_under(top, MESSAGE_ID) if MESSAGE_ID in top else None,
        fields=(fields := _fields(top.sub("fields"), policy, channel)),
        places=_places(fields, policy, channel, problems),
        consent=_consent(top.sub("consent"), policy),
        form=top.word("format", get_args(Form)),
        delimiter=DELIMITERS[top.word("delimiter", DELIMITERS) or "comma"],
        encoding=top.word("encoding", ENCODINGS) or "utf-8",
    )
    problems.stop()
    return made


def is_plain(mapping: Mapping) -> bool:
    """Whether it is of a file whose columns are called what the policy calls them."""
    return all(column.where == _BY_NAME for column in mapping.columns())


def _begin(columns: Collection[str], policy: Policy, channel: Channel) -> str:
    """How a mapping is written, with one to begin with; of the file's own names it has those that are the policy's."""
    likely = max(channel.events, key=lambda name: len({*policy.events[name].fields}.intersection(columns)))
    carried = policy.events[likely].fields
    named = {name: name for name in carried if name in columns} or dict.fromkeys(carried[:_SHOWN], "COLUMN")
    event = "{column: event}" if EVENT in columns else f'"{likely}"'
    time = "{column: time}" if TIME in columns else "{column: COLUMN}"
    body = ", ".join(f"{field}: {column}" for field, column in named.items())
    return (
        "--map FILE says which column is what. To begin with, a file of this line: "
        f"{{import: 1, event: {event}, time: {time}, fields: {{{body}}}}}. `time: now` only where no column says "
        "when a row happened: every row is then taken as of now. Every word stands in docs/spec/import.md"
    )


def plain_mapping(columns: Iterable[str], *, policy: Policy, channel: Channel) -> Mapping:
    """The mapping of a file whose columns are called what the policy calls them; any other column is not read.

    Raises:
        Invalid: it has no column `event` or `time`, or none that is a field of the channel's events; or the channel has
            no events.
    """
    if not channel.events:
        hint = "name the events that it may send in the policy, under the channel's `events`"
        raise Invalid("import", "a channel with events", got="one without", hint=hint)
    known = list(columns)
    lacking = [one for one in (EVENT, TIME) if one not in known]
    allowed = _allowed(policy, channel)
    fields = {name: Column(name, _BY_NAME) for name in known if name in allowed}
    if lacking or not fields:
        expected = f"columns {EVENT}, {TIME} and names of fields, or a mapping"
        got = f"no column {' and '.join(lacking)}" if lacking else "no field's name"
        raise Invalid("import", expected, got=got, hint=_begin(known, policy, channel))
    problems = Problems()
    made = Mapping(
        event=Column(EVENT, _BY_NAME), time=Time(column=Column(TIME, _BY_NAME)), fields=fields,
        message_id=Column(MESSAGE_ID, _BY_NAME) if MESSAGE_ID in known else None,
        places=_places(fields, policy, channel, problems),
    )  # fmt: skip
    problems.stop()
    return made


def _allowed(policy: Policy, channel: Channel) -> set[str]:
    """Fields that an event of the channel may carry."""
    return {field for name in channel.events for field in policy.events[name].fields}


def _event(top: Section, channel: Channel) -> str | Column:
    spot = top.spot(EVENT)
    if spot is not None and isinstance(spot.value, dict):
        return _column_under(top, EVENT)
    return top.word(EVENT, channel.events) or ""


def _column_under(top: Section, key: str) -> Column:
    """`{column: NAME}`, or the name alone."""
    spot = top.spot(key)
    if spot is None or not isinstance(spot.value, dict):
        return Column(top.text(key) or "", spot.where if spot else top.where)
    return _column(top.sub(key, ("column",)))


def _column(below: Section) -> Column:
    below.need("column")
    spot = below.spot("column")
    return Column(below.text("column", what="the name of a column") or "", spot.where if spot else below.where)


def _time(top: Section) -> Time | None:
    spot = top.spot(TIME)
    if spot is None or spot.value == NOW:
        return None
    if not isinstance(spot.value, dict):
        top.problems.add(spot.where, "{column: NAME} with form and zone, or 'now'", shown(spot.value))
        return None
    below = top.sub(TIME, ("column", "form", "zone"))
    return Time(column=_column(below), form=below.text("form") or ISO, zone=below.text("zone"))


def _fields(below: Section, policy: Policy, channel: Channel) -> dict[str, Column]:
    allowed = _allowed(policy, channel)
    found: dict[str, Column] = {}
    for name in below:
        spot = below.spot(name) or Spot(None, below.where)
        if name not in allowed:
            below.problems.word(spot, allowed, where=below.place(name), got=name)
        elif column := below.text(name, what="the name of a column"):
            found[name] = Column(column, spot.where)
    return found


def _places(
    fields: dict[str, Column], policy: Policy, channel: Channel, problems: Problems
) -> dict[str, tuple[str, ...]]:
    """Where the channel looks first for each field; two that it looks for in one place cannot both be sent."""
    found: dict[str, tuple[str, ...]] = {}
    for name, column in fields.items():
        place = place_of(policy, channel, name)
        clash = next((one for one, other in found.items() if place[: len(other)] == other[: len(place)]), None)
        if clash is not None:
            problems.add(column.where, f"a field that stands elsewhere in an event than '{clash}'", shown(name))
        found[name] = place
    return found


def _consent(below: Section, policy: Policy) -> tuple[Answer, ...]:
    own = {one.name for one in policy.purposes if one.refusable}
    known = sorted({*policy.consent_names, *own})
    answers = []
    for word in below:
        if word not in known:
            below.problems.word(below.spot(word) or Spot(None, below.where), known, where=below.place(word), got=word)
            continue
        spot = below.spot(word)
        if spot is not None and isinstance(spot.value, dict):
            each = below.sub(word, ("column", "no", "yes"))
            yes, no = _said(each, "yes") or YES, _said(each, "no") or NO
            answers.append(Answer(word=word, column=_column(each), yes=yes, no=no))
            for twice in sorted(set(yes) & set(no)):
                below.problems.add(each.where, "a word that says yes or no, not both", shown(twice))
        else:
            answers.append(Answer(word=word, column=_column_under(below, word), yes=YES, no=NO))
    return tuple(answers)


def _said(each: Section, key: str) -> tuple[str, ...]:
    """Words of a cell; numbers and the YAML words true and false are what they are written as."""
    return tuple(_as_written(spot.value) for spot in each.items(key))


def _as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
