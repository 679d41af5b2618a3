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
    from collections.abc import Iterable

    from grimp import ImportGraph
    from importlinter import ContractCheck
    from importlinter.domain.imports import ModuleExpression


class ForbiddenWherePresent(ForbiddenContract):  # type: ignore[misc]  # import-linter publishes no types
    """`forbidden`, for those of its modules that exist."""

    type_name = "forbidden_where_present"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  # import-linter's signature
        """Run the contract over the modules that exist."""
        self.source_modules = set(_present(graph, self.source_modules))
        self.forbidden_modules = set(_present(graph, self.forbidden_modules))
        return super().check(graph, verbose)


class ProtectedWherePresent(ProtectedContract):  # type: ignore[misc]  # import-linter publishes no types
    """`protected`, for those of its modules that somebody imports, and importers that exist."""

    type_name = "protected_where_present"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  # import-linter's signature
        """Run the contract over the modules that exist."""
        self.protected_modules = list(_present(graph, self.protected_modules))
        self.allowed_importers = list(_present(graph, self.allowed_importers))
        return super().check(graph, verbose)


def _present(graph: ImportGraph, named: Iterable[ModuleExpression]) -> list[ModuleExpression]:
    return [each for each in named if each.has_wildcard_expression() or each.expression in graph.modules]
