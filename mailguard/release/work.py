"""A claimed message in the hands of this process: its lease is kept as long as it is worked on.

In: a claim. Out: whether it is still ours. A lease lost before the final dot ends the attempt; after the dot only the
next hop's reply counts, and that is recorded whoever holds the lease.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from mailguard.lifecycle import MessageState
from mailguard.relay.leash import Leash
from mailguard.store.views import Claim, Outcome

logger = logging.getLogger(__name__)

AFTER_DOT_SECONDS = 20.0  # for the reply to a dot that went out before the stop


class Releases(Protocol):
    """The store's side; every method may block and may raise StoreError."""

    def claim(self, *, lease_seconds: float) -> Claim | None:
        """The next message to send, or None."""

    def renew(self, token: str, *, lease_seconds: float) -> bool:
        """Hold the lease for so long from now; False when somebody else has it."""

    def still_mine(self, token: str) -> bool:
        """Whether the lease behind `token` still holds."""

    def record(
        self, token: str, outcomes: Sequence[Outcome], retry_at: datetime | None, *, give_up: bool = False
    ) -> MessageState:
        """Write what became of each recipient."""


class Work:
    """`lost`: another process took the message over. `leash` is of the attempt that runs."""

    def __init__(self, releases: Releases, claim: Claim, lease_seconds: float) -> None:
        self._releases = releases
        self._lease_seconds = lease_seconds
        self.claim = claim
        self.token = claim.token
        self.leash = Leash()
        self.lost = False
        self.stopping = False

    def adopt(self, claim: Claim) -> None:
        """Go on under a new lease: this process was handed a message that it is still working on."""
        self.token = claim.token
        self.lost = False

    def stop(self) -> None:
        """Come to an end: at once before the final dot, soon after it."""
        self.stopping = True
        self.leash.end(AFTER_DOT_SECONDS)

    async def keep(self) -> None:
        """Renew the lease until cancelled or lost."""
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            token = self.token
            try:
                kept = await asyncio.to_thread(self._releases.renew, token, lease_seconds=self._lease_seconds)
            except Exception as error:  # noqa: BLE001 - a store that is down hands the message to nobody else either
                logger.warning("release: not renewed message=%s type=%s", self.claim.message_id, type(error).__name__)
                continue
            if not kept and token == self.token:
                self.lost = True
                self.leash.end()
                return

    async def still_mine(self) -> bool:
        """Asked once more right before the message goes out."""
        while True:
            token = self.token
            mine = await asyncio.to_thread(self._releases.still_mine, token)
            if mine or token == self.token:
                return mine and not self.lost

    async def record(self, outcomes: Sequence[Outcome], retry_at: datetime | None, *, give_up: bool) -> None:
        """Tell the store; once more when the lease changed hands to ourselves meanwhile."""
        while True:
            token = self.token
            await asyncio.to_thread(self._releases.record, token, outcomes, retry_at, give_up=give_up)
            if token == self.token:
                return
