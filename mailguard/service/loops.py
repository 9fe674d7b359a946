"""The event loop that runs: uvloop where it is installed, else Python's own.

In: a coroutine. Out: its result. An error that nobody caught is logged by its kind: its text may quote a mail.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_LOG = logging.getLogger("mailguard.service")
_Result = TypeVar("_Result")
FASTEST = ("uvloop", "asyncio")


def available(names: tuple[str, ...] = FASTEST) -> str:
    """The first of `names` that is installed."""
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        return name
    return "asyncio"


def run(main: Coroutine[Any, Any, _Result], name: str) -> _Result:
    """Run it to its end on that loop."""
    factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(name).new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.get_loop().set_exception_handler(_said)
        return runner.run(main)


def _said(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    del loop
    error = context.get("exception")
    trace = (type(error), error, error.__traceback__) if error else None
    _LOG.error("event loop: %s", context.get("message", ""), exc_info=trace)


def running() -> str:
    """The name of the loop that runs now."""
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]
