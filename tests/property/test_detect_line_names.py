"""A line says the same wherever it stands: what is remembered of lines is what the whole text would tell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.detect import kinds, line_names, name_judge, ruleset
from mailguard.detect.line_names import LineNames
from mailguard.detect.span import Span, Taken
from mailguard.model import Kind

PIECES = (
    "山田太郎", "佐藤 花子", "ジョン・スミス", "ドレヴィンスキ", "林", "様", "さん", "氏", "は", "が来た", "、", "。", "?", "!", "株式会社", "駅", "の乱",
    "**", "＊", "〇", "〇〇", "XX", " ", "\n", "\n\n", "\f", "「", "」", "・", "=", "A", "Robert Vishny", "Taro Yamada", "スズキ イチロウ", "王小明",
    "モーニング娘。", "山田", "スミス", "さくらいゆきこ", "090-1234-5678", "\ud800", "x" * 320,
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.fixture(scope="module")
def lines() -> LineNames:
    names = kinds.build(ruleset.load(ruleset.shipped_dir())).name
    found = names._running._lines
    assert found is not None
    return found


def whole(lines: LineNames, text: str, taken: Taken) -> list[Span]:
    return list(lines._judged(text, taken, [(0, len(text))]))


@settings(max_examples=150, deadline=None)
@given(texts, texts, st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=2))
def test_lines_that_were_met_elsewhere_tell_what_the_text_tells(lines, text, other, stretches):
    taken = Taken([Span(Kind.NAME, start, start + size, "name.kana", 0.85) for start, size in stretches])
    lines.ahead([other, other + text, text + "\n"])
    assert list(lines.find(text, taken)) == whole(lines, text, taken)


@pytest.mark.parametrize(
    ("met", "text"),
    [
        ("山田が来た\n", "**\n山田が来た\n"),  # the signs hide half of the name
        ("山田?", "山田?**"),
        ("担当の山田様\n", "担当の山田様"),
        ("\n山田太郎\n\n", "山田太郎"),
    ],
)
def test_what_stands_around_a_line_counts_where_it_can(lines, met, text):
    list(lines.find(met, Taken(())))
    assert list(lines.find(text, Taken(()))) == whole(lines, text, Taken(()))


def test_a_line_is_read_once_alone_ahead_or_among_others(lines, monkeypatch):
    asked = []
    judged = lines._judge.spans

    def counted(text, sentences):
        sentences = list(sentences)
        asked.append(len(sentences))
        return judged(text, sentences)

    monkeypatch.setattr(lines._judge, "spans", counted)
    lines.ahead(["幹事は高橋一郎です。\n会計は伊藤二郎です。\n", "書記は渡辺三郎です。"])
    assert asked == [3]
    text = "会計は伊藤二郎です。\n幹事は高橋一郎です。\n書記は渡辺三郎です。"
    assert [text[span.start : span.end] for span in lines.find(text, Taken(()))] == ["伊藤二郎", "高橋一郎", "渡辺三郎"]
    assert asked == [3]


def test_long_lines_and_long_texts_are_not_remembered(lines, monkeypatch):
    monkeypatch.setattr(line_names, "_SHORT", 20)
    monkeypatch.setattr(line_names, "_LONG", 200)
    for text in ("理事の小林四郎が、長い長い行の終わりで挨拶した。\n", "監事の加藤五郎です。\n" * 30):
        kept = lines._known.weight
        assert list(lines.find(text, Taken(()))) == whole(lines, text, Taken(()))
        assert lines._known.weight == kept


def test_a_long_mail_does_not_use_up_the_judge_for_its_last_lines(lines, monkeypatch):
    monkeypatch.setattr(line_names, "_LONG", 60)
    monkeypatch.setattr(name_judge, "_MOST", 60)
    texts_ = [f"{number}番目の段落で山田太郎が勝った。ドレヴィンスキは{number}年に生まれた。\n" for number in range(20)]
    lines.ahead(texts_)
    assert [list(lines.find(text, Taken([]))) for text in texts_] == [whole(lines, text, Taken([])) for text in texts_]
