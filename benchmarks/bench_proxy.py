"""Messages per second through mailguard against the same client straight to the same sink, in one run.

    python benchmarks/bench_proxy.py [--messages 400] [--runs 3] [--connections 10]

The sink is Postfix's smtp-sink where it is installed, else a bare asyncio server. Medians; read the ratios.
"""

import argparse
import asyncio
import base64
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from mailguard.config import Config
from mailguard.demo.people import households
from mailguard.service import Service

PARAGRAPH = "いつもご利用ありがとうございます。今月の新着情報をお届けします。冬の特集では、あたたかい部屋で読みたい本を選びました。\r\n"


def small(number: int) -> bytes:
    """(a) 4 KB of Japanese text with a greeting of its own."""
    name = households(1, number)[0].guardian.name
    return _mail(f"{name} 様\r\n\r\n" + PARAGRAPH * 17, b"")


def large(number: int) -> bytes:
    """(b) 100 KB: the same text and the same 75 KB price list in every message."""
    return _mail(f"{number:06}\r\n\r\n" + PARAGRAPH, PRICES)


def _prices() -> bytes:
    rng = random.Random(2)
    rows = ["商品コード,分類,単価,原価"]
    while sum(map(len, rows)) + len(rows) < 75_000:
        rows.append(
            f"P{rng.randrange(10**9):09},{rng.choice(['惣菜', '菓子', '飲料'])},{rng.randrange(99, 2999)},{rng.randrange(50, 999)}"
        )
    return "\n".join(rows).encode("cp932")


PRICES = _prices()


def _mail(text: str, attachment: bytes) -> bytes:
    body = base64.encodebytes(text.encode()).replace(b"\n", b"\r\n")
    head = b"From: news@example.co.jp\r\nTo: a@example.com\r\nSubject: news\r\nMIME-Version: 1.0\r\n"
    part = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    if not attachment:
        return head + part
    encoded = base64.encodebytes(attachment).replace(b"\n", b"\r\n")
    return (
        head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + part
        + b'\r\n--b\r\nContent-Type: text/csv; name="prices.csv"\r\nContent-Transfer-Encoding: base64\r\n'
        + b'Content-Disposition: attachment; filename="prices.csv"\r\n\r\n' + encoded + b"\r\n--b--\r\n"
    )  # fmt: skip


async def load(port: int, mails: list[bytes], connections: int) -> float:
    """Send all mails over kept connections; seconds. Raises when one is not answered with 250."""
    queue = list(mails)
    started = time.perf_counter()
    await asyncio.gather(*(_sender(port, queue) for _ in range(connections)))
    return time.perf_counter() - started


async def _sender(port: int, queue: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    await _expect(reader, b"220")
    writer.write(b"EHLO bench\r\n")
    await _expect(reader, b"250")
    while queue:
        content = queue.pop()
        writer.write(b"MAIL FROM:<n@example.co.jp>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n")
        for code in (b"250", b"250", b"354"):
            await _expect(reader, code)
        writer.write(content + b".\r\n")
        await writer.drain()
        await _expect(reader, b"250")
    writer.write(b"QUIT\r\n")
    writer.close()


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    if not line.startswith(code):
        raise RuntimeError(f"expected {code.decode()}, heard {line.decode(errors='replace')}")


@asynccontextmanager
async def sink() -> AsyncIterator[int]:
    """A server that takes everything; its port."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if program:
        port = _free_port()
        process = await asyncio.create_subprocess_exec(program, "-u", "nobody", f"127.0.0.1:{port}", "100")
        await asyncio.sleep(0.5)
        try:
            yield port
        finally:
            process.terminate()
            await process.wait()
    else:
        server = await asyncio.start_server(_swallow, "127.0.0.1", 0, limit=1 << 20)
        async with server:
            yield server.sockets[0].getsockname()[1]


async def _swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        if line.upper().startswith(b"DATA"):
            writer.write(b"354 go\r\n")
            while await reader.readline() != b".\r\n":
                pass
        writer.write(b"250 ok\r\n")
    writer.close()


def _free_port() -> int:
    import socket  # noqa: PLC0415 - used here only

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def bench(case: Callable[[int], bytes], messages: int, runs: int, connections: int) -> tuple[float, float]:
    """(straight to the sink, through mailguard) in messages per second."""
    mails = [case(number) for number in range(messages)]
    async with sink() as port:
        with tempfile.TemporaryDirectory() as folder:
            any_port = {"listen": "127.0.0.1:0"}
            config = Config(
                data_dir=Path(folder),
                relay={"port": port},
                smtp=any_port,
                web=any_port,
                metrics=any_port,
                log={"level": "ERROR"},
            )
            service = Service(config)
            await service.start()
            serving = asyncio.ensure_future(service.run())
            try:
                await load(service.smtp_port, mails[:20], connections)  # warm
                straight = [messages / await load(port, mails, connections) for _ in range(runs)]
                through = [messages / await load(service.smtp_port, mails, connections) for _ in range(runs)]
            finally:
                service.stop.set()
                await serving
                await service.close()
    return statistics.median(straight), statistics.median(through)


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=10)
    given = parser.parse_args()
    print(f"{'mail':34}{'sink msg/s':>12}{'mailguard msg/s':>17}{'ratio':>8}")
    for title, case in (("(a) 4 KB text, own greeting", small), ("(b) 100 KB, the same attachment", large)):
        straight, through = asyncio.run(bench(case, given.messages, given.runs, given.connections))
        print(f"{title:34}{straight:12,.0f}{through:17,.0f}{through / straight:8.3f}")


if __name__ == "__main__":
    main()
