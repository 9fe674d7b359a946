"""The small parts of the service: what systemd hears, what a port refuses, what an SMTP process is told, what a log line is."""

import asyncio
import io
import json
import logging
import os
import socket

import pytest

from mailguard import log
from mailguard.config import Config
from mailguard.errors import ConfigError, StoreError
from mailguard.service import handover, ports
from mailguard.service.systemd import Systemd


@pytest.fixture(params=["path", "abstract"])
def journal(request, tmp_path):
    """A NOTIFY_SOCKET and what came to it."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@mailguard-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        there.settimeout(5)
        yield address, lambda: there.recv(4096).decode().splitlines()


def test_systemd_is_told(journal):
    address, heard = journal
    systemd = Systemd({"NOTIFY_SOCKET": address})
    systemd.ready("SMTP on port 2525")
    assert heard() == ["READY=1", "STATUS=SMTP on port 2525"]
    systemd.reloading()
    reloading, clock = heard()
    assert reloading == "RELOADING=1"
    assert int(clock.removeprefix("MONOTONIC_USEC=")) > 0
    systemd.stopping()
    assert heard()[0] == "STOPPING=1"


async def test_the_watchdog_hears_from_the_event_loop(journal):
    address, heard = journal
    living = asyncio.ensure_future(Systemd({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "40000"}).live())
    assert [await asyncio.to_thread(heard) for _ in range(3)] == [["WATCHDOG=1"]] * 3
    living.cancel()


async def test_without_systemd_nothing_happens():
    Systemd({}).ready("x")
    Systemd({"NOTIFY_SOCKET": "/nowhere/at/all"}).ready("x")
    await Systemd({"WATCHDOG_USEC": "40000"}).live()


def test_a_port_that_a_strange_program_would_share_is_refused():
    with socket.socket() as strange:
        strange.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        strange.bind(("127.0.0.1", 0))
        strange.listen()
        endpoint = f"127.0.0.1:{strange.getsockname()[1]}"
        with pytest.raises(
            ConfigError, match=rf"smtp\.listen: cannot listen on {endpoint} \(Address already in use\)\."
        ):
            ports.held("smtp.listen", endpoint)
        assert ports.trouble(endpoint)
    assert not ports.trouble(endpoint)


def test_a_held_port_takes_our_processes_and_nobody_else():
    with ports.held("smtp.listen", "127.0.0.1:0") as keeper:
        endpoint = ports.named("127.0.0.1:0", keeper)
        host, port = endpoint.split(":")
        with socket.create_server((host, int(port)), reuse_port=True), pytest.raises(ConfigError):
            ports.opened("smtp.listen", endpoint)


def test_an_order_carries_the_whole_configuration_and_no_environment(monkeypatch):
    config = Config(
        data_dir="/var/lib/x",
        relay={"username": "u", "password": "pass 語", "tls": "verify"},
        smtp={"workers": 4, "clients": ["10.0.0.0/8"]},
        own={"domains": ["例.jp"]},
    )
    line = handover.pack(config, 3, "asyncio")
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert handover.unpack(line) == (config, 3, "asyncio")
    monkeypatch.setenv("MAILGUARD_RELAY__PASSWORD", "secret")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/x")
    assert not {"MAILGUARD_RELAY__PASSWORD", "NOTIFY_SOCKET"} & set(handover.environment())
    assert json.loads(line)["config"]["relay"]["password"] == "pass 語"


def test_each_process_gets_its_part_of_the_memory_and_room_for_the_biggest_message():
    config = Config(smtp={"workers": 4, "max_inflight_bytes": 400_000_000, "max_message_bytes": 50_000_000})
    assert handover.share(config, "127.0.0.1:5", "", "guard").smtp.max_inflight_bytes == 100_000_000
    config = Config(smtp={"workers": 16, "max_inflight_bytes": 400_000_000, "max_message_bytes": 50_000_000})
    shared = handover.share(config, "127.0.0.1:5", "127.0.0.1:6", "guard").smtp
    assert (shared.max_inflight_bytes, shared.listen, shared.tls_listen) == (50_000_000, "127.0.0.1:5", "127.0.0.1:6")


@pytest.fixture
def logged():
    kept = {name: logging.getLogger(name) for name in ("mailguard", "uvicorn", "asyncio")}
    before = {name: (logger.handlers[:], logger.level, logger.propagate) for name, logger in kept.items()}
    out = io.StringIO()
    log.setup("INFO", out, process="smtp-2")
    yield out
    for name, logger in kept.items():
        logger.handlers[:], level, logger.propagate = before[name]
        logger.setLevel(level)


def test_a_record_is_one_line_without_what_a_mail_said(logged):
    for error in (ValueError("山田太郎"), StoreError("database: disk full.\nFree some space.")):
        try:
            raise error
        except (ValueError, StoreError):
            logging.getLogger("mailguard.x").exception("message=%s", "M-1\nM-2")
    first, second = logged.getvalue().splitlines()
    assert (
        f"ERROR mailguard.x process=smtp-2 pid={os.getpid()} message=M-1 M-2 error=ValueError at test_service_parts.py:"
        in first
    )
    assert "山田" not in first
    assert "error=StoreError: database: disk full. Free some space. at" in second


def test_journald_gets_priorities_and_no_second_clock(tmp_path, monkeypatch):
    with (tmp_path / "journal").open("w+") as journal:
        facts = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{facts.st_dev}:{facts.st_ino}")
        log.setup("INFO", journal)
        logging.getLogger("mailguard.x").warning("hello")
        logging.getLogger("mailguard.x").info("there")
        log.setup("INFO", io.StringIO())
        journal.seek(0)
        assert [line[:10] for line in journal] == ["<4>WARNING", "<6>INFO mai"[:10]]
