"""What a job may do to its worker, and what the others notice of it: nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from mailguard.errors import MailguardError, ScannerBusyError
from mailguard.sandbox import CrashedError, Scanner, TimedOutError

ENTRY = "entry_for_tests:build"
Start = Callable[..., Awaitable[Scanner]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    running: list[Scanner] = []

    async def make(**changes: object) -> Scanner:
        settings = {"workers": 2, "task_seconds": 0.5, "memory_mb": 512, "recycle_tasks": 1000} | changes
        scanner = Scanner(ENTRY, b"init:", **settings)
        running.append(scanner)
        await scanner.start()
        return scanner

    yield make
    for scanner in running:
        await scanner.stop()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def until_gone(pids: set[int]) -> set[int]:
    for _ in range(100):
        if all(map(gone, pids)):
            return set()
        await asyncio.sleep(0.05)
    return {pid for pid in pids if not gone(pid)}


async def test_a_job_gets_its_body_and_gives_its_result(start: Start) -> None:
    scanner = await start()
    assert await scanner.run("echo", b"body", 5) == b"init:body"
    assert await scanner.run("echo", b"", 5) == b"init:"
    assert await scanner.run("size", b"x" * 20_000_000, 5) == b"20000000"


@pytest.mark.parametrize("job", ["abort", "exit", "allocate", "shared", "raise", "huge", "no such job"])
async def test_a_job_that_ends_its_worker_is_tried_twice_and_then_crashed(
    start: Start, job: str, caplog: pytest.LogCaptureFixture
) -> None:
    scanner = await start(task_seconds=10)
    with pytest.raises(CrashedError) as caught:
        await scanner.run(job, "山田太郎".encode(), 30)
    assert "山田" not in str(caught.value) + caplog.text
    assert len(caplog.records) == 1
    assert await scanner.run("echo", b"next", 5) == b"init:next"


@pytest.mark.parametrize("job", ["sleep", "spin", "swallow"])
async def test_a_job_that_never_ends_is_killed_in_two_workers(start: Start, job: str) -> None:
    scanner = await start()
    began = time.monotonic()
    with pytest.raises(TimedOutError):
        await scanner.run(job, b"", 30)
    assert 1.0 <= time.monotonic() - began < 3
    assert await scanner.run("echo", b"next", 5) == b"init:next"


@pytest.mark.parametrize(
    ("job", "body", "needs"),
    [
        ("socket", b"", "seccomp"),
        ("exec", b"", "seccomp"),
        ("fork", b"", "seccomp"),
        ("thread", b"", "seccomp"),
        ("kill", b"", "seccomp"),
        ("passwd", b"", "landlock"),
        ("read", b"HERE/test_sandbox_faults.py", "landlock"),
        ("read", b"/proc/self/environ", "landlock"),
        ("write", b"TMP/written", "landlock"),
    ],
)
async def test_a_worker_may_not_reach_outside(start: Start, tmp_path: Path, job: str, body: bytes, needs: str) -> None:
    scanner = await start()
    if not scanner.posture()[needs]:
        pytest.skip(f"NOT TESTED: this kernel has no {needs}")
    here = body.replace(b"HERE", os.fsencode(Path(__file__).parent)).replace(b"TMP", os.fsencode(tmp_path))
    assert (await scanner.run(job, here, 5)).startswith(b"refused")
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240 - an empty folder of the test


async def test_a_worker_sees_no_environment_of_the_service(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILGUARD_RELAY__PASSWORD", "secret")
    scanner = await start()
    assert b"MAILGUARD" not in await scanner.run("environment", b"", 5)


async def test_what_this_machine_cannot_do_is_told(
    start: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = await start()
    names = {"limits", "no_new_privs", "capabilities", "landlock", "seccomp", "network_namespace"}
    assert set(scanner.posture()) == names | {f"programs: {name}" for name in names}
    missing = [name for name, value in scanner.posture().items() if value is False]
    assert all(name in caplog.text for name in missing)
    assert bool(missing) == bool(caplog.records)


async def test_others_go_on_while_some_jobs_are_poisoned(start: Start) -> None:
    scanner = await start(task_seconds=1)
    good = [scanner.run("echo", b"%d" % number, 30) for number in range(200)]
    bad = [scanner.run(job, b"", 30) for job in ("abort", "sleep", "raise")]
    results = await asyncio.gather(*bad, *good, return_exceptions=True)
    assert [type(result) for result in results[:3]] == [CrashedError, TimedOutError, CrashedError]
    assert results[3:] == [b"init:%d" % number for number in range(200)]


async def test_the_loop_is_never_blocked(start: Start) -> None:
    scanner = await start()
    task = asyncio.ensure_future(scanner.run("nap", b"0.4", 5))
    ticks = 0
    while not task.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert await task == b"rested"
    assert ticks > 15


async def test_no_free_worker_before_the_deadline_is_busy(start: Start) -> None:
    scanner = await start(workers=1, task_seconds=5)
    first = asyncio.ensure_future(scanner.run("nap", b"0.5", 5))
    await asyncio.sleep(0.05)
    with pytest.raises(ScannerBusyError):
        await scanner.run("echo", b"", 0.1)
    assert await first == b"rested"


async def test_a_cancelled_job_leaves_no_half_used_worker(start: Start) -> None:
    scanner = await start(workers=1, task_seconds=5)
    used = {worker.pid for worker in scanner._all}
    task = asyncio.ensure_future(scanner.run("nap", b"30", 5))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await until_gone(used)
    assert await scanner.run("echo", b"next", 1) == b"init:next"


async def test_a_worker_is_replaced_after_its_tasks(start: Start) -> None:
    scanner = await start(workers=1, recycle_tasks=3)
    pids = [await scanner.run("pid", b"", 5) for _ in range(6)]
    assert len(set(pids[:3])) == len(set(pids[3:])) == 1
    assert pids[0] != pids[3]


async def test_a_worker_that_keeps_too_much_memory_is_replaced(start: Start) -> None:
    scanner = await start(workers=1, recycle_mb=128, task_seconds=10)
    pids = [await scanner.run(job, b"200", 20) for job in ("pid", "pid", "keep", "pid")]
    assert pids[0] == pids[1] == pids[2] != pids[3]


async def test_a_zygote_that_was_killed_is_started_again(start: Start) -> None:
    scanner = await start()
    assert scanner._zygote is not None
    workers = {worker.pid for worker in scanner._all}
    os.kill(scanner._zygote.process.pid, signal.SIGKILL)
    assert await scanner.run("echo", b"next", 10) == b"init:next"
    assert not await until_gone(workers)


async def test_stop_leaves_no_process(start: Start) -> None:
    scanner = await start()
    assert scanner._zygote is not None
    pids = {worker.pid for worker in scanner._all} | {scanner._zygote.process.pid}
    await scanner.stop()
    assert len(pids) == 3
    assert not await until_gone(pids)


async def test_an_entry_that_cannot_be_built_is_told_at_start() -> None:
    scanner = Scanner(ENTRY, b"broken", workers=1, task_seconds=1, memory_mb=512, recycle_tasks=10)
    with pytest.raises(MailguardError, match="this init is broken"):
        await scanner.start()
    await scanner.stop()


SERVICE = """
import asyncio, sys
from mailguard.sandbox import Scanner

async def main():
    scanner = Scanner("entry_for_tests:build", b"", workers=2, task_seconds=60, memory_mb=512, recycle_tasks=10)
    await scanner.start()
    print(scanner._zygote.process.pid, *(worker.pid for worker in scanner._all), flush=True)
    await asyncio.gather(scanner.run("spin", b"", 60), scanner.run("sleep", b"", 60))

asyncio.run(main())
"""


async def test_no_worker_outlives_a_service_killed_outright() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    with subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, env=environment) as service:  # noqa: ASYNC220 - the killed service is the test
        assert service.stdout is not None
        pids = {int(pid) for pid in service.stdout.readline().split()}
        assert len(pids) == 3
        assert not any(map(gone, pids))
        service.kill()
    assert not await until_gone(pids)
