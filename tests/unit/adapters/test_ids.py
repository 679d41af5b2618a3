"""Identifiers, randomness and the clock."""

import os
import threading
import time
import uuid

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.ids import SystemIds


class _Hand:
    """A clock that stands where it is put."""

    def __init__(self, now: int) -> None:
        self.now = now

    def now_ms(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / 1_000


def test_an_id_is_a_uuid_of_version_7_that_holds_the_time() -> None:
    made = uuid.UUID(bytes=SystemIds(_Hand(1_790_000_000_123)).new())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 1_790_000_000_123


def test_ids_increase_strictly_within_one_ms_and_past_the_counter() -> None:
    ids = SystemIds(_Hand(1_790_000_000_000))
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_ids_increase_when_the_clock_steps_back() -> None:
    clock = _Hand(1_790_000_000_000)
    ids = SystemIds(clock)
    before = ids.new()
    clock.now -= 60_000
    assert ids.new() > before


def test_ids_of_many_threads_are_all_different() -> None:
    ids = SystemIds(SystemClock())
    made: list[bytes] = []

    def work() -> None:
        made.extend([ids.new() for _ in range(2_000)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8_000


def test_randomness_has_the_asked_size_and_does_not_repeat() -> None:
    ids = SystemIds(SystemClock())
    assert [len(ids.random(size)) for size in (0, 1, 12, 32, 5_000, 100_000)] == [0, 1, 12, 32, 5_000, 100_000]
    assert len({ids.random(12) for _ in range(5_000)}) == 5_000


def test_a_forked_child_does_not_repeat_its_parents_randomness() -> None:
    ids = SystemIds(SystemClock())
    ids.random(16)
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, ids.random(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reads, 16) != ids.random(16)
    os.close(reads)
    os.close(writes)


def test_the_clock_says_the_time_in_ms_and_its_lease_clock_goes_forward() -> None:
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1_000) < 1_000
    before = clock.monotonic_s()
    time.sleep(0.002)
    assert 0.001 < clock.monotonic_s() - before < 5
