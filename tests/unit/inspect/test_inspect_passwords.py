"""Encrypted parts in the worker: opened by what the same mail tells, by sealed candidates of others, by the list; and remembered."""

import functools
import io
from datetime import date

import encrypted
import msgspec
import msoffcrypto
import openpyxl
import py7zr
import pytest

from mailguard.inspect.engine import Engine
from mailguard.inspect.letter import Letter, Parcel
from mailguard.inspect.unlocking import Unlocking
from mailguard.model import BODY, ProblemKind
from mailguard.pieces import cut
from mailguard.unpack.budget import Limits

SECRET = "Ab12#x9Qz"
KEY = b"sealing key of thirty-two bytes "


@functools.cache
def workbook() -> bytes:
    book, plain, out = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in encrypted.ROWS:
        book.active.append(row)
    book.create_sheet().append(["x" * 9_000])
    book.save(plain)
    msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt(SECRET, out)
    return out.getvalue()


@functools.cache
def seven_zip() -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=SECRET, header_encryption=True) as archive:
        archive.writestr(encrypted.CSV, "会員名簿.csv")
    return out.getvalue()


FILES = {
    "AES": ("資料.zip", lambda: encrypted.aes_zip(SECRET.encode())),
    "ZipCrypto": ("資料.zip", lambda: encrypted.zipcrypto_zip(SECRET.encode())),
    "7z": ("資料.7z", seven_zip),
    "xlsx": ("資料.xlsx", workbook),
    "PDF": ("資料.pdf", lambda: encrypted.pdf(SECRET)),
}
ZIP = ("資料.zip", encrypted.aes_zip(SECRET.encode()))
TELLS = f"先ほどのファイルのパスワードは「{SECRET}」です。"


@pytest.fixture
def engine(detector, digester):
    return build(detector, digester)


def build(detector, digester, **facts):
    return Engine(detector, digester, Limits(), None, Unlocking(digester, Limits(), KEY, **facts))


def closed(inspection):
    return [problem.path for problem in inspection.problems if problem.kind is ProblemKind.ENCRYPTED]


def opened(inspection):
    """Whose passwords; a workbook has the path of the file that held it."""
    return sorted({part.opened for part in inspection.parts if part.opened})


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("body", [TELLS, f"添付の件です。\n{SECRET}\n"], ids=["announced", "alone"])
def test_a_password_in_the_same_mail_opens_it(engine, kind, body):
    name, make = FILES[kind]
    content = encrypted.mail(body, (name, make()))
    found = engine.mail(content)
    assert (found.persons, found.problems, opened(found)) == (encrypted.PERSONS, (), ["mail"])
    assert engine.mail(content).parts == found.parts  # known again


@pytest.mark.parametrize("kind", FILES)
def test_a_password_of_another_mail_opens_it(engine, kind):
    name, make = FILES[kind]
    content = encrypted.mail("添付にてお送りします。", (name, make()))
    assert closed(engine.mail(content))
    told = engine.mail(encrypted.mail(TELLS))
    assert told.passwords
    found = engine.read(Letter(content, len(content), secrets=(told.passwords,))).inspection
    assert (found.persons, found.problems, opened(found)) == (encrypted.PERSONS, (), ["other"])


def test_subject_html_nested_mail_and_a_text_attached_are_read(engine):
    told = [
        encrypted.mail("添付の件です。", ZIP, subject=f"資料(PW:{SECRET})"),
        encrypted.mail(
            "添付の件です。", ZIP, html=f"<p>添付の件です。</p><table><tr><td>解凍PW</td><td>{SECRET}</td></tr></table>"
        ),
        encrypted.mail("添付の件です。", ZIP, ("読んでください.txt", f"パスワード：{SECRET}".encode("cp932"))),
    ]
    for content in told[:2]:
        assert engine.mail(content).persons == encrypted.PERSONS


def test_the_list_opens_it_with_the_day_in_it(detector, digester):
    name, data = "資料.zip", encrypted.zipcrypto_zip(b"abc0302")
    engine = build(detector, digester, listed=("abc{mmdd}",), today=lambda: date(2026, 3, 3))
    found = engine.mail(encrypted.mail("添付の件です。", (name, data)))
    assert (found.persons, opened(found)) == (encrypted.PERSONS, ["list"])
    assert engine.file(name, data).persons == encrypted.PERSONS


def test_what_stayed_closed_is_tried_again_only_with_something_new(engine, monkeypatch):
    tries = []
    tried = encrypted.mail("添付の件です。\nWrong-1\n", ZIP)
    real = Engine._fresh
    monkeypatch.setattr(
        Engine, "_fresh", lambda self, leaf, work: tries.append(leaf.raw.path) or real(self, leaf, work)
    )
    first = engine.mail(tried)
    assert tries.count(("資料.zip",)) == 1
    assert closed(first) == [("資料.zip", "会員名簿.csv")]
    assert engine.mail(tried).problems == first.problems
    assert tries.count(("資料.zip",)) == 1
    assert engine.mail(encrypted.mail("添付の件です。\nWrong-2\n", ZIP)).problems == first.problems
    assert tries.count(("資料.zip",)) == 2
    assert engine.mail(encrypted.mail(TELLS, ZIP)).persons == encrypted.PERSONS
    # Known by its bytes from now on, whoever sends it.
    assert opened(engine.mail(encrypted.mail("別件です。", ZIP))) == ["other"]


def test_a_large_file_that_is_not_sent_again_is_tried_all_the_same(detector, digester):
    """A worker that knows the piece, and one that learns of it from another."""
    engine = build(detector, digester)
    rows = "".join(f"山田太郎{number},090-1234-{number:04d}\r\n" for number in range(3_000))
    data = encrypted.aes_zip(SECRET.encode(), data=("氏名,電話番号\r\n" + rows).encode("cp932"))
    plain, tells = encrypted.mail("添付の件です。", ("資料.zip", data)), encrypted.mail(TELLS, ("資料.zip", data))
    first, second = Parcel(cut(plain, digester)), Parcel(cut(tells, digester))
    answer = engine.read(first.letter(lambda _: True))
    assert closed(answer.inspection)
    assert answer.loose
    assert not answer.fresh
    answer = engine.read(second.letter(lambda _: True))
    assert not closed(answer.inspection)
    assert answer.fresh
    assert SECRET.encode() not in msgspec.msgpack.encode(answer)
    other = build(detector, digester)
    again = other.read(first.letter(lambda _: False, answer.fresh)).inspection
    assert (again.persons, opened(again)) == (answer.inspection.persons, ["other"])


def test_nothing_leaves_the_worker_in_clear(engine):
    told = engine.mail(encrypted.mail(TELLS, ZIP, subject="パスワードのお知らせ"))
    assert told.passwords
    for out in (msgspec.msgpack.encode(told), repr(told).encode(), repr(engine.__dict__).encode()):
        assert SECRET.encode() not in out
    assert len(told.passwords) % 512 == 28  # padded: the length says nothing


def test_equal_candidates_have_equal_keys_and_a_mail_that_speaks_of_none_tells_nothing(engine):
    one, two = engine.mail(encrypted.mail(TELLS)), engine.mail(encrypted.mail(TELLS, subject="別の件"))
    assert one.passwords_key == two.passwords_key
    assert not engine.mail(encrypted.mail("ご注文番号は A-1234 です。")).passwords


def test_a_greeting_in_front_changes_nothing(engine):
    keys = set()
    for name in ("山田太郎様", "佐藤花子様", "鈴木一郎様"):
        told = engine.mail(encrypted.mail(f"{name}\n{TELLS}\n"))
        assert told.parts[0].path == (BODY,)
        keys.add(told.passwords_key)
    assert len(keys) == 1
    assert keys != {b""}


def test_without_a_key_nothing_is_told(detector, digester):
    engine = Engine(detector, digester, Limits())
    assert not engine.mail(encrypted.mail(TELLS)).passwords
    assert engine.mail(encrypted.mail(TELLS, ZIP)).persons == encrypted.PERSONS


def test_bytes_that_are_not_ours_open_nothing(engine):
    content = encrypted.mail("添付の件です。", ZIP)
    letter = Letter(content, len(content), secrets=(b"", b"x" * 100))
    assert closed(engine.read(letter).inspection)
