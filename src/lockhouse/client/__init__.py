"""A typed client of a house's API, for programs of yours and for `lockhouse --server`.

    from lockhouse.client import Client, shapes, token_of

    with Client("https://vault.shop.example", token=token_of(os.environ)) as house:
        found = house.person_find(shapes.FindAsked(by="order_id", value=number))

Each route is one method, each question and answer one class of `lockhouse.client.shapes`. What the house refuses is
raised as the class of `lockhouse.errors` that it is there. It needs nothing else of the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from lockhouse.client import shapes
from lockhouse.client.caller import Ways
from lockhouse.client.calls import Calls
from lockhouse.client.tokens import token_of

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Client", "Ways", "shapes", "token_of"]


class Client(Calls):
    """A house, asked over HTTP. Not to be used by two threads at once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
