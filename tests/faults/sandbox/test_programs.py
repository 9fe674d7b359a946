"""What a program that a worker has started may do: write its output, and nothing else. The others notice nothing of it."""

import asyncio
import ctypes
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import machine
import pytest
import pytest_asyncio

from mailguard.sandbox import CrashedError, End, Ran, Scanner, Table, TimedOutError

PERL = "/usr/bin/perl"  # in every Debian
Start = Callable[..., Awaitable[Scanner]]

shared = pytest.mark.asyncio(loop_scope="module")


def make(program_seconds: float = 10, **changes: object) -> Scanner:
    machine.needs(os.access(PERL, os.X_OK), PERL)
    settings = {"workers": 1, "task_seconds": 20, "memory_mb": 512, "recycle_tasks": 1000} | changes
    table = Table({"perl": PERL, "absent": "/usr/bin/absent-program"}, program_seconds)
    return Scanner("entry_for_tests:build", b"init:", programs=table, **settings)


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    running: list[Scanner] = []

    async def started(**changes: object) -> Scanner:
        running.append(make(**changes))
        await running[-1].start()
        return running[-1]

    yield started
    for scanner in running:
        await scanner.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scanner() -> AsyncIterator[Scanner]:
    """One for all tests that leave it as it was."""
    os.environ["MAILGUARD_RELAY__PASSWORD"] = "secret"
    scanner = make()
    try:
        await scanner.start()
    finally:
        del os.environ["MAILGUARD_RELAY__PASSWORD"]
    yield scanner
    await scanner.stop()


def asked(code: str, *arguments: str, data: bytes = b"", most: int = 1_000_000, program: str = "perl") -> bytes:
    request = {"program": program, "arguments": ["-e", code, *arguments], "most": most}
    return json.dumps(request).encode() + b"\n" + data


async def perl(scanner: Scanner, code: str, *arguments: str, **changes: object) -> Ran:
    line, _, output = (await scanner.run("program", asked(code, *arguments, **changes), 30)).partition(b"\n")
    end, number, _ = json.loads(line)
    return Ran(End[end], number, output)


def running(mark: str) -> list[int]:
    """Processes with this mark among their arguments."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in words and words[0] == PERL.encode():
            found.append(int(line.parent.name))
    return found


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children(scanner: Scanner) -> int:
    """Workers and runners."""
    assert scanner._zygote is not None
    pid = scanner._zygote.process.pid
    return len(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def contents(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def until(condition: Callable[[], bool]) -> bool:
    for _ in range(200):
        if condition():
            return True
        await asyncio.sleep(0.02)
    return False


@shared
async def test_a_program_reads_its_data_as_a_file_and_its_output_comes_back(scanner: Scanner) -> None:
    data = os.urandom(3_000_000)
    copy = "open F, '<:raw', $ARGV[0]; seek F, 1, 0; seek F, 0, 0; binmode STDOUT; print <F>"
    assert await perl(scanner, copy, "{input}", data=data, most=3_000_000) == Ran(End.EXITED, 0, data)
    assert await perl(scanner, copy, "{input}", data=b"") == Ran(End.EXITED, 0, b"")
    assert await perl(scanner, "print join '|', @ARGV", "a b", "$HOME;`ls`", "山") == Ran(
        End.EXITED, 0, "a b|$HOME;`ls`|山".encode()
    )


@shared
async def test_its_environment_has_nothing_of_the_service(scanner: Scanner) -> None:
    seen = await perl(scanner, "print join ' ', sort keys %ENV")
    assert seen.output == b"LC_ALL OMP_THREAD_LIMIT"


@shared
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("print 'half'; exit 3", Ran(End.EXITED, 3, b"half")),
        ("$| = 1; print 'half'; kill 'SEGV', $$", Ran(End.KILLED, signal.SIGSEGV, b"half")),
        ("print 'x' x 1000001", Ran(End.TOO_BIG)),
        ("print 'x' x 4096 while 1", Ran(End.TOO_BIG)),
        ("seek STDOUT, 2000000000, 0; print 'x'", Ran(End.TOO_BIG)),
        ("print 'x' x 1000000", Ran(End.EXITED, 0, b"x" * 1_000_000)),
    ],
)
async def test_how_it_ended_is_told(scanner: Scanner, code: str, outcome: Ran) -> None:
    assert await perl(scanner, code) == outcome
    assert await perl(scanner, "print 'next'") == Ran(End.EXITED, 0, b"next")


@shared
async def test_only_what_is_in_the_table_and_there_can_be_started(scanner: Scanner) -> None:
    for program in ("absent", "sh", "/usr/bin/perl", ""):
        assert await perl(scanner, "print 1", program=program) == Ran(End.MISSING)
    assert await perl(scanner, "print 1", "a\0b") == Ran(End.REFUSED)
    assert await perl(scanner, "print 1", "a" * 300_000) == Ran(End.REFUSED)


@pytest.mark.parametrize("code", ["sleep 100", "1 while 1", "$SIG{ALRM} = 'IGNORE'; $SIG{TERM} = 'IGNORE'; sleep 100"])
async def test_one_that_hangs_is_killed_and_its_worker_goes_on(start: Start, code: str) -> None:
    scanner = await start(program_seconds=0.3)
    worker = await scanner.run("pid", b"", 5)
    assert await perl(scanner, code, "hung-one") == Ran(End.LATE)
    assert not running("hung-one")
    assert await scanner.run("pid", b"", 5) == worker


async def test_the_deadline_of_the_task_ends_the_program_too(start: Start) -> None:
    scanner = await start(task_seconds=0.4, program_seconds=60)
    with pytest.raises(TimedOutError):
        await scanner.run("program", asked("sleep 100", "late-one"), 30)
    assert await until(lambda: not running("late-one"))


async def test_no_program_outlives_a_stop(start: Start) -> None:
    scanner = await start(program_seconds=60)
    task = asyncio.ensure_future(scanner.run("program", asked("sleep 100", "stopped-one"), 30))
    assert await until(lambda: bool(running("stopped-one")))
    await scanner.stop()
    assert await until(lambda: not running("stopped-one"))
    with pytest.raises(CrashedError):
        await task


async def test_no_program_outlives_its_runner_and_the_worker_is_replaced(start: Start) -> None:
    scanner = await start(program_seconds=60)
    task = asyncio.ensure_future(scanner.run("program", asked("sleep 100", "orphan"), 30))
    for _ in range(2):  # the second attempt, too
        assert await until(lambda: bool(running("orphan")))
        [pid] = running("orphan")
        os.kill(parent(pid), signal.SIGKILL)
        assert await until(lambda pid=pid: pid not in running("orphan"))
    with pytest.raises(CrashedError):
        await task
    assert await perl(scanner, "print 'next'") == Ran(End.EXITED, 0, b"next")


@pytest.fixture
def nobody_reaps() -> Iterator[None]:
    """Orphans come to this process, which leaves them lying, as the first process of a container may."""
    subreaper = 36
    ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)
    yield
    ctypes.CDLL(None).prctl(subreaper, 0, 0, 0, 0)


async def test_a_program_that_lost_its_runner_is_reaped(start: Start, nobody_reaps: None) -> None:
    scanner = await start(program_seconds=60)
    task = asyncio.ensure_future(scanner.run("program", asked("sleep 100", "unreaped"), 30))
    pids = set()
    for _ in range(2):
        assert await until(lambda: bool(set(running("unreaped")) - pids))
        [pid] = set(running("unreaped")) - pids
        pids.add(pid)
        os.kill(parent(pid), signal.SIGKILL)
    with pytest.raises(CrashedError):
        await task
    assert await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


async def test_others_go_on_while_a_program_hangs(start: Start) -> None:
    scanner = await start(workers=2, program_seconds=1)
    hung = asyncio.ensure_future(perl(scanner, "sleep 100"))
    await asyncio.sleep(0.1)
    others = await asyncio.gather(*(scanner.run("echo", b"%d" % number, 5) for number in range(50)))
    assert others == [b"init:%d" % number for number in range(50)]
    assert not hung.done()
    assert await hung == Ran(End.LATE)


@shared
@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("socket S, 2, 1, 0 or die 'refused'", "seccomp"),
        ("socket S, 1, 1, 0 or die 'refused'", "seccomp"),
        ("defined fork or die 'refused'", "seccomp"),
        ("kill 0, getppid or die 'refused'", "seccomp"),
        ("chmod 0777, $ARGV[0] or die 'refused'", "seccomp"),
        ("exec '/usr/bin/env'; die 'refused'", "landlock"),
        ("open F, '<', '/etc/hosts' or die 'refused'", "landlock"),
        ("open F, '<', $ARGV[0] or die 'refused'", "landlock"),
        ("open F, '<', '/proc/1/status' or die 'refused'", "landlock"),
        ("open F, '<', '/proc/' . getppid . '/environ' or die 'refused'", "landlock"),
        ("opendir D, '/tmp' or die 'refused'", "landlock"),
        ("open F, '>', $ARGV[1] or die 'refused'", "landlock"),
        ("mkdir $ARGV[1] or die 'refused'", "landlock"),
        ("open F, '>>', '/proc/self/fd/3' or die 'refused'; syswrite F, 'x' or die 'refused'", "limits"),
        ("$x = 'x' x 600_000_000; die 'refused' if 0", "limits"),
        ("while (1) { open my $f, '<', '/dev/null' or die 'refused'; push @f, $f }", "limits"),
    ],
)
async def test_a_program_may_not_reach_outside(scanner: Scanner, tmp_path: Path, code: str, needs: str) -> None:
    if not scanner.posture()[needs]:
        pytest.skip(f"NOT TESTED: this kernel has no {needs}")
    target = tmp_path / "there"
    target.touch(0o600)
    ran = await perl(scanner, f"{code}; print 'reached'", str(target), str(tmp_path / "made"))
    assert ran.end in {End.EXITED, End.KILLED}
    assert ran.code
    assert ran.output == b""
    assert contents(tmp_path) == {"there": 0o600}


async def test_a_runner_is_made_when_it_is_first_asked(start: Start) -> None:
    scanner = await start()
    await scanner.run("echo", b"", 5)
    assert children(scanner) == 1
    await perl(scanner, "print 1")
    await perl(scanner, "print 1")
    assert children(scanner) == 2


async def test_a_recycled_worker_takes_its_runner_along(start: Start) -> None:
    scanner = await start(recycle_tasks=1)
    for _ in range(3):
        assert (await perl(scanner, "print 1")).output == b"1"
    assert await until(lambda: not children(scanner))
