"""Ends one use of the next hop early, without ever losing track of the final dot.

In: a transaction, and somebody's wish that it be over. Before the final dot the connection is dropped at once, so
that the dot cannot go out any more; after it the reply is waited for, as long as the wish allows.
"""

import asyncio
from types import TracebackType
from typing import Self

from mailguard.relay.next_hop import Transaction


class Leash:
    """`async with leash:` raises TimeoutError when it was cut. `held` is the transaction, once there is one."""

    def __init__(self) -> None:
        self._timeout = asyncio.timeout(None)
        self._inside = False
        self._transaction: Transaction | None = None
        self.cut = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._inside = True
        if self.cut:
            self._end_in(0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside = False
        await self._timeout.__aexit__(kind, error, trace)

    def hold(self, transaction: Transaction) -> None:
        """From now on this is what a cut drops."""
        self._transaction = transaction
        if self.cut:
            transaction.abandon()

    @property
    def sent(self) -> bool:
        """Whether the final dot went out."""
        return self._transaction is not None and self._transaction.sent

    def end(self, grace: float | None = None) -> None:
        """Before the final dot: be over now. After it: in `grace` seconds, or when the next hop says so."""
        if self.sent:
            if grace is not None:
                self._end_in(grace)
            return
        self.cut = True
        # Not by the time-out alone: it comes a moment later, and the dot could slip out until then.
        if self._transaction is not None:
            self._transaction.abandon()
        self._end_in(0)

    def _end_in(self, seconds: float) -> None:
        if self._inside and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time() + seconds)
