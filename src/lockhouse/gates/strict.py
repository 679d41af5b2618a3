"""What a process knows of the settings that weaken: what was approved, what the file says now, what is not taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Strict:
    """Settings that can weaken, as `posture.weakening` writes them.

    Attributes:
        read: what the file and the variables say now; the wiring hands it in.
        approved: what was signed with the policy that rules; empty where nobody signed any.
        weakened: names of those whose value was weaker than approved when this process began, and is not taken.
    """

    read: Callable[[], str] = lambda: "{}"
    approved: str = ""
    weakened: tuple[str, ...] = ()
