"""docs/cli.md and docs/settings.md, made from what is said in the code; tests hold them together."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

from lockhouse.faces.cli.app import TREE, tree
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.settings import FILE, OUTSIDE, PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTENTS = re.compile(r"## Table of Contents\n\n(- .*\n)+\n")
_USAGE = re.compile(
    r"(#+ ([a-z -]+)\n\n```console\n)[^\n]*?((?: (?:--[a-z]+ [A-Z]+|\[OPTIONS\]|\[ARGS\]|[A-Z]+))*)\n```"
)
"""What the library writes there depends on how the process was started."""
_CLI_HEAD = """# The command line

This page is made from the commands themselves by `lockhouse.faces.cli.pages`, and a test holds the two together.

- The house is the folder that `-C` names, else `LOCKHOUSE_HOUSE`, else the first folder from here upwards with a
  `lockhouse.toml`.
- `--json` answers with one JSON value on standard output (`tail` with one a line). Errors go to standard error: lines
  of `lockhouse: error[code]: where: expected X, got Y` and a hint, or with `--json`
  `{"error":{"code","message","hint","problems"}}`. Then no question is asked: say `--yes`.
  What is a word for people is that word in JSON too; times are milliseconds since 1970, UTC.
- A personal value is never taken from the command line, where the shell's history and `ps` would keep it: it is asked
  for, or read from standard input with `-`. No error repeats what was typed.
- From the first member who enrolled, whoever types signs in (`lockhouse sign-in`) and acts as themselves, with all of
  their roles; the ledger notes `staff:ID`. What reveals, exports, approves, or changes who may come in they confirm in
  the console, for that very command. `--as` is refused then (`as-refused`). Scripts act by a service token, in
  LOCKHOUSE_TOKEN or a file that `--token-file` names, within its terms. What the rules of staff leave to whoever has
  the machine is done as `os-user:UID` with `--local`, before or behind any command.
- Until then, and in a demo house, the operating system's user acts here, in the role that `--as` names, else in the
  first role of the policy that may. The ledger notes `os-user:UID`. A deed that the policy gives to no role is that
  user's own. What nothing here can know of them (a fresh sign-in, their network, a grant, how many people they may
  look up) an admin vouches for: `lockhouse grant record`. A demo house asks for none of it.
"""
_SETTINGS_HEAD = f"""# Settings

One file, `{FILE}` in the house folder; a variable `{PREFIX}NAME` stands above its line. Lists are written with
commas in a variable; true and false also as yes, on, 1 and no, off, 0. An unknown word is an error. Secrets do not
stand here: a setting names the file that holds one. This page is made from the settings, and a test holds the two
together.

| setting | default | meaning |
|---|---|---|
"""


def cli_page() -> str:
    """docs/cli.md."""
    return "\n".join([_CLI_HEAD, *_exits(), "", *_commands()]).rstrip() + "\n"


def _exits() -> Iterator[str]:
    """The exit codes."""
    yield "| exit code | when |"
    yield "|---|---|"
    yield "| 0 | done |"
    yield "| 1 | `doctor` found something to mend, or `policy test` a test that does not hold |"
    codes: dict[int, dict[str, None]] = {}
    for kind, edge in OUTCOMES.items():
        codes.setdefault(edge.exit_code, {})[kind.code] = None  # a narrower error may leave under the same word
    for code, words in sorted(codes.items()):
        yield f"| {code} | {', '.join(f'`{word}`' for word in words)} |"
    yield "| 70 | a fault of our own, with an incident number |"
    yield "| 130 | stopped with Ctrl-C |"
    yield "| 143 | a demo that SIGTERM ended |"


def _commands() -> Iterator[str]:
    """Each command with what its help says."""
    group = ""
    for name, _, head, _ in TREE:
        if head.name != group:
            group = head.name
            yield f"## {group}\n"
        command = tree(name)[name]
        text = command.generate_docs(output_format="markdown", heading_level=3, usage_name=f"lockhouse {name}")
        yield _USAGE.sub(r"\1lockhouse \2\3\n```", _CONTENTS.sub("", text))


def settings_page() -> str:
    """docs/settings.md."""
    rows = [f"| `{one.name}` | {_default(one.default)} | {one.metadata['meaning']} |" for one in fields(Settings)]
    outside = ", ".join(f"`{name}`" for name in sorted(OUTSIDE))
    return _SETTINGS_HEAD + "\n".join(rows) + f"\n\nNot settings, though they begin alike: {outside}.\n"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value not in {"", ()} else "none"
