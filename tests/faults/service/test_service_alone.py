"""One process, on Python's own event loop: what systemd hears, what a stop says to idle clients, what a second signal does."""

import os
import signal
import smtplib
import socket
import sys
import time

import pytest
from serving import Serving

WITHOUT_UVLOOP = "import sys; sys.modules['uvloop'] = None; from mailguard.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """NOTIFY_SOCKET and what comes to it."""
    path = str(tmp_path_factory.mktemp("notify") / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(path)
        there.settimeout(20)
        yield path, there


@pytest.fixture(scope="module")
def service(tmp_path_factory, journal):
    there = Serving(tmp_path_factory.mktemp("alone"), 1)
    there.program = [sys.executable, "-c", WITHOUT_UVLOOP]
    there.environ = {"NOTIFY_SOCKET": journal[0], "WATCHDOG_USEC": "1000000"}
    there.start()
    yield there
    if there.alive():
        there.kill()


def heard(there, word: str) -> str:
    """The datagram with that word; others are passed over."""
    while word not in (said := there.recv(4096).decode()):
        pass
    return said


def test_systemd_hears_ready_and_that_the_loop_turns(service, journal):
    assert "event loop: asyncio" in service.log()
    assert f"STATUS=SMTP on port {service.smtp}, 1 process" in heard(journal[1], "READY=1")
    heard(journal[1], "WATCHDOG=1")
    began = time.monotonic()
    heard(journal[1], "WATCHDOG=1")
    assert time.monotonic() - began < 1


def test_a_reload_is_told_before_and_after(service, journal):
    os.kill(service.pid, signal.SIGHUP)
    assert "MONOTONIC_USEC=" in heard(journal[1], "RELOADING=1")
    heard(journal[1], "READY=1")
    assert service.alive()


def test_a_stop_says_421_to_idle_clients_and_ends_with_0(service, journal):
    with service.client() as client:
        client.helo()
        os.kill(service.pid, signal.SIGTERM)
        heard(journal[1], "STOPPING=1")
        assert client.getreply()[0] == 421
        with pytest.raises((OSError, smtplib.SMTPException)):
            service.client()
        client.close()
    assert service.wait() == 0


def test_a_second_signal_ends_it_at_once(service):
    service.start()
    with service.client() as client:
        client.helo()
        client.sock.sendall(b"MAIL FROM:<n@example.co.jp>\r\n")
        client.getreply()
        os.kill(service.pid, signal.SIGSTOP)
        os.kill(service.pid, signal.SIGINT)
        os.kill(service.pid, signal.SIGTERM)
        os.kill(service.pid, signal.SIGCONT)
        assert service.wait(5) in {128 + signal.SIGINT, 128 + signal.SIGTERM}
        client.close()
