"""A next hop whose name stands for several addresses: one that refuses or is silent does not hide the others."""

import asyncio
import contextlib
import socket

import pytest
from hop import Hop

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay.next_hop import NextHop


def naming(monkeypatch, *addresses):
    """Every name stands for these; an address stands for itself."""
    loop = asyncio.get_running_loop()

    async def named(_host, port, **_):
        kinds = [(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses]
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for family, address in kinds]

    monkeypatch.setattr(loop, "getaddrinfo", named)


@contextlib.asynccontextmanager
async def silent(port):
    """127.0.0.2 answers nobody on that port: the queue of what it should accept is full."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
        waiting = []
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            waiting.append(asyncio.ensure_future(loop.sock_connect(client, listener.getsockname())))
        await asyncio.sleep(0.01)
        try:
            yield
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


def reaching(hop, **settings):
    return NextHop(Relay(host="hop.example", port=hop.port, **{"connect_seconds": 1, **settings}), "guard.example")


async def sent(next_hop):
    transaction = await next_hop.begin("a@example.jp", (), [("b@example.jp", ())])
    reply = await transaction.data(b"Subject: x\r\n\r\nhello\r\n")
    await transaction.close()
    await next_hop.close()
    return reply


async def test_an_address_that_refuses_is_passed_over(monkeypatch):
    naming(monkeypatch, "::1", "127.0.0.3", "127.0.0.1")
    async with Hop() as hop:
        assert (await sent(reaching(hop))).ok


async def test_an_address_that_is_silent_leaves_time_for_the_others(monkeypatch):
    naming(monkeypatch, "127.0.0.2", "127.0.0.1")
    async with Hop() as hop, silent(hop.port):
        assert (await sent(reaching(hop))).ok
        assert hop.connections == 1


@pytest.mark.parametrize("addresses", [("127.0.0.2",), ("127.0.0.3", "127.0.0.2"), ()])
async def test_when_none_answers_it_is_one_error_in_time(monkeypatch, addresses):
    naming(monkeypatch, *addresses)
    async with Hop() as hop, silent(hop.port):
        async with asyncio.timeout(5):
            with pytest.raises(RelayError, match="cannot be reached"):
                await reaching(hop, connect_seconds=0.2).begin("a@example.jp")


async def test_a_name_that_is_unknown_is_a_hop_that_cannot_be_reached(monkeypatch):
    async def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with Hop() as hop:
        with pytest.raises(RelayError, match="gaierror"):
            await reaching(hop).begin("a@example.jp")


async def test_an_address_is_no_name_to_be_asked_about(monkeypatch):
    async def asked(*_, **__):
        raise AssertionError

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", asked)
    async with Hop() as hop:
        assert (await sent(NextHop(Relay(host="127.0.0.1", port=hop.port), "guard.example"))).ok
