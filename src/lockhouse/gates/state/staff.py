"""What staff have besides accounts, roles and factors: logins, counters and sessions, each as it must be.

A session is told of before it stands, and its end once it is gone: one that stands behind its end was put back. Each
account has its login, and each factor its counter: who takes a counter away makes what was used once good again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.state.found import read_bound
from lockhouse.ledger.entry import Session as SessionEntry
from lockhouse.model.rows import Factor, FactorUse, Session, Staff, StaffLogin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.gates.state.found import Found
    from lockhouse.gates.state.history import History
    from lockhouse.gates.state.words import Words


class StaffCheck:
    """Accounts and factors, which `WordsCheck` holds, and what goes with them, read behind them."""

    def __init__(
        self, words: Words, *, logins: Sequence[StaffLogin], uses: Sequence[FactorUse], sessions: Sequence[Session]
    ) -> None:  # fmt: skip
        self._staff = [row for row in words[Staff] if isinstance(row, Staff)]
        self._factors = [row for row in words[Factor] if isinstance(row, Factor)]
        self._logins = {(row.tag, row.staff) for row in logins}
        self._uses = {(row.staff, row.id) for row in uses}
        self._sessions = sessions

    @classmethod
    async def read(cls, house: House, words: Words, found: Found) -> StaffCheck:
        """As they stand; each was written with its account or its factor, which were read before."""
        return cls(
            words, logins=await read_bound(house, StaffLogin, found), uses=await read_bound(house, FactorUse, found),
            sessions=await read_bound(house, Session, found),
        )  # fmt: skip

    def hold(self, *, before: History, history: History, found: Found) -> None:
        """Nothing is missing, and no session stands that the ledger says is over, or never was begun."""
        for row in self._staff:
            if (row.login_tag, row.id) not in self._logins:
                found.add("missing-row", f"{StaffLogin.TABLE} of staff {row.id.hex()}", "The account has no login.")
        for factor in self._factors:
            if (factor.staff, factor.id) not in self._uses:
                where = f"{FactorUse.TABLE} {factor.id.hex()}"
                found.add("missing-row", where, "Nothing says how far the factor was used.")
        begun = _told(history, step="begun")
        over = _told(before, step="ended")
        for session in self._sessions:
            where = f"{Session.TABLE} {session.id.hex()}"
            if session.id.hex() in over:
                found.add("returned-row", where, "It was ended, and the ledger says so.")
            elif session.id.hex() not in begun:
                found.add("edited-row", where, "No entry tells that somebody signed in.")


def _told(history: History, *, step: str) -> frozenset[str]:
    bodies = [told.body for told in history.values()]
    return frozenset(body.session for body in bodies if isinstance(body, SessionEntry) and body.step == step)
