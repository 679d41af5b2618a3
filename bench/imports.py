"""How quickly a file of old orders comes in: the command itself, beside a house with its writer process.

A row is an order as a shop exports it: number, time, e-mail address, total, currency and country of delivery; 35 % are
by persons never seen before, as in the traffic. What the house writes down of the batch says when it began and when
its last row was durable; the start of the command and the file's hash come before, and
stand beside it. The CPU time of the command is that of a long file less that of a file of one row.
"""

from __future__ import annotations

import csv
import io
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bench.house import How, copied, rows, served
from bench.mix import Mix
from bench.policy import CHANNEL
from bench.report import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from bench.intake import Houses

MAPPING = """
import: 1
event: Order Completed
time: {column: ordered}
fields: {order_id: number, email: mail, order_total: total, currency: currency, shipping_country: country}
"""
_HEAD = ("number", "ordered", "mail", "total", "currency", "country")
_FIELDS = ("order_id", "email", "order_total", "currency", "shipping_country")


class _Order(msgspec.Struct):
    timestamp: str
    properties: dict[str, object]


class _Told(msgspec.Struct):
    """What the command says of its batch (ms)."""

    stored: int
    trimmed: int
    began_at: int
    moved_at: int


class Came(NamedTuple):
    """One import: rows a second of its passage and of the whole command, and CPU time a row of each side (us)."""

    per_s: float
    command_per_s: float
    command_us: float
    writer_us: float


def measure(houses: Houses, *, runs: int, rows: int) -> list[Figure]:
    """Rows a second, as many runs as there are samples; each with a file of its own and a fresh copy of the house."""
    came = [one_import(houses, Mix(500 + run, population=houses.population), count=rows) for run in range(runs)]
    return [
        Figure("import_rows_per_s", tuple(one.per_s for one in came), "rows/s", "of a CSV of orders, durable"),
        Figure(
            "import_command_rows_per_s", tuple(one.command_per_s for one in came), "rows/s",
            f"the same, start and end of the command with it, {rows:,} rows",
        ),
        Figure("cpu_us_import_command", tuple(one.command_us for one in came), "us/row", "CPU of the command"),
        Figure("cpu_us_import_writer", tuple(one.writer_us for one in came), "us/row", "CPU of the writer"),
        Figure(
            "cpu_us_per_imported_row", tuple(one.command_us + one.writer_us for one in came), "us/row", "CPU of both"
        ),
    ]  # fmt: skip


def one_import(houses: Houses, mix: Mix, *, count: int) -> Came:
    """Import so many orders into a copy of the sealed house.

    Raises:
        SystemExit: a row was not stored: there is nothing to measure then.
    """
    one, file, mapping = (houses.base / name for name in ("one.csv", "orders.csv", "orders.yaml"))
    one.write_text(orders(mix, 1), encoding="utf-8")
    file.write_text(orders(mix, count), encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    with copied(houses.sealed, houses.base) as folder:
        before = rows(folder)
        with served(folder, "sealed", How(collectors=0)) as running:
            start = _command(folder, one, mapping)
            writer, _ = running.cpu_s()
            done = _command(folder, file, mapping)
            writer_us = (running.cpu_s()[0] - writer) / count * 1e6
        stored = rows(folder) - before - 1
    if done.told.stored != count or stored != count:
        raise SystemExit(f"bench: {done.told.stored} and {stored} of {count} rows stored")
    passed_s = (done.told.moved_at - done.told.began_at) / 1e3
    command_us = (done.cpu_s - start.cpu_s) / count * 1e6
    return Came(count / passed_s, count / done.took_s, command_us, writer_us)


class _Done(NamedTuple):
    """A command that ended: what it said, and the time it took of the clock and of the CPU."""

    told: _Told
    took_s: float
    cpu_s: float


def _command(folder: Path, file: Path, mapping: Path) -> _Done:
    words = ["import", str(file), "--channel", CHANNEL, "--map", str(mapping), "--json"]
    argv = [sys.executable, "-m", "lockhouse", "-C", str(folder), *words]
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=False)  # noqa: S603  # our own command
    took_s, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"bench: the import ended with {done.returncode}")
    told = msgspec.json.decode(done.stdout, type=_Told)
    return _Done(told, took_s, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)


def orders(mix: Mix, count: int) -> str:
    """A CSV of so many orders, by persons drawn as in the traffic."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(_HEAD)
    for said in mix.sized(count, lines=1):
        order = msgspec.json.decode(said.raw, type=_Order)
        number, *rest = (order.properties[name] for name in _FIELDS)
        out.writerow([number, order.timestamp, *rest])
    return text.getvalue()
