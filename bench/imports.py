"""How quickly a file of old orders comes in: the command itself, beside a house with its writer process.

A row is an order as a shop exports it: number, time, e-mail address, total, currency and country of delivery; 35 % are
by persons never seen before, as in the traffic. What the house writes down of the batch says when it began and when
its last row was durable; reading in the policy and the file's hash come before, and stand beside it.
"""

from __future__ import annotations

import csv
import io
import os
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
    """One import: rows a second of its passage, and CPU time a row of each side (us), start of the command included."""

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
    file, mapping = houses.base / "orders.csv", houses.base / "orders.yaml"
    file.write_text(orders(mix, count), encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    with copied(houses.sealed, houses.base) as folder:
        before = rows(folder)
        with served(folder, "sealed", How(collectors=0)) as running:
            writer, _ = running.cpu_s()
            used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            told = _command(folder, file, mapping)
            took = time.perf_counter() - began
            now, writer_after = resource.getrusage(resource.RUSAGE_CHILDREN), running.cpu_s()[0]
        stored = rows(folder) - before
    if told.stored != count or stored != count:
        raise SystemExit(f"bench: {told.stored} and {stored} of {count} rows stored")
    command_s = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    passed_s = (told.moved_at - told.began_at) / 1e3
    return Came(count / passed_s, count / took, command_s / count * 1e6, (writer_after - writer) / count * 1e6)


def _command(folder: Path, file: Path, mapping: Path) -> _Told:
    words = ["import", str(file), "--channel", CHANNEL, "--map", str(mapping), "--json"]
    argv = [sys.executable, "-m", "lockhouse", "-C", str(folder), *words]
    done = subprocess.run(argv, stdout=subprocess.PIPE, env=os.environ, check=False)  # noqa: S603  # our own command
    if done.returncode:
        raise SystemExit(f"bench: the import ended with {done.returncode}")
    return msgspec.json.decode(done.stdout, type=_Told)


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
