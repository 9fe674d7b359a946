"""Tables of which no column means anything by itself, though their cells name persons: labels, telephone chains."""

import pytest

from mailguard.detect import tally
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

NAMES = ["佐藤 花子", "鈴木 一郎", "高橋 健太", "田中 美咲", "伊藤 直樹", "渡辺 裕子"]
STREETS = [f"新潟県長岡市大手通2丁目{number}-7" for number in range(1, 7)]
PHONES = [f"0258-32-4{number}17" for number in range(6)]


@pytest.fixture(scope="module")
def detector():
    return Detector.build(shipped_dir(), Digester(b"k" * 32))


def _labels(across):
    rows = []
    for start in range(0, len(NAMES), across):
        places = range(start, start + across)
        rows += [[f"〒940-006{place}" for place in places], [STREETS[place] for place in places]]
        rows += [[f"{NAMES[place]} 様" for place in places], [""] * across]
    return rows


@pytest.mark.parametrize("across", [1, 2, 3])
def test_who_is_on_labels_is_counted_at_most(detector, across):
    evidence = detector.table(Table(("宛名.csv",), _labels(across)), b"key")
    counted = tally.count(evidence.records, evidence.rows)
    assert len(NAMES) <= counted.persons <= len(NAMES) + across
    assert not counted.exact
    assert sum(f.count for f in evidence.findings if f.kind is Kind.NAME) == len(NAMES)


def test_a_telephone_chain_names_persons(detector):
    cells = [f"{name.split()[0]} {phone}" for name, phone in zip(NAMES, PHONES, strict=True)]
    evidence = detector.table(
        Table(("連絡網.csv",), [["1班", "2班"], *zip(cells[::2], cells[1::2], strict=True)]), b"key"
    )
    counted = tally.count(evidence.records, evidence.rows)
    assert (counted.persons, counted.exact) == (len(NAMES), False)
    assert {f.kind for f in evidence.findings} == {Kind.NAME, Kind.PHONE}


@pytest.mark.parametrize("title", ["氏名・電話", "氏名", "連絡先", "担当", "1班", ""])
def test_names_and_phones_in_one_cell_are_found(detector, title):
    rows = [[f"{name} {phone}"] for name, phone in zip(NAMES, PHONES, strict=True)]
    evidence = detector.table(Table(("名簿.csv",), [[title], *rows] if title else rows), b"key")
    assert {f.kind: f.count for f in evidence.findings} == {Kind.NAME: 6, Kind.PHONE: 6}
    assert tally.count(evidence.records, evidence.rows).persons == len(NAMES)


def test_numbered_names_are_names(detector):
    rows = [[f"{number} {name}"] for number, name in enumerate(NAMES, 1001)]
    [found] = detector.table(Table(("名簿.csv",), [["会員"], *rows]), b"key").findings
    assert (found.kind, found.count) == (Kind.NAME, 6)


def test_a_contact_is_no_title(detector):
    evidence = detector.table(Table(("連絡先.csv",), [[f"{phone} 母"] for phone in PHONES]), b"key")
    assert [(f.where, f.count) for f in evidence.findings] == [("列 1", 6)]


def test_remarks_with_a_contact_here_and_there_are_no_list(detector):
    remarks = ["雨天中止", "要予約", "詳しくは 0258-32-4017", "駐車場なし", "先着20名", "当日受付", "無料"]
    evidence = detector.table(Table(("行事.csv",), [["備考"], *([remark] for remark in remarks)]), b"key")
    assert [(f.kind, f.count) for f in evidence.findings] == [(Kind.PHONE, 1)]
    assert tally.count(evidence.records, evidence.rows).persons == 0


def test_a_row_with_coordinates_is_no_header(detector):
    rows = [
        [name, f"35.{name_number}12345"] for name_number, name in enumerate(["森下", "連絡先前", "大久保", "三田"], 10)
    ]
    evidence = detector.table(Table(("停留所.csv",), rows), b"key")
    assert evidence.findings == ()


def test_what_stands_above_a_header_is_read(detector):
    rows = [
        ["価格表", ""],
        ["作成: 佐藤 花子 090-1234-5678", ""],
        ["店舗名", "価格"],
        ["本店", "100"],
        ["駅前店", "200"],
    ]
    evidence = detector.table(Table(("価格.csv",), rows), b"key")
    assert [(f.kind, f.where) for f in evidence.findings] == [(Kind.NAME, "表の上"), (Kind.PHONE, "表の上")]
    assert detector.table(Table(("価格.csv",), [["価格表 2026-11-01", ""], *rows[2:]]), b"key").findings == ()


@pytest.mark.parametrize("around", ['"{}"', "【{}】", "「{}」", "[{}]", " {} "])
def test_marks_around_cells_are_no_part_of_them(detector, around):
    rows = [["氏名", "電話"], *([name, phone] for name, phone in zip(NAMES[:3], PHONES, strict=False))]
    marked = [[around.format(cell) for cell in row] for row in rows]
    evidence = detector.table(Table(("名簿.csv",), marked), b"key")
    assert [(f.kind, f.count) for f in evidence.findings] == [(Kind.NAME, 3), (Kind.PHONE, 3)]
    assert tally.count(evidence.records, evidence.rows).persons == 3


def test_a_header_may_stand_below_a_page_of_remarks(detector):
    remarks = [[f"注意事項{number}", ""] for number in range(30)]
    rows = [*remarks, ["氏名", "電話"], *map(list, zip(NAMES, PHONES, strict=True))]
    evidence = detector.table(Table(("名簿.csv",), rows), b"key")
    assert [(f.kind, f.count) for f in evidence.findings] == [(Kind.NAME, 6), (Kind.PHONE, 6)]


def test_numbers_with_a_dot_in_front_of_names(detector):
    rows = [["選手"], *([f"{number}. {name}"] for number, name in enumerate(NAMES, 1))]
    [found] = detector.table(Table(("名簿.csv",), rows), b"key").findings
    assert (found.kind, found.count) == (Kind.NAME, 6)


@pytest.mark.parametrize("cell", ["営業部 {}", "{}、入金確認", "11/3 {} が来店", "(株)みどり {}"])
def test_full_names_among_other_words_in_most_cells_are_found(detector, cell):
    rows = [["内容"], *([cell.format(name)] for name in NAMES)]
    evidence = detector.table(Table(("控え.csv",), rows), b"key")
    assert [(f.kind, f.count, f.where) for f in evidence.findings] == [(Kind.NAME, 6, "列 1")]
    assert tally.count(evidence.records, evidence.rows).persons == 6


def test_a_name_here_and_there_among_things_is_no_list_of_persons(detector):
    things = ["佐藤 花子記念館", "市民会館", "山田 太郎の像", "中央公園", "噴水", "時計台", "図書館", "松並木"]
    assert detector.table(Table(("施設.csv",), [["内容"], *([thing] for thing in things)]), b"key").findings == ()
