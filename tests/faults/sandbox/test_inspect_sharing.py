"""One attachment in many mails: read once, whoever reads it; at fault once, whomever it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from mailguard.digest import Digester
from mailguard.errors import ScannerBusyError
from mailguard.inspect import client
from mailguard.inspect.client import Inspector
from mailguard.inspect.worker import _LETTER
from mailguard.model import Inspection, ProblemKind
from mailguard.pieces import cut
from mailguard.sandbox import Scanner, supervisor

DIGESTER = Digester(b"k" * 32)


class Guard:
    """An inspector, and every letter that a worker was sent."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self.inspector = Inspector(scanner, DIGESTER)
        self.letters = []

    async def mail(self, number: int, *attached: str, head: str = "", seconds: float = 30) -> Inspection:
        return await self.inspector.mail(cut(mail(number, *attached, head=head), DIGESTER), seconds)

    @property
    def sent(self) -> int:
        """How often the bytes of a piece went out."""
        return sum(data is not None for letter in self.letters for data in letter.data)


def mail(number: int, *attached: str, head: str = "") -> bytes:
    out = f'Subject: {number} {head}\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nno {number}\r\n'
    for place, text in enumerate(attached):
        out += f'--b\r\nContent-Type: text/plain; name="{place}.txt"\r\n\r\n' + f"{text}\r\n" * 1_000
    return (out + "--b--\r\n").encode()


Start = Callable[..., Awaitable[Guard]]


@pytest.fixture
async def start(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    running: list[Scanner] = []

    async def make(**changes: object) -> Guard:
        settings = {"workers": 2, "task_seconds": 0.6, "memory_mb": 512, "recycle_tasks": 1000} | changes
        scanner = Scanner("engine_for_tests:build", b"k" * 32, **settings)
        running.append(scanner)
        await scanner.start()
        guard = Guard(scanner)
        task = supervisor.Worker.task

        async def told(worker, name, body, seconds):
            guard.letters.append(_LETTER.decode(body))
            return await task(worker, name, body, seconds)

        monkeypatch.setattr(supervisor.Worker, "task", told)
        return guard

    yield make
    for scanner in running:
        await scanner.stop()


async def test_mails_that_come_together_share_the_scan_of_an_attachment(start: Start) -> None:
    guard = await start(workers=4)
    found = await asyncio.gather(*(guard.mail(number, "nap") for number in range(8)))
    assert guard.sent == 1
    assert len({inspection.parts for inspection in found}) == 8  # bodies of their own
    assert len({inspection.parts[-1] for inspection in found}) == 1
    assert not any(inspection.problems for inspection in found)


async def test_a_mail_without_the_attachment_does_not_wait(start: Start) -> None:
    guard = await start(workers=2, task_seconds=5)
    slow = asyncio.gather(*(guard.mail(number, "nap nap") for number in range(5)))
    await asyncio.sleep(0.05)
    assert not (await guard.mail(9, seconds=0.2)).problems
    assert not slow.done()
    await slow


async def test_a_fresh_worker_needs_no_bytes_of_what_was_read(start: Start) -> None:
    guard = await start(workers=1, recycle_tasks=1)
    found = [await guard.mail(number, "nap") for number in range(3)]
    assert guard.sent == 1
    assert found[0].parts[-1] == found[2].parts[-1]


async def test_a_worker_that_forgot_is_sent_the_bytes(start: Start) -> None:
    guard = await start(workers=1)
    [worker] = guard.scanner._all
    [piece] = cut(mail(0, "text"), DIGESTER).apart
    worker.memory[piece.key] = None
    found = await guard.mail(0, "text")
    assert [letter.data[0] is None for letter in guard.letters] == [True, False]
    assert [part.path for part in found.parts] == [("(body)",), ("0.txt",)]


@pytest.mark.parametrize(("mark", "kind"), [("abort", ProblemKind.CRASHED), ("hang", ProblemKind.TIMED_OUT)])
async def test_an_attachment_at_fault_is_one_problem_of_the_whole_mailing(
    start: Start, mark: str, kind: ProblemKind
) -> None:
    guard = await start()
    found = await asyncio.gather(*(guard.mail(number, mark) for number in range(5)))
    assert guard.sent == 2  # the two attempts of the first mail
    assert len({inspection.problems for inspection in found}) == 1
    [problem] = found[0].problems
    assert (problem.path, problem.kind) == (("0.txt",), kind)
    # The rest was read: what stands in it can be judged, and the part is named where the page lists parts.
    assert [part.path for part in found[3].parts] == [("(body)",), ("0.txt",)]
    other = await guard.mail(9, mark + " too")
    assert other.problems[0].key != problem.key


async def test_the_largest_of_two_new_attachments_is_suspected_and_the_other_read(start: Start) -> None:
    guard = await start()
    found = await guard.mail(1, "fine", "hang, and longer")
    assert [(problem.path, problem.kind) for problem in found.problems] == [(("1.txt",), ProblemKind.TIMED_OUT)]
    again = await guard.mail(2, "fine", "hang, and longer")
    assert again.problems == found.problems


async def test_a_mail_that_ends_workers_without_its_attachment_is_a_problem_of_that_mail(start: Start) -> None:
    guard = await start()
    bad, good = await asyncio.gather(guard.mail(1, "text", head="abort"), guard.mail(2, "text"))
    [problem] = bad.problems
    assert problem.path == ("(attachment)",)
    assert problem.key == DIGESTER.of("content", mail(1, "text", head="abort"))
    assert not good.problems  # it waited, and then tried for itself
    assert not (await guard.mail(3, "text")).problems


async def test_what_was_at_fault_is_tried_again_after_a_while(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FAULTY_SECONDS", 0.2)
    guard = await start()
    await guard.mail(1, "abort")
    await asyncio.sleep(0.3)
    await guard.mail(2, "abort")
    assert guard.sent == 4


async def test_a_wait_for_another_mails_scan_ends_busy(start: Start) -> None:
    guard = await start(task_seconds=5)
    first = asyncio.ensure_future(guard.mail(1, "nap"))
    await asyncio.sleep(0.05)
    with pytest.raises(ScannerBusyError):
        await guard.mail(2, "nap", seconds=0.1)
    assert not (await first).problems


async def test_a_client_that_goes_away_leaves_the_turn_to_the_next(start: Start) -> None:
    guard = await start(task_seconds=5)
    first = asyncio.ensure_future(guard.mail(1, "nap"))
    await asyncio.sleep(0.05)
    second = asyncio.ensure_future(guard.mail(2, "nap"))
    await asyncio.sleep(0.05)
    first.cancel()
    assert not (await second).problems
    assert guard.sent == 2
