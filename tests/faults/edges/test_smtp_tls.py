"""TLS of the SMTP server: both ports, a certificate that is replaced, handshakes that never end."""

import asyncio
import contextlib
import logging
import socket
import ssl
import struct

import pytest
from edge import certificate, edge, trusting, with_certificate

from mailguard.config import Smtp
from mailguard.errors import ConfigError
from mailguard.smtp import SmtpServer, channel, doorway

MESSAGE = b"Subject: x\r\n\r\nhello\r\n.\r\n"
BOTH = {"tls_listen": "127.0.0.1:0"}


def subject(client):
    """What tells one certificate from another."""
    return client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)


@contextlib.asynccontextmanager
async def guard(**smtp):
    async with edge(smtp={**with_certificate(), **BOTH, **smtp}) as peer:
        yield peer


async def test_the_tls_port_speaks_tls_from_the_first_byte():
    async with guard() as peer:
        client = await peer.connect(tls=True)
        await client.envelope()
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("250 2.0.0 queued")
        assert (await client.ask("QUIT")).startswith("221")
        assert await client.reply() == ""
    assert peer.pipeline.messages[0].envelope.tls


async def test_a_big_message_comes_through_tls_unchanged():
    content = b"Subject: x\r\n\r\n" + b".y" * 30 + b"\r\n" + (b"\xe6\x97\xa5" * 25 + b"\r\n") * 50_000
    async with guard() as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("EHLO x")
        assert (await client.ask("STARTTLS")).startswith("220")
        await client.start_tls()
        await client.ask("EHLO x")
        await client.ask("MAIL FROM:<a@example.jp>")
        await client.ask("RCPT TO:<b@example.jp>")
        await client.ask("DATA")
        await client.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert peer.hop.taken[0].content == content


async def test_old_tls_is_refused():
    async with guard() as peer:
        old = trusting()
        with pytest.warns(DeprecationWarning, match="TLS"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", peer.server.tls_port, ssl=old)


@pytest.mark.parametrize("tls", [True, False])
async def test_a_handshake_that_never_ends_is_ended(monkeypatch, tls):
    for module in (channel, doorway):
        monkeypatch.setattr(module, "HANDSHAKE_SECONDS", 0.2)
    async with guard() as peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", peer.server.tls_port if tls else peer.server.port)
        if not tls:
            writer.write(b"EHLO x\r\nSTARTTLS\r\n")
        async with asyncio.timeout(5):
            assert (b"220 2.0.0" in await reader.read()) is not tls
        await asyncio.sleep(0.05)
        assert not peer.server._desk.sessions
        writer.close()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 1000, b""])
async def test_a_broken_handshake_harms_nobody(garbage, caplog):
    async with guard() as peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", peer.server.tls_port)
        writer.write(garbage)
        writer.write_eof()
        with contextlib.suppress(ConnectionError):  # closed with input unread
            async with asyncio.timeout(5):
                await reader.read()
        writer.close()
        assert (await (await peer.connect(tls=True)).reply()).startswith("220")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_connections_in_a_handshake_count():
    async with guard(max_connections_per_client=2) as peer:
        idle = [await asyncio.open_connection("127.0.0.1", peer.server.tls_port) for _ in range(2)]
        assert (await (await peer.connect()).reply()).startswith("421 4.7.0")
        for _, writer in idle:
            writer.close()


async def test_the_certificate_is_replaced_while_the_server_runs(tmp_path, caplog):
    files = certificate(tmp_path)
    async with guard(**files) as peer:
        first = await peer.connect(tls=True)
        await first.reply()
        files["certificate"].write_text("no certificate")
        peer.server.reload()
        assert "smtp.certificate: " in caplog.text
        assert "The certificate in use stays." in caplog.text
        second = await peer.connect(tls=True)
        assert subject(second) == subject(first)
        certificate(tmp_path)
        peer.server.reload()
        third = await peer.connect(tls=True)
        assert subject(third) != subject(first)
        assert (await first.ask("NOOP")).startswith("250")


@pytest.mark.parametrize("broken", ["chain missing", "key missing", "chain broken", "other key"])
async def test_a_broken_certificate_is_said_at_the_start(tmp_path, broken):
    files = certificate(tmp_path)
    match broken:
        case "chain missing":
            files["certificate"].unlink()
        case "key missing":
            files["certificate_key"].unlink()
        case "chain broken":
            files["certificate"].write_text("x")
        case "other key":
            (tmp_path / "other").mkdir()
            files["certificate_key"] = certificate(tmp_path / "other")["certificate_key"]
    server = SmtpServer(Smtp(listen="127.0.0.1:0", hostname="x", **files), None, None, None)
    with pytest.raises(ConfigError, match=r"^smtp\.certificate.*\. Name a PEM "):
        await server.start()


async def test_a_tls_port_that_is_taken_is_said():
    async with guard() as peer:
        smtp = Smtp(
            listen="127.0.0.1:0", tls_listen=f"127.0.0.1:{peer.server.port}", hostname="x", **with_certificate()
        )
        with pytest.raises(ConfigError, match=r"^smtp\.tls_listen: cannot listen on 127"):
            await SmtpServer(smtp, None, None, None).start()


async def test_several_servers_share_both_ports():
    async with guard() as peer:
        smtp = Smtp(listen="127.0.0.1:0", tls_listen="127.0.0.1:0", hostname="x", **with_certificate())
        first = SmtpServer(smtp, None, None, None)
        await first.start(reuse_port=True)
        listen = {"listen": f"127.0.0.1:{first.port}", "tls_listen": f"127.0.0.1:{first.tls_port}"}
        second = SmtpServer(smtp.model_copy(update=listen), None, None, None)
        await second.start(reuse_port=True)
        assert second.ports == first.ports
        assert 0 < first.port != first.tls_port > 0
        await first.stop(1)
        await second.stop(1)
        assert (await (await peer.connect()).reply()).startswith("220")


async def test_strangers_get_no_handshake():
    async with guard(clients=("192.0.2.0/24",)) as peer:
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await peer.connect(tls=True)


async def test_a_client_that_goes_under_tls_after_the_dot_does_not_stop_the_delivery():
    async with edge(mode="slow", smtp={**with_certificate(), **BOTH}) as peer:
        client = await peer.connect(tls=True)
        await client.envelope()
        await client.send(MESSAGE)
        await peer.pipeline.entered.wait()
        client.writer.close()
        await asyncio.sleep(0.05)
        peer.pipeline.gate.set()
        async with asyncio.timeout(5):
            while not peer.hop.taken:  # noqa: ASYNC110 - the thing waited for has no event
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("tls", [True, False])
async def test_clients_that_reset_at_once_leave_the_port_open(tls):
    def reset(port):
        for _ in range(20):
            gone = socket.create_connection(("127.0.0.1", port))
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            gone.close()

    async with guard() as peer:
        await asyncio.to_thread(reset, peer.server.tls_port if tls else peer.server.port)
        async with asyncio.timeout(5):
            while peer.server._desk.sessions or peer.server._desk.leaving:  # noqa: ASYNC110 - this has no event
                await asyncio.sleep(0.01)
        client = await peer.connect(tls=tls)
        assert (await client.reply()).startswith("220")
        assert sum(peer.server._desk.clients.values()) == 1


async def test_whatever_a_connection_raises_the_port_stays_open(monkeypatch, caplog):
    def broken(client):
        raise ValueError("taro@example.jp")

    async with guard() as peer:
        with monkeypatch.context() as patch:
            patch.setattr(doorway, "_address", broken)
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await peer.connect(tls=True)
        assert (await (await peer.connect(tls=True)).reply()).startswith("220")
    assert "type=ValueError" in caplog.text
    assert "taro" not in caplog.text


async def test_a_port_that_broke_does_not_keep_the_server_from_stopping(monkeypatch):
    async def broken(_, client, loop):
        client.close()
        raise ValueError

    async with guard() as peer:
        client = await peer.connect()
        await client.reply()
        monkeypatch.setattr(doorway.Doorway, "_receive", broken)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await peer.connect(tls=True)
        await peer.server.stop(1)
        assert (await client.reply()).startswith("421")
