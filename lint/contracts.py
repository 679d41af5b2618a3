"""Import contracts that skip a module which is named but not there yet.

The floors name every room of the design, and rooms are built one after another. import-linter's own
contracts fail on a name that does not exist; these two leave it out until it does. A misspelt name
would then guard nothing, so tests/architecture/test_contracts.py holds the names to those of the floors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.protected import ProtectedContract

if TYPE_CHECKING:
    from grimp import ImportGraph
    from importlinter import Contract, ContractCheck


class ForbiddenWherePresent(ForbiddenContract):
    """`forbidden`, for those of its modules that exist."""

    type_name = "forbidden_where_present"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  # import-linter's signature
        """Run the contract over the modules that exist."""
        _keep_present(self, graph, "source_modules", "forbidden_modules")
        return super().check(graph, verbose)


class ProtectedWherePresent(ProtectedContract):
    """`protected`, for those of its modules that somebody imports, and importers that exist."""

    type_name = "protected_where_present"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  # import-linter's signature
        """Run the contract over the modules that exist."""
        _keep_present(self, graph, "protected_modules", "allowed_importers")
        return super().check(graph, verbose)


def _keep_present(contract: Contract, graph: ImportGraph, *fields: str) -> None:
    # A contract's fields hold parsed values in place of the field objects that its class declares.
    for field in fields:
        named = getattr(contract, field)
        kept = [each for each in named if each.has_wildcard_expression() or each.expression in graph.modules]
        setattr(contract, field, type(named)(kept))
