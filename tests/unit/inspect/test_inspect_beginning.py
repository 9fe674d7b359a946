"""A mail with a long table: the first rows may hold it, and are never taken for the whole."""

from base64 import encodebytes

import pytest

from mailguard.demo import incidents
from mailguard.detect import long_tables
from mailguard.inspect.engine import Engine
from mailguard.inspect.letter import Answer, Need, Parcel
from mailguard.pieces import cut
from mailguard.unpack import csv_long
from mailguard.unpack.budget import Limits

LIST = incidents.csv_bytes(incidents.one_person_a_row())
PERSONS = 3719
STOCK = "商品,数量,備考\r\n" + "木製椅子,12,倉庫に置く\r\n" * 1_000
LATE = (STOCK + "電気スタンド,3,山田太郎様 090-1234-5678\r\n" * 20).encode("cp932")


@pytest.fixture
def fresh(detector, digester, monkeypatch):
    monkeypatch.setattr(csv_long, "LONG", 10_000)
    monkeypatch.setattr(csv_long, "BATCH", 700)
    monkeypatch.setattr(long_tables, "_FIRST", 500)
    return lambda: Engine(detector, digester, Limits())


def parcel(digester, data: bytes, *, beginning: bool = True) -> Parcel:
    head = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
    head += b"Content-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = head + encodebytes(data).replace(b"\n", b"\r\n") + b"--b--\r\n"
    return Parcel(cut(content, digester), beginning=beginning)


def read(engine: Engine, of: Parcel, *, sent: bool = True, given=()) -> Answer:
    return engine.read(of.letter(lambda _: sent, given))


def test_the_beginning_says_what_there_is_at_least_and_at_most(fresh, digester):
    first = read(fresh(), parcel(digester, LIST)).inspection
    assert first.uncounted == (first.findings[0].key,)
    assert 0 < first.persons_least < PERSONS <= first.persons
    assert not first.persons_exact


def test_a_beginning_without_findings_is_read_to_the_end(fresh, digester):
    found = read(fresh(), parcel(digester, LATE)).inspection
    assert found.findings
    assert not found.uncounted


def test_who_asks_for_the_whole_gets_the_whole(fresh, digester):
    engine = fresh()
    read(engine, parcel(digester, LIST))
    whole = read(engine, parcel(digester, LIST, beginning=False)).inspection
    assert (whole.persons, whole.persons_exact, whole.uncounted, whole.persons_least) == (PERSONS, True, (), 0)


def test_a_beginning_is_known_again_without_the_bytes_but_not_as_the_whole(fresh, digester):
    engine = fresh()
    first = read(engine, parcel(digester, LIST))
    assert read(engine, parcel(digester, LIST), sent=False).inspection == first.inspection
    with pytest.raises(Need):
        read(engine, parcel(digester, LIST, beginning=False), sent=False)


def test_another_worker_takes_a_beginning_over_as_a_beginning_only(fresh, digester):
    first = read(fresh(), parcel(digester, LIST))
    other = fresh()
    assert read(other, parcel(digester, LIST), sent=False, given=first.fresh).inspection == first.inspection
    with pytest.raises(Need):
        read(other, parcel(digester, LIST, beginning=False), sent=False, given=first.fresh)


def test_the_whole_is_taken_where_it_is_known(fresh, digester):
    engine = fresh()
    whole = read(engine, parcel(digester, LIST, beginning=False)).inspection
    assert read(engine, parcel(digester, LIST), sent=False).inspection == whole


def test_identical_pieces_wait_only_for_who_reads_as_far(digester):
    beginning, whole = parcel(digester, LIST), parcel(digester, LIST, beginning=False)
    assert beginning.keys == whole.keys
    assert not set(beginning.readings) & set(whole.readings)
