"""Postal codes and phones in kanji, names in katakana beside a contact: found, and equal to the common writing."""

import csv
import io

import pytest

from mailguard import normal
from mailguard.detect.folding import fold, fold_cell
from mailguard.model import Kind


def found(detectors, kind, text):
    folded = fold(text).text
    return [folded[span.start : span.end] for span in detectors.of(kind).find(folded)]


@pytest.mark.parametrize(
    "code",
    ["一〇〇－〇〇〇一", "一〇〇-〇〇〇一", "一〇〇ー〇〇〇一", "一〇〇―〇〇〇一", "一〇〇の〇〇〇一", "一〇〇〇〇〇一", "一〇〇～〇〇〇一", "一零零-零零零一"]
    + [f"１００{dash}０００１" for dash in "-‐‑‒–—―−─━➖﹣－⁃˗⸺ーｰ～〜~﹘"],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["〒", "〒 ", "郵便番号：", "郵便番号 "])
def test_postal_codes_in_every_writing(detectors, code, mark):
    [value] = found(detectors, Kind.POSTAL_CODE, f"{mark}{code} 東京都千代田区千代田1-1")
    assert normal.postal_code(value) == "1000001"
    assert detectors.of(Kind.POSTAL_CODE).cell(fold_cell(f"〒{code}")) >= 0.6


def test_a_postal_code_in_kanji_needs_no_figure_anywhere(detector):
    from mailguard.model import BODY, Text

    evidence = detector.text(Text((BODY,), "〒一〇〇－〇〇〇一"), b"")
    assert [finding.kind for finding in evidence.findings] == [Kind.POSTAL_CODE]


@pytest.mark.parametrize(
    "text",
    [
        "一〇〇〇〇〇一",
        "二〇〇一〇〇〇一",
        "〒のマーク 一二三四",
        "〒一〇〇－〇〇〇",
        "〒一〇〇－〇〇〇一二",
        "一〇〇〜〇〇〇一",
    ],
)
def test_other_numbers_in_kanji_are_none(detectors, text):
    assert found(detectors, Kind.POSTAL_CODE, text) == []


def test_columns_in_kanji_are_findings(engine):
    rows = [["氏名", "電話", "郵便番号"]] + [
        [name, f"〇九〇ー三一二三ー四五{figure}一", f"一〇〇ー〇〇〇{figure}"]
        for name, figure in zip(["佐藤　花子", "鈴木　一郎", "高橋　健太"], "五六七", strict=True)
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    kinds = {finding.kind: finding.distinct for finding in engine.file("list.csv", text.getvalue().encode()).findings}
    assert kinds == {Kind.NAME: 3, Kind.PHONE: 3, Kind.POSTAL_CODE: 3}


@pytest.mark.parametrize(
    "text",
    ["スズキ イチロウ 090-1234-5678", "ｽｽﾞｷ ｲﾁﾛｳ 090-1234-5678", "ｽｽﾞｷ　ｲﾁﾛｳ　TEL 090-1234-5678", "スズキ　イチロウ（090-1234-5678）", "090-1234-5678 スズキ イチロウ",
     "スズキ イチロウ taro@mail.example.jp", "口座名義：スズキ　イチロウ", "普通 1234567 ｽｽﾞｷ ｲﾁﾛｳ", "連絡先はスズキ イチロウさん", "スズキ イチロウ様"],
)  # fmt: skip
def test_katakana_names_beside_a_contact(detectors, text):
    assert [normal.kana(name) for name in found(detectors, Kind.NAME, text)] == ["スズキイチロウ"]


@pytest.mark.parametrize("text", ["サトウ ハナコ、ヤマダ タロウ", "サトウ ハナコ 様、ヤマダ タロウ 様"])
def test_katakana_names_elsewhere(detectors, text):
    assert len(found(detectors, Kind.NAME, text)) == 2


@pytest.mark.parametrize(
    "text",
    ["サービス センター 090-1234-5678", "カスタマー サポート 03-1234-5678", "スズキ アルト 660cc", "トヨタ ミライの試乗会", "ホテル サンルート 03-1234-5678",
     "コール センター 0120-123-456", "スズキ カズキ モデル", "ポイント カード"],
)  # fmt: skip
def test_other_words_in_katakana_are_none(detectors, text):
    assert found(detectors, Kind.NAME, text) == []
