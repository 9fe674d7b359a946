import time

import pytest

from mailguard.detect import checks
from mailguard.detect.folding import fold, fold_all, fold_cell
from mailguard.detect.person_dictionary import family_of
from mailguard.model import Kind


def found(detectors, kind, text):
    folded = fold(text)
    spans = detectors.of(kind).find(folded.text)
    return [text[slice(*folded.original(span.start, span.end))] for span in spans]


@pytest.mark.parametrize(
    "text",
    [
        "03-1234-5678", "（０３）１２３４－５６７８", "0463(12)3456", "04992-2-1234", "090−1234−5678", "090 1234 5678", "09012345678",
        "+81 90-1234-5678", "050-3123-4567", "0120-123-456", "0570-012-345", "０９０ー１２３４ー５６７８",
    ],
)  # fmt: skip
def test_phones_of_every_form(detectors, text):
    assert found(detectors, Kind.PHONE, f"連絡先は{text}です")
    assert detectors.of(Kind.PHONE).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "P-0312-3456-7890",
        "259-1113",
        "2023-10-31",
        "￥1,234,567",
        "https://example.jp/?id=0312345678",
        "35.0912345678",
        "ISBN 978-4-06-519981-0",
    ],
)
def test_what_is_no_phone(detectors, text):
    assert found(detectors, Kind.PHONE, text) == []
    assert detectors.of(Kind.PHONE).cell(fold_cell(text)) < 0.4


@pytest.mark.parametrize("text", ["9012345678", "312345678", "312345678.0"])
def test_a_lost_zero_counts_only_under_a_header(detectors, text):
    assert 0.35 <= detectors.of(Kind.PHONE).cell(text) < 0.5


def test_toll_free_is_told_apart(detectors):
    rules = {span.rule for span in detectors.of(Kind.PHONE).find("フリーダイヤル 0120-123-456")}
    assert rules == {"phone.toll_free"}


def test_mail_next_to_kana_and_half_hidden(detectors):
    text = "メールはtaro@example.co.jpまで、または ｈａｎａ＠ｅｘａｍｐｌｅ．ｊｐ、jiro[at]example.jp"
    assert found(detectors, Kind.EMAIL, text) == [
        "taro@example.co.jp",
        "ｈａｎａ＠ｅｘａｍｐｌｅ．ｊｐ",
        "jiro[at]example.jp",
    ]


def test_postal_codes(detectors):
    cell = detectors.of(Kind.POSTAL_CODE).cell
    assert [cell(value) >= 0.5 for value in ("100-0001", "〒100-0001", "1000001", "999-9999")] == [True] * 4
    assert cell("600000") == cell("600000.0") == 0.5  # 060-0000 without its 0
    assert cell("999999") < 0.35
    assert found(detectors, Kind.POSTAL_CODE, "電話03-123-4567") == []


@pytest.mark.parametrize(
    "text",
    [
        "東京都千代田区丸の内1-2-3", "千代田区丸の内一丁目二番三号", "北海道札幌市中央区北1条西2丁目3-4", "京都府京都市中京区寺町通御池上る上本能寺前町488番地",
        "横浜市西区みなとみらい2-2-1 仮ビル5階", "愛知県名古屋市中区栄３丁目４番５号", "東京都中央区八丁堀2-3-4",
    ],
)  # fmt: skip
def test_addresses(detectors, text):
    spans = found(detectors, Kind.ADDRESS, f"住所: {text}")
    assert spans
    assert len(spans[0]) >= 0.8 * len(text)
    assert detectors.of(Kind.ADDRESS).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize(
    "text",
    ["横浜市に3回行った。", "東京都では2023年に", "大阪市の人口は270万人", "千葉県の山田さん", "福岡市が約15億円"],
)
def test_places_in_prose_are_no_addresses(detectors, text):
    assert found(detectors, Kind.ADDRESS, text) == []


def test_birth_dates_need_their_word(detectors):
    assert found(detectors, Kind.BIRTH_DATE, "生年月日：昭和56年4月29日") == ["昭和56年4月29日"]
    assert found(detectors, Kind.BIRTH_DATE, "開催日：昭和56年4月29日") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("担当は山田太郎と佐藤 花子です。", ["山田太郎", "佐藤 花子"]),
        ("髙橋一郎様、いつもありがとうございます。", ["髙橋一郎"]),
        ("さくらいゆきこさんへ", ["さくらいゆきこ"]),
        ("ジョン・スミスが来日した。", ["ジョン・スミス"]),
        ("ﾔﾏﾀﾞﾀﾛｳ様", ["ﾔﾏﾀﾞﾀﾛｳ"]),
        ("講師：YAMADA Taro", ["YAMADA Taro"]),
    ],
)
def test_names_in_text(detectors, text, names):
    assert found(detectors, Kind.NAME, text) == names


@pytest.mark.parametrize(
    "text",
    [
        "山〇〇郎様", "林〇様", "●●様", "山田＊＊様", "氏名：＿＿＿", "お客様各位", "皆様", "ご担当者様", "担当者各位", "松本市", "小倉駅で", "山田商店のチラシ",
        "ヤマダ電機で", "千葉県", "株式会社森の工房", "鈴木自動車",
    ],
)  # fmt: skip
def test_what_is_no_name(detectors, text):
    assert found(detectors, Kind.NAME, text) == []


def test_a_greeting_is_marked(detectors):
    assert [span.greeted for span in detectors.name.find("山田太郎様、佐藤花子さん")] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "渡邉 健太",
        "田中太郎",
        "ヤマダ タロウ",
        "やまだ たろう",
        "YAMADA Taro",
        "Taro Yamada",
        "ジョン・スミス",
        "佐々木 ゆう",
    ],
)
def test_name_cells(detectors, text):
    assert detectors.name.cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "渋谷店",
        "横浜市",
        "横浜市 西区",
        "中央総合病院",
        "山田商店",
        "有限会社佐藤",
        "弁当類",
        "東京都",
        "ノートパソコン",
        "会員 一覧",
        "林〇",
        "12345",
    ],
)
def test_no_name_cells(detectors, text):
    assert detectors.name.cell(fold_cell(text)) < 0.5


def test_halves_of_names(detectors):
    assert detectors.name.family("渡辺") >= 0.7
    assert detectors.name.given("太郎") >= 0.7
    assert detectors.name.family("弁当") == 0.0


@pytest.mark.parametrize("text", ["ヤマダタロウ", "ﾔﾏﾀﾞ ﾀﾛｳ", "さとうはなこ", "スズキキヨウコ"])
def test_furigana(detectors, text):
    assert detectors.of(Kind.NAME_KANA).cell(fold_cell(text)) >= 0.5


def test_families():
    names = ("山田太郎", "山田 太郎", "やまだたろう", "ジョン・スミス", "太郎", "弁当類")
    assert [family_of(name) for name in names] == [
        "山田",
        "山田",
        "やまだ",
        None,
        None,
        None,
    ]


def test_check_digits():
    assert checks.my_number("123456789018")
    assert not checks.my_number("123456789012")
    assert checks.card("4111-1111-1111-1111")
    assert not checks.card("1234-5678-9012-3452")


def test_folding_keeps_the_way_back():
    text = "㈱ﾔﾏﾀﾞ　髙橋０９０−１"
    folded = fold(text)
    assert folded.text == "(株)ヤマダ 高橋090-1"
    start = folded.text.index("ヤマダ")
    assert text[slice(*folded.original(start, start + 3))] == "ﾔﾏﾀﾞ"
    assert fold_all(["Ａ ", "ｶﾞ", "b\x1fＣ"]) == ["A", "ガ", "b\x1fC"]


def test_folding_drops_what_nobody_sees_and_finds_the_way_back():
    text = "\ufeff山\u200b田\u2060 太\ufe00郎 0\u00ad9\u200d0-\u202a1234-5678\u202c"
    folded = fold(text)
    assert folded.text == "山田 太郎 090-1234-5678"
    start = folded.text.index("090")
    assert text[slice(*folded.original(start, start + 3))] == "0\u00ad9\u200d0"
    assert text[slice(*folded.original(0, 2))] == "\ufeff山\u200b田\u2060"
    assert fold("\u200b\u200b").text == ""
    assert fold_all(["\u202a090\u202c", "\u200b", "太\u200b郎"]) == ["090", "", "太郎"]


def test_a_run_of_unseen_characters_costs_linear_time():
    begin = time.process_time()
    assert fold("\u200b" * 300_000 + "\u3099" + "\u200b" * 300_000).text == "\u3099"
    assert time.process_time() - begin < 2
