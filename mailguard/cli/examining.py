"""Files on a command line, inspected as the service would: in sandboxed workers, under the policy in force.

A file that reads as a mail is judged as one, its To and Cc standing in for the envelope; any other file as an attachment.
"""

import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mailguard.config import Config
from mailguard.digest import Digester
from mailguard.inspect.client import Inspector
from mailguard.model import Inspection
from mailguard.pieces import cut
from mailguard.policy import Policy
from mailguard.service import scanning

WAIT_SECONDS = 600.0  # for a scanner; nobody else waits behind a command
_HEADER = re.compile(rb"[!-9;-~]+:[^\r\n]*\r?\n")
_MAIL = re.compile(
    rb"^(?:from|to|subject|date|received|return-path|message-id|mime-version)[ \t]*:", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Examiner:
    """Inspects files; the digests of its inspections fit its policy."""

    inspector: Inspector
    digester: Digester
    policy: Policy
    config: Config

    async def inspection(self, file: Path, data: bytes, *, beginning: bool = False) -> Inspection:
        """What is in a file. beginning: of long tables the first rows, when something is found there."""
        return await self._asked(self.inspector, file, data, beginning=beginning)

    async def whole(self, file: Path, data: bytes) -> Inspection:
        """What is in a file that has a long table, with the time that counting it takes."""
        scanner = scanning.counter(self.config, self.digester, nice=0)
        try:
            await scanner.start()
            return await self._asked(Inspector(scanner, self.digester), file, data, beginning=False)
        finally:
            await scanner.stop()

    async def _asked(self, inspector: Inspector, file: Path, data: bytes, *, beginning: bool) -> Inspection:
        if is_mail(file, data):
            return await inspector.mail(cut(data, self.digester), WAIT_SECONDS, beginning=beginning)
        return await inspector.file(file.name, data, WAIT_SECONDS, beginning=beginning)


@asynccontextmanager
async def examiner(config: Config) -> AsyncIterator[Examiner]:
    """With its own key: digests of a command are of no use to anybody afterwards."""
    digester = Digester(os.urandom(32))
    policy = scanning.policy(config, digester)
    scanner = scanning.scanner(config, digester)
    await scanner.start()
    try:
        yield Examiner(Inspector(scanner, digester), digester, policy, config)
    finally:
        await scanner.stop()


def read(file: Path) -> bytes | None:
    """The bytes of a file; None, and one sentence, if they cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        print(f"mailguard: {file}: cannot be read ({error.strerror}). Name a readable file.", file=sys.stderr)
        return None


def is_mail(file: Path, data: bytes) -> bool:
    """By name, or because it begins with a header block that has a field of a mail."""
    if file.suffix.lower() == ".eml":
        return True
    head = re.split(rb"\r?\n\r?\n", data[:65536], maxsplit=1)[0]
    return _HEADER.match(data) is not None and len(_MAIL.findall(head)) >= 2
