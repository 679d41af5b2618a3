"""A request that goes no further: raised by whoever finds out, answered by the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Turned(Exception):
    """The request is answered with the page of this outcome code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Aged(Turned):
    """A form of ours, from this browser, whose proof of that is over: nothing was done, and it can go on.

    Attributes:
        fields: what of it is no secret.
        whole: whether that is all that the form needs.
    """

    def __init__(self, fields: Mapping[str, str], *, whole: bool) -> None:
        super().__init__("LH-3003")
        self.fields = dict(fields)
        self.whole = whole
