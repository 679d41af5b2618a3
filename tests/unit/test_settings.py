"""Settings: what is wrong is said before anything is opened, by its name and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.settings import FILE, Settings, load

if TYPE_CHECKING:
    from pathlib import Path


def _load(folder: Path, toml: str = "", **environment: str) -> Settings:
    (folder / FILE).write_text(toml, "utf-8")
    return load(folder, environment)


@pytest.mark.parametrize("name", ["trusted_proxies", "private_recipients"])
@pytest.mark.parametrize("network", ['"10.0.0.0/99"', '"the office"', '""', "7", "true", "[]"])
def test_a_network_that_is_none_is_named(name: str, network: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=rf"^lockhouse\.toml: {name}: expected networks or addresses"):
        _load(tmp_path, f'{name} = ["10.0.0.0/8", {network}]')


@pytest.mark.parametrize("name", ["trusted_proxies", "private_recipients"])
def test_networks_and_addresses_are_taken_in_either_version(name: str, tmp_path: Path) -> None:
    wanted = ("10.1.2.3/8", "192.0.2.7", "::1", "fd00::/8")
    assert getattr(_load(tmp_path, f"{name} = {list(wanted)}"), name) == wanted
