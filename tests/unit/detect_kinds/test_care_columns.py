"""Illnesses, disabilities and creeds in columns that no header names: only beside persons, and by most of their distinct cells."""

import csv
import io

import pytest

from mailguard.model import Kind

NAMES = ["佐藤　太郎", "鈴木　花子", "高橋　健一", "田中　直美", "伊藤　翔太", "渡辺　美咲"]
PHONES = [f"090-31{number:02}-4{number:02}7" for number in range(6)]
MAILS = [f"m{number}x@mail.example.jp" for number in range(6)]
ILL = ["糖尿病", "高血圧", "障害者手帳2級", "てんかん", "白内障", "うつ病"]
CREEDS = ["キリスト教", "仏教", "神道", "浄土真宗", "仏教", "イスラム教"]


@pytest.fixture
def care(engine):
    def read(rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        found = engine.file("list.csv", text.getvalue().encode())
        return sum(finding.count for finding in found.findings if finding.kind is Kind.SPECIAL_CARE)

    return read


def rows(*columns):
    return list(map(list, zip(*columns, strict=True)))


@pytest.mark.parametrize("cells", [ILL, CREEDS, ["要介護1", "要介護3", "要支援2"] * 2])
@pytest.mark.parametrize("who", [NAMES, MAILS, PHONES])
def test_a_column_without_a_header_beside_persons(care, cells, who):
    assert care(rows(who, cells)) == len(cells)


def test_blanks_do_not_vote(care):
    assert care(rows(NAMES, PHONES, ["糖尿病", "なし", "高血圧", "", "特になし", "-"])) == 2


@pytest.mark.parametrize("title", ["備考", "区分", "状態"])
def test_content_decides_under_a_header_that_says_nothing(care, title):
    assert care([["氏名", "電話", title], *rows(NAMES, PHONES, ILL)]) == len(ILL)


@pytest.mark.parametrize("title", ["演題", "診療科", "専門", "講演テーマ"])
def test_subjects_are_nobodys_illness(care, title):
    assert care([["講師", "電話", title], *rows(NAMES, PHONES, ["糖尿病", "高血圧", "白内障"] * 2)]) == 0


@pytest.mark.parametrize(
    "columns",
    [
        (["胃薬", "降圧薬", "湿布", "抗てんかん薬", "目薬", "抗うつ薬"], ILL),
        (["0120-123-456", "0570-012-345"] * 3, ILL),
        (NAMES, ["営業", "経理", "総務", "営業", "技術", "総務"]),
        (NAMES, ["電話希望", "留守がち", "犬あり", "喘息", "", ""]),
    ],
)
def test_without_persons_or_with_other_words_it_is_none(care, columns):
    assert care(rows(*columns)) == 0
