"""A sign before or behind a full name marks it; in place of a letter it hides the name."""

import pytest

from mailguard import normal
from mailguard.detect import forms
from mailguard.detect.mask import masked_already, unmarked
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

MARKED = ["○佐藤花子", "◎山田太郎", "★鈴木一郎", "☆ 林 誠", "●田中 美咲", "高橋健太※", "* 伊藤 蓮", "〇佐々木一"]
HIDDEN = ["山〇〇郎", "林〇", "●●", "○○太郎", "〇山太郎", "○田 花子", "田中＊＊", "＿＿＿", "○", "××様", "○△□"]


@pytest.mark.parametrize("cell", MARKED)
def test_a_marked_name_is_a_name(cell):
    assert not masked_already(cell)
    assert normal.name(cell) == normal.name(cell.strip("○◎★☆●※*〇"))


@pytest.mark.parametrize("cell", HIDDEN)
def test_a_hidden_name_stays_hidden(cell):
    assert masked_already(cell)
    assert unmarked(cell) == cell


def test_marked_names_are_counted_and_are_the_same_person():
    rows = [("氏名", "備考"), *((name, "x") for name in [*MARKED, *HIDDEN, "佐藤花子"])]
    detector = Detector.build(shipped_dir(), Digester(b"k" * 32))
    evidence = detector.table(Table(("会員.csv",), tuple(rows)), b"key")
    [found] = [finding for finding in evidence.findings if finding.kind is Kind.NAME]
    assert (found.count, found.distinct) == (len(MARKED) + 1, len(MARKED))


def test_many_forms_at_once_are_the_same():
    assert forms.names(MARKED) == [normal.name(cell) for cell in MARKED]
