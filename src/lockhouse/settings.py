"""Every setting: its type, default and meaning; read once, from `lockhouse.toml` and `LOCKHOUSE_*` above it.

Secrets do not stand here: a setting names the file that holds one. An unknown word is an error, because a misspelt
setting that is ignored is a setting that was never made.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal

from lockhouse.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "lockhouse.toml"
PREFIX = "LOCKHOUSE_"
OUTSIDE = frozenset({"LOCKHOUSE_HOUSE", "LOCKHOUSE_LIFELINE", "LOCKHOUSE_URL"})
"""Variables with this prefix that are not settings: which house, and the supervisor's word to its children."""


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one house. Each field's meaning stands in its metadata and in docs/settings.md."""

    house: str = _setting("", "the house's id, 32 hexadecimal digits; made by `init` and never changed")
    name: str = _setting("", "the company's name, shown in pages and certificates")
    root: str = _setting("", "path of the root key file; outside the house folder, except in a demo")
    root_passphrase_file: str = _setting("", "file with the passphrase that locks the root key file; empty: not locked")
    policy: str = _setting("policy.yaml", "the policy draft: a file or a folder of files, relative to the house folder")
    journal_copy: str = _setting(
        "",
        "folder that the destruction journal is shipped to, best on another machine; empty: beside the root key file",
    )
    listen_collect: str = _setting("127.0.0.1:8400", "address and port that SDKs send to")
    listen_metrics: str = _setting("127.0.0.1:9420", "address and port of /metrics; loopback unless you know better")
    public_url: str = _setting("", "the address by which senders reach the collect listener")
    trusted_proxies: tuple[str, ...] = _setting((), "networks whose X-Forwarded-For is believed, as 10.0.0.0/8")
    tls: Literal["own", "files", "proxy"] = _setting(
        "own", "own: plain HTTP, on loopback only; files: TLS by tls_cert and tls_key; proxy: plain HTTP behind one"
    )
    tls_cert: str = _setting("", "certificate chain, PEM")
    tls_key: str = _setting("", "private key, PEM, readable by its owner only")
    collect_processes: int = _setting(1, "how many processes collect")
    log: Literal["debug", "info", "warning", "error"] = _setting("info", "the least severe log line that is written")
    demo: bool = _setting(False, "a throw-away house with synthetic people")  # noqa: FBT003  # the default's value
    private_recipients: tuple[str, ...] = _setting(
        (), "networks that recipients may be in though they are private, as 10.1.0.0/16"
    )


NAMES = tuple(one.name for one in fields(Settings))


def load(folder: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of the house in this folder.

    Raises:
        NotFound: there is no house here.
        Invalid: a word is unknown, a value has the wrong type or form, or plain HTTP would leave this machine.
    """
    file = folder / FILE
    try:
        raw = file.read_text(encoding="utf-8")
    except FileNotFoundError as err:
        raise NotFound(
            "house: expected a folder with lockhouse.toml", hint="lockhouse init DIR makes one, -C DIR names one"
        ) from err
    try:
        values = tomllib.loads(raw)
    except tomllib.TOMLDecodeError as err:
        raise Invalid(FILE, "TOML", got="something else", hint=str(err)) from err
    settings = Settings(**_checked(values | _from_environment(environment)))
    _check_listeners(settings)
    return settings


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable in OUTSIDE:
            continue
        name = variable.removeprefix(PREFIX).lower()
        default = {one.name: one.default for one in fields(Settings)}.get(name)
        if isinstance(default, bool):
            found[name] = text.lower() in {"1", "true", "yes"}
        elif isinstance(default, int):
            found[name] = int(text) if text.isdecimal() else text
        elif isinstance(default, tuple):
            found[name] = [part.strip() for part in text.split(",") if part.strip()]
        else:
            found[name] = text
    return found


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    defaults = {one.name: one.default for one in fields(Settings)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in defaults:
            near = get_close_matches(name, NAMES, 1)
            hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists them"
            raise Invalid(f"{FILE}: {name}", "a known setting", got="another word", hint=hint)
        wanted = tuple if isinstance(defaults[name], tuple) else type(defaults[name])
        given = tuple(value) if wanted is tuple and isinstance(value, list) else value
        if type(given) is not wanted:
            raise Invalid(f"{FILE}: {name}", f"a {wanted.__name__}", got=f"a {type(value).__name__}")
        checked[name] = given
    for name, choices in (("tls", ("own", "files", "proxy")), ("log", ("debug", "info", "warning", "error"))):
        if name in checked and checked[name] not in choices:
            raise Invalid(f"{FILE}: {name}", f"one of {', '.join(choices)}", got="another word")
    for name in ("trusted_proxies", "private_recipients"):
        if not all(_is_network(one) for one in checked.get(name, ())):
            raise Invalid(f"{FILE}: {name}", "networks or addresses, as 10.0.0.0/8 or ::1", got="another form")
    return checked


def _is_network(text: Any) -> bool:
    if not isinstance(text, str):  # a number would be taken for an address
        return False
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def address_of(listen: str, *, name: str) -> tuple[str, int]:
    """Host and port of a listener.

    Raises:
        Invalid: not `address:port`.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise Invalid(f"{FILE}: {name}", "address:port, as 127.0.0.1:8400", got="another form")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_listeners(settings: Settings) -> None:
    host, _ = address_of(settings.listen_collect, name="listen_collect")
    address_of(settings.listen_metrics, name="listen_metrics")
    if settings.tls == "own" and not is_loopback(host):
        raise Invalid(
            f"{FILE}: listen_collect", "a loopback address while tls is own", got="another address",
            hint='set tls = "files" with tls_cert and tls_key, or tls = "proxy" with trusted_proxies',
        )  # fmt: skip
    if settings.tls == "files" and not (settings.tls_cert and settings.tls_key):
        raise Invalid(f"{FILE}: tls", 'tls_cert and tls_key beside tls = "files"', got="one of them missing")
    if settings.tls == "proxy" and not settings.trusted_proxies:
        raise Invalid(f"{FILE}: tls", 'trusted_proxies beside tls = "proxy"', got="none")


def write(settings: Settings) -> str:
    """The settings that differ from their defaults as TOML, each with its meaning above it."""
    lines = ["# Lockhouse settings. docs/settings.md lists every one. Secrets do not belong here.", ""]
    for one in fields(Settings):
        value = getattr(settings, one.name)
        if value != one.default:
            lines += [f"# {one.metadata['meaning']}", f"{one.name} = {_toml(value)}", ""]
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
