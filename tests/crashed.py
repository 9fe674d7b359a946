"""kill -9 at a step between DATA and RELEASED: a service that is started again, and what must be true afterwards."""

import asyncio
import contextlib
import re
import smtplib
import subprocess
import sys
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from crashing import MAY_REPEAT, POINTS
from hop import Hop
from serving import Serving

from mailguard.demo.incidents import csv_bytes, registrations, zip_bytes
from mailguard.demo.mailings import Mail, ski_run

CRASHING = Path(__file__).parent / "crashing.py"


def with_list(recipient: str, subject: str) -> Mail:
    """A mail that holds: twelve families as a ZIP."""
    roster = zip_bytes("名簿.csv", csv_bytes(registrations()[:13]))
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "ski@plus-one.example.jp", recipient, subject
    message.set_content("ご案内です。\r\n", cte="base64")
    message.add_attachment(roster, maintype="application", subtype="zip", filename="名簿.zip")
    return Mail("ski@plus-one.example.jp", recipient, message.as_bytes())


class World:
    """A next hop, a service that is started again when it died, and a client that sends again until it hears 250."""

    def __init__(self, folder: Path, hop: Hop):
        self.hop = hop
        self.crashes = 0
        self.armed = folder / "point"
        self.service = Serving(folder, hop.port)
        self.service.program = [sys.executable, str(CRASHING), str(self.armed)]
        self.arm("")

    def arm(self, point: str) -> None:
        self.armed.write_text(point)
        self.crashes = 0

    def insist(self, call):
        for _ in range(6):
            try:
                return call()
            except (OSError, smtplib.SMTPException, AssertionError):
                time.sleep(0.3)  # the kernel may still be at it
                if self.service.alive():
                    raise
                self.restart()
        raise AssertionError(self.service.log())

    def restart(self) -> None:
        self.armed.write_text("")
        self.crashes += 1
        self.service.start()

    def send(self, mail: Mail) -> str:
        answer = self.insist(lambda: self.service.send(mail))
        assert answer.startswith("250"), answer
        return answer

    def approve(self, hold_id: str) -> None:
        def once():
            token = self.service.login("sato")
            hold = next(hold for hold in self.service.holds(token) if hold["id"] == hold_id)
            if hold["state"] == "pending":
                status, answer = self.service.decide(token, hold, cap=9)
                assert status == 200, answer

        self.insist(once)

    def states(self, *hold_ids: str) -> list[str]:
        holds = {hold["id"]: hold["state"] for hold in self.service.holds(self.service.login("sato"))}
        return [holds[hold_id] for hold_id in hold_ids]

    def arrived(self, mail: Mail) -> int:
        return sum(mail.recipient.encode() in taken.rcpts[0] for taken in self.hop.taken)

    def until_arrived(self, mail: Mail) -> None:
        deadline = time.monotonic() + 40
        while not self.arrived(mail):
            if not self.service.alive():
                self.restart()
            assert time.monotonic() < deadline, self.service.log()
            time.sleep(0.05)


@contextlib.contextmanager
def crashing_world(folder: Path):
    """A `World` with a next hop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def there(task):
        return asyncio.run_coroutine_threadsafe(task, loop).result(30)

    hop = Hop()
    there(hop.__aenter__())
    made = World(folder, hop)
    try:
        with made.service:
            yield made
    finally:
        there(hop.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def crash(point: str, world: World) -> None:
    """Accepted = relayed + held, and nothing unapproved ever leaves."""
    number = POINTS.index(point)
    clean = next(ski_run(1, 1))
    clean = Mail(clean.sender, f"clean-{number}@example.com", clean.content)
    first, later, never = (
        with_list(f"first-{number}@example.com", f"冬の便{chr(0x3042 + number)}"),
        with_list(f"later-{number}@example.com", f"冬の便{chr(0x3042 + number)}"),
        with_list(f"never-{number}@example.com", f"別の便{chr(0x3042 + number)}"),
    )
    world.arm(point)
    world.send(clean)
    approved = re.search(r"H-[0-9A-Z]+", world.send(first))[0]
    pending = re.search(r"H-[0-9A-Z]+", world.send(never))[0]
    world.approve(approved)
    world.until_arrived(first)
    world.send(later)
    world.until_arrived(later)
    if not world.service.alive():
        world.restart()
    assert world.states(approved, pending) == ["approved", "pending"]
    counts = {mail.recipient: world.arrived(mail) for mail in (clean, first, later, never)}
    assert world.crashes == 1, "the service never came to this point"
    assert counts.pop(never.recipient) == 0
    assert all(1 <= count <= (2 if point in MAY_REPEAT else 1) for count in counts.values()), counts


def record_is_whole(world: World) -> bool:
    """Whether the record verifies after all that."""
    listed = [*world.service.program[:1], "-m", "mailguard", "audit", "verify", "--config", str(world.service.config)]
    return subprocess.run(listed, check=False, capture_output=True).returncode == 0
