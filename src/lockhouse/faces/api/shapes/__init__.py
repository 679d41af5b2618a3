"""The shapes of the API's answers and questions, with what makes answers of them."""

from __future__ import annotations

from lockhouse.client.shapes import *  # noqa: F403  # every shape that there is, each named once: in `client.shapes`
from lockhouse.faces.api.shapes.base import answered, assurance, id_of, plain, states

__all__ = ["answered", "assurance", "id_of", "plain", "states"]  # and all of `client.shapes`
