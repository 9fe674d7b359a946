"""Names whose letters or halves stand apart."""

import pytest

from mailguard.detect import person_dictionary
from mailguard.detect.name_spaced import SpacedNames


def found(text):
    return [text[span.start : span.end] for span in SpacedNames(person_dictionary.load()).find(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("担当: 佐 藤 花 子 様", "佐 藤 花 子"),
        ("委員長  山 田  太 郎", "山 田  太 郎"),
        ("佐藤  花子", "佐藤  花子"),
        ("佐藤   花子様", "佐藤   花子"),
        ("鈴木\t\tさくら 殿", "鈴木\t\tさくら"),
    ],
)
def test_a_whole_name_is_found(text, name):
    assert found(text) == [name]


@pytest.mark.parametrize(
    "text", ["目 次", "東 京 都", "平 成 五 年", "佐 藤", "拝 啓", "住 所 録", "佐藤 花子", "山  川"]
)
def test_other_words_with_gaps_are_none(text):
    assert found(text) == []
