"""Exports of consents, each by the columns of who wrote it: our own CSV, and those of the senders of newsletters.

A state that is not known rejects its row: nobody guesses a yes. A row that says nothing is nobody's no either.
"""

from lockhouse.channels.consents.plain import Plain
from lockhouse.channels.consents.reading import Reader

__all__ = ["Plain", "Reader"]
