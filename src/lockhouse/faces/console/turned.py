"""A request that goes no further: raised by whoever finds out, answered by the application."""

from __future__ import annotations


class Turned(Exception):
    """The request is answered with the page of this outcome code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
