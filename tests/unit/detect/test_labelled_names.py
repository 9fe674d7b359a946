"""Names behind a label or in front of an honorific that stands apart, whatever morphology makes of them."""

import pytest

from mailguard.detect import kinds, ruleset
from mailguard.detect.folding import fold
from mailguard.model import Kind


@pytest.fixture(scope="module")
def names():
    detector = kinds.build(ruleset.load(ruleset.shipped_dir())).of(Kind.NAME)

    def read(text):
        folded = fold(text).text
        return [folded[span.start : span.end] for span in sorted(detector.find(folded), key=lambda span: span.start)]

    return read


@pytest.mark.parametrize(
    "name", ["比嘉里桜", "千葉あかり", "祁答院 宏", "おいかわそうま", "カツラギ アキオ", "Arata Hachisuka"]
)
@pytest.mark.parametrize(
    "text",
    [
        "氏名：{}\n電話：090-1234-5678",
        "【ご契約者様】{}\nほか",
        "お名前(漢字): {} 様\n",
        "お客様 {} 様のご注文",
        "会員名\t{}\t女",
    ],
)
def test_a_labelled_or_honoured_name_is_found_whole(names, name, text):
    assert names(text.format(name)) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "氏名：記入してください",
        "お名前：株式会社大空",
        "公演: 桜 花",
        "会員：ゴールド会員",
        "お客様 各位 様",
        "英語 国語 先生",
        "氏名：＿＿＿",
    ],
)
def test_what_is_labelled_must_look_like_a_name(names, text):
    assert names(text) == []


def test_words_in_front_are_no_part_of_a_name(names):
    assert names("講師の佐藤 花子 様です。いつもご利用の 田中太郎 様、") == ["佐藤 花子", "田中太郎"]
