"""Every kind that this build has: what stands in `kinds/` is known, and nothing else needs to name it."""

from __future__ import annotations

import importlib
import pkgutil

from lockhouse.channels.hooks import kinds
from lockhouse.channels.hooks.kind import HookKind
from lockhouse.model.event import Kind

HOOKS: dict[str, HookKind] = {
    kind.wire.name: kind
    for kind in (
        importlib.import_module(f"{kinds.__name__}.{found.name}").KIND for found in pkgutil.iter_modules(kinds.__path__)
    )
}
"""By the word of `kind:` in the policy."""
WIRES: dict[str, Kind] = {name: kind.wire for name, kind in HOOKS.items()}
