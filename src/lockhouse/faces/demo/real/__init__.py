"""`lockhouse demo --real`: one month of real shop transactions through the lock, and every total checked."""

from __future__ import annotations

from lockhouse.faces.demo.real.stream import stream

__all__ = ["stream"]
