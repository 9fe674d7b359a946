"""A blocking client of an ASGI application, without a socket.

Starlette's own test client asks for another HTTP library; httpx speaks ASGI only in its asynchronous half.
"""

import asyncio

import httpx


class Transport(httpx.BaseTransport):
    def __init__(self, app):
        self._app = app

    def handle_request(self, request):
        return asyncio.run(self._call(request))

    async def _call(self, request):
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await httpx.ASGITransport(self._app).handle_async_request(copy)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def client(app, base_url, **headers):
    return httpx.Client(transport=Transport(app), base_url=base_url, headers=headers, follow_redirects=False)
