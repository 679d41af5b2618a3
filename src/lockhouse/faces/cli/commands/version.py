"""`lockhouse version` and `lockhouse completion SHELL`."""

from __future__ import annotations

import platform
from typing import Literal

import msgspec

from lockhouse import __version__
from lockhouse.faces.cli.layout import Said, pairs


def version() -> Said:
    """Which Lockhouse this is, and on what it runs."""
    return told({"lockhouse": __version__, "python": platform.python_version(), "msgspec": msgspec.__version__})


def told(value: dict[str, str]) -> Said:
    """The same of any house, as scripts and people read it."""
    return Said(value, pairs(value))


def completion(shell: Literal["bash", "zsh", "fish"], /) -> Said:
    """Print the completion script of a shell.

    For example `lockhouse completion bash > ~/.local/share/bash-completion/completions/lockhouse`.

    Args:
        shell: which.
    """
    # Imported here: the tree imports this module when it is asked for this command.
    from lockhouse.faces.cli.app import tree  # noqa: PLC0415

    script = tree().generate_completion(shell=shell)
    return Said({"shell": shell, "script": script}, script)
