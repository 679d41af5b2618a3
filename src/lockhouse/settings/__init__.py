"""Every setting: its type, default and meaning; read once, from `lockhouse.toml` and `LOCKHOUSE_*` above it.

Secrets do not stand here: a setting names the file that holds one. An unknown word is an error, because a misspelt
setting that is ignored is a setting that was never made.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_type_hints

from lockhouse.access.federation import is_loopback as is_loopback
from lockhouse.errors import Invalid, NotFound
from lockhouse.settings.forms import RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "lockhouse.toml"
PREFIX = "LOCKHOUSE_"
OUTSIDE = frozenset({
    "LOCKHOUSE_CA_FILE", "LOCKHOUSE_HOUSE", "LOCKHOUSE_LIFELINE", "LOCKHOUSE_TOKEN", "LOCKHOUSE_TOKEN_FILE",
    "LOCKHOUSE_URL",
})  # fmt: skip
"""Variables with this prefix that are not settings: which house, how a client asks one, the supervisor's word."""
_LOST_HOUSE = (
    "lockhouse init wrote it, and this house opens with no other: bring lockhouse.toml back from a backup, or write it "
    "anew with the digits that stand between lockhouse/ and /1 in checkpoints.jsonl"
)
_MOST_DIGITS = 9
_LAST_PORT = 65_535
_HTTP = 80


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
    listen_console: str = _setting("127.0.0.1:8410", "address and port of the console, which staff sign in to")
    listen_metrics: str = _setting("127.0.0.1:9420", "address and port of /metrics; loopback unless you know better")
    public_url: str = _setting("", "the address by which senders reach the collect listener")
    console_url: str = _setting(
        "http://localhost:8410",
        "the one address by which staff reach the console, http://localhost with listen_console's port unless it is "
        "said; passkeys are bound to its host name: a change ends them",
    )
    trusted_proxies: tuple[str, ...] = _setting((), "networks whose X-Forwarded-For is believed, as 10.0.0.0/8")
    tls: Literal["own", "files", "proxy"] = _setting(
        "own", "own: plain HTTP, on loopback only; files: TLS by tls_cert and tls_key; proxy: plain HTTP behind one"
    )
    tls_cert: str = _setting("", "certificate chain, PEM")
    tls_key: str = _setting("", "private key, PEM, readable by its owner only")
    collect_processes: int = _setting(1, "how many processes collect, at least 1")
    console_processes: int = _setting(
        1, "how many processes show the console and answer the API, 1 to 16; each has its part of the requests a minute"
    )
    spool_mb: int = _setting(
        1024, "how much may wait on this disk while a store is away, in MB; 0: nothing is set aside"
    )
    retention_runs: bool = _setting(True, "whether the worker runs retention once a day")  # noqa: FBT003  # as below
    review_months: int = _setting(6, "how often who holds which role is to be reviewed, in months; 0: never")
    log: Literal["debug", "info", "warning", "error"] = _setting("info", "the least severe log line that is written")
    demo: bool = _setting(False, "a throw-away house with synthetic people")  # noqa: FBT003  # the default's value
    private_recipients: tuple[str, ...] = _setting(
        (), "networks that recipients may be in though they are private, as 10.1.0.0/16"
    )
    leaked_passwords: str = _setting(
        "",
        "file of SHA-1 hashes of leaked passwords, ordered by hash, relative to the house folder: none of them is "
        "taken; empty: none is asked",
    )
    smtp_host: str = _setting("", "the mail server for mail to staff; empty: none is sent")
    smtp_port: int = _setting(587, "its port: mostly 587 with starttls, 465 with tls")
    smtp_tls: Literal["starttls", "tls", "none"] = _setting(
        "starttls", "starttls: TLS after a greeting in plain; tls: from the first byte; none: only to this machine"
    )
    smtp_trust: str = _setting("", "PEM file of the certificate authorities that may vouch for it; empty: the system's")
    smtp_user: str = _setting("", "the name to sign in with; empty: no sign-in")
    smtp_password_file: str = _setting("", "file with its password, mode 0600")
    oidc_issuer: str = _setting("", "the identity provider that staff may sign in at, by its issuer; empty: none")
    oidc_client: str = _setting("", "what the provider calls this house: the client id")
    oidc_secret_file: str = _setting("", "file with the client's secret, mode 0600; empty: a client without one")
    oidc_client_auth: Literal["basic", "post"] = _setting(
        "basic", "how it is shown: client_secret_basic or client_secret_post"
    )
    oidc_name: str = _setting("", "what staff call the provider; empty: its host's name")
    oidc_two_factors: tuple[str, ...] = _setting(
        (), 'what of its words stands for two factors, as "acr phr" or "amr pwd otp"; with none, nobody signs in by it'
    )
    oidc_max_age_min: int = _setting(0, "how long ago somebody may have proven themselves there, in minutes; 0: any")
    oidc_groups: str = _setting("groups", "the claim of its ID token that holds groups")
    oidc_roles: tuple[str, ...] = _setting((), "groups and the roles that they give, as vault-support=support")
    oidc_only: bool = _setting(False, "whoever has an identity there signs in by it alone")  # noqa: FBT003  # as above
    oidc_hosts: tuple[str, ...] = _setting((), "hosts that the provider's document may lead to beside the issuer's own")
    oidc_networks: tuple[str, ...] = _setting((), "networks that the provider may be in though they are private")
    oidc_trust: str = _setting("", "PEM file of the certificate authorities that may vouch for it; empty: the system's")
    mail_from: str = _setting("", "the address that mail comes from")
    mail_name: str = _setting("", "the name beside it; empty: the company's")


_DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(Settings)}
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_FORMS: dict[type, str] = {
    bool: "true or false", int: "a whole number", str: "a text", tuple: "a list of texts", list: "a list",
}  # fmt: skip
"""A type in the words of those who write settings."""


class _Given(NamedTuple):
    """A setting as it was given, and where: its line of the file, or its variable."""

    where: str
    value: Any


def load(folder: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of the house in this folder.

    Raises:
        NotFound: there is no house here.
        Invalid: a word is unknown, a value has the wrong type or form, the house's id or its root is missing, or plain
            HTTP would leave this machine.
    """
    given = _from_file(folder) | _from_environment(environment)
    settings = _with_console_url(Settings(**{name: _checked(name, one) for name, one in given.items()}), given)
    if not settings.house:
        raise Invalid(_line("house"), "the house's id, 32 hexadecimal digits", got="none", hint=_LOST_HOUSE)
    if not settings.root:
        hint = f"unless lockhouse init was told otherwise that is ~/.config/lockhouse/roots/{settings.house}.root"
        raise Invalid(_line("root"), "the path of the root key file", got="none", hint=hint)
    places = {name: _line(name) for name in _DEFAULTS} | {name: given[name].where for name in given}
    _check_listeners(settings, places)
    _check_mail(settings, places)
    _check_oidc(settings, places)
    return settings


def _line(name: str) -> str:
    return f"{FILE}: {name}"


def _from_file(folder: Path) -> dict[str, _Given]:
    try:
        raw = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError as err:
        raise NotFound(
            "house: expected a folder with lockhouse.toml", hint="lockhouse init DIR makes one, -C DIR names one"
        ) from err
    except UnicodeDecodeError as err:
        raise Invalid(FILE, "TOML in UTF-8", got="something else") from err
    try:
        values = tomllib.loads(raw)
    except tomllib.TOMLDecodeError as err:
        raise Invalid(FILE, "TOML", got="something else", hint=str(err)) from err
    except (ValueError, RecursionError) as err:  # a number of thousands of digits, or lists in lists
        raise Invalid(FILE, "TOML of settings", got="a number too long or lists too deep") from err
    return {name: _Given(_line(name), value) for name, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    names = {
        variable: variable.removeprefix(PREFIX).lower()
        for variable in environment
        if variable.startswith(PREFIX) and variable not in OUTSIDE
    }
    return {
        name: _Given(variable, _read(environment[variable], type(_DEFAULTS.get(name)), where=variable))
        for variable, name in names.items()
    }


def _read(text: str, kind: type, *, where: str) -> Any:
    """A variable's text as a value of its setting's type; the text itself where there is no such setting."""
    if kind is bool:
        if text.lower() not in _FLAGS:
            raise Invalid(where, _FORMS[bool], got="another word", hint="yes, on and 1 are true; no, off and 0 false")
        return _FLAGS[text.lower()]
    if kind is int:
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            raise Invalid(where, _FORMS[int], got="another text")
        return int(text)
    return [part.strip() for part in text.split(",") if part.strip()] if kind is tuple else text


def _checked(name: str, given: _Given) -> Any:
    """The value, of its setting's type and form."""
    if name not in _DEFAULTS:
        near = get_close_matches(name, _DEFAULTS, 1)
        hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists them"
        raise Invalid(given.where, "a known setting", got="another word", hint=hint)
    kind = type(_DEFAULTS[name])
    value = tuple(given.value) if kind is tuple and isinstance(given.value, list) else given.value
    if type(value) is not kind:
        got = _FORMS.get(type(value), "something else")
        raise Invalid(given.where, _FORMS[kind], got=got, hint=_right_form(name, kind, value))
    rule = _RULES.get(name)
    if rule is not None and not rule.holds(value):
        raise Invalid(given.where, rule.expected, got=rule.got)
    return value


_NETWORKS = '"10.1.0.0/16", "10.2.0.7"'
_LISTS = {
    "oidc_hosts": '"oauth2.googleapis.com"', "oidc_roles": '"vault-support=support"',
    "oidc_two_factors": '"acr phr", "amr pwd otp"',
}  # fmt: skip
"""What a list is like; any other is one of networks."""


def _right_form(name: str, kind: type, value: Any) -> str:
    """What to write instead of a value of another type; the value itself is not repeated."""
    if kind is tuple:
        return f"write it as {name} = [{_LISTS.get(name, _NETWORKS)}], in brackets even if there is only one"
    if kind is str:
        return "put it in quotes"
    return "take its quotes away" if isinstance(value, str) else ""


def _one_of(name: str) -> Rule:
    """One of the words of the setting's `Literal`."""
    words = get_args(get_type_hints(Settings)[name])
    return Rule(lambda word: word in words, f"one of {', '.join(words)}", "another word")


_RULES = {
    **RULES, "log": _one_of("log"), "oidc_client_auth": _one_of("oidc_client_auth"), "smtp_tls": _one_of("smtp_tls"),
    "tls": _one_of("tls"),
}  # fmt: skip


def collect_url(settings: Settings) -> str:
    """Where senders reach the collect listener."""
    scheme = "https" if settings.tls == "files" else "http"
    return settings.public_url.rstrip("/") or f"{scheme}://{settings.listen_collect}"


def address_of(listen: str, *, where: str) -> tuple[str, int]:
    """Host and port of a listener.

    Args:
        listen: the setting's value.
        where: the setting, as an error names it.

    Raises:
        Invalid: not `address:port`.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or len(port) > _MOST_DIGITS or int(port) > _LAST_PORT:
        raise Invalid(where, "address:port, as 127.0.0.1:8400", got="another form")
    return host.strip("[]"), int(port)


def _check_listeners(settings: Settings, places: Mapping[str, str]) -> None:
    """Raise `Invalid` where two settings do not go together; `places` says where each one was made."""
    host, _ = address_of(settings.listen_collect, where=places["listen_collect"])
    address_of(settings.listen_metrics, where=places["listen_metrics"])
    _check_console(settings, places)
    if settings.tls == "own" and not is_loopback(host):
        raise Invalid(
            places["listen_collect"], "a loopback address while tls is own", got="another address",
            hint='set tls = "files" with tls_cert and tls_key, or tls = "proxy" with trusted_proxies',
        )  # fmt: skip
    if settings.tls == "files" and not (settings.tls_cert and settings.tls_key):
        raise Invalid(places["tls"], 'tls_cert and tls_key beside tls = "files"', got="one of them missing")
    if settings.tls == "proxy" and not settings.trusted_proxies:
        raise Invalid(places["tls"], 'trusted_proxies beside tls = "proxy"', got="none")


def _with_console_url(settings: Settings, given: Mapping[str, _Given]) -> Settings:
    """The console's address is of the port that it listens on, unless it was said: links lead to nobody else's."""
    if "console_url" in given or "listen_console" not in given:
        return settings
    _, port = address_of(settings.listen_console, where=given["listen_console"].where)
    return replace(settings, console_url=f"http://localhost:{port}" if port != _HTTP else "http://localhost")


def _check_mail(settings: Settings, places: Mapping[str, str]) -> None:
    """As `_check_listeners`, of the settings that say how mail is sent."""
    if not settings.smtp_host:
        return
    if not settings.mail_from:
        raise Invalid(places["mail_from"], "the address that mail comes from, beside smtp_host", got="none")
    if settings.smtp_tls == "none" and not is_loopback(settings.smtp_host):
        raise Invalid(
            places["smtp_tls"], "starttls or tls, as the mail server is not this machine", got="none",
            hint="what an invitation says must not cross a network in plain",
        )  # fmt: skip
    if bool(settings.smtp_user) != bool(settings.smtp_password_file):
        raise Invalid(places["smtp_user"], "smtp_user and smtp_password_file together, or neither", got="one of them")


def _check_oidc(settings: Settings, places: Mapping[str, str]) -> None:
    """As `_check_listeners`, of the settings that say how staff sign in at an identity provider."""
    if bool(settings.oidc_issuer) != bool(settings.oidc_client):
        raise Invalid(places["oidc_issuer"], "oidc_issuer and oidc_client together, or neither", got="one of them")


def _check_console(settings: Settings, places: Mapping[str, str]) -> None:
    """Raise `Invalid` where the console's address and the way to it do not go together."""
    host, _ = address_of(settings.listen_console, where=places["listen_console"])
    if not settings.console_url.startswith("https:"):
        if not is_loopback(host):
            raise Invalid(
                places["listen_console"], "a loopback address while console_url is http://localhost",
                got="another address", hint="set console_url to the https:// address that staff shall use",
            )  # fmt: skip
    elif settings.tls == "own":
        raise Invalid(
            places["console_url"], "http://localhost while tls is own", got="https",
            hint='set tls = "files" with tls_cert and tls_key, or tls = "proxy" with trusted_proxies',
        )  # fmt: skip


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
