"""PPAP: an encrypted file in one mail, its password in the same, an earlier or a later one, through the running service."""

import asyncio
import time
from pathlib import Path

import encrypted
import pytest
from hop import Hop
from serving import Serving

from mailguard.demo.mailings import Mail

pytestmark = [pytest.mark.incident, pytest.mark.timeout(180)]

FIRST, SECOND, THIRD = "Ab12#x9Qz", "zen7!yuki", "Kx-4401-w"
FROM, TO = "tantou@tool.example.jp", "kyaku@client.example.com"


def mail(body, *files, subject="ファイル送付の件", sender=FROM):
    return Mail(sender, TO, encrypted.mail(body, *files, subject=subject, sender=sender))


async def until(service, token, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        holds = {hold["id"]: hold for hold in await _in_thread(service.holds, token)}
        if condition(holds):
            return holds
        assert time.monotonic() < deadline, holds
        await _in_thread(time.sleep, 0.2)


async def _in_thread(call, *arguments):
    return await asyncio.to_thread(call, *arguments)


async def shown_of(service, token, hold_id):
    _, shown = await _in_thread(service.api, "GET", f"/api/holds/{hold_id}", token)
    return shown


def traces(folder: Path) -> bytes:
    """Everything that was written: database, its log, standard error."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def test_the_password_comes_in_the_next_mail_in_the_same_or_before(tmp_path):
    async with Hop() as hop:
        service = Serving(tmp_path, hop.port)
        await _in_thread(service.start)
        try:
            token = await _in_thread(service.login, "sato")
            aes = encrypted.aes_zip(FIRST.encode())
            answer = await _in_thread(service.send, mail("添付にてお送りします。", ("資料.zip", aes)))
            first = answer.rpartition(" ")[2]
            holds = await until(service, token, lambda holds: first in holds)
            assert (holds[first]["persons"], holds[first]["revision"]) == (0, 1)
            shown = await shown_of(service, token, first)
            assert ["資料.zip", "会員名簿.csv"] in [problem["path"] for problem in shown["problems"]]

            # The next mail passes, and tells the password: the hold shows who is in the list, and stays held.
            answer = await _in_thread(service.send, mail(f"先ほどのファイルのパスワードは {FIRST} です。"))
            assert "held" not in answer
            holds = await until(service, token, lambda holds: holds[first]["persons"])
            assert (holds[first]["persons"], holds[first]["state"]) == (encrypted.PERSONS, "pending")
            shown = await shown_of(service, token, first)
            assert not shown["problems"]
            assert {"name", "phone", "address"} <= {finding["kind"] for finding in shown["findings"]}

            # The other way round, and both in one mail: opened at once.
            await _in_thread(service.send, mail("これからお送りする資料の解凍PW\n\n" + SECOND))
            weak = encrypted.zipcrypto_zip(SECOND.encode())
            answer = await _in_thread(service.send, mail("添付にてお送りします。", ("資料2.zip", weak)))
            holds = await until(service, token, lambda holds: answer.rpartition(" ")[2] in holds)
            assert holds[answer.rpartition(" ")[2]]["persons"] == encrypted.PERSONS
            pdf = encrypted.pdf(THIRD)
            answer = await _in_thread(service.send, mail(f"添付の件です。\n{THIRD}", ("資料.pdf", pdf)))
            holds = await until(service, token, lambda holds: answer.rpartition(" ")[2] in holds)
            assert holds[answer.rpartition(" ")[2]]["persons"] == encrypted.PERSONS

            # What another sender tells opens nothing here.
            other = encrypted.aes_zip(b"Wm3-nobody")
            answer = await _in_thread(service.send, mail("添付にてお送りします。", ("資料3.zip", other)))
            closed = answer.rpartition(" ")[2]
            stranger = mail("パスワードは Wm3-nobody です。", sender="someone@other.example.com")
            await _in_thread(service.send, stranger)
            await _in_thread(time.sleep, 2.5)
            holds = await until(service, token, lambda holds: closed in holds)
            assert (holds[closed]["persons"], holds[closed]["revision"]) == (0, 1)
        finally:
            await _in_thread(service.stop)
        written = traces(tmp_path)
        assert b"SQLite format 3" in written
        for password in (FIRST, SECOND, THIRD, "Wm3-nobody"):
            assert password.encode() not in written
        assert "Traceback" not in service.log()
