"""`lockhouse demo`: a whole house in a temporary folder, a shop's day, and three things no other store can show."""

from __future__ import annotations

from lockhouse.faces.demo.options import Options
from lockhouse.faces.demo.run import run

__all__ = ["Options", "run"]
