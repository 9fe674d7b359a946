"""One SMTP process as the service sees it: started, spoken to by its standard input, listened to on its output.

In: an order (handover.py). Out: whether it listens, that it lives, that it ended. To the process: "reload", "rules FOLDER", "stop 30",
and the end of input, which ends it at once. From it, a line each: "ready", "alive", or "error" and why it cannot start.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mailguard.errors import ConfigError, MailguardError

COMMAND: list[str] = [sys.executable, "-P", "-m", "mailguard.service.smtp_process"]  # a benchmark may wrap it
START_SECONDS = 180.0  # a scanner takes seconds to load its dictionaries, more on a busy machine
SILENT_SECONDS = 30.0  # twice: then its event loop hangs
KILL_SECONDS = 5.0


class Worker:
    """`start`, `wait`, `stop`. `number` names it in logs and metrics."""

    def __init__(self, number: int, process: asyncio.subprocess.Process) -> None:
        self.number = number
        self.listening = False
        self._process = process

    @classmethod
    async def start(cls, number: int, order: bytes, environ: Mapping[str, str]) -> "Worker":
        """Start it and wait until it listens. Raises ConfigError when it says why it cannot, else MailguardError."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND, env=environ, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        worker = cls(number, process)
        try:
            worker._tell(order)
            async with asyncio.timeout(START_SECONDS):
                await worker._listens()
        except TimeoutError:
            raise MailguardError(f"SMTP process {number} did not come up in {START_SECONDS:.0f} s.") from None
        finally:
            if not worker.listening:
                await worker.kill()
        return worker

    async def wait(self) -> None:
        """Until it ends or its event loop hangs; it is gone then."""
        try:
            while await self._lives():
                pass
        finally:
            self.listening = False
            await self.kill()

    def reload(self) -> None:
        """Read certificates again."""
        self._tell(b"reload\n")

    def renew(self, folder: Path) -> None:
        """Take rules and policy from another copy."""
        self._tell(b"rules %b\n" % os.fsencode(folder))

    def stop(self, drain_seconds: float) -> None:
        """Bring what is under way to its end, then end."""
        self.listening = False
        self._tell(b"stop %.3f\n" % drain_seconds)

    async def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    @property
    def pid(self) -> int:
        """For the log."""
        return self._process.pid

    def _tell(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)

    async def _line(self) -> str:
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except ValueError:  # a line of no process of ours
            return ""
        return line.decode("utf-8", "replace").strip()

    async def _listens(self) -> None:
        verb, _, text = (await self._line()).partition(" ")
        if verb == "error":
            raise ConfigError(text)
        if verb != "ready":
            raise MailguardError(f"SMTP process {self.number} ended before it listened.")
        self.listening = True

    async def _lives(self) -> bool:
        # Twice: when this process itself was stopped for a while, what the other one said is read the second time.
        for _ in range(2):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENT_SECONDS):
                    return bool(await self._line())
        return False
