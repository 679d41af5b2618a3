"""The parts of the bench that found houses of their own run, on tiny ones, and give figures that are numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from bench import expiry, lookups, profiles, stalled
from lockhouse.adapters.writer_protocol import LEASE_S

if TYPE_CHECKING:
    from pathlib import Path

    from bench.report import Figure


def _medians(figures: list[Figure]) -> dict[str, float]:
    assert all(math.isfinite(sample) for one in figures for sample in one.samples)
    return {one.name: one.median for one in figures}


@pytest.mark.slow
def test_a_profile_of_thirty_fields_is_looked_at_alone_and_beside_a_load(tmp_path: Path) -> None:
    found = _medians(profiles.looks_at_thirty(tmp_path, looks=6, population=100, load_s=3))
    assert found["profile_30_cpu_ms"] > 0
    assert 0 < found["profile_30_p50_ms"] <= found["profile_30_p99_ms"]
    assert 0 < found["profile_30_busy_p50_ms"] <= found["profile_30_busy_p99_ms"]
    assert found["profile_30_busy_intake_per_s"] > 0


@pytest.mark.slow
def test_an_erasure_answers_beside_running_processes_and_beside_one_that_is_stopped(tmp_path: Path) -> None:
    found = _medians(stalled.erasures(tmp_path, idle=3, stopped=1))
    assert 0 < found["erase_p50_ms"] < found["erase_done_p50_ms"]
    assert LEASE_S < found["erase_stalled_p50_s"] == found["erase_stalled_p99_s"] < found["erase_done_stalled_p99_s"]


@pytest.mark.slow
def test_an_address_leads_to_its_person_in_a_large_house_and_in_a_small_one(tmp_path: Path) -> None:
    found = _medians(lookups.of_a_large_house(tmp_path, persons=4_000, small=1_000))
    assert found["lookup_1m_over_10k"] > 0
    assert 0 < found["lookup_1m_p50_ms"] < found["find_1m_p50_ms"]
    assert 0 < found["lookup_10k_p50_ms"] < found["find_10k_p50_ms"]
    assert found["settle_per_s"] > 0


@pytest.mark.slow
def test_a_month_ends_in_every_process_and_the_erased_are_swept(tmp_path: Path) -> None:
    found = _medians(expiry.of_a_month(tmp_path, records=10_000, each_swept=600))
    assert found["expire_1m_ms"] > 0
    assert found["expire_count_per_s"] > 0
    assert found["sweep_rows_per_s"] > 0
    assert found["seal_rows_per_s"] > 0
