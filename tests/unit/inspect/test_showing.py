"""A part of a mail for an approver: rows with findings, or the file, by path and digest."""

import io
import zipfile
from email.message import EmailMessage

import pytest

from mailguard.detect import ruleset
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.inspect.look import ROWS, Wanted
from mailguard.inspect.showing import Showing
from mailguard.inspect.unlocking import Unlocking
from mailguard.unpack.budget import Limits
from mailguard.unpack.tools import NoTools

D, LIMITS = Digester(b"k" * 32), Limits()


def table(rows):
    return "\r\n".join(["番号,氏名,電話,備考", *rows]).encode("cp932")


FEW = table(["1,山田太郎,090-1234-5678,あ", "2,,,在庫なし", "3,佐藤花子,080-8765-4321,い"])
MANY = table([f"{n},山田太郎,090-1234-{n:04},x" for n in range(200)])


def mail(name, data):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.jp", "b@example.com", "x"
    message.set_content("お世話になります。\n山田太郎様の電話は 090-1111-2222 です。\nよろしくお願いします。\n")
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes().replace(b"\n", b"\r\n")


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


@pytest.fixture(scope="module")
def workers():
    detector = Detector.build(ruleset.shipped_dir(), D)
    return Engine(detector, D, LIMITS), Showing(detector, D, LIMITS, NoTools(), Unlocking(D, LIMITS))


def wanted(engine, content, path, offset=0):
    part = next(part for part in engine.mail(content).parts if part.path == path)
    return Wanted(content, part.path, part.key, offset)


def test_only_rows_with_findings_are_shown(workers):
    engine, showing = workers
    shown = showing.rows(wanted(engine, mail("a.csv", FEW), ("a.csv",)))
    assert (shown.found, shown.head, shown.total) == (True, ("番号", "氏名", "電話", "備考"), 2)
    assert [row[1] for row in shown.rows] == ["山田太郎", "佐藤花子"]


def test_a_long_table_is_shown_some_rows_at_a_time(workers):
    engine, showing = workers
    content = mail("a.zip", zipped("b.csv", MANY))
    first = showing.rows(wanted(engine, content, ("a.zip", "b.csv")))
    assert (len(first.rows), first.total) == (ROWS, 200)
    last = showing.rows(wanted(engine, content, ("a.zip", "b.csv"), 190))
    assert [row[0] for row in last.rows] == [str(n) for n in range(190, 200)]


def test_lines_of_a_text_without_findings_are_not_shown(workers):
    engine, showing = workers
    shown = showing.rows(wanted(engine, mail("a.csv", FEW), ("(body)",)))
    assert shown.rows == (("山田太郎様の電話は 090-1111-2222 です。",),)


@pytest.mark.parametrize(
    ("content", "path", "data"),
    [
        (mail("a.csv", FEW), ("a.csv",), FEW),
        (mail("a.zip", zipped("b.csv", MANY)), ("a.zip", "b.csv"), MANY),
        (mail("a.bin", b"\x01\x02unknown"), ("a.bin",), b"\x01\x02unknown"),
    ],
)
def test_the_file_itself_byte_for_byte(workers, content, path, data):
    engine, showing = workers
    got = showing.file(wanted(engine, content, path))
    assert (got.found, got.data) == (True, data)


def test_a_part_of_another_mail_is_not_found(workers):
    engine, showing = workers
    other = wanted(engine, mail("a.csv", FEW), ("a.csv",))
    strange = Wanted(mail("a.csv", MANY), other.path, other.key)
    assert not showing.rows(strange).found
    assert not showing.file(strange).found


def test_of_a_mail_that_was_chosen_the_part_is_found_by_its_place_whatever_is_in_it(workers):
    engine, showing = workers
    other = table(["9,鈴木一郎,070-1111-2222,う"])
    asked = Wanted(mail("a.csv", other), wanted(engine, mail("a.csv", FEW), ("a.csv",)).path, b"")
    assert [row[1] for row in showing.rows(asked).rows] == ["鈴木一郎"]
    assert showing.file(asked).data == other
    inside = Wanted(mail("a.zip", zipped("a.csv", other)), ("a.zip", "a.csv"), b"")
    assert showing.file(inside).data == other
    assert showing.file(Wanted(inside.content, ("a.zip",), b"")).data == zipped("a.csv", other)
    nowhere = Wanted(mail("a.csv", other), ("b.csv",), b"")
    assert (showing.rows(nowhere).found, showing.file(nowhere).found) == (False, False)
