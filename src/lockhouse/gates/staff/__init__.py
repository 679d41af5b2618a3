"""Who works with the house, stored and read back: accounts, roles, factors, links, ceremonies, sessions, failures.

Everything that is done is a `Deed`: one Change of the identity store which expects what was read, and what the ledger
is told of it behind that. Nobody here decides who may do what.
"""

from __future__ import annotations
