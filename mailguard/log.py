"""Logging: one line an event, key=value, never an address, a subject, a file name or a text of a mail.

In: a level, and the name of the process. Out: lines on standard error, with the priority that journald reads where it
listens. An error is its kind and its place: its text may quote a mail, unless it is one of ours.
"""

import logging
import os
import sys
import time
import traceback
from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import TextIO

from mailguard.errors import MailguardError

# Also of libraries: without a handler of ours Python would print their errors whole.
_LOGGERS = ("mailguard", "uvicorn", "asyncio")
_FRAMES = 8


def setup(level: str = "INFO", stream: TextIO | None = None, process: str = "main") -> None:
    """Send our loggers to `stream` (standard error by default) at `level`."""
    where = stream or sys.stderr
    handler = logging.StreamHandler(where)
    handler.setFormatter(_Line(process, journal=_is_journal(where, os.environ)))
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level if name == "mailguard" else logging.WARNING)
        logger.propagate = False


class _Line(logging.Formatter):
    """`journal`: journald has its own clock and wants the priority in front, <3> for an error (sd-daemon(3))."""

    def __init__(self, process: str, *, journal: bool) -> None:
        own = f"%(levelname)s %(name)s process={process} pid=%(process)d %(message)s"
        super().__init__(own if journal else f"%(asctime)s {own}")
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        line = " ".join(super().format(record).splitlines())
        return f"<{_priority(record.levelno)}>{line}" if self._journal else line

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """As logging writes it; lines of one second share what takes long."""
        del datefmt
        return f"{_second(int(record.created))},{int(record.msecs):03}"

    def formatException(  # noqa: N802 - logging's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        kind, error, trace = ei
        if kind is None:
            return ""
        frames = traceback.extract_tb(trace)[-_FRAMES:]
        place = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
        fact = f": {error}" if isinstance(error, MailguardError) else ""
        return f"error={kind.__name__}{fact} at {place}"


@lru_cache(4)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _priority(level: int) -> int:
    if level >= logging.ERROR:
        return 3
    if level >= logging.WARNING:
        return 4
    return 6 if level >= logging.INFO else 7


def _is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether `stream` is what systemd named in JOURNAL_STREAM, as device:inode."""
    try:
        facts = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{facts.st_dev}:{facts.st_ino}"
