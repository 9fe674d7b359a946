"""A blocking client of an ASGI application, without a socket.

Starlette's own test client asks for another HTTP library; httpx speaks ASGI only in its asynchronous half.
"""

import asyncio

import httpx


class Transport(httpx.BaseTransport):
    def __init__(self, app, address):
        self._app, self._address = app, address

    def handle_request(self, request):
        return asyncio.run(self._call(request))

    async def _call(self, request):
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await httpx.ASGITransport(self._app, client=(self._address, 50_000)).handle_async_request(copy)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def client(app, base_url, address="127.0.0.1", **headers):
    return httpx.Client(transport=Transport(app, address), base_url=base_url, headers=headers, follow_redirects=False)
