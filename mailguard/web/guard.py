"""The outermost layer of the page: security headers, a limit on what is sent to us, and no bare traceback.

In: any HTTP request. Out: the application's answer with headers, or a plain refusal. The body is read whole, within a
size and a time, before anything looks at it.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 64 * 1024
BODY_SECONDS = 30.0
LARGE_BYTES = 32 * 1024 * 1024  # where a whole message is filed, by somebody who claims to be logged in
LARGE_SECONDS = 120.0
LARGE_AT_ONCE = 2
LARGE = frozenset({"/requests", "/api/requests"})
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it browsers send `Origin: null` from our own forms (Fetch §3.2), and Origin is what we check.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
Refuse = Callable[[Request, int, str], Response]

logger = logging.getLogger(__name__)


class Guard:
    """ASGI middleware around the whole application; `refuse` makes the page or JSON for a status and an error id."""

    def __init__(self, app: ASGIApp, *, refuse: Refuse, https: bool) -> None:
        self._app = app
        self._refuse = refuse
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def headed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._head(scope["path"], MutableHeaders(scope=message))
            await send(message)

        status = 0
        try:
            async with self._large if _is_large(scope) else contextlib.nullcontext():
                status, replay = await _body(receive, large=_is_large(scope))
                if not status:
                    await self._app(scope, replay, headed)
        except Exception:
            if started:
                raise
            error_id = secrets.token_hex(4)
            logger.exception("internal error id=%s", error_id)
            await self._refuse(Request(scope), 500, error_id)(scope, receive, headed)
        if status:
            await self._refuse(Request(scope), status, "")(scope, receive, headed)

    def _head(self, path: str, headers: MutableHeaders) -> None:
        for name, value in self._headers.items():
            headers[name] = value
        headers["Cache-Control"] = "no-cache" if path.startswith("/static/") else "no-store"


def _is_large(scope: Scope) -> bool:
    """Whether a message may come: who does not even claim to be somebody fills no memory."""
    claims = any(name in {b"cookie", b"authorization"} for name, _ in scope["headers"])
    return scope["method"] == "POST" and scope["path"] in LARGE and claims


async def _body(receive: Receive, *, large: bool) -> tuple[int, Receive]:
    """Read the body; a status to refuse with (0: none), and a receive that plays the body back."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(LARGE_SECONDS if large else BODY_SECONDS):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    # Half a form is no form: a reason or a cap may have been cut short.
                    return 400, receive
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > (LARGE_BYTES if large else BODY_BYTES):
                    return 413, receive
                chunks.append(chunk)
                more = message.get("more_body", False)
    except TimeoutError:
        return 408, receive
    waiting = [{"type": "http.request", "body": b"".join(chunks), "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return 0, replay
