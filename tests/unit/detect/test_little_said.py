"""Customer files that say little: no header, blanks of every sort, text marks, lost zeros, pieces of addresses."""

import pytest

from mailguard.detect.folding import fold_all, fold_cell
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

N, K, P, A, Z = Kind.NAME, Kind.NAME_KANA, Kind.PHONE, Kind.ADDRESS, Kind.POSTAL_CODE
NAMES = ["佐藤 太郎", "鈴木 花子", "高橋 健一", "田中 直美", "伊藤 翔太", "渡辺 美咲"]
FAMILIES, GIVENS = zip(*(name.split() for name in NAMES), strict=True)
FAMILY_KANA = ["ｻﾄｳ", "ｽｽﾞｷ", "ﾀｶﾊｼ", "ﾀﾅｶ", "ﾕｳﾋｶﾞ", "ﾜﾀﾇｷ"]
GIVEN_KANA = ["ﾀﾛｳ", "ﾊﾅｺ", "ﾙﾅ", "ﾄﾞﾚﾐ", "ｼｮｳﾀ", "ﾐｻｷ"]
PHONES = [f"0463-21-4{number}17" for number in range(6)]
BLANKS = ["なし", "--", "×", "(空白)", "未登録", "NULL"]


@pytest.fixture(scope="module")
def kinds():
    detector = Detector.build(shipped_dir(), Digester(b"k" * 32))

    def read(header, *columns):
        rows = [*([header] if header else []), *map(list, zip(*columns, strict=True))]
        evidence = detector.table(Table(("一覧.csv",), rows), b"key")
        return [finding.kind for finding in evidence.findings]

    return read


def test_text_marks_of_spreadsheets_are_no_part_of_a_cell():
    values = ['="090-1234-5678"', "'0463214017", "佐藤", "＝＂０４６＂", "O'Neil", "'", "='x'", "=A1"]
    assert fold_all(values) == list(map(fold_cell, values))
    assert fold_all(values[:2]) == ["090-1234-5678", "0463214017"]


def test_marked_phones_are_found_without_a_header(kinds):
    assert kinds(None, NAMES, [f'="{phone}"' for phone in PHONES]) == [N, P]
    assert kinds(None, NAMES, [f"'{phone}" for phone in PHONES]) == [N, P]


@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_vote_against_nothing(kinds, blank):
    phones = [*PHONES, blank, blank + "。" if blank == "なし" else blank, "未定", "n/a", "ー", "*"]
    assert kinds(None, NAMES * 2, phones) == [N, P]


def test_postal_codes_without_their_zero_need_no_header(kinds):
    assert kinds(None, NAMES, ["2591113", "600001", "8120011", "300861", "200023", "1010051.0"]) == [N, Z]
    assert kinds(["氏名", "〒"], NAMES, ["259 1113", "060 0001", "812 0011", "030 0861", "020 0023", "101 0051"]) == [
        N,
        Z,
    ]
    assert kinds(None, NAMES, ["259111", "600000", "812345", "399999", "209999", "101"]) == [N]


def test_readings_in_halves_need_no_header(kinds):
    assert kinds(None, FAMILIES, GIVENS, FAMILY_KANA, GIVEN_KANA) == [N, N, K, K]
    assert kinds(None, FAMILIES, FAMILY_KANA, GIVENS, GIVEN_KANA) == [N, K, N, K]


def test_pieces_of_an_address_need_no_header(kinds):
    prefectures = ["新潟県", "神奈川県", "北海道", "京都府", "東京都", "沖縄県"]
    cities = ["長岡市", "横浜市港北区", "札幌市中央区", "京都市中京区", "八王子市", "那覇市"]
    streets = [f"大手通{number}丁目2-{number}" for number in range(1, 7)]
    rooms = ["メゾン桜101", "コーポ松202", "", "ハイツ梅303号室", "", "パーク竹1F"]
    assert kinds(None, NAMES, prefectures, cities, streets, rooms) == [N, A, A, A, A]


@pytest.mark.parametrize(
    ("title", "cells", "kind"),
    [
        ("市町村", ["長岡市", "横浜市", "札幌市", "京都市", "八王子市", "那覇市"], A),
        ("県名", ["新潟県", "神奈川県", "岩手県", "長野県", "愛知県", "沖縄県"], A),
        ("方書", ["メゾン桜101", "コーポ松202", "", "ハイツ梅303", "", "パーク竹1F"], A),
        ("送付先〒", ["2591113", "0600001", "8120011", "0300861", "0200023", "1010051"], Z),
        ("緊急連絡先", ["9012345678", "8012345678", "463214017", "332123456", "7012345678", "9087654321"], P),
        ("日中の連絡先", ["9012345678", "8012345678", "463214017", "332123456", "7012345678", "9087654321"], P),
        ("☎", PHONES, P),
        ("スマホ", PHONES, P),
        ("性", ["男", "女", "男", "女", "男", "女"], Kind.SEX),
        ("園児番号", ["101", "102", "103", "104", "105", "106"], Kind.MEMBER_NUMBER),
    ],
)
def test_header_words_of_offices(kinds, title, cells, kind):
    assert kinds(["氏名", title], NAMES, cells) == [N, kind]


@pytest.mark.parametrize("behind", ["(34)", "（34歳）", "(女)", " (営業部)", "（サトウ ハナコ）"])
def test_what_is_said_of_a_person_in_brackets_is_no_part_of_the_name(kinds, behind):
    assert kinds(["参加者", "席"], [name + behind for name in NAMES], list("ABCDEF")) == [N]
    assert kinds(["参加団体", "席"], [f"{name}(株)" for name in FAMILIES], list("ABCDEF")) == []


def test_halves_of_names_under_a_single_letter(kinds):
    kana = [FAMILY_KANA, GIVEN_KANA]
    assert kinds(["氏", "セイ", "名", "メイ"], FAMILIES, kana[0], GIVENS, kana[1]) == [N, K, N, K]


def test_surnames_beside_marks_of_a_shift_are_no_halves(kinds):
    rows = [list("早遅休"), list("遅早休"), list("休早遅"), list("早早休"), list("遅休早"), list("休遅早")]
    assert kinds(["", "1", "2", "3"], FAMILIES, *zip(*rows, strict=True)) == [N]


def test_a_row_with_an_address_is_no_header(kinds):
    places = [f"前橋市大谷{number}11番地{number}" for number in range(1, 7)]
    schools = [f"{name}小学校" for name in ("本町", "桜", "山田", "中村", "松原", "大原")]
    assert kinds(["避難所名", "住所", "収容人数", "洪水"], schools, places, ["50"] * 6, ["○"] * 6) == [A]
