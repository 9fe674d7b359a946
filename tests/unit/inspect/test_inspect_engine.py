"""What the engine keeps, and what one mail may spend."""

import io
import zipfile
from base64 import encodebytes

import pytest

from mailguard.inspect.engine import Engine
from mailguard.inspect.letter import Parcel, Unread
from mailguard.model import ProblemKind
from mailguard.pieces import cut
from mailguard.unpack.budget import Limits


@pytest.fixture
def fresh(detector, digester):
    return lambda **limits: Engine(detector, digester, Limits(**limits))


def mail(*bodies: bytes, name: str = "part", encoding: str = "base64") -> bytes:
    out = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    for number, body in enumerate(bodies):
        head = f'--b\r\nContent-Type: application/octet-stream; name="{name}{number}"\r\n'
        out += f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + encodebytes(body).replace(
            b"\n", b"\r\n"
        )
    return out + b"--b--\r\n"


def zipped(text: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", text)
        archive.writestr("padding.txt", bytes(range(32, 127)) * 60)
    return out.getvalue()


def everything(engine: Engine, digester, content: bytes):
    return engine.read(Parcel(cut(content, digester)).letter(lambda _: True))


def test_what_is_encrypted_is_read_again(fresh, digester):
    locked = b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + b"some words of it\r\n" * 400
    answer = everything(fresh(), digester, mail(locked))
    assert [problem.kind for problem in answer.inspection.problems] == [ProblemKind.ENCRYPTED]
    assert answer.loose == (0,)
    assert not answer.fresh


@pytest.mark.parametrize(
    ("name", "inner", "listing"),
    [
        ("会員名簿.zip", "a.txt", True),
        ("送付.zip", "顧客リスト.csv", True),
        ("送付.zip", "価格表.csv", False),
        ("会員名簿_様式.zip", "a.txt", False),
    ],
)
def test_the_name_of_what_is_encrypted_is_evidence(engine, name, inner, listing):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(inner, "secret")
    data = bytearray(out.getvalue())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + flags] |= 1
    [problem] = engine.file(name, bytes(data)).problems
    assert (problem.kind, problem.listing) == (ProblemKind.ENCRYPTED, listing)


def test_the_name_of_what_killed_its_scanner_is_evidence_too(fresh, digester):
    parcel = Parcel(cut(mail(b"large, all of it\r\n" * 3_000, name="meibo.csv "), digester))
    unread = (Unread(0, ProblemKind.CRASHED, 1_000),)
    answer = fresh().read(parcel.letter(lambda _: False, unread=unread))
    assert [problem.listing for problem in answer.inspection.problems] == [True]


def test_a_large_part_is_told_and_a_small_one_is_not(fresh, digester):
    engine = fresh()
    assert [given.pieces for given in everything(engine, digester, mail(b"large, all of it\r\n" * 3_000)).fresh] == [
        (0,)
    ]
    assert not everything(engine, digester, mail(b"small")).fresh


def test_a_part_known_before_is_counted_on_the_budget_all_the_same(fresh, digester):
    engine = fresh(files=5)
    one, two = zipped(b"first"), zipped(b"second")
    assert not everything(engine, digester, mail(one)).inspection.problems
    assert not everything(engine, digester, mail(b"text", two)).inspection.problems
    both = everything(engine, digester, mail(one, two)).inspection
    assert both == everything(fresh(files=5), digester, mail(one, two)).inspection
    assert [problem.kind for problem in both.problems] == [ProblemKind.TOO_MANY]


def test_a_part_that_must_not_be_opened_is_a_problem_and_the_rest_is_read(fresh, digester):
    content = mail(
        b"attached\r\n" * 1_000, "氏名,電話\r\n山田太郎,090-1234-5678\r\n".encode() * 200, name="山田花子.csv"
    )
    parcel = Parcel(cut(content, digester))
    closed = parcel.letter(lambda number: number == 1, (), (Unread(0, ProblemKind.CRASHED, parcel.size(0)),))
    found = fresh().read(closed).inspection
    assert [(problem.path, problem.kind) for problem in found.problems] == [(("山田花子.csv0",), ProblemKind.CRASHED)]
    assert {finding.path for finding in found.findings} == {("山田花子.csv0",), ("山田花子.csv1",)}
    assert [part.path for part in found.parts] == [("山田花子.csv0",), ("山田花子.csv1",)]
    renamed = Parcel(cut(content.replace(b"csv0", b"txt0"), digester))
    other = fresh().read(renamed.letter(lambda _: True, (), closed.unread)).inspection
    assert other.problems[0].key == found.problems[0].key


def test_a_part_that_must_not_be_opened_and_stands_in_no_part_fails(fresh, digester):
    content = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"preamble\r\n" * 1_000 + b"--b\r\n\r\nx\r\n--b--\r\n"
    )
    parcel = Parcel(cut(content, digester))
    with pytest.raises(ValueError, match="stands in no part"):
        fresh().read(parcel.letter(lambda _: False, (), (Unread(0, ProblemKind.CRASHED, 1),)))


def test_persons_of_parts_met_together_are_counted_alike(fresh, digester):
    engine = fresh()
    rows = "氏名,電話\r\n" + "".join(f"山田太郎{number},090-1234-{number:04}\r\n" for number in range(300))
    content = mail(rows.encode(), "氏名,電話\r\n鈴木花子,03-1234-5678\r\n佐藤一郎,03-8765-4321\r\n".encode())
    first = everything(engine, digester, content).inspection
    assert first.persons > 0
    assert everything(engine, digester, content).inspection == first == fresh().mail(content)
