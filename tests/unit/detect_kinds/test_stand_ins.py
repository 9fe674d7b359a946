"""Words that stand where a value was not given, or look like a name and are none: in cells, text and greetings."""

import csv
import io
import sys

import pytest

from mailguard.detect import stand_ins
from mailguard.detect.folding import fold, fold_cell
from mailguard.model import BODY, Kind, Text

WORDS = ["任意", "必須", "未定", "同上", "該当なし", "匿名", "本人", "ご本人", "別紙参照", "無記名", "確認中", "非公開", "代理人", "二位", "第三位", "同居人", "空欄", "#N/A", "N/A"]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_stand_in_is_no_name_and_no_half_of_one(detectors, word):
    cell = fold_cell(word)
    names = detectors.name
    assert max(names.cell(cell), names.family(cell), names.given(cell)) < 0.5


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "form", ["{}", "参加は{}です。", "{} 090-3123-4567", "{} 山田太郎", "氏名（{}）", "ご氏名：{}"]
)
def test_in_text_it_is_nobody(detectors, word, form):
    text = fold(form.format(word)).text
    found = [text[span.start : span.end] for span in detectors.name.find(text)]
    assert found == (["山田太郎"] if "山田" in form else [])


@pytest.mark.parametrize("word", ["任意", "ご本人", "匿名", "代理人", "未定"])
def test_nobody_is_greeted_by_it(detector, word):
    assert detector.text(Text((BODY,), f"{word}様\n\nお知らせです。"), b"").people == ()


@pytest.mark.parametrize("word", [word for word in WORDS if "位" not in word])
def test_in_a_column_of_names_it_counts_nobody(engine, word):
    text = io.StringIO()
    rows = [["氏名", "電話"], ["佐藤　花子", "090-3123-4567"], ["鈴木　一郎", "090-3123-4568"], [word, "090-3123-4569"]]
    csv.writer(text).writerows(rows)
    found = engine.file("list.csv", text.getvalue().encode())
    [names] = [finding for finding in found.findings if finding.kind is Kind.NAME]
    assert names.count == 2


MASKED = ["山〇〇郎", "山田＊＊", "山田**", "林〇", "林○", "●●", "佐藤◯◯", "田中××", "ＸＸ太郎", "XX 太郎", "山_太郎", "＿＿＿", "___", "鈴木□□", "■■ ■■", "伊藤??", "伊藤？？", "○○ ○○", "△△太郎", "渡辺＊", "Ｓ＊＊＊＊", "S*** T***", "ｻﾄｳ ●●", "サトウ＊＊", "佐藤 ◎◎", "佐藤 ※※"]  # fmt: skip


@pytest.mark.parametrize("name", MASKED)
def test_hidden_names_are_no_findings_in_cells(engine, detectors, name):
    assert detectors.name.cell(fold_cell(name)) < 0.5
    text = io.StringIO()
    csv.writer(text).writerows([["氏名", "金額"], *([name, str(number)] for number in range(6))])
    assert engine.file("list.csv", text.getvalue().encode()).findings == ()


@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize(
    "form", ["{}様", "氏名：{}", "担当は{}さんです。", "{} 様\n\nお知らせです。", "当選者 {}（東京都）"]
)
def test_hidden_names_are_no_findings_in_text(detector, name, form):
    assert detector.text(Text((BODY,), form.format(name)), b"").findings == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("●山田太郎 090-3123-4567", 1),
        ("■佐藤花子\n■鈴木一郎", 2),
        ("○佐藤花子様", 1),
        ("＊鈴木一郎", 1),
        ("対談：佐藤花子×鈴木一郎", 2),
        ("佐藤花子○ 鈴木一郎× 高橋健太△", 3),
        ("佐藤花子※1", 1),
        ("山田太郎*", 1),
        ("●佐藤様", 1),
        ("担当は佐藤花子？", 1),
    ],
)
def test_bullets_and_marks_hide_no_full_name(detectors, text, names):
    assert len(list(detectors.name.find(fold(text).text))) == names


def test_blanks_in_any_case_are_all_whose_casefold_is_a_blank():
    letters = set("".join(stand_ins.BLANK))
    other = {chr(code) for code in range(sys.maxunicode + 1) if chr(code).casefold() in letters}
    assert other - letters == set("".join(stand_ins.BLANK_IN_ANY_CASE)) - letters
    assert all(word.casefold() in stand_ins.BLANK for word in stand_ins.BLANK_IN_ANY_CASE)
    assert "UnKnOwN" in stand_ins.BLANK_IN_ANY_CASE
    folded = {chr(code).casefold() for code in range(sys.maxunicode + 1)}
    several = [form for form in folded if len(form) > 1]  # ss of ß: no blank holds one
    assert not [form for form in several for word in stand_ins.BLANK if form in word]
