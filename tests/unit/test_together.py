import asyncio
import threading
import time

import pytest

from mailguard.errors import StoreError
from mailguard.together import Together


def soon():
    return asyncio.get_running_loop().time() + 10


class Calls:
    """Answers each item with its double; the first call waits for `go`."""

    def __init__(self):
        self.batches = []
        self.go = threading.Event()
        self._begun = threading.Event()

    def __call__(self, items):
        self.batches.append(list(items))
        self._begun.set()
        self.go.wait(10)
        return [ValueError(str(item)) if item < 0 else 2 * item for item in items]

    async def begun(self):
        await asyncio.to_thread(self._begun.wait, 10)


async def test_what_comes_during_a_call_goes_into_the_next_one_together():
    calls = Calls()
    together = Together(calls, most=100)
    first = asyncio.ensure_future(together.ask(1, soon()))
    await calls.begun()
    rest = [asyncio.ensure_future(together.ask(number, soon())) for number in (2, 3, 4)]
    await asyncio.sleep(0.01)
    assert calls.batches == [[1]]
    calls.go.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert calls.batches == [[1], [2, 3, 4]]


async def test_a_call_takes_no_more_than_most():
    calls = Calls()
    calls.go.set()
    together = Together(calls, most=3)
    assert await asyncio.gather(*(together.ask(number, soon()) for number in range(10))) == [
        2 * number for number in range(10)
    ]
    assert max(map(len, calls.batches)) == 3


async def test_each_hears_its_own_failure():
    calls = Calls()
    calls.go.set()
    together = Together(calls, most=10)
    answers = await asyncio.gather(*(together.ask(number, soon()) for number in (1, -1, 2)), return_exceptions=True)
    assert answers[0] == 2
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 4


async def test_when_the_call_fails_all_hear_it_and_the_next_one_works():
    broken = True

    def call(items):
        if broken:
            raise StoreError("down")
        return items

    together = Together(call, most=10)
    answers = await asyncio.gather(together.ask(1, soon()), together.ask(2, soon()), return_exceptions=True)
    assert all(isinstance(answer, StoreError) for answer in answers)
    broken = False
    assert await together.ask(3, soon()) == 3


async def test_what_is_past_its_deadline_is_not_begun():
    calls = Calls()
    together = Together(calls, most=10)
    first = asyncio.ensure_future(together.ask(1, soon()))
    second = asyncio.ensure_future(together.ask(2, asyncio.get_running_loop().time() + 0.05))
    await calls.begun()
    third = asyncio.ensure_future(together.ask(3, asyncio.get_running_loop().time() + 0.01))
    await asyncio.sleep(0.05)
    calls.go.set()
    assert await asyncio.gather(first, second) == [2, 4]
    with pytest.raises(StoreError, match="not free"):
        await third
    assert [3] not in calls.batches


async def test_a_caller_that_goes_away_spoils_nothing_for_the_others():
    calls = Calls()
    together = Together(calls, most=10)
    gone = asyncio.ensure_future(together.ask(1, soon()))
    await calls.begun()
    gone.cancel()
    other = asyncio.ensure_future(together.ask(2, soon()))
    await asyncio.sleep(0)
    calls.go.set()
    assert await other == 4


async def test_what_a_call_reads_is_never_older_than_its_item():
    value = 0

    def call(items):
        read = value
        time.sleep(0.02)
        return [read] * len(items)

    together = Together(call, most=10)
    first = asyncio.ensure_future(together.ask(None, soon()))
    await asyncio.sleep(0.01)
    value = 1
    assert await together.ask(None, soon()) == 1
    assert await first == 0


async def test_a_call_that_answers_too_few_fails_for_all():
    together = Together(lambda items: items[1:], most=10)
    answers = await asyncio.gather(together.ask(1, soon()), together.ask(2, soon()), return_exceptions=True)
    assert all(isinstance(answer, ValueError) for answer in answers)
