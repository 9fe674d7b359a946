"""Scanners, what they remember, and the policy: everything that one version of the rules makes, replaced as a whole.

In: a configuration. Out: inspections. A message that has begun under one version ends under it.
"""

import asyncio
from collections.abc import Sequence

from mailguard import metrics
from mailguard.config import Config
from mailguard.detect import ruleset
from mailguard.digest import Digester
from mailguard.inspect.client import Inspector
from mailguard.model import Inspection
from mailguard.pieces import Pieces
from mailguard.policy import Policy
from mailguard.sandbox import Scanner
from mailguard.service.scanning import policy, rules_dir, scanner


class Bench:
    """`start`, then `mail`, then `retire` or `stop`. Its caches are its own: none serves what another version found."""

    def __init__(self, config: Config, digester: Digester, password_key: bytes = b"") -> None:
        self.version = ruleset.load(rules_dir(config)).version
        self.policy: Policy = policy(config, digester)
        self.scanner: Scanner = scanner(config, digester, password_key)
        self._inspector = Inspector(self.scanner, digester)
        self._under_way = 0
        self._idle = asyncio.Event()

    async def start(self) -> None:
        """Start the scanners; raises MailguardError when they cannot be built from these rules."""
        await self.scanner.start()
        metrics.RULES_LOADED.labels(self.version).set(1)
        metrics.MONITORING.set(int(self.policy.monitor))

    async def mail(
        self, pieces: Pieces, seconds: float, *, beginning: bool = False, secrets: Sequence[bytes] = ()
    ) -> Inspection:
        """Inspect one mail; beginning and secrets as in `Inspector.mail`."""
        self._under_way += 1
        self._idle.clear()
        try:
            return await self._inspector.mail(pieces, seconds, beginning=beginning, secrets=secrets)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def retire(self, seconds: float) -> None:
        """Stop when the last mail is inspected, after `seconds` at the latest."""
        try:
            async with asyncio.timeout(seconds):
                while self._under_way:
                    await self._idle.wait()
        except TimeoutError:
            pass
        finally:
            await self.scanner.stop()
