"""Settings: what is wrong is said before anything is opened, by its name and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.settings import FILE, Settings, load

if TYPE_CHECKING:
    from pathlib import Path


HOUSE = "0123456789abcdef" * 2


def _load(folder: Path, toml: str = "", **environment: str) -> Settings:
    house = "" if toml.startswith("house") else f"house = '{HOUSE}'\n"
    (folder / FILE).write_text(f"{house}root = '/keys/root'\n{toml}", "utf-8")
    return load(folder, environment)


@pytest.mark.parametrize("name", ["trusted_proxies", "private_recipients"])
@pytest.mark.parametrize("network", ['"fe80::1%eth0"', '"10.0.0.0/99"', '"the office"', '""', "7", "true", "[]"])
def test_a_network_that_is_none_is_named(name: str, network: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=rf"^lockhouse\.toml: {name}: expected networks or addresses"):
        _load(tmp_path, f'{name} = ["10.0.0.0/8", {network}]')


@pytest.mark.parametrize("name", ["trusted_proxies", "private_recipients"])
def test_networks_and_addresses_are_taken_in_either_version(name: str, tmp_path: Path) -> None:
    wanted = ("10.1.2.3/8", "192.0.2.7", "::1", "fd00::/8")
    assert getattr(_load(tmp_path, f"{name} = {list(wanted)}"), name) == wanted


@pytest.mark.parametrize(
    ("word", "said"),
    [
        *((word, True) for word in ("true", "True", "1", "yes", "on", "ON")),
        *((word, False) for word in ("false", "0", "no", "off", "Off")),
    ],
)
def test_a_variable_says_yes_or_no_in_the_usual_words(word: str, *, said: bool, tmp_path: Path) -> None:
    assert _load(tmp_path, LOCKHOUSE_DEMO=word).demo is said


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("DEMO", "maybe", "expected true or false, got another word"),
        ("DEMO", "", "expected true or false, got another word"),
        ("COLLECT_PROCESSES", "many", "expected a whole number, got another text"),
        ("COLLECT_PROCESSES", "-1", "expected a whole number, got another text"),
        ("COLLECT_PROCESSES", "9" * 5_000, "expected a whole number, got another text"),
        ("LISTEN_COLLECT", "127.0.0.1:" + "9" * 5_000, "expected address:port, as 127.0.0.1:8400, got another form"),
        ("COLLECT_PROCESSES", "0", "expected at least 1, got less"),
        ("TLS", "maybe", "expected one of own, files, proxy, got another word"),
        ("TLS", "proxy", 'expected trusted_proxies beside tls = "proxy", got none'),
        ("LISTEN_COLLECT", "everywhere", "expected address:port, as 127.0.0.1:8400, got another form"),
        ("LISTEN_COLLECT", "0.0.0.0:1", "expected a loopback address while tls is own, got another address"),
        ("TRUSTED_PROXIES", "::1,here", "expected networks or addresses, as 10.0.0.0/8 or ::1, got another form"),
        ("DEMOS", "yes", "expected a known setting, got another word"),
    ],
)
def test_what_is_wrong_in_a_variable_is_said_of_the_variable(
    variable: str, text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid) as caught:
        _load(tmp_path, "demo = true", **{f"LOCKHOUSE_{variable}": text})
    assert caught.value.text == f"LOCKHOUSE_{variable}: {said}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("collect_processes = 0", "collect_processes: expected at least 1, got less"),
        ("collect_processes = true", "collect_processes: expected a whole number, got true or false"),
        ("collect_processes = 1.5", "collect_processes: expected a whole number, got something else"),
        ("demo = 'on'", "demo: expected true or false, got a text"),
        ("name = 7", "name: expected a text, got a whole number"),
        ("trusted_proxies = '::1'", "trusted_proxies: expected a list of texts, got a text"),
        ("house = '0123'", "house: expected 32 hexadecimal digits, got another form"),
        ("listen_metrics = '::1:99999'", "listen_metrics: expected address:port, as 127.0.0.1:8400, got another form"),
        ("tls = 'files'", 'tls: expected tls_cert and tls_key beside tls = "files", got one of them missing'),
        ("nme = 'Shop'", "nme: expected a known setting, got another word"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_plain_words(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        _load(tmp_path, line)
    assert caught.value.text == f"lockhouse.toml: {said}"


@pytest.mark.parametrize("name", ["trusted_proxies", "private_recipients"])
@pytest.mark.parametrize("value", ["'10.1.0.0/16'", "7", "{network = '10.1.0.0/16'}"])
def test_a_list_that_is_none_is_shown_in_its_right_form_which_then_works(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=rf"^lockhouse\.toml: {name}: expected a list of texts, got ") as caught:
        _load(tmp_path, f"{name} = {value}")
    _, _, form = caught.value.hint.partition("write it as ")
    line, _, _ = form.partition(", in brackets")
    assert getattr(_load(tmp_path, line), name) == ("10.1.0.0/16", "10.2.0.7")


def test_a_file_that_is_no_text_is_no_fault_of_ours(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff")
    with pytest.raises(Invalid, match="TOML in UTF-8"):
        load(tmp_path, {})


def test_a_misspelt_setting_is_told_what_it_may_have_been(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        _load(tmp_path, LOCKHOUSE_DEMOS="yes")
    assert caught.value.hint == "did you mean demo?"


def test_what_is_not_a_setting_is_left_alone(tmp_path: Path) -> None:
    assert _load(tmp_path, LOCKHOUSE_HOUSE="x", LOCKHOUSE_URL="y", HOME="z") == Settings(house=HOUSE, root="/keys/root")


def test_a_root_that_nobody_named_is_said_to_be_missing_with_its_usual_place(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(f"house = '{HOUSE}'\n", "utf-8")
    with pytest.raises(Invalid, match=r"^lockhouse\.toml: root: expected the path of the root key file") as caught:
        load(tmp_path, {})
    assert f"lockhouse/roots/{HOUSE}.root" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "http://console.shop.example", "https://127.0.0.1", "https://[::1]", "https://console.shop.example/",
        "https://console.shop.example/staff", "https://anna@console.shop.example", "https://Console.shop.example",
        "https://console.shop.example:443", "https://console.shop.example:0x1", "ftp://localhost", "localhost:8410", "",
        "https://-a.example", "https://a..example", "https://shop.7", "http://localhost:80", "https://a.example?b",
    ],
)  # fmt: skip
def test_the_consoles_address_is_one_that_a_browser_can_bind_a_passkey_to(url: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"^lockhouse\.toml: console_url: expected https:// and a host's name"):
        _load(tmp_path, f'console_url = "{url}"')


@pytest.mark.parametrize(
    ("port", "url"), [(8499, "http://localhost:8499"), (80, "http://localhost"), (8410, "http://localhost:8410")]
)
def test_the_consoles_address_is_of_the_port_that_it_listens_on_unless_it_was_said(
    port: int, url: str, tmp_path: Path
) -> None:
    assert _load(tmp_path, f'listen_console = "127.0.0.1:{port}"').console_url == url
    said = f'listen_console = "127.0.0.1:{port}"\nconsole_url = "http://localhost:9000"'
    assert _load(tmp_path, said).console_url == "http://localhost:9000"


_FILES = 'tls = "files"\ntls_cert = "c"\ntls_key = "k"\n'


@pytest.mark.asvs("8.4.2")
def test_the_console_is_reached_by_tls_or_on_this_machine_alone(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="listen_console: expected a loopback address while console_url is http://local"):
        _load(tmp_path, _FILES + 'listen_console = "0.0.0.0:8410"')
    with pytest.raises(Invalid, match="console_url: expected http://localhost while tls is own, got https"):
        _load(tmp_path, 'console_url = "https://console.shop.example"')
    there = _load(
        tmp_path, _FILES + 'listen_console = "0.0.0.0:8410"\nconsole_url = "https://console.shop.example:8410"'
    )
    assert there.console_url == "https://console.shop.example:8410"
    assert _load(tmp_path, _FILES).console_url == "http://localhost:8410"
