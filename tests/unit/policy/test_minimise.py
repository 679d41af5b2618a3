"""What is made coarse before it is kept: places, networks, days and the heads of texts."""

# Signs that look like others are what is tested.
# ruff: noqa: RUF001

from __future__ import annotations

import ipaddress
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import minimise as bench
from bench.report import AT_LEAST
from lockhouse.model.policy import Field
from lockhouse.policy import words
from lockhouse.policy.types import BadValueError, parser
from lockhouse.policy.types.geo import coarse
from lockhouse.policy.types.mask import DOTS, mask
from lockhouse.policy.types.minimise import network


def _field(kind: str, word: str, **more: Any) -> Field:
    return Field(id=1, name="f", type=kind, class_="profile", purposes=("care",), minimise=word, **more)


PLACES = [
    ("52.520008, 13.404954", None, "52.5,13.4"),
    ("52.520008;13.404954", None, "52.5,13.4"),
    ("52.520008 13.404954", None, "52.5,13.4"),
    ("-33.8688,151.2093", None, "-33.9,151.2"),
    ("-0.01,-0.04", None, "0.0,0.0"),
    ("60.1699,24.9384", None, "60.2,25.0"),
    ("69.6492,18.9553", None, "69.6,19.0"),
    ("78.2232,15.6267", None, "78.2,15.5"),
    ("89.9,-179.6", None, "89.9,-180.0"),
    ("52.520008", None, "52.5"),
    ("10115", "DE", "10"),
    ("10115", None, "10"),
    ("DE-10115", None, "DE-10"),
    ("d-10115", None, "DE-10"),
    ("75008", "FR", "75"),
    ("1010", "AT", "10"),
    ("114 55", "SE", "11"),
    ("00-950", "PL", "00"),
    ("1000-001", "PT", "10"),
    ("01310-100", "BR", "01"),
    ("100-0001", "JP", "10"),
    ("1012 AB", "NL", "10"),
    ("1012ab", None, "10"),
    ("90210", "US", "902"),
    ("90210-1234", "US", "902"),
    ("90210", None, "90"),
    ("03601", "US", "000"),
    ("SW1A 1AA", "GB", "SW"),
    ("m1 1ae", None, "M"),
    ("JE2 3AB", "JE", "JE"),
    ("K1A 0B1", "CA", "K1"),
    ("K1A0B1", None, "K1"),
    ("K1A", "CA", "K1"),
    ("D02 X285", "IE", "D"),
    ("D6W XY00", None, "D"),
    ("10115", "GB", "10"),
]
NO_PLACES = [
    "12 High Street", "Berlin", "91.0,13.4", "52.5,181.0", "52,13", "52.5,13.4,35.0", "200.5", "5", "SW1A", "XX-10115",
    "ZZ1", "12345678901", "10115 Berlin", "1.5e3", "٥٢.٥,١٣.٤", "52.5,", "",
]  # fmt: skip


@pytest.mark.parametrize(("written", "country", "kept"), PLACES)
def test_a_place_is_kept_coarse_and_its_coarse_form_stays(written: str, country: str | None, kept: str) -> None:
    parse = parser(_field("text", "coarse_geo"), country=country)
    assert parse(written) == kept
    assert parse(kept) == kept


@pytest.mark.parametrize("written", NO_PLACES)
def test_what_is_no_coarse_place_is_a_bad_value_and_not_kept(written: str) -> None:
    with pytest.raises(BadValueError):
        parser(_field("text", "coarse_geo"))(written)


@pytest.mark.parametrize(("sent", "kept"), [(52.520008, "52.5"), ("13.0001", "13"), (-0.04, "0"), (180, "180")])
def test_a_coordinate_sent_as_a_number_stays_a_canonical_number(sent: Any, kept: str) -> None:
    field = _field("decimal", "coarse_geo")
    assert parser(field)(sent) == kept == parser(field)(kept)
    with pytest.raises(BadValueError):
        parser(field)(180.1)


@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
def test_a_coarse_place_is_near_and_its_cell_no_smaller_than_is_said(latitude: float, longitude: float) -> None:
    kept = coarse(f"{latitude:.6f},{longitude:.6f}")
    north, east = map(float, kept.split(","))
    assert coarse(kept) == kept
    assert abs(north - latitude) < 0.0501
    assert abs(east - longitude) < 0.5001
    step = 0.1 if abs(north) < 60 else 0.2 if abs(north) < 75 else 0.5 if abs(north) < 85 else 1.0
    assert math.isclose(east / step, round(east / step), abs_tol=1e-6)
    if abs(north) <= 85:
        assert 111.2 * step * math.cos(math.radians(north)) > 4.8  # km from west to east


@given(address=st.ip_addresses(v=6))
def test_a_network_of_version_6_is_what_the_standard_library_says(address: ipaddress.IPv6Address) -> None:
    kept = network(str(address))
    assert kept == str(ipaddress.ip_network((str(address), 48), strict=False))
    assert network(kept) == kept


@given(address=st.ip_addresses(v=4))
def test_a_network_of_version_4_is_what_the_standard_library_says(address: ipaddress.IPv4Address) -> None:
    kept = parser(_field("ip", "network"))(str(address))
    assert kept == str(ipaddress.ip_network((str(address), 24), strict=False))
    assert network(kept) == kept


@given(day=st.dates())
def test_a_day_is_kept_as_its_year_or_month(day: Any) -> None:
    assert parser(_field("date", "year"))(day.isoformat()) == f"{day.year:04}"
    assert parser(_field("date", "month"))(f"{day.isoformat()}T10:00:00Z") == f"{day.year:04}-{day.month:02}"


@pytest.mark.parametrize(
    ("kind", "raw", "kept"), [("id", "AB 12", "AB"), ("text", "EURO", "EUR"), ("url", "abc", "abc")]
)
def test_the_head_of_a_text_ends_in_no_space(kind: str, raw: str, kept: str) -> None:
    parse = parser(_field(kind, "truncate 3"))
    assert parse(raw) == kept == parse(kept)


def test_the_bench_measures_every_minimiser_and_texts_of_which_half_hold_something() -> None:
    known = {(kind, word) for kind, allowed in words.TYPES.items() for word in allowed.minimise}
    measured = {(kind, word.partition(" ")[0]) for kind, word in bench.SHORT}
    assert {word for _, word in measured} == {word for _, word in known}
    assert measured <= known
    assert [parse(value) for parse, value in bench._short()[:10]] != []
    changed = [parse(text) != text for parse, text in bench._texts()]
    assert sum(changed) == len(changed) // 2
    assert {figure.name for figure in bench.rates(rounds=1)} <= set(AT_LEAST)


SAMPLES = {
    "coarse_geo": ("52.520008,13.404954", "52.520008"), "month": ("1990-02-28",), "network": ("203.0.113.219",),
    "redact_identifiers": ("write to ann@shop.example",), "truncate": ("ABCDEFGHIJ",), "year": ("1990-02-28",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "word"), [(kind, word) for kind, known in sorted(words.TYPES.items()) for word in known.minimise]
)
def test_every_word_that_a_policy_may_use_coarsens_and_every_mask_hides_what_is_left(kind: str, word: str) -> None:
    raw = SAMPLES[word][-1 if kind == "decimal" else 0]
    parse = parser(_field(kind, f"{word} 3" if word == "truncate" else word))
    kept = parse(raw)
    assert kept != raw
    for name in words.TYPES[kind].masks:
        shown = mask(_field(kind, word, mask=name), kept)
        assert shown == kept[:4] if name == "year" else DOTS in shown
