"""Seats, shifts and groups by surname: persons. Places that are called like people: none."""

import pytest

from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

SURNAMES = ["田中", "佐藤", "鈴木", "高橋", "伊藤", "渡邊", "山本", "中村", "小林", "加藤", "吉田", "佐々木"]


@pytest.fixture(scope="module")
def detector():
    return Detector.build(shipped_dir(), Digester(b"k" * 32))


def named(detector, rows):
    """How many cells are names, and how many persons there are."""
    evidence = detector.table(Table(("表.xlsx",), [list(map(str, row)) for row in rows]), b"key")
    cells = sum(finding.count for finding in evidence.findings if finding.kind is Kind.NAME)
    assert not [f for f in evidence.findings if any(name in f.where for name in SURNAMES)]
    return cells, len(evidence.people)


def seats(width):
    return [SURNAMES[at : at + width] for at in range(0, len(SURNAMES), width)]


@pytest.mark.parametrize(
    "rows",
    [
        seats(4),
        [["座席表", "", "", ""], ["", "", "", ""], *seats(4)],
        [["", "1列", "2列", "3列"], *([f"{number}行", *row] for number, row in enumerate(seats(3), 1))],
        [["日付", "早番", "遅番"], *([f"4/{day}", *row] for day, row in enumerate(seats(2), 1))],
        [["班", "メンバー"], *(["ABCD"[group], "・".join(row)] for group, row in enumerate(seats(3)))],
        [["当番表"], *(["月火水木"[day], "、".join(row)] for day, row in enumerate(seats(3)))],
        [["月曜", "火曜", "水曜"], *([f"{name}(主)" for name in row] for row in seats(3))],
        [["担当割", ""], *([f"窓口{at}", f"{name}さん"] for at, name in enumerate(SURNAMES))],
        [["名前", "点数"], *([name, 60 + at] for at, name in enumerate(SURNAMES))],
    ],
)
def test_cells_of_bare_surnames_are_persons(detector, rows):
    cells, persons = named(detector, rows)
    assert cells in {len(SURNAMES), 4}  # several in a cell
    assert persons == len(SURNAMES)


def test_people_of_a_shift_table_are_found_in_its_first_column(detector):
    rows = [["", *range(1, 8)], *([name, *"早遅休早遅休公"] for name in SURNAMES)]
    assert named(detector, rows) == (len(SURNAMES), len(SURNAMES))


@pytest.mark.parametrize(
    "rows",
    [
        [
            ["田端", "120"],
            ["大塚", "80"],
            ["上野", "300"],
            ["池袋", "90"],
            ["目白", "70"],
            ["神田", "60"],
            ["品川", "1"],
        ],
        [["福島", "山口", "石川"], ["長野", "宮崎", "千葉"], ["香川", "秋田", "青森"], ["広島", "徳島", "岡山"]],
        [["地名", "件数"], *([name, 3] for name in SURNAMES)],
        [["字名", "件数"], *([name, 3] for name in SURNAMES)],
        [["店名", "売上"], *([name, 3] for name in SURNAMES)],
        [["駅", "発"], *([name, "9:10"] for name in SURNAMES)],
        [["早", "遅"], ["休", "早"], ["公", "遅"], ["有", "明"], ["夜", "早"]],
        [["田中", "3"], ["佐藤", "4"], ["りんご", "5"], ["みかん", "6"], ["なし", "7"]],
    ],
)
def test_places_and_other_words_are_none(detector, rows):
    assert named(detector, rows) == (0, 0)
