"""The whole command line as one tree, and the one way in."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Group, Parameter

from lockhouse import __version__
from lockhouse.client.tokens import FILE, VARIABLE
from lockhouse.errors import Invalid, LockhouseError
from lockhouse.faces.cli.call import OPTIONS, PLAIN, Call
from lockhouse.faces.cli.duties import Typed
from lockhouse.faces.cli.edge import INTERRUPTED, tell, tell_incident, usage
from lockhouse.faces.cli.elsewhere import elsewhere
from lockhouse.faces.cli.layout import Said, json_text
from lockhouse.faces.cli.terminal import Terminal
from lockhouse.faces.serve.bound import harden

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


HOUSE, JSON, LOCAL, SERVER, TOKEN_FILE = ("--house", "-C"), "--json", "--local", "--server", "--token-file"
HELPS = ("--help", "-h", "--version")
"""The options that stand before or behind every command."""
_ROOM = "lockhouse.faces.cli.commands"
RUN, LOOK, RULE, PROVE = (Group(name, sort_key=at) for at, name in enumerate(("Run", "Look", "Rule", "Prove and keep")))
TREE: tuple[tuple[str, str, Group, str], ...] = (
    ("init", "init:init", RUN, "Make a house in a new folder, with keys, ledger and a first policy."),
    ("serve", "serve:serve", RUN, "Run the house until it is told to stop."),
    ("restart", "serve:restart", RUN, "Go on serving with new code; no connection is refused."),
    ("demo", "demo:demo", RUN, "Watch a throw-away house at work, on made-up people."),
    ("doctor", "doctor:doctor", RUN, "Examine the house and say what to mend, each with its command."),
    ("migrate", "migrate:migrate", RUN, "Bring the stores to this release's schema."),
    ("sign-in", "sign_in:sign_in", RUN, "Let a member work on this command line; they confirm it in the console."),
    ("sign-out", "sign_in:sign_out", RUN, "End the sign-in of this command line."),
    ("whoami", "sign_in:whoami", RUN, "As whom this command line acts, and until when."),
    ("version", "version:version", RUN, "Which Lockhouse this is."),
    ("completion", "version:completion", RUN, "Print the completion script of a shell."),
    ("person", "person:APP", LOOK, "Find and show people. Every look is noted before it is shown."),
    ("proposal", "proposal:APP", LOOK, "Source persons who may be one: compare, join or refuse them."),
    ("tail", "tail:tail", LOOK, "Follow what becomes of events, as they come: shapes, never values."),
    ("why", "why:why", LOOK, "What became of one message, and why."),
    ("insight", "insight:APP", LOOK, "Counts that say something about shops and nothing about a person."),
    ("policy", "policy:APP", RULE, "What may be kept, why, until when, who sees it and who receives it."),
    ("channel", "channel:APP", RULE, "The ways in: their write keys, and what they send that is not kept."),
    ("import", "imports:APP", RULE, "Rows of files through a channel, by the same gate; and back again."),
    ("recipient", "recipient:APP", RULE, "The ways out: what was sent, what was held back and why."),
    ("mail", "mail:APP", RULE, "The house's own mail to its staff: what waits, and whether it goes out."),
    ("consent", "consent:APP", RULE, "What a person said about a purpose."),
    ("suppression", "suppression:APP", RULE, "Who must not be collected again."),
    ("request", "request:APP", RULE, "A person's request to be erased: shut at once, destroyed later, certified."),
    ("retention", "retention:APP", RULE, "End what has been kept long enough, by destroying keys."),
    ("hold", "hold:APP", RULE, "What a legal claim needs is kept for it alone, whatever ends meanwhile."),
    ("staff", "staff:APP", RULE, "Who works here: invited by a link, given roles, disabled, reset."),
    (
        "token",
        "token:APP",
        RULE,
        "Keys for systems that use the API: each in one role, for a while, from where it says.",
    ),
    ("training", "training:APP", RULE, "Courses that open doors, as far as an admin vouches for them."),
    ("grant", "grant:APP", RULE, "Extra access for a while, approved by another; and facts that an admin vouches for."),
    ("ledger", "ledger:APP", PROVE, "Who did what: read it, verify it, prove one entry, export it."),
    ("backup", "backup:APP", PROVE, "Copies of both stores, and a house brought back from one."),
    ("accept", "accept:APP", PROVE, "Answer for what the house has closed itself for, noted in the ledger."),
    ("key", "key:APP", PROVE, "The house's keys: generations and counts, never the keys."),
)
"""Each command, where it stands, under which head the help lists it, and what it is for. Loaded when first used."""
HELP = """A gate and vault for customer data: one policy, every channel, one lock.

Begin with `lockhouse demo`, or with `lockhouse init shop` for a house of your own.
"""


def tree(chosen: str = "") -> App:
    """The commands as one application; nothing of them is imported yet.

    Args:
        chosen: the command that is meant: its own description counts, not its line in the list of all.
    """
    app = App(
        name="lockhouse", help=HELP, version=__version__, print_error=False, exit_on_error=False, help_on_error=False,
        result_action="return_value", suppress_keyboard_interrupt=False, help_format="markdown",
        default_parameter=PLAIN, group_parameters=OPTIONS,
    )  # fmt: skip
    for name, place, group, about in TREE:
        said: dict[str, Any] = {} if name == chosen else {"help": about}
        if not place.endswith(":APP"):
            said |= {"default_parameter": PLAIN, "group_parameters": OPTIONS}
        app.command(f"{_ROOM}.{place}", name=name, group=group, **said)
    app.meta.group_parameters = Group("Everywhere", sort_key=20)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line of this process, which may hold keys from here on; its exit code."""
    harden()
    return run(
        list(sys.argv[1:] if arguments is None else arguments), terminal=Terminal(), environment=os.environ,
        cwd=Path.cwd(),
    )  # fmt: skip


def run(tokens: Sequence[str], *, terminal: Terminal, environment: Mapping[str, str], cwd: Path, **world: Any) -> int:
    """One call: its answer on standard output, whatever went wrong on standard error, and an exit code.

    Args:
        tokens: what was typed.
        terminal: where.
        environment: its variables.
        cwd: the folder in which it was typed.
        world: another `clock` or `transport` than the machine's; for demos and tests.
    """
    tokens = _everywhere_first(tokens)
    names = {name for name, _, _, _ in TREE}
    app = tree(next((word for word in tokens if word in names), ""))
    as_json = JSON in tokens
    base = Call(terminal=terminal, environment=environment, cwd=cwd, **world)
    _launcher(app, base)
    try:
        said = app.meta(tokens, print_error=False, exit_on_error=False, result_action="return_value")
    except CycloptsError as error:
        return tell(terminal, usage(error, app), as_json=as_json)
    except LockhouseError as error:
        return tell(terminal, error, as_json=as_json)
    except KeyboardInterrupt:
        terminal.tell("lockhouse: stopped")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our answer has read enough
        return 0
    except Exception as error:  # noqa: BLE001  # the edge: an incident number instead of a traceback
        return tell_incident(terminal, error, as_json=as_json)
    return _answer(terminal, said, as_json=as_json)


def _everywhere_first(tokens: Sequence[str]) -> list[str]:
    """The same words, with the options that every command has before the command.

    A word that may be `-` would take an option behind it for itself.
    """
    words, ahead, rest = iter(tokens), list[str](), list[str]()
    for word in words:
        if word == "--":
            return [*ahead, *rest, word, *words]
        if word in {*HOUSE, SERVER, TOKEN_FILE} and (value := next(words, None)) is not None:
            ahead += [word, value]
        elif word in {JSON, LOCAL} or word.startswith(tuple(f"{name}=" for name in (*HOUSE, SERVER, TOKEN_FILE))):
            ahead.append(word)
        else:
            rest.append(word)
    return ahead + rest


def _launcher(app: App, base: Call) -> None:
    """The options that stand before or behind every command."""

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        house: Annotated[Path | None, Parameter(name=HOUSE)] = None,
        server: str | None = None,
        json: Annotated[bool, Parameter(negative="")] = False,
        local: Annotated[bool, Parameter(name=LOCAL, negative="")] = False,
        token_file: Annotated[Path | None, Parameter(name=TOKEN_FILE)] = None,
    ) -> Any:
        """Run one command.

        Args:
            tokens: the command and its words.
            house: folder of the house; else LOCKHOUSE_HOUSE, else upwards from here.
            server: address of a house elsewhere, asked with the token in LOCKHOUSE_TOKEN.
            json: answer with one JSON value; errors too, on standard error.
            local: as the machine's own user, where the rules of staff leave it to whoever has the machine.
            token_file: act by the service token in this file; else in LOCKHOUSE_TOKEN or LOCKHOUSE_TOKEN_FILE.
        """
        command, bound, hidden = app.parse_args(tokens, print_error=False, exit_on_error=False)
        if command == app.help_print and not set(tokens) & set(HELPS) and (tokens or json):
            raise _no_command(app, tokens)
        call = Call(
            terminal=base.terminal, environment=_with_token(base, token_file), cwd=base.cwd, house=house, json=json,
            clock=base.clock, server=server, transport=base.transport, typed=_typed(app, tokens), local=local,
        )  # fmt: skip
        bound.arguments.update(dict.fromkeys(hidden, call))
        try:
            if server is not None and command != app.help_print:
                return elsewhere(app.parse_commands(tokens)[0], call)(*bound.args, **bound.kwargs | {"call": call})
            result = command(*bound.args, **bound.kwargs)
            return asyncio.run(result) if inspect.iscoroutine(result) else result
        except LockhouseError as error:
            error.hint = call.located(error.hint)
            raise


def _with_token(base: Call, file: Path | None) -> Mapping[str, str]:
    """The environment, in which no other token stands than that of the file, if one is named."""
    if file is None:
        return base.environment
    left = {name: value for name, value in base.environment.items() if name != VARIABLE}
    return left | {FILE: str(base.cwd / file)}


def _typed(app: App, tokens: Sequence[str]) -> Typed:
    """The command that was typed: its name, and its words."""
    chain, _, rest = app.parse_commands(tokens)
    return Typed(" ".join(chain), tuple(rest))


def _no_command(app: App, tokens: Sequence[str]) -> Invalid:
    """What is said of a noun without its verb."""
    chain, apps, _ = app.parse_commands(tokens)
    known = [one for one in apps[-1] if not one.startswith("-")]
    hint = " ".join(["lockhouse", *chain, "--help"])
    return Invalid(" ".join(chain) or "command", "one of " + ", ".join(known), got="none", hint=hint)


def _answer(terminal: Terminal, said: Any, *, as_json: bool) -> int:
    if not isinstance(said, Said):
        return 0
    text = json_text(said.value) if as_json else said.text
    if text:
        terminal.say(text)
    return said.code
