"""Files that are names and nothing else: a person a line. Exact unless one line could be the person of another."""

import pytest

from mailguard.model import BODY, Text

NAMES = ["佐藤 花子", "鈴木 一郎", "高橋 健太", "田中 美咲", "伊藤 直樹", "渡辺 裕子"]
KANA = ["サトウ ハナコ", "スズキ イチロウ", "タカハシ ケンタ", "タナカ ミサキ", "イトウ ナオキ", "ワタナベ ユウコ"]


@pytest.fixture
def counted(engine):
    def read(lines):
        found = engine.file("list.txt", "\n".join(lines).encode())
        return found.persons, found.persons_exact

    return read


@pytest.mark.parametrize(
    "form",
    ["{name}", "{name} 様", "{number}. {name}", "・{name}さん", "{name}（{kana}）", "({number}) {name}", "{name}\n"],
)
def test_distinct_names_are_counted_exactly(counted, form):
    lines = [form.format(name=n, kana=k, number=i) for i, (n, k) in enumerate(zip(NAMES, KANA, strict=True), 1)]
    assert counted(lines) == (6, True)


def test_a_table_of_one_column_says_the_same(engine):
    found = engine.file("list.csv", "\n".join(["氏名", *NAMES]).encode())
    assert (found.persons, found.persons_exact) == (6, True)


@pytest.mark.parametrize(
    ("more", "most"),
    [(["佐藤花子"], 7), (["佐藤　花子"], 7), (["佐藤"], 7), (["サトウ ハナコ"], 7), (["以上、六名。"], 6)],
)
def test_a_line_that_may_be_somebody_above_leaves_it_open(counted, more, most):
    assert counted([*NAMES, *more]) == (most, False)


def test_names_in_running_text_stay_open(counted):
    assert counted(["出席は佐藤花子さん。", "欠席は鈴木一郎さん。"]) == (2, False)


def test_a_body_is_no_such_file(detector):
    records = detector.text(Text((BODY,), "\n".join(NAMES)), b"").records
    assert [record.loose for record in records] == [True] * 6
