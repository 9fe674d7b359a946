"""How the service asks a scanner worker, and what the worker answers.

In: bytes of a mail or file. Out: an Inspection. A scan that hangs or crashes becomes a Problem of the whole message, and
so a hold; only a busy scanner is an error. The parent process never looks into the bytes.
"""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from mailguard import metrics
from mailguard.detect import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.model import UNNAMED, Inspection, Problem, ProblemKind
from mailguard.sandbox import CrashedError, Scanner, TimedOutError
from mailguard.unpack import Limits, warm


class Settings(msgspec.Struct, frozen=True):
    """What a worker needs to know at birth."""

    digest_key: bytes
    rules_dir: str


class _File(msgspec.Struct, frozen=True, array_like=True):
    name: str
    data: bytes


_INSPECTION = msgspec.msgpack.Decoder(Inspection)
_SPANS = msgspec.msgpack.Decoder(list[list[tuple[str, int, int]]])


def worker(init: bytes) -> Callable[[str, memoryview], bytes]:
    """Entry of the scanner process: load dictionaries once, answer jobs."""
    settings = msgspec.msgpack.decode(init, type=Settings)
    digester = Digester(settings.digest_key)
    engine = Engine(Detector.build(Path(settings.rules_dir), digester), digester, Limits())
    warm()
    engine.file("warm.csv", "氏名,電話\n山田太郎,090-1234-5678\n".encode("cp932"))

    def answer(job: str, body: memoryview) -> bytes:
        match job:
            case "mail":
                return msgspec.msgpack.encode(engine.mail(bytes(body)))
            case "file":
                file = msgspec.msgpack.decode(body, type=_File)
                return msgspec.msgpack.encode(engine.file(file.name, file.data))
            case "spans":
                return msgspec.msgpack.encode(engine.spans(msgspec.msgpack.decode(body, type=list[str])))
            case _:
                raise ValueError(job)

    return answer


class Inspector:
    """The service's side. seconds: the longest wait for a free scanner."""

    def __init__(self, scanner: Scanner, digester: Digester) -> None:
        self._scanner, self._digester = scanner, digester

    async def mail(self, content: bytes, seconds: float) -> Inspection:
        """Inspect a mail; raises ScannerBusyError when no scanner comes free in time."""
        return await self._ask("mail", content, content, seconds)

    async def file(self, name: str, data: bytes, seconds: float) -> Inspection:
        """Inspect a file as an attachment."""
        return await self._ask("file", msgspec.msgpack.encode(_File(name, data)), data, seconds)

    async def spans(self, texts: list[str], seconds: float) -> list[list[tuple[str, int, int]]]:
        """Spans of each text: kind, start, end in code points."""
        return _SPANS.decode(await self._scanner.run("spans", msgspec.msgpack.encode(texts), seconds))

    async def _ask(self, job: str, body: bytes, content: bytes, seconds: float) -> Inspection:
        started = time.perf_counter()
        try:
            inspection = _INSPECTION.decode(await self._scanner.run(job, body, seconds))
        except TimedOutError:
            inspection = self._unfinished(ProblemKind.TIMED_OUT, content)
        except CrashedError:
            inspection = self._unfinished(ProblemKind.CRASHED, content)
        metrics.SCAN_SECONDS.observe(time.perf_counter() - started)
        for finding in inspection.findings:
            metrics.FINDINGS.labels(str(finding.kind)).inc()
        for problem in inspection.problems:
            metrics.PROBLEMS.labels(str(problem.kind)).inc()
        return inspection

    def _unfinished(self, kind: ProblemKind, content: bytes) -> Inspection:
        """The key is of the whole content: another message is another problem."""
        key = self._digester.of("content", content)
        return Inspection(problems=(Problem((UNNAMED,), kind, "the scan of this message did not finish", key),))
