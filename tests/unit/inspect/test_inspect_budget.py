"""A part behind one that used up the budget is read again in the next mail, and shows what it holds."""

import base64
import io
import zipfile

from mailguard.inspect.engine import Engine
from mailguard.model import ProblemKind
from mailguard.unpack.budget import Limits


def mail(*parts: bytes) -> bytes:
    head = b"From: a@example.jp\r\nTo: b@example.jp\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def many_files(number: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for index in range(number):
            archive.writestr(f"{index}.txt", "")
    data = base64.encodebytes(packed.getvalue()).replace(b"\n", b"\r\n")
    return b"Content-Type: application/zip; name=many.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + data


ROSTER = (
    "Content-Type: text/csv; charset=utf-8; name=list.csv\r\n\r\n氏名,電話\r\n"
    + "".join(f"山田{given},090-1234-56{index:02}\r\n" for index, given in enumerate(["太郎", "花子", "一郎", "次郎"]))
).encode()


def test_a_part_behind_an_exhausted_budget_is_read_in_the_next_mail(detector, digester):
    engine = Engine(detector, digester, Limits(files=20))
    first = engine.mail(mail(many_files(30), ROSTER))
    assert ProblemKind.TOO_MANY in {problem.kind for problem in first.problems}
    alone = engine.mail(mail(ROSTER))
    assert (alone.persons, alone.problems) == (4, ())


def test_a_part_that_is_over_the_budget_by_itself_stays_so(detector, digester):
    engine = Engine(detector, digester, Limits(files=20))
    for _ in range(2):
        problems = engine.mail(mail(many_files(30))).problems
        assert ProblemKind.TOO_MANY in {problem.kind for problem in problems}
