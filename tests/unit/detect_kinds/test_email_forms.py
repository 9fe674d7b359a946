"""Every way an e-mail address is written, and what only looks like one."""

import pytest

from mailguard.detect.folding import fold, fold_cell
from mailguard.model import Kind

WHOLE = [
    "taro@example.co.jp", "taro.yamada@example.jp", "t-yamada@sub.example.ne.jp", "yamada+news@example.com", "TARO@EXAMPLE.COM", "taro_yamada@example.jp",
    "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "taro＠example.co.jp", "taro@ｅｘａｍｐｌｅ.jp", "taro﹫example.jp", "a..b@docomo.ne.jp", "a.@docomo.ne.jp", ".abc@docomo.ne.jp",
    "a..b.@ezweb.ne.jp", "-abc-@ezweb.ne.jp", "_x.y_@softbank.ne.jp", "a...b....c@docomo.ne.jp", "t.a.r.o...@i.softbank.jp", "hana/ko@docomo.ne.jp", "hana?ko@ezweb.ne.jp",
    "12345@example.jp", "a@b.jp", "taro@example.museum", "taro@example.tokyo", "taro@xn--wgv71a119e.jp", "o'brien@example.ie", "taro@日本語.jp", "taro@例え.みんな", "info@日本語.コム",
    "taro@bücher.example", "山田太郎@例え.jp", "taro@ドメイン名例.jp", "taro[at]example.co.jp", "taro [at] example.co.jp", "taro(at)example.co.jp", "taro (at) example (dot) co (dot) jp",
    "taro{at}example.jp", "taro<at>example.jp", "taro【at】example.jp", "taro（アット）example.jp", "taro【アットマーク】example.jp", "taroアットマークexample.jp", "taro★example.co.jp",
    "taro☆example.co.jp", "taro◎example.co.jp", "taro■example.co.jp", "taro●example.co.jp", "taro_at_example.jp", "taro[@]example.jp", "taro(@)example.jp", "taro（＠）example.jp", "taro ＠ example.co.jp",
    "taro at example dot com", "taro at example dot co dot jp", "taro@example[.]co[.]jp", "taro@example(dot)jp", "taro[アット]example[ドット]jp",
]  # fmt: skip
INSIDE = [
    "メールは{}まで", "メール：{}", "Ｅメール{}です", "連絡先（{}）", "「{}」へ", "E-mail: {}", "<{}>", '"山田太郎" <{}>', "mailto:{}", "山田 <{}>", "、{}、", "→{}←", "宛先は{}。", "[{}]",
]  # fmt: skip
NONE = [
    "@example.co.jp", "taro@", "taro@localhost", "taro@example", "価格@100円", "1個@100円", "@taro_example", "単価 @1,200", "a@b", "git@github", "look at example.jp", "meet at station.com",
    "taro[in]example.jp", "react@18.2.0", "logo@2x.png", "icon@3x.webp", "https://youtube.com/@channel.jp", "https://maps.example.com/@35.68,139.76,15z", "12:00@渋谷", "渋谷@東京", "@media print",
    "@import url(style.css)", "☆★☆セール★☆★", "本日限り★最大50%", "AT&T.com", "at 10.30", "arrive at 10 dot", "git@github.com:example/project.git", "★example.com★", "●詳細はexample.comへ", "■www.example.co.jp",
    "会場 at 東京.com", "day@night", "5@3.14", "株式会社＠", "npm i @types/node.js", "user@[192.168.0.1", "ぐるなび☆☆☆.com", "look-at-example.jp", "Cat-at-home.com",
]  # fmt: skip


def found(detectors, text):
    folded = fold(text)
    spans = detectors.of(Kind.EMAIL).find(folded.text)
    return [text[slice(*folded.original(span.start, span.end))] for span in spans]


@pytest.mark.parametrize("text", WHOLE)
def test_an_address_is_found_whole_wherever_it_stands(detectors, text):
    for around in ("メールアドレス: {}", "<{}>", "{}", "\n{}\n"):
        assert any(text in one or one.strip(" <>") == text for one in found(detectors, around.format(text))), around


@pytest.mark.parametrize("around", INSIDE)
@pytest.mark.parametrize(
    "text", ["taro@example.co.jp", "a..b.@docomo.ne.jp", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "taro@日本語.jp"]
)
def test_what_stands_around_is_no_part_of_it(detectors, text, around):
    assert found(detectors, around.format(text)) == [text]


@pytest.mark.parametrize("text", WHOLE)
def test_an_address_in_a_cell(detectors, text):
    assert detectors.of(Kind.EMAIL).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        '"山田 太郎" <taro@example.jp>', "山田太郎<taro@example.jp>", "mailto:taro@example.jp", "<taro@example.jp>", "taro@example.jp;hana@example.jp", "taro@example.jp, hana@example.jp",
        "taro@example.jp\nhana@example.jp", "taro@example.jp（PC）", "PC: taro@example.jp", " taro@example.jp ", "携帯:a..b@docomo.ne.jp",
    ],
)  # fmt: skip
def test_cells_with_more_than_the_address(detectors, text):
    assert detectors.of(Kind.EMAIL).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_like_an_address(detectors, text):
    assert found(detectors, text) == []
    assert detectors.of(Kind.EMAIL).cell(fold_cell(text)) < 0.5


@pytest.mark.parametrize(
    "text",
    ["taro*example.co.jp（*を@に変えてください）", "taro#example.jp (#を＠に置き換え)", "taro%example.jp ※%を@に"],
)
def test_a_sign_that_the_text_says_to_replace(detectors, text):
    assert len(found(detectors, text)) == 1
