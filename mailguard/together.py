"""Calls that come while one is under way go into the next one together: group commit, and one read for many.

In: single items from many tasks. Out: to each its own answer, from one call for all that waited. A call begins after
its items came, so what it reads is never older than they are. Runs the call in a thread, one at a time.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from mailguard.errors import StoreError

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Known_co = TypeVar("Known_co", covariant=True)


@dataclass(slots=True)
class _Waiting(Generic[Item, Answer]):
    item: Item
    deadline: float
    answer: "asyncio.Future[Answer]"


class Together(Generic[Item, Answer]):
    """`call` asks the store: it gets at most `most` items and gives an answer, or an exception to be raised, for each."""

    def __init__(self, call: Callable[[Sequence[Item]], Sequence[Answer | Exception]], most: int) -> None:
        self._call, self._most = call, most
        self._waiting: list[_Waiting[Item, Answer]] = []
        self._turns: asyncio.Task[None] | None = None

    async def ask(self, item: Item, deadline: float) -> Answer:
        """The answer to one item; `deadline` is a time of the event loop by which its call must have begun.

        Raises StoreError otherwise: then it is in no call. An item whose caller is cancelled is still in its call.
        """
        waiting = _Waiting[Item, Answer](item, deadline, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._turns is None:
            self._turns = asyncio.get_running_loop().create_task(self._take_turns())
        return await waiting.answer

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._turn(self._in_time(batch))
        finally:
            self._turns = None

    def _in_time(self, batch: Sequence[_Waiting[Item, Answer]]) -> list[_Waiting[Item, Answer]]:
        now = asyncio.get_running_loop().time()
        for waiting in batch:
            if waiting.deadline < now:
                _settle(waiting, StoreError("the store was not free before the deadline"))
        return [waiting for waiting in batch if waiting.deadline >= now]

    async def _turn(self, batch: Sequence[_Waiting[Item, Answer]]) -> None:
        if not batch:
            return
        try:
            answers = await asyncio.to_thread(self._call, [waiting.item for waiting in batch])
            pairs = list(zip(batch, answers, strict=True))
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            pairs = [(waiting, error) for waiting in batch]
        for waiting, answer in pairs:
            _settle(waiting, answer)


class Asked(Protocol[Known_co]):
    """What every message asks for and few change. Called, it asks the store; `fresh` says it from memory."""

    def __call__(self) -> Known_co:
        """The answer as it is now."""

    def fresh(self) -> Known_co | None:
        """None: ask it."""


class Latest(Generic[Answer]):
    """An empty answer is an answer: it is not asked for again."""

    def __init__(self, asked: Asked[Answer]) -> None:
        self._fresh = asked.fresh
        self._reads: Together[None, Answer] = Together(lambda callers: [asked()] * len(callers), most=10_000)

    async def get(self, deadline: float) -> Answer:
        """The answer; `deadline` as in `Together.ask`."""
        found = self._fresh()
        return await self._reads.ask(None, deadline) if found is None else found


def _settle(waiting: _Waiting[Item, Answer], answer: Answer | Exception) -> None:
    if waiting.answer.done():  # its caller went away
        return
    if isinstance(answer, Exception):
        waiting.answer.set_exception(answer)
    else:
        waiting.answer.set_result(answer)
