"""Identity store: mail to staff that waits to be sent, written in the Change of the deed that it tells of.

Kept no longer than it is needed: the row goes when the mail server has taken the mail, or when the mail makes no sense
any more.
"""

from __future__ import annotations

from lockhouse.model.rows.base import At, Row, Sixteen, State, Whole


class QueuedMail(Row, frozen=True):
    """One mail. Address, name, language and what it says are sealed; `kind` and `until_at` are bound to the box.

    Who edits the other columns delays a mail or has one sent twice, and changes none.
    """

    TABLE = "mail"
    STORE = "identity"
    KEY = ("id",)
    INDEXES = (("state", "run_at"),)
    id: Sixteen
    """A UUIDv7 of when it was written; stands in the mail's Message-ID, the same at each try."""
    kind: str
    box: bytes
    state: State
    """0 waiting, 1 given up."""
    attempts: Whole
    """How often it was tried, counted before each try: the fence by which of two processes one sends."""
    run_at: At
    """It is not tried before; of one that was given up: when it goes."""
    until_at: At
    reason: str | None
    """Why it was not taken: `no-answer`, or a status; never a server's words."""
