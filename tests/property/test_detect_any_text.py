"""Detection as a whole on any Unicode string: it never raises, and what it finds stands where it says in the original."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.detect.folding import fold
from mailguard.model import BODY, Table, Text

# What NFKC makes longer, shorter or takes away: ㍿ is four characters, ｶﾞ one, a soft hyphen none.
CHANGED = st.text(alphabet="㍿㌔ﷺｶﾞﾊﾟ①ﬁ\u00ad\u200b\u3099Å㈱🏴 。\n", max_size=30)
ANY = st.one_of(st.text(max_size=60), st.text(st.characters(), max_size=40), CHANGED)
WIDE = str.maketrans("0123456789-@.", "０１２３４５６７８９－＠．")
VALUES = ["090-8123-4567", "０９０－８１２３－４５６７", "hanako@example.com", "hanako@example.com".translate(WIDE)]


@settings(max_examples=30, deadline=None)
@given(ANY, ANY)
@example("\ud800", "\udfff")
def test_nothing_raises(detector, text, other):
    for path in ((BODY,), ("a.txt",)):
        detector.text(Text(path, f"{text}\n{other}"), b"k")
    detector.table(Table(("a.csv",), [[text, other], [other, text], [text]]), b"k")
    detector.file_name((f"{text}.csv",), b"k")
    detector.senders((text, other), ("a",), b"k")
    detector.subject(text)
    detector.skeleton(text)
    detector.japanese_name(text)


@settings(max_examples=60, deadline=None)
@given(ANY)
def test_spans_lie_in_the_original_in_order(detector, text):
    spans = detector.spans(text)
    assert all(0 <= start < end <= len(text) for _, start, end in spans)
    assert [start for _, start, _ in spans] == sorted(start for _, start, _ in spans)


@settings(max_examples=30, deadline=None)
@given(CHANGED, st.sampled_from(VALUES), CHANGED)
@pytest.mark.parametrize("around", [" ", "\n"])
def test_a_value_is_found_where_it_was_written(detector, around, before, value, behind):
    text = f"{before}{around}{value}{around}{behind}"
    [(_, start, end)] = [span for span in detector.spans(text) if span[0] in {"phone", "email"}]
    assert fold(text[start:end]).text.strip() == fold(value).text
    assert value in text[start:end]
