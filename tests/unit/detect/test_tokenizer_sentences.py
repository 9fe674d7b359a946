"""Which sentences are read for names, and what a token is."""

import pytest

from mailguard.detect import kinds, ruleset, tokenizer


@pytest.fixture(scope="module")
def names():
    return kinds.build(ruleset.load(ruleset.shipped_dir())).name


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("def read(path): # no names here\n", False),
        ("9f86d081884c7d659a2feaa0c55ad015\n", False),
        ("本日は雨です。", False),
        ("田中が来た。", True),
    ],
)
def test_sentences_without_anything_that_may_be_a_name_are_left_out(text, read):
    assert any(tokenizer.load().sentences(text)) is read
    assert any(tokenizer.load().pieces(text))


def test_tokens_cover_all_sentences_in_order():
    text = "作家の\ud800田中一郎は、ドレヴィンスキと会った。J・K氏は2025年に来た。\nはい"
    end = 0
    for sentence in tokenizer.load().pieces(text):
        for token in sentence:
            assert text[end : token.start] in ("", "\n")
            assert text[token.start : token.end] == token.surface
            assert token.sort is token.word.sort
            assert token.known is token.word.known
            end = token.end
    assert end == len(text)


def test_a_name_is_found_wherever_in_a_text_its_sentence_stands(names):
    sentence = "担当の佐藤花子さんとジョン・スミスが、林先生に会った。"
    alone = [(span.start, span.end, span.confidence) for span in names.find(sentence)]
    text = "import os\n本日は雨です。\n" + sentence + "\n" + "print(1)\n" * 3
    offset = text.index(sentence)
    assert [(span.start - offset, span.end - offset, span.confidence) for span in names.find(text)] == alone
    assert len(alone) >= 3
