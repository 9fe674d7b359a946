"""How the service asks a scanner worker (worker.py).

In: a mail cut into pieces, or a file. Out: an Inspection. A scan that hangs or crashes becomes a Problem, of the piece at
fault where the rest can be read without it, else of the whole message, and so a hold; only a busy scanner is an error. The
parent process never looks into the bytes.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from mailguard import metrics
from mailguard.digest import Digester
from mailguard.errors import ScannerBusyError
from mailguard.inspect.errand import Errand
from mailguard.inspect.letter import Parcel, Unread
from mailguard.inspect.results import Results
from mailguard.inspect.settings import File
from mailguard.inspect.turns import Turns
from mailguard.model import UNNAMED, Inspection, Problem, ProblemKind
from mailguard.pieces import Pieces
from mailguard.sandbox import CrashedError, Scanner, TimedOutError

FAULTY_SECONDS = 300.0  # so long a piece that ended its workers is not opened again
_FAULTY = 1_000  # such pieces remembered
_APART_SECONDS = 3.0  # longest wait for a worker that reads the rest


_INSPECTION = msgspec.msgpack.Decoder(Inspection)
_SPANS = msgspec.msgpack.Decoder(list[list[tuple[str, int, int]]])


class Inspector:
    """The service's side. seconds: the longest wait for a free scanner."""

    def __init__(self, scanner: Scanner, digester: Digester) -> None:
        self._scanner, self._digester = scanner, digester
        self._results, self._turns = Results(), Turns()
        self._faulty: OrderedDict[bytes, tuple[ProblemKind, float]] = OrderedDict()

    async def mail(
        self, pieces: Pieces, seconds: float, *, beginning: bool = False, secrets: Sequence[bytes] = ()
    ) -> Inspection:
        """Inspect a mail; raises ScannerBusyError when no scanner comes free in time.

        beginning: where the first rows of a long table hold something, what follows is not read (`Inspection.uncounted`).
        secrets: what other mails of the sender told (`Inspection.passwords`), to be tried on what is encrypted.
        """
        started = time.perf_counter()
        parcel = Parcel(pieces, beginning=beginning, secrets=secrets)
        deadline = asyncio.get_running_loop().time() + seconds
        await self._turns.wait(parcel.readings, deadline)
        unread = self._unread(parcel)
        closed = {out.piece for out in unread}
        reading = [key for number, key in enumerate(parcel.readings) if number not in closed]
        with self._turns.first(reading):
            inspection = await self._read(parcel, unread, reading, deadline)
        return _counted(inspection, started)

    async def file(self, name: str, data: bytes, seconds: float, *, beginning: bool = False) -> Inspection:
        """Inspect a file as an attachment; beginning as in `mail`."""
        started = time.perf_counter()
        body = msgspec.msgpack.encode(File(name, data, beginning))
        try:
            inspection = _INSPECTION.decode(await self._scanner.run("file", body, seconds))
        except TimedOutError:
            inspection = self._unfinished(ProblemKind.TIMED_OUT, data)
        except CrashedError:
            inspection = self._unfinished(ProblemKind.CRASHED, data)
        return _counted(inspection, started)

    async def spans(self, texts: list[str], seconds: float) -> list[list[tuple[str, int, int]]]:
        """Spans of each text: kind, start, end in code points."""
        return _SPANS.decode(await self._scanner.run("spans", msgspec.msgpack.encode(texts), seconds))

    async def _read(
        self, parcel: Parcel, unread: tuple[Unread, ...], reading: Sequence[bytes], deadline: float
    ) -> Inspection:
        errand = Errand(parcel, self._results, unread, light=self._turns.known(reading))
        try:
            inspection = await self._ask(errand, deadline)
        except TimedOutError:
            return await self._without(parcel, errand, ProblemKind.TIMED_OUT)
        except CrashedError:
            return await self._without(parcel, errand, ProblemKind.CRASHED)
        self._turns.met(reading)
        return inspection

    async def _ask(self, errand: Errand, deadline: float, *, once: bool = False) -> Inspection:
        left = max(deadline - asyncio.get_running_loop().time(), 0.0)
        await self._scanner.do(errand, left, once=once)
        if errand.inspection is None:
            raise CrashedError("a scanner worker gave no inspection")
        return errand.inspection

    async def _without(self, parcel: Parcel, errand: Errand, kind: ProblemKind) -> Inspection:
        """Read the rest of a mail that ended its workers, without its largest new piece.

        When that succeeds, the piece alone was at fault: it is a Problem of that part, and all mails with it join one hold.
        """
        for key in parcel.keys:
            self._results.forget(key)
        if not errand.sent:
            return self._unfinished(kind, parcel.content)
        suspect = max(errand.sent, key=parcel.size)
        unread = (*self._unread(parcel), Unread(suspect, kind, parcel.size(suspect)))
        now = asyncio.get_running_loop().time()
        try:
            inspection = await self._ask(Errand(parcel, self._results, unread), now + _APART_SECONDS, once=True)
        except (TimedOutError, CrashedError, ScannerBusyError):
            return self._unfinished(kind, parcel.content)
        self._faulty[parcel.keys[suspect]] = kind, now + FAULTY_SECONDS
        if len(self._faulty) > _FAULTY:
            self._faulty.popitem(last=False)
        return inspection

    def _unread(self, parcel: Parcel) -> tuple[Unread, ...]:
        """The pieces that ended their workers a short time ago."""
        if not self._faulty:
            return ()
        now = asyncio.get_running_loop().time()
        found = []
        for number, key in enumerate(parcel.keys):
            kind, until = self._faulty.get(key, (ProblemKind.CRASHED, 0.0))
            if until > now:
                found.append(Unread(number, kind, parcel.size(number)))
        return tuple(found)

    def _unfinished(self, kind: ProblemKind, content: bytes) -> Inspection:
        """The key is of the whole content: another message is another problem."""
        key = self._digester.of("content", content)
        return Inspection(problems=(Problem((UNNAMED,), kind, "the scan of this message did not finish", key),))


def _counted(inspection: Inspection, started: float) -> Inspection:
    metrics.SCAN_SECONDS.observe(time.perf_counter() - started)
    for finding in inspection.findings:
        metrics.FINDINGS.labels(str(finding.kind)).inc()
    for problem in inspection.problems:
        metrics.PROBLEMS.labels(str(problem.kind)).inc()
    return inspection
