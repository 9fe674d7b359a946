"""What the mode of a source holds, from SMTP to the words of the page: every mailing, any attachment, or nothing."""

import re
from collections import Counter
from dataclasses import replace

import encrypted
import pytest
import pytest_asyncio
from guarded import HOLDS, PASSES, digester, furnished, guarded, scanners

from mailguard.config import Config
from mailguard.lifecycle import HoldState
from mailguard.model import Envelope, ProblemKind, SourceMode
from mailguard.pieces import cut
from mailguard.service.unlocking import Unlocker
from mailguard.store.views import Unopened
from mailguard.web import say
from mailguard.web.texts import Texts

pytestmark = [pytest.mark.incident, pytest.mark.asyncio(loop_scope="module")]

JA, EN = Texts("ja"), Texts("en")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    folder.chmod(0o700)
    return furnished(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scanner(made):
    there = scanners(digester(made), workers=1)
    await there.start()
    yield there
    await there.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def guard(made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner) as there:
        yield there


def turn(store, mode):
    """The source of all tests has another mode from now on."""
    for source in store.sources.all():
        store.sources.change(replace(source, mode=mode), "test")


def mail(token, body="こんにちは。", file="", subject="お知らせ"):
    head = f"From: n@example.co.jp\r\nSubject: {subject}\r\nX-Token: {token}\r\nMIME-Version: 1.0\r\n"
    head += 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    part = f'--b\r\nContent-Type: text/plain; name="a.txt"\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\n{file}\r\n'
    return (
        f"{head}--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n{part * bool(file)}--b--\r\n".encode()
    )


async def test_each_new_mailing_of_a_source_needs_its_approval_though_it_is_clean(guard):
    turn(guard.store, SourceMode.EVERY_MAILING)
    for token, body in (
        ("a", "山田様\r\n\r\n新しいコースのご案内です。"),
        ("b", "佐藤様\r\n\r\n新しいコースのご案内です。"),
    ):
        assert re.match(
            HOLDS, (await guard.send(token, content=mail(token, body), recipients=(f"{token}@example.com",))).last
        )
    [row] = guard.store.holds.recent()  # personalised greetings are one mailing
    assert (row.reasons, row.messages, row.persons) == (("every_mailing",), 2, 0)
    view = guard.store.holds.get(row.id)
    assert say.headline(JA, view) == "配信ごとに承認が必要な送信システムです"
    assert say.headline(EN, view) == "Every mailing of this source needs an approval"

    guard.approve(cap=3)
    same = await guard.send(
        "c", content=mail("c", "鈴木様\r\n\r\n新しいコースのご案内です。"), recipients=("c@example.com",)
    )
    assert re.match(PASSES, same.last)
    beyond = await guard.send(
        "d", content=mail("d", "高橋様\r\n\r\n新しいコースのご案内です。"), recipients=("d@example.com",)
    )
    other = await guard.send("e", content=mail("e", "新しい教室のご案内です。"))
    listed = await guard.send("f", content=mail("f", "新しいコースのご案内です。", file="ご案内"))
    for heard in (beyond, other, listed):
        assert re.match(HOLDS, heard.last)
    assert len(guard.store.holds.recent([HoldState.PENDING])) == 3
    assert set(guard.relayed()) == {("c", "c@example.com")}


async def test_a_source_without_attachments_is_held_for_any(guard):
    turn(guard.store, SourceMode.NO_ATTACHMENTS)
    assert re.match(PASSES, (await guard.send("a", content=mail("a"))).last)
    assert re.match(HOLDS, (await guard.send("b", content=mail("b", file="無害な文です。"))).last)
    [row] = guard.store.holds.recent()
    assert row.reasons == ("attachment_forbidden",)
    view = guard.store.holds.get(row.id)
    assert "添付を認めない送信システム" in say.headline(JA, view)
    assert "may not send attachments" in say.headline(EN, view)
    await guard.to_the_end()


async def test_a_monitored_source_holds_nothing_and_counts(guard):
    turn(guard.store, SourceMode.MONITOR)
    assert re.match(PASSES, (await guard.send("a", held=True)).last)
    assert guard.store.holds.recent() == []
    [day] = guard.store.watching.days(1)
    assert (day.source_id, day.messages) == ("mailer", 1)
    assert "attachment_findings" in day.reasons
    assert guard.relayed() == Counter({("a", "taro@example.com"): 1})


async def test_findings_hold_in_every_mode_that_holds(guard):
    for mode in (SourceMode.FINDINGS, SourceMode.EVERY_MAILING, SourceMode.NO_ATTACHMENTS):
        turn(guard.store, mode)
        assert re.match(HOLDS, (await guard.send(str(mode), held=True)).last)
    assert all("attachment_findings" in row.reasons for row in guard.store.holds.recent())


@pytest.mark.parametrize(
    ("mode", "extra"),
    [
        (SourceMode.FINDINGS, set()),
        (SourceMode.MONITOR, set()),  # what is held is judged as held
        (SourceMode.NO_ATTACHMENTS, {"attachment_forbidden"}),
        (SourceMode.EVERY_MAILING, {"every_mailing"}),
    ],
)
async def test_what_a_password_opened_is_judged_by_the_mode_of_its_source(guard, mode, extra):
    file = ("a.zip", encrypted.aes_zip(b"Ab12#x9Qz"))
    content = encrypted.mail("添付", file, subject="見積")
    content = content.replace(b"MIME-Version", b"X-Token: z\r\nMIME-Version", 1)
    assert re.match(HOLDS, (await guard.send("z", content=content)).last)
    [row] = guard.store.holds.recent()
    turn(guard.store, mode)
    whole = await guard.inspector.mail(_pieces(guard, encrypted.mail("パスワードは Ab12#x9Qz です。", file)), 10)
    assert ProblemKind.ENCRYPTED not in {problem.kind for problem in whole.problems}
    envelope = Envelope("n@example.co.jp", ("taro@example.com",), client="127.0.0.1")
    unlocker = Unlocker(guard.store, Config, lambda: guard.policy)
    await unlocker.settle(Unopened(row.id, "m", envelope, content, (), 0), whole)
    reasons = set(guard.store.holds.get(row.id).row.reasons)
    assert "attachment_findings" in reasons
    assert reasons & {"attachment_forbidden", "every_mailing"} == extra


def _pieces(guard, content):
    return cut(content, guard.store.digester)
