"""smtp.workers = 2 as real processes: both take mail, one may be killed, and a stop under load loses nothing."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import pytest_asyncio
from hop import Hop
from prometheus_client.parser import text_string_to_metric_families
from serving import Serving

from mailguard.config import Holds
from mailguard.service.clock import now
from mailguard.store import open_store

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIST = "氏名,電話番号\r\n山田太郎,090-1234-5678\r\n"


def mail(number: int, *, held: bool = False) -> bytes:
    head = f"From: n@example.co.jp\r\nTo: a@example.com\r\nSubject: {number}\r\nMIME-Version: 1.0\r\n"
    kind = (
        'Content-Type: text/csv; charset=utf-8; name="a.csv"\r\nContent-Disposition: attachment; filename="a.csv"\r\n'
    )
    return (head + (kind if held else "") + f"\r\n{LIST if held else 'こんにちは'}\r\nnumber {number}.\r\n").encode()


def left(pids, main: int) -> list:
    """Processes and folders that a service should not leave behind."""
    return [
        *(pid for pid in pids if Path(f"/proc/{pid}").exists()),
        *Path("/dev/shm").glob(f"mailguard-metrics-{main}-*"),
    ]


def mails(hop) -> list[bytes]:
    """What the next hop got from tools; notices go elsewhere."""
    return [taken.content for taken in hop.taken if taken.rcpts == (b"<a@example.com>",)]


class Client:
    """A bulk-mail tool: one connection, one message after another, the replies kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader = self._writer = None

    async def __aenter__(self):
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert (await self.reply()).startswith("220")
        assert (await self.say(b"EHLO tool.example")).startswith("250")
        return self

    async def __aexit__(self, *_):
        self._writer.close()

    async def reply(self) -> str:
        """The last line; "" when the connection is gone."""
        try:
            async with asyncio.timeout(60):
                while (line := await self._reader.readline())[3:4] == b"-":
                    pass
        except ConnectionError:
            return ""
        return line.decode()

    async def say(self, line: bytes) -> str:
        with contextlib.suppress(ConnectionError):
            self._writer.write(line + b"\r\n")
            await self._writer.drain()
        return await self.reply()

    async def send(self, content: bytes) -> str:
        for line in (b"MAIL FROM:<n@example.co.jp>", b"RCPT TO:<a@example.com>", b"DATA"):
            reply = await self.say(line)
            if reply[:1] not in {"2", "3"}:
                return reply
        return await self.say(content + b".")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("workers")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hop():
    async with Hop() as there:
        yield there


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(folder, hop):
    there = Serving(folder, hop.port, smtp="workers = 2")
    await asyncio.to_thread(there.start)
    yield there
    if there.alive():
        there.kill()


def workers(service) -> dict[str, int]:
    """pid of each SMTP process that listens now, by its number."""
    said = re.findall(r"smtp process=(\d) pid=(\d+) listens", service.log())
    return {number: int(pid) for number, pid in said if Path(f"/proc/{pid}").exists()}


async def metrics(service) -> dict[str, float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.metrics)
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    text = (await reader.read()).decode().partition("\r\n\r\n")[2]
    writer.close()
    return {
        "/".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def until(condition, seconds: float = 30.0):
    end = time.monotonic() + seconds
    while not (result := await condition()):
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    return result


def sockets_of(pid: int) -> int:
    """Open sockets of one process: the kernel deals connections out."""
    return sum("socket:" in str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())


async def test_both_processes_take_mail_and_count_together(service, hop):
    pids = workers(service)
    assert len(set(pids.values())) == 2
    idle = {pid: sockets_of(pid) for pid in pids.values()}
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(service.smtp)) for _ in range(16)]
        assert all(sockets_of(pid) > idle[pid] for pid in pids.values())
        replies = await asyncio.gather(*(client.send(mail(number)) for number, client in enumerate(clients)))
        assert {reply[:3] for reply in replies} == {"250"}
        assert "held for approval" in await clients[0].send(mail(99, held=True))
        await asyncio.sleep(1.2)  # gauges are told once a second
        counts = await metrics(service)
    assert len(mails(hop)) == 16
    assert counts["mailguard_messages_total/passed"] == 16
    assert counts["mailguard_messages_total/held"] == 1
    assert counts["mailguard_scan_duration_seconds_count"] == 17
    assert counts["mailguard_smtp_connections"] == 16
    assert counts["mailguard_smtp_workers"] == 2
    assert counts["mailguard_held_messages"] == 1


async def test_a_second_service_on_the_port_is_refused_in_words(service, tmp_path):
    config = tmp_path / "second.toml"
    config.write_text(service.config.read_text().replace(str(service.data), str(tmp_path / "data")))
    command = [sys.executable, "-m", "mailguard", "serve", "--config", str(config)]
    second = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"smtp.listen: cannot listen on 127.0.0.1:{service.smtp} (Address already in use)." in second.stderr
    assert "Traceback" not in second.stderr


async def test_a_reload_reaches_every_process(service):
    os.kill(service.pid, signal.SIGHUP)

    async def said():
        return len(re.findall(r"process=smtp-\d .* reload", service.log())) == 2

    await until(said)
    assert len(workers(service)) == 2


async def test_one_process_killed_comes_back_and_the_other_goes_on(service):
    before = await metrics(service)
    pids = workers(service)
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(service.smtp)) for _ in range(12)]
        os.kill(pids["1"], signal.SIGKILL)
        replies = await asyncio.gather(*(client.send(mail(200 + number)) for number, client in enumerate(clients)))
    assert {reply[:3] for reply in replies} == {"", "250"}
    on = sum(reply.startswith("250") for reply in replies)

    async def gone():
        return workers(service).get("1") != pids["1"]

    await until(gone)
    async with Client(service.smtp) as client:  # its port is the other's now
        assert (await client.send(mail(300))).startswith("250")

    async def back():
        return len(workers(service)) == 2

    await until(back)
    assert workers(service)["1"] != pids["1"]
    assert workers(service)["2"] == pids["2"]
    after = await metrics(service)
    passed = "mailguard_messages_total/passed"
    assert after[passed] == before[passed] + on + 1
    assert after["mailguard_smtp_worker_restarts_total"] == 1
    assert after["mailguard_smtp_workers"] == 2
    assert service.status(f"http://127.0.0.1:{service.metrics}/readyz") == 200


async def test_a_stop_under_load_loses_nothing(service, hop, folder):
    with open_store(f"sqlite:///{service.data / 'mailguard.db'}", service.data, now, holds=Holds()) as store:
        held_before = store.holds.gauges().held_messages
    relayed, held, last = set(), set(), []

    async def tool(first: int):
        with contextlib.suppress(ConnectionError):
            async with Client(service.smtp) as client:
                for number in range(first, first + 1000):
                    reply = await client.send(mail(number, held=number % 4 == 0))
                    if not reply.startswith("250"):
                        last.append(reply)
                        return
                    (held if "held for approval" in reply else relayed).add(number)

    tools = [asyncio.ensure_future(tool(10_000 * (1 + index))) for index in range(8)]

    async def under_way():
        return len(relayed) > 30

    await until(under_way)
    pids, main = workers(service), service.pid
    began = time.monotonic()
    assert await asyncio.to_thread(service.stop) == 0
    assert time.monotonic() - began < 20
    await asyncio.gather(*tools)
    assert len(last) == 8
    assert {reply[:3] for reply in last} <= {"421", "451", ""}
    assert "421" in {reply[:3] for reply in last}
    arrived = {int(re.search(rb"Subject: (\d+)", content)[1]) for content in mails(hop)}
    assert relayed <= arrived
    assert not held & arrived
    with open_store(f"sqlite:///{service.data / 'mailguard.db'}", service.data, now, holds=Holds()) as store:
        # A reply may get lost on the way to a client; nothing that was said to be held may.
        assert len(held) <= store.holds.gauges().held_messages - held_before <= len(held) + len(tools)
    assert not left(pids.values(), main)
    assert "Traceback" not in service.log()
