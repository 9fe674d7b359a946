"""Both incidents through the running service, with a real client, a real next hop and a second person."""

import asyncio
import re
import shutil
import subprocess
import time
import urllib.request
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hop import Hop
from machine import needs
from postfix import Postfix, available
from serving import Serving

from mailguard.demo.incidents import csv_bytes, registrations, zip_bytes
from mailguard.demo.mailings import Mail, notice, ski_run

pytestmark = [pytest.mark.incident, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def postfix():
    needs(available(), "Postfix, or root")
    with Postfix() as hop:
        yield hop


def pasted(mail: Mail) -> Mail:
    """The approved ZIP again, and a list pasted into the new body."""
    rows = "\r\n".join(f"{row[4]} {row[9]} {row[1]}" for row in registrations()[1:8])
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = mail.sender, mail.recipient, "冬のスキースクール最新情報"
    message.set_content(f"名簿は次のとおりです。\r\n\r\n{rows}\r\n", cte="base64")
    data = zip_bytes("配信リスト.csv", csv_bytes(registrations()))
    message.add_attachment(data, maintype="application", subtype="zip", filename="配信リスト.zip")
    return Mail(mail.sender, mail.recipient, message.as_bytes())


def delivered_to(mails, recipient: str) -> int:
    return sum(f"Delivered-To: {recipient}\n".encode() in mail for mail in mails)


def wait_for(condition, seconds: float = 30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.postfix
def test_the_incidents_end_to_end(postfix, tmp_path):
    with Serving(tmp_path, postfix.port) as service:
        clean = list(ski_run(1, 3))
        before = len(postfix.mails())
        assert [service.send(mail)[:3] for mail in clean] == ["250"] * 3
        arrived = postfix.mails(before + 3)
        # Byte for byte below the one Received line of ours.
        for mail in clean:
            ours = next(text for text in arrived if f"Delivered-To: {mail.recipient}\n".encode() in text)
            trace, content = re.split(
                rb"(?<=\n)Received: from [^\n]*\n\tby guard\.example\.jp with ESMTP id M-[0-9A-Z]+;\n\t[^\n]*\n", ours
            )
            assert b"next-hop.example.jp" in trace
            assert content == mail.content.replace(b"\r\n", b"\n")

        run = list(ski_run(7, 40))
        with service.client() as client:
            answers = {service.send(mail, client) for mail in run}
        assert len(answers) == 1
        assert re.fullmatch(r"250 2\.0\.0 held for approval, H-[0-9A-Z]{10}", answers.pop())
        with service.client() as client:
            for mail in notice(5):
                assert service.send(mail, client).startswith("250 2.0.0 held")
        time.sleep(1)
        assert not any(delivered_to(postfix.mails(), mail.recipient) for mail in run[3:])

        tanaka, sato = service.login("tanaka"), service.login("sato")
        holds = {hold["persons"]: hold for hold in service.holds(sato)}
        assert set(holds) == {3719, 5212}
        ski = holds[3719]
        assert (ski["messages"], ski["recipients"], ski["households"], ski["persons_exact"]) == (40, 40, 1740, True)
        status, refusal = service.decide(tanaka, ski, cap=41)
        assert (status, refusal["code"]) == (403, "own_source")
        assert service.decide(sato, ski, cap=41)[0] == 200
        wait_for(lambda: sum(delivered_to(postfix.mails(), mail.recipient) for mail in run[3:]) == 37)
        time.sleep(1)
        mails = postfix.mails()
        assert [delivered_to(mails, mail.recipient) for mail in run[3:]] == [1] * 37

        # One more of the same passes under the approval, up to its cap; the next one is a new hold.
        one, two = list(ski_run(7, 42))[40:]
        assert "held" not in service.send(one)
        assert "held" in service.send(two)
        # The approved file with a list pasted into the body is another matter.
        assert "held" in service.send(pasted(clean[0]))
        assert len([hold for hold in service.holds(sato) if hold["state"] == "pending"]) == 3

        # Rejected: the next one hears 250, is kept and never sent.
        letter = next(hold for hold in service.holds(sato) if hold["persons"] == 5212)
        assert service.decide(sato, letter, "reject")[0] == 200
        late = list(notice(6))[5]
        assert service.send(late).startswith(f"250 2.0.0 held for approval, {letter['id']}")
        time.sleep(1)
        assert not any(delivered_to(postfix.mails(), mail.recipient) for mail in notice(6))

        metrics = urllib.request.urlopen(f"http://127.0.0.1:{service.metrics}/metrics").read().decode()
        assert 'mailguard_messages_total{outcome="held"} 47.0' in metrics
        assert 'mailguard_messages_total{outcome="joined_closed"} 1.0' in metrics
        assert 'mailguard_decisions_total{choice="approve"} 1.0' in metrics
        assert "mailguard_problems_total" in metrics
        assert service.stop() == 0
        assert "Traceback" not in service.log()
        everything = service.log() + metrics
        assert not any(mail.recipient in everything for mail in run)


async def test_what_is_held_survives_kill_9_before_and_in_the_middle_of_its_release(tmp_path):
    mails = list(ski_run(7, 200))
    async with Hop() as hop:
        service = Serving(tmp_path, hop.port)
        await _in_thread(service.start)
        answers = await _in_thread(_send_all, service, mails)
        await _in_thread(service.kill)
        await _in_thread(service.start)
        token = await _in_thread(service.login, "sato")
        [hold] = await _in_thread(service.holds, token)
        assert hold["messages"] == 200
        assert {answer.rpartition(" ")[2] for answer in answers} == {hold["id"]}
        assert (await _in_thread(service.decide, token, hold, "approve", 200))[0] == 200
        await _until(lambda: len(_ski(hop)) >= 40)
        await _in_thread(service.kill)
        taken = len(_ski(hop))
        assert taken < 200, "the release was over before it could be killed"
        await _in_thread(service.start)
        try:
            await _until(lambda: len({mail.rcpts for mail in _ski(hop)}) == 200)
            await _until_state(service, hold["id"], "released", 200)
            numbers = [sum(mail.rcpts == (_path(sent.recipient),) for mail in _ski(hop)) for sent in mails]
            assert min(numbers) == 1
            # Twice only for those in flight: at most `release.concurrency` of them.
            assert sum(numbers) - 200 <= 4
        finally:
            await _in_thread(service.stop)


async def test_swaks_hears_the_relay_or_the_hold(tmp_path):
    needs(shutil.which("swaks"), "swaks")
    listing = tmp_path / "list.zip"
    listing.write_bytes(zip_bytes("配信リスト.csv", csv_bytes(registrations())))

    def swaks(*more):
        command = ["swaks", "--server", f"127.0.0.1:{service.smtp}", "--from", "a@example.jp", "--to", "b@example.com"]
        return subprocess.run([*command, *more], capture_output=True, text=True, check=False, timeout=60)

    async with Hop(["once dot 554 5.7.1 not today"]) as hop:
        service = Serving(tmp_path, hop.port)
        await _in_thread(service.start)
        try:
            refused = await _in_thread(swaks, "--body", "hello")
            assert "<** 554 5.7.1 not today" in refused.stdout
            passed = await _in_thread(swaks, "--body", "hello")
            assert passed.returncode == 0
            assert len(hop.taken) == 1
            held = await _in_thread(swaks, "--attach", f"@{listing}")
            assert re.search(r"<-  250 2\.0\.0 held for approval, H-[0-9A-Z]{10}", held.stdout)
        finally:
            await _in_thread(service.stop)


async def test_an_undeclared_source_needs_two_approvers(tmp_path):
    async with Hop() as hop:
        with_two = Serving(tmp_path, hop.port, declared=False)
        await _in_thread(with_two.start)
        try:
            await _in_thread(with_two.send, next(ski_run(7, 1)))
            sato, suzuki = [await _in_thread(with_two.login, login) for login in ("sato", "suzuki")]
            [hold] = await _in_thread(with_two.holds, sato)
            assert (await _in_thread(with_two.decide, sato, hold, "approve", 1))[1]["state"] == "pending"
            assert (await _in_thread(with_two.decide, sato, hold, "approve", 1))[0] != 200
            assert not _ski(hop)
            assert (await _in_thread(with_two.decide, suzuki, hold, "approve", 1))[1]["state"] == "approved"
            await _until(lambda: len(_ski(hop)) == 1)
        finally:
            await _in_thread(with_two.stop)


async def test_notices_reach_everybody_within_ten_seconds_and_name_nobody(tmp_path):
    async with Hop() as hop:
        service = Serving(tmp_path, hop.port)
        await _in_thread(service.start)
        try:
            await _in_thread(service.send, next(ski_run(7, 1)))
            wanted = {f"{login}@office.example.jp" for login in ("tanaka", "sato", "suzuki")}
            await _until(
                lambda: {mail.rcpts[0] for mail in hop.taken} == {_path(address) for address in wanted}, seconds=10
            )
            texts = b"".join(mail.content for mail in hop.taken)
            row = registrations()[1]
            assert not any(value.encode() in texts for value in (row[1], row[2], row[9]))
        finally:
            await _in_thread(service.stop)


def _send_all(service, mails) -> set[str]:
    with service.client() as client:
        answers = {service.send(mail, client) for mail in mails}
    assert all(answer.startswith("250 2.0.0 held") for answer in answers)
    return answers


def _path(address: str) -> bytes:
    return f"<{address}>".encode()


def _ski(hop):
    return [mail for mail in hop.taken if mail.mail.startswith(b"<ski@")]


async def _in_thread(call, *arguments):
    return await asyncio.to_thread(call, *arguments)


async def _until(condition, seconds: float = 30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def _until_state(service, hold_id, state, number):
    token = await _in_thread(service.login, "sato")
    deadline = time.monotonic() + 30
    while True:
        progress = (await _in_thread(service.api, "GET", f"/api/holds/{hold_id}", token))[1]["progress"]
        if progress["messages"].get(state) == number:
            return
        assert time.monotonic() < deadline, progress
