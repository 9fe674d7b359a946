"""Headers of two lines, and titles that say less than what stands below them."""

import pytest
from people import ADDRESSES, FAMILIES, FAMILY_KANA, GIVEN_KANA, GIVENS, KANA, MANY, NAMES, PHONES, table

from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

NUMBERS = [str(number + 1) for number in range(MANY)]
CODES = [f"150-004{number}" for number in range(MANY)]


@pytest.fixture(scope="module")
def detector():
    return Detector.build(shipped_dir(), Digester(b"k" * 32))


def kinds(detector, rows):
    evidence = detector.table(Table(("一覧.csv",), tuple(map(tuple, rows))), b"key")
    return {finding.where.removeprefix("列 "): (finding.kind, finding.count) for finding in evidence.findings}


@pytest.mark.parametrize("merged", ["", None])
def test_groups_over_titles_are_one_header(detector, merged):
    groups = ["番号", "お名前", "", "フリガナ", "", "電話", "", "郵便番号", "住所"]
    if merged is None:  # a reader may repeat a merged cell
        groups = ["番号", "お名前", "お名前", "フリガナ", "フリガナ", "電話", "電話", "郵便番号", "住所"]
    below = ["", "姓", "名", "セイ", "メイ", "自宅", "携帯", "", ""]
    people = [NUMBERS, FAMILIES, GIVENS, FAMILY_KANA, GIVEN_KANA, PHONES, PHONES, CODES, ADDRESSES]
    assert kinds(detector, [groups, below, *table(None, *people)]) == {
        "お名前 姓": (Kind.NAME, MANY),
        "お名前 名": (Kind.NAME, MANY),
        "フリガナ セイ": (Kind.NAME_KANA, MANY),
        "フリガナ メイ": (Kind.NAME_KANA, MANY),
        "電話 自宅": (Kind.PHONE, MANY),
        "電話 携帯": (Kind.PHONE, MANY),
        "郵便番号": (Kind.POSTAL_CODE, MANY),
        "住所": (Kind.ADDRESS, MANY),
    }


def test_groups_say_whose_names_they_are(detector):
    rows = [
        ["生徒", "", "保護者", ""],
        ["氏名", "カナ", "氏名", "携帯"],
        *table(None, NAMES, KANA, NAMES[::-1], PHONES),
    ]
    assert kinds(detector, rows) == {
        "生徒 氏名": (Kind.NAME, MANY),
        "生徒 カナ": (Kind.NAME_KANA, MANY),
        "保護者 氏名": (Kind.NAME, MANY),
        "保護者 携帯": (Kind.PHONE, MANY),
    }


def test_a_first_row_of_data_is_no_second_header(detector):
    rows = table(["氏名", "", "電話"], NAMES, ["会員"] * MANY, PHONES)
    assert kinds(detector, rows) == {"氏名": (Kind.NAME, MANY), "電話": (Kind.PHONE, MANY)}


def test_names_with_their_reading_under_one_title_are_names(detector):
    both = [f"{name}（{kana}）" for name, kana in zip(NAMES, KANA, strict=True)]
    assert kinds(detector, table(["氏名（フリガナ）", "備考"], both, ["-"] * MANY)) == {
        "氏名（フリガナ）": (Kind.NAME, MANY)
    }


def test_pieces_of_addresses_under_english_titles(detector):
    cities = ["札幌市中央区", "洋野町", "檜枝岐村", "与論町", "東大阪市", "北谷町"]
    prefectures = ["北海道", "岩手県", "福島県", "鹿児島県", "大阪府", "沖縄県"]
    rows = table(["Shipping Name", "Shipping City", "Shipping Province Name"], NAMES, cities, prefectures)
    assert {title: kind for title, (kind, _) in kinds(detector, rows).items()} == {
        "Shipping Name": Kind.NAME,
        "Shipping City": Kind.ADDRESS,
        "Shipping Province Name": Kind.ADDRESS,
    }


@pytest.mark.parametrize(
    "rows",
    [
        table(["駅名", "駅名よみ"], ["藤沢", "平塚", "大船", "川崎"], ["ふじさわ", "ひらつか", "おおふな", "かわさき"]),
        table(["色名", "よみ"], ["茜", "葵", "桃", "桜", "藍"], ["あかね", "あおい", "もも", "さくら", "あい"]),
        table(["名前", "価格"], ["トマト", "きゅうり", "ピーマン", "ほうれん草", "大根"], ["100"] * 5),
        table(["番号", "名前"], ["1", "2", "3", "4"], ["コンパス", "ウサギ", "トカゲ", "カジキ"]),
    ],
)
def test_things_and_their_readings_are_nobodys(detector, rows):
    assert kinds(detector, rows) == {}


def test_readings_alone_are_names_when_they_are_whole(detector):
    assert kinds(detector, table(["よみ", "番号"], KANA, NUMBERS)) == {"よみ": (Kind.NAME_KANA, MANY)}
