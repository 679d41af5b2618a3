"""The documentation page of asking a house elsewhere: how, and what every command does then."""

from __future__ import annotations

from lockhouse.faces.cli.elsewhere import ASKED, ONLY_THERE

_HEAD = """# Asking a house elsewhere

`lockhouse --server URL COMMAND` asks a house on another machine by its [API](../api.md), and says the same as the
command says on the house's machine. It needs no house here.

```
read -rs LOCKHOUSE_TOKEN && export LOCKHOUSE_TOKEN
lockhouse --server https://vault.shop.example ledger log --since 1d
```

- **The token** stands in `LOCKHOUSE_TOKEN`, or in a file that `LOCKHOUSE_TOKEN_FILE` names; never on the command line.
  On the house's machine `lockhouse token create NAME` makes one, with the permissions that the commands need. Whoever
  asks acts in the role of their token, so `--as` is refused, and the ledger names the token.
- **The address** is the console's. TLS is always verified, against the system's authorities or those of the file that
  `LOCKHOUSE_CA_FILE` names; plain HTTP goes to this machine only. No proxy is used, no `.netrc` read and no redirect
  followed: the token goes to this address and to no other. `SSLKEYLOGFILE` writes nothing down.
- **An answer** is taken up to 64 MiB and five minutes, and never unpacked. What would move the cursor or turn letters
  around is replaced before it is printed, here as on the house's machine.
- **A person's value** is asked for here or read from standard input, and goes to the house in a request's body.
- **Exit codes** and errors are the house's own. What only reads, and what the API does once however often it is asked,
  is asked up to four times while the house is away; what may have been done and cannot be asked twice ends with exit
  code 9, and is to be read first.
- What takes something away for good is asked about here first, as on the house's machine.

Programs use [`lockhouse.client`](#from-a-program), which this is made of.

## What can be asked elsewhere

"""
_BETWEEN = """
## What cannot

These end with exit code 3 and [LH-6001](../outcomes.md#lh-6001).

| command | why |
|---|---|
"""
_FOOT = """
## From a program

```python
import os

from lockhouse.client import Client, shapes, token_of

with Client("https://vault.shop.example", token=token_of(os.environ)) as house:
    found = house.person_find(shapes.FindAsked(by="order_id", value="A-1"))
```

Each route of the API is a method, each question and answer a class of `lockhouse.client.shapes`, and what the house
refuses is raised as the class of `lockhouse.errors` that it is there. It loads `httpx` and `msgspec`, and nothing of a
house.

This page is made from `src/lockhouse/faces/cli/elsewhere.py`, and a test holds the two together.
"""


def remote_page() -> str:
    """docs/operations/remote.md."""
    asked = ", ".join(f"`{name}`" for name in sorted(ASKED))
    rows = "\n".join(f"| `{name}` | {why} |" for name, why in sorted(ONLY_THERE.items()))
    return f"{_HEAD}{asked}.\n{_BETWEEN}{rows}\n{_FOOT}"
