"""An SMTP process as the service sees it, played by a few lines of Python; on both event loops."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from mailguard.errors import ConfigError, MailguardError
from mailguard.service import loops, worker
from mailguard.service.worker import Worker

PLAY = "import sys, time, os; order = sys.stdin.buffer.readline(); say = lambda text: print(text, flush=True); "


@pytest.fixture(params=loops.FASTEST)
def run(request, monkeypatch):
    """Run what a function makes of a started Worker, on that loop."""
    assert loops.available((request.param,)) == request.param

    def play(program: str, scene=None):
        monkeypatch.setattr(worker, "COMMAND", [sys.executable, "-c", PLAY + program])

        async def main():
            assert loops.running() == request.param
            there = await Worker.start(1, b"order\n", dict(os.environ))
            return await scene(there) if scene else there

        return loops.run(main(), request.param)

    return play


def test_one_that_cannot_start_says_why(run):
    with pytest.raises(ConfigError, match=r"^smtp\.listen: taken\.$"):
        run("say('error smtp.listen: taken.')")
    with pytest.raises(MailguardError, match="SMTP process 1 ended before it listened"):
        run("sys.exit(3)")


def test_one_that_never_comes_up_is_ended(run, monkeypatch):
    monkeypatch.setattr(worker, "START_SECONDS", 0.3)
    with pytest.raises(MailguardError, match="did not come up"):
        run("time.sleep(60)")


def test_one_is_told_to_reload_and_to_stop(run, tmp_path):
    heard = tmp_path / "heard"

    async def scene(there):
        assert there.listening
        there.reload()
        there.renew(Path("/run/a copy"))
        there.stop(12.5)
        await there.wait()

    run(
        f"say('ready'); open({str(heard)!r}, 'wb').write(order + b''.join(sys.stdin.buffer.readline() for _ in range(3)))",
        scene,
    )
    assert heard.read_bytes() == b"order\nreload\nrules /run/a copy\nstop 12.500\n"


@pytest.mark.parametrize("last", ["time.sleep(60)", "os.kill(os.getpid(), 9)"])
def test_one_that_hangs_or_dies_is_gone_after_the_wait(run, monkeypatch, last):
    monkeypatch.setattr(worker, "SILENT_SECONDS", 0.3)

    async def scene(there):
        began = time.monotonic()
        await there.wait()
        assert not there.listening
        assert not await asyncio.to_thread(Path(f"/proc/{there.pid}").exists)
        assert time.monotonic() - began < 10

    run("say('ready'); say('alive'); time.sleep(0.2); say('alive'); " + last, scene)
