"""Headers that speak of names and numbers over things: 名前 over stations, 名称 over buildings, 番号 over permits."""

import pytest

from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

BUILDINGS = ["高橋ビル", "佐藤商店", "田中医院", "山田ハイツ", "中村荘", "石井内科", "近藤製菓", "青木電器"]
STATIONS = ["田端", "大塚", "上野", "池袋", "新宿", "渋谷", "品川", "目黒", "有楽町", "藤沢", "平塚", "三島"]
HORSES = ["ミドリノカゼ", "サクラノハナ", "ホシノカガヤキ", "テツノヤマ", "ユウヒノウミ", "アカツキオー"]
HALLS = ["シミンカイカン", "チュウオウトショカン", "ソウゴウタイイクカン", "ミナミコウミンカン"]


@pytest.fixture(scope="module")
def kinds(request):
    detector = Detector.build(shipped_dir(), Digester(b"k" * 32))

    def read(header, *columns):
        rows = [header, *map(list, zip(*columns, strict=False))]
        return [finding.kind for finding in detector.table(Table(("一覧.csv",), rows), b"key").findings]

    return read


def counts(cells):
    return [str(17 * number) for number in range(1, len(cells) + 1)]


@pytest.mark.parametrize("title", ["名称", "名前", "name", "Name"])
@pytest.mark.parametrize("cells", [BUILDINGS, STATIONS, HORSES])
def test_things_under_a_header_of_names_are_no_persons(kinds, title, cells):
    assert kinds([title, "件数"], cells, counts(cells)) == []


def test_plants_under_a_single_letter_are_no_given_names(kinds):
    plants = ["クロマツ", "キク", "アヤメ", "アジサイ", "ナデシコ", "スミレ", "モミジ", "ケヤキ"]
    assert kinds(["名", "件数"], plants, counts(plants)) == []
    given = ["花子", "さくら", "太郎", "健一", "直美"]
    assert kinds(["名", "件数"], given, counts(given)) == [Kind.NAME]


@pytest.mark.parametrize("title", ["名称", "名前", "name"])
def test_buildings_with_addresses_are_no_persons(kinds, title):
    places = [f"東京都港区赤坂{number}-2-3" for number in range(1, 9)]
    assert kinds([title, "住所"], BUILDINGS, places) == [Kind.ADDRESS]


@pytest.mark.parametrize("title", ["名称_カナ", "施設名カナ", "名称（フリガナ）"])
def test_readings_of_things_are_no_furigana(kinds, title):
    halls = ["市民会館", "中央図書館", "総合体育館", "南公民館"]
    phones = [f"0463-2{number}-1234" for number in range(1, 5)]
    assert kinds(["名称", title, "電話番号"], halls, HALLS, phones) == [Kind.PHONE]


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("名前", ["山田太郎", "佐藤花子", "鈴木一郎"]),
        ("名前", ["ゆうた", "さくら", "花子"]),
        ("name", ["YAMADA Taro", "SATO Hanako", "SUZUKI Ichiro"]),
        ("生徒の名前", ["みー", "たっくん", "うめ"]),
    ],
)
def test_persons_under_such_headers_stay_persons(kinds, title, cells):
    assert kinds([title, "点数"], cells, counts(cells)) == [Kind.NAME]


def test_nicknames_beside_mail_addresses_are_persons(kinds):
    found = kinds(["名前", "メール"], ["たっくん", "みー", "うめこ"], ["a@example.jp", "b@example.jp", "c@example.jp"])
    assert found == [Kind.NAME, Kind.EMAIL]


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("許可番号", [f"No. 06-2023-00{number}" for number in range(12, 30)]),
        ("許可番号", [f"03-2023-00{number}" for number in range(12, 30)]),
        ("シリアル番号", [f"070-1234-56{number}" for number in range(12, 18)] + [f"075-12-{n}" for n in range(9)]),
        ("伝票番号", [f"03123456{number}" for number in range(12, 30)]),
        ("NO", [f"00000000{number}" for number in range(12, 30)]),
        ("受付No", [f"30000{number}" for number in range(12, 30)]),
        ("管理コード", [f"10000{number}1" for number in range(1, 30)]),
    ],
)
def test_what_is_numbered_is_no_phone_and_no_postal_code(kinds, title, cells):
    assert kinds([title, "数量"], cells, counts(cells)) == []


def test_members_are_numbered_like_phones(kinds):
    numbers = [f"031234567{number}" for number in range(6)]
    assert kinds(["会員番号", "口数"], numbers, counts(numbers)) == [Kind.MEMBER_NUMBER]
    mobiles = [f"0901234567{number}" for number in range(6)]
    assert kinds(["会員番号", "口数"], mobiles, counts(mobiles)) == [Kind.PHONE]


def test_phones_under_a_header_of_numbers_stay_phones(kinds):
    phones = [f"0463-2{number}-1234" for number in range(1, 9)]
    assert kinds(["管理番号", "数量"], phones, counts(phones)) == [Kind.PHONE]
    mobiles = [f"0901234567{number}" for number in range(1, 9)]
    assert kinds(["管理番号", "数量"], mobiles, counts(mobiles)) == [Kind.PHONE]
