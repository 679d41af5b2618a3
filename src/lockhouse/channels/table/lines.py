"""Lines of a file as text, counted and bounded: whoever wrote the file decides neither memory nor time.

Bytes that are no text of the file's encoding come as lone surrogates (`surrogateescape`), so that one bad row is one
reject and not the end of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_ROW_CHARS: Final = 32 * 1024
"""As an event over the wire may be; a longer row is rejected."""
MAX_READ_CHARS: Final = 1024 * 1024
"""A row that goes on for longer ends the import: a quote is not closed, or this is no file of rows."""
NOT_TEXT: Final = "text in the file's encoding"
NUL: Final = "text without NUL characters"
TOO_LONG: Final = f"a row of at most {MAX_ROW_CHARS:,} characters"


class Lines:
    """The physical lines of a file, one after the other; `first` and `line` say which make up the row at hand."""

    def __init__(self, readline: Callable[[int], str]) -> None:
        self._readline = readline
        self._parts: list[str] = []
        self._size = 0
        self.line = 0
        self.first = 1

    def begin(self) -> None:
        """What comes next is a new row."""
        self._parts.clear()
        self._size = 0
        self.first = self.line + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = self._readline(MAX_READ_CHARS + 1)
        if not text:
            raise StopIteration
        self.line += 1
        self._parts.append(text)
        self._size += len(text)
        if self._size > MAX_READ_CHARS:
            raise Invalid(
                f"line {self.first}", f"a row that ends within {MAX_READ_CHARS:,} characters", got="one that goes on",
                hint="a quote that is never closed, or no file of rows",
            )  # fmt: skip
        return text

    def fault(self) -> str | None:
        """What is wrong with the text of the row at hand, whatever stands in it."""
        if self._size > MAX_ROW_CHARS:
            return TOO_LONG
        for part in self._parts:
            if part.isascii():
                if "\0" in part:
                    return NUL
                continue
            try:
                part.encode()
            except UnicodeEncodeError:
                return NOT_TEXT
            if "\0" in part:
                return NUL
        return None
