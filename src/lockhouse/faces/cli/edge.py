"""The edge: whatever goes wrong leaves as lines a person can act on, with one exit code a class of error.

Never a traceback, and nothing that was typed: it may be a person's value. (A path is named, unless it looks like one.)
"""

from __future__ import annotations

import errno
import os
import traceback
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin
from uuid import uuid4

from cyclopts import App, CoercionError, CycloptsError, MissingArgumentError, UnknownCommandError, UnknownOptionError
from cyclopts.exceptions import RepeatArgumentError, UnusedCliTokensError

from lockhouse.errors import Invalid, LockhouseError, Unavailable
from lockhouse.faces.cli.files import named
from lockhouse.faces.cli.layout import json_text
from lockhouse.faces.outcomes import OUTCOMES

if TYPE_CHECKING:
    from lockhouse.faces.cli.terminal import Terminal

INCIDENT = 70
"""EX_SOFTWARE of sysexits.h."""
INTERRUPTED = 130
_FORMS = {int: "a whole number", date: "a day such as 2030-01-31", datetime: "a day such as 2030-01-31"}
PACKAGE = Path(__file__).parents[2]
_NOW_AND_AGAIN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


def tell(terminal: Terminal, error: LockhouseError, *, as_json: bool) -> int:
    """Say an error on standard error; its exit code."""
    problems = getattr(error, "problems", ()) or (error.text,)
    if as_json:
        said: dict[str, Any] = {
            "code": error.code, "message": error.text, "hint": error.hint, "problems": list(problems),
        }  # fmt: skip
        terminal.tell(json_text({"error": said}))
    else:
        lines = [f"lockhouse: error[{error.code}]: {problem}" for problem in problems]
        terminal.tell("\n".join(lines + [f"lockhouse: hint: {error.hint}"] * bool(error.hint)))
    return OUTCOMES[type(error)].exit_code


def of_file(error: OSError) -> LockhouseError | None:
    """What is to be said of a file or folder that the system refuses; None if the error names none."""
    if not isinstance(error.filename, str | bytes):
        return None
    place = named(Path(os.fsdecode(error.filename)))
    got = (error.strerror or type(error).__name__).lower()
    if error.errno in _NOW_AND_AGAIN:
        return Unavailable(f"{place}: expected room and a working disk, got '{got}'")
    hint = "act as the user who owns it, or name another place"
    return Invalid(place, "a file or folder that this user may use", got=f"'{got}'", hint=hint)


def tell_incident(terminal: Terminal, error: Exception, *, as_json: bool) -> int:
    """Say that something of ours went wrong: its number, type and place, and nothing of its text.

    A file that the system refuses is no fault of ours.
    """
    if isinstance(error, OSError) and (known := of_file(error)) is not None:
        return tell(terminal, known, as_json=as_json)
    incident = uuid4().hex[:12]
    text = f"incident {incident}: expected no fault of our own, got {type(error).__name__} at {_place(error)}"
    hint = "report it with these two lines; they hold nothing personal"
    if as_json:
        said = {"code": "incident", "message": text, "hint": hint, "problems": [text]}
        terminal.tell(json_text({"error": said}))
    else:
        terminal.tell(f"lockhouse: error[incident]: {text}\nlockhouse: hint: {hint}")
    return INCIDENT


def _form(error: CoercionError) -> str:
    """The words that may be said, where only some may."""
    hint = error.argument.hint if error.argument is not None else None
    words = _words(hint)
    if words:
        return " or ".join(words)
    kinds = {hint, *get_args(hint)}
    return next((form for kind, form in _FORMS.items() if kind in kinds), "a value of its form")


def _words(hint: Any) -> tuple[str, ...]:
    """The words of a `Literal`, however it is wrapped."""
    if get_origin(hint) is Literal:
        return tuple(str(word) for word in get_args(hint))
    return tuple(word for inner in get_args(hint) for word in _words(inner))


def _place(error: Exception) -> str:
    """The innermost place of our own, else the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if PACKAGE in Path(frame.filename).parents]
    if not frames:
        return "an unknown place"
    last = (own or frames)[-1]
    return f"{Path(last.filename).stem}:{last.lineno}"


def usage(error: CycloptsError, app: App) -> Invalid:
    """What the words of the command line lacked, without repeating them."""
    command = " ".join(error.command_chain or ()) or "command"
    hint = " ".join(["lockhouse", *(error.command_chain or ()), "--help"])
    name = error.argument.name if error.argument is not None else ""
    near: list[str] = []
    match error:
        case UnknownCommandError():
            known = [one for one in error.app or app if not one.startswith("-")]
            typed = (error.unused_tokens or [""])[0]
            near = get_close_matches(typed, known, 1)
            expected, got = "one of " + ", ".join(known), "another word"
        case UnknownOptionError():
            known = sorted({one for each in error.argument_collection for one in each.names if each.parse})
            near = get_close_matches(error.token.keyword or error.token.value or "", known, 1)
            expected, got = "a known option", "another"
        case MissingArgumentError():
            expected, got = f"a value for {name}", "none"
        case CoercionError():
            command, expected, got = f"{command} {name}", _form(error), "another"
        case RepeatArgumentError():
            command, expected, got = f"{command} {error.token.keyword or name}", "it once", "it twice"
        case UnusedCliTokensError():
            expected, got = "no further words", "more"
        case _:
            expected, got = "words that fit together", "others"
    return Invalid(command, expected, got=got, hint=f"did you mean {near[0]}?" if near else hint)
