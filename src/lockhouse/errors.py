"""Every error this product raises on purpose.

    LockhouseError
    ├── Invalid      the input is wrong             the caller must change it
    ├── Refused      the policy says no             carries the reasons
    │   ├── ActingRefused  members act as themselves  leave the role out
    │   └── Unproven we do not know who is asking   sign in
    │       └── NotSignedIn  nobody is signed in here   sign in
    ├── NotFound     there is none                  (or none this actor may see)
    ├── Conflict     the state moved on             read again, retry
    ├── Gone         the data was ended on purpose  nothing brings it back
    │   ├── Erased   its key was destroyed          a tombstone says when
    │   └── Expired  its epoch has ended            the policy says why
    ├── Unavailable  an outside thing is silent     retry after `retry_after_s`
    └── Tampered     stored bytes do not verify     never retried, always alarms

An error's class is what a caller acts on and its ``code`` is part of the interface; its text is not.
The text is ``where: expected X, got Y`` and never holds a person's value. Errors know nothing of HTTP.
"""

from __future__ import annotations

from typing import ClassVar


class LockhouseError(Exception):
    """The root of the tree; never raised itself.

    Attributes:
        code: kebab-case, stable, one a class unless a raise site names a finer one.
        hint: what the reader can do about it, or an empty string.
    """

    code: ClassVar[str] = "error"

    def __init__(self, text: str, *, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Keep errors picklable across processes: positional arguments would otherwise be lost."""
        return (_rebuild, (type(self), self.text, dict(self.__dict__)))


def _rebuild(kind: type[LockhouseError], text: str, state: dict[str, object]) -> LockhouseError:
    error = kind.__new__(kind)
    Exception.__init__(error, text)
    error.__dict__.update(state)
    return error


class Invalid(LockhouseError):
    """The input is wrong and the caller must change it.

    Attributes:
        where: the place, as a pointer (`/batch/3/type`), a setting's name or `file:line:column`.
        problems: every single problem, when more than one was found at once.
    """

    code: ClassVar[str] = "invalid"

    def __init__(
        self, where: str, expected: str, *, got: str = "", hint: str = "", problems: tuple[str, ...] = ()
    ) -> None:
        text = f"{where or 'input'}: expected {expected}" + (f", got {got}" if got else "")
        super().__init__(text, hint=hint)
        self.where = where
        self.expected = expected
        self.got = got
        self.problems = problems or (text,)


class Refused(LockhouseError):
    """The policy says no. `reasons` are the rules that decided, as stable words."""

    code: ClassVar[str] = "refused"

    def __init__(self, text: str, *, reasons: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.reasons = reasons


class Unproven(Refused):
    """We do not know who is asking, or not well enough."""

    code: ClassVar[str] = "unproven"


class NotSignedIn(Unproven):
    """Nobody is signed in on this command line, and what was asked takes a member."""

    code: ClassVar[str] = "not-signed-in"


class ActingRefused(Refused):
    """A role was named to act in, where members sign in and act as themselves."""

    code: ClassVar[str] = "as-refused"


class NotFound(LockhouseError):
    """There is none, or none this actor may see: the two are not told apart."""

    code: ClassVar[str] = "not-found"


class Conflict(LockhouseError):
    """The state moved on since it was read; read again and retry."""

    code: ClassVar[str] = "conflict"


class Gone(LockhouseError):
    """The data was ended on purpose and nothing brings it back."""

    code: ClassVar[str] = "gone"


class Erased(Gone):
    """The key that sealed it was destroyed; a tombstone holds its serial."""

    code: ClassVar[str] = "erased"


class Expired(Gone):
    """The epoch it was collected in has ended."""

    code: ClassVar[str] = "expired"


class Unavailable(LockhouseError):
    """Something outside is silent. Nothing was lost; retry after `retry_after_s` seconds."""

    code: ClassVar[str] = "unavailable"

    def __init__(self, text: str, *, retry_after_s: float = 1.0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.retry_after_s = retry_after_s


class Paused(Unavailable):
    """Tries of this kind went wrong before, so that the next one counts after `retry_after_s` seconds."""


class Tampered(LockhouseError):
    """Stored bytes do not verify. Never retried, always alarms; the text does not say which check failed."""

    code: ClassVar[str] = "tampered"
