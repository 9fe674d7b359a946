"""The port for Prometheus and the supervisor: /metrics, /healthz, /readyz.

In: a function that says which parts are ready, one that refreshes the database gauges. Out: numbers and names of parts.
Never an address, a subject or a file name.
"""

import logging
from collections.abc import Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mailguard import metrics as counted
from mailguard.errors import MailguardError

logger = logging.getLogger(__name__)


def create_metrics_app(
    ready: Callable[[], Mapping[str, bool]], refresh: Callable[[], None], text: Callable[[], bytes] = counted.text
) -> Starlette:
    """The second application; `ready`, `refresh` and `text` are called in a thread, once a request."""

    def metrics(request: Request) -> Response:
        del request
        try:
            refresh()
        except MailguardError as error:
            # The other numbers are worth most when the database is away.
            logger.warning("gauges not refreshed: %s", error)
        return Response(text(), media_type=CONTENT_TYPE_LATEST)

    def healthz(request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")

    def readyz(request: Request) -> Response:
        del request
        parts = dict(ready())
        missing = sorted(name for name, up in parts.items() if not up)
        return JSONResponse(
            {"ready": not missing, "missing": missing, "parts": parts}, status_code=503 if missing else 200
        )

    return Starlette(routes=[Route("/metrics", metrics), Route("/healthz", healthz), Route("/readyz", readyz)])
