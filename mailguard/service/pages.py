"""The web servers of the service: the page and the metrics port, stopped by the service and by no signal of their own.

In: an application and a setting with an address. Out: a server that runs until told to stop.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette

from mailguard.service import ports
from mailguard.web import create_app, create_metrics_app

__all__ = ["Pages", "create_app", "create_metrics_app"]


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the service stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Pages:
    """`open` each, `run` in a task group, `stop`."""

    def __init__(self) -> None:
        self._servers: list[tuple[_Server, socket.socket]] = []

    def open(self, key: str, endpoint: str, app: FastAPI | Starlette) -> int:
        """Listen; the port. Raises ConfigError when the address is taken."""
        listener = ports.opened(key, endpoint)
        settings = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=5)
        self._servers.append((_Server(settings), listener))
        return int(listener.getsockname()[1])

    def run(self, tasks: asyncio.TaskGroup) -> None:
        """Answer from now on."""
        for server, listener in self._servers:
            tasks.create_task(server.serve([listener]))

    def stop(self) -> None:
        """Requests under way are answered."""
        for server, _ in self._servers:
            server.should_exit = True
