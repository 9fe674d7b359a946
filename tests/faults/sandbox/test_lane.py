"""Light jobs share a worker's turn: what one of them may do to the others is to make them wait a moment."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from mailguard.errors import ScannerBusyError
from mailguard.sandbox import CrashedError, Memory, Scanner, TimedOutError
from mailguard.sandbox.errand import Plain


@pytest.fixture
async def scanner() -> AsyncIterator[Scanner]:
    scanner = Scanner(
        "entry_for_tests:build", b"init:", workers=2, task_seconds=0.5, memory_mb=512, recycle_tasks=10_000
    )
    await scanner.start()
    yield scanner
    await scanner.stop()


class Seen(Plain):
    """Notes which worker it was given to, by that worker's memory."""

    memories: list[int]

    def begin(self, memory: Memory) -> bytes:
        self.memories.append(id(memory))
        return super().begin(memory)


def light(job: str, body: bytes = b"") -> Seen:
    errand = Seen(job, body, light=True)
    object.__setattr__(errand, "memories", [])
    return errand


async def warm(scanner: Scanner) -> None:
    for _ in range(30):
        await scanner.do(light("echo", b"x"), 5)


async def test_each_of_many_light_jobs_gets_its_own_answer(scanner: Scanner) -> None:
    await warm(scanner)
    bodies = [str(number).encode() * (number % 50) for number in range(500)]
    assert await asyncio.gather(*[scanner.do(light("echo", body), 5) for body in bodies]) == [
        b"init:" + body for body in bodies
    ]


async def test_light_jobs_that_come_together_go_to_one_worker(scanner: Scanner) -> None:
    await warm(scanner)
    errands = [light("echo") for _ in range(12)]
    await asyncio.gather(*[scanner.do(errand, 5) for errand in errands])
    assert len({memory for errand in errands for memory in errand.memories}) == 1


@pytest.mark.parametrize("job", ["abort", "exit", "raise", "huge"])
async def test_a_light_job_that_ends_its_worker_is_the_only_one_that_fails(scanner: Scanner, job: str) -> None:
    await warm(scanner)
    bad = light(job)
    results = await asyncio.gather(
        *[scanner.do(light("echo", b"%d" % number), 5) for number in range(5)],
        scanner.do(bad, 5),
        *[scanner.do(light("echo", b"%d" % number), 5) for number in range(5, 10)],
        return_exceptions=True,
    )
    assert isinstance(results.pop(5), CrashedError)
    assert results == [b"init:%d" % number for number in range(10)]
    assert len(bad.memories) == 2


async def test_a_light_job_that_never_ends_is_killed_in_two_workers_and_the_others_are_read(scanner: Scanner) -> None:
    await warm(scanner)
    began = time.monotonic()
    results = await asyncio.gather(
        scanner.do(light("sleep"), 5), *[scanner.do(light("echo"), 5) for _ in range(8)], return_exceptions=True
    )
    assert isinstance(results.pop(0), TimedOutError)
    assert results == [b"init:"] * 8
    assert 1.0 <= time.monotonic() - began < 3


async def test_a_job_that_was_called_light_but_is_large_is_done_all_the_same(scanner: Scanner) -> None:
    await warm(scanner)
    sizes = await asyncio.gather(*[scanner.do(light("size", b"x" * size), 5) for size in (1, 40_000, 3_000_000, 2)])
    assert sizes == [b"1", b"40000", b"3000000", b"2"]


async def test_slow_light_jobs_use_all_workers(scanner: Scanner) -> None:
    for _ in range(20):
        await scanner.do(light("nap", b"0.06"), 5)
    began = time.monotonic()
    await asyncio.gather(*[scanner.do(light("nap", b"0.1"), 5) for _ in range(4)])
    assert time.monotonic() - began < 0.38


async def test_a_slow_batch_does_not_keep_the_next_from_a_free_worker(scanner: Scanner) -> None:
    await warm(scanner)
    slow = asyncio.create_task(scanner.do(light("nap", b"0.4"), 5))
    await asyncio.sleep(0.001)
    began = time.monotonic()
    assert await scanner.do(light("echo"), 5) == b"init:"
    assert time.monotonic() - began < 0.2
    await slow


async def test_light_jobs_hear_that_all_workers_are_busy(scanner: Scanner) -> None:
    await warm(scanner)
    busy = [asyncio.create_task(scanner.run("nap", b"0.4", 5)) for _ in range(2)]
    await asyncio.sleep(0)
    waiting = [scanner.do(light("echo"), seconds) for seconds in (0.05, 5, 0.05, 5)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [ScannerBusyError, bytes, ScannerBusyError, bytes]
    await asyncio.gather(*busy)


async def test_a_job_whose_asker_went_away_does_not_disturb_the_others(scanner: Scanner) -> None:
    await warm(scanner)
    tasks = [asyncio.create_task(scanner.do(light("echo", b"%d" % number), 5)) for number in range(6)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results.pop(2), asyncio.CancelledError)
    assert results == [b"init:%d" % number for number in range(6) if number != 2]


async def test_what_waits_when_the_scanner_stops_ends(scanner: Scanner) -> None:
    await warm(scanner)
    tasks = [asyncio.create_task(scanner.do(light("sleep"), 5)) for _ in range(6)]
    await asyncio.sleep(0.05)
    await scanner.stop()
    async with asyncio.timeout(3):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, Exception) for result in results)
