"""Logging: one line an event, key=value, never an address, a subject, a file name or a text of a mail."""

import logging
import sys
from typing import TextIO


def setup(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send the `mailguard` loggers to `stream` (standard error by default) at `level`."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("mailguard")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
