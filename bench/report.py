"""What was measured: figures with their spread, the floors they are held to, a table and JSON."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import msgspec

AT_LEAST: dict[str, float] = {
    "sealed_over_unsealed_single": 0.70,
    "sealed_over_unsealed_batch": 0.55,
    "single_per_s": 4_000,
    "batch_per_s": 10_000,
    "short_values_per_s": 200_000,
    "texts_per_s": 10_000,
    "verify_per_s": 100_000,
    "import_rows_per_s": 20_000,
    "group_over_one_by_one": 6,
    "writer_process_over_thread": 1.4,
    "batch_over_floor": 0.90,
    "transform_cpu": 0.30,
    "single_over_hello": 0.30,
}
AT_MOST: dict[str, float] = {
    "erase_10000_over_1": 1.1,
    "erase_p50_ms": 50.0,
    "expire_1m_ms": 100.0,
    "erase_stalled_p99_s": 6.0,
    "profile_p50_ms": 10.0,
    "profile_30_p50_ms": 5.0,
    "profile_30_busy_p50_ms": 15.0,
    "lookup_1m_over_10k": 2.0,
    "single_p99_over_p50": 2.5,
    "half_load_p99_beyond_fsync_ms": 10.0,
    "stored_over_json_200": 3.0,
    "stored_over_json_1000": 1.6,
    "serve_mb": 350.0,
    "hook_hmac_us": 60.0,
    "hook_ecdsa_us": 60.0,
    "hook_rsa_us": 60.0,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its samples, of which the median counts."""

    name: str
    samples: tuple[float, ...]
    unit: str
    about: str

    @property
    def median(self) -> float:
        """The middle sample."""
        return statistics.median(self.samples)

    @property
    def floor(self) -> str:
        """What it is held to, or an empty text."""
        if self.name in AT_LEAST:
            return f">= {AT_LEAST[self.name]:g}"
        return f"<= {AT_MOST[self.name]:g}" if self.name in AT_MOST else ""

    @property
    def holds(self) -> bool:
        """Whether it is within its floor."""
        if self.name in AT_LEAST:
            return self.median >= AT_LEAST[self.name]
        return self.name not in AT_MOST or self.median <= AT_MOST[self.name]


def table(figures: list[Figure]) -> str:
    """The figures for people."""
    lines = [f"{'figure':<32} {'median':>10} {'lowest':>10} {'highest':>10}  {'floor':<9} what it is"]
    for one in figures:
        numbers = [f"{value:>10,.3f}" if value < 100 else f"{value:>10,.0f}" for value in _spread(one)]  # noqa: PLR2004
        mark = "" if one.holds else "  MISSED"
        about = f"{one.about} ({one.unit}, n={len(one.samples)})"
        lines.append(f"{one.name:<32} {' '.join(numbers)}  {one.floor:<9} {about}{mark}")
    return "\n".join(lines)


def _spread(figure: Figure) -> tuple[float, float, float]:
    return figure.median, min(figure.samples), max(figure.samples)


def as_json(figures: list[Figure], around: dict[str, object]) -> bytes:
    """The medians by name, with the samples and what the machine was like beside them."""
    medians = {one.name: round(one.median, 4) for one in figures}
    samples = {one.name: [round(sample, 4) for sample in one.samples] for one in figures}
    return msgspec.json.format(msgspec.json.encode({**medians, "samples": samples, "around": around}))
