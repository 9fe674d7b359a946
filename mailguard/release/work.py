"""A claimed message in the hands of this process: its lease is kept as long as it is worked on.

In: a claim. Out: whether it is still ours. A lease lost before the final dot ends the attempt; after the dot only the
next hop's reply counts, and that is recorded whoever holds the lease.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from mailguard.lifecycle import MessageState
from mailguard.relay.leash import Leash
from mailguard.release.bouncer import Bounces
from mailguard.store.views import Claim, Clearance, Outcome

logger = logging.getLogger(__name__)

AFTER_DOT_SECONDS = 20.0  # for the reply to a dot that went out before the stop


class Releases(Protocol):
    """The store's side; every method may block and may raise StoreError."""

    @property
    def bounces(self) -> Bounces:
        """What envelope senders are owed."""

    def claim(self, *, lease_seconds: float, late_hours: float = 0) -> Claim | None:
        """The next message to send, or None."""

    def ask_late(self, late_hours: float) -> int:
        """Ask about what was approved so long ago and is not sent."""

    def end_stopped(self) -> int:
        """End what was stopped between two attempts."""

    def renew(self, token: str, *, lease_seconds: float) -> bool:
        """Hold the lease for so long from now; False when somebody else has it."""

    def clearance(self, tokens: Collection[str]) -> Mapping[str, Clearance]:
        """Whether what was claimed may still go out."""

    def record(
        self,
        token: str,
        outcomes: Sequence[Outcome],
        retry_at: datetime | None,
        *,
        give_up: bool = False,
    ) -> MessageState:
        """Write what became of each recipient."""


class Work:
    """`lost`: another process took the message over. `held_back`: nothing of it may go out now.

    `leash` is of the attempt that runs.
    """

    def __init__(self, releases: Releases, claim: Claim, lease_seconds: float) -> None:
        self._releases = releases
        self._lease_seconds = lease_seconds
        self.claim = claim
        self.token = claim.token
        self.leash = Leash()
        self.lost = False
        self.stopping = False
        self.held_back = False

    def adopt(self, claim: Claim) -> None:
        """Go on under a new lease: this process was handed a message that it is still working on."""
        self.token = claim.token
        self.lost = False

    def stop(self) -> None:
        """Come to an end: at once before the final dot, soon after it."""
        self.stopping = True
        self.leash.end(AFTER_DOT_SECONDS)

    def hold_back(self) -> None:
        """Before the final dot: send nothing in this attempt. After it: too late."""
        if not self.leash.sent:
            self.held_back = True
            self.leash.end()

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

    async def clearance(self) -> Clearance:
        """Asked once more right before the message goes out."""
        while True:
            token = self.token
            clearance = (await asyncio.to_thread(self._releases.clearance, (token,)))[token]
            if clearance is Clearance.LOST and token != self.token:
                continue
            return Clearance.LOST if self.lost else clearance

    async def record(self, outcomes: Sequence[Outcome], retry_at: datetime | None, *, give_up: bool) -> None:
        """Tell the store; once more when the lease changed hands to ourselves meanwhile."""
        while True:
            token = self.token
            await asyncio.to_thread(self._releases.record, token, outcomes, retry_at, give_up=give_up)
            if token == self.token:
                return
            outcomes = [replace(outcome, in_doubt=False) for outcome in outcomes]  # that is recorded
