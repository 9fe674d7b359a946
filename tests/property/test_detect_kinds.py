import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.detect import kinds, ruleset
from mailguard.detect.folding import fold, fold_all, fold_cell

RULES = ruleset.load(ruleset.shipped_dir())
DETECTORS = kinds.build(RULES)

JAPANESE = st.text(
    alphabet="山田太郎様さんｶﾞﾊﾟ㈱髙𠮷市区丁目番県京都0123456789-ー（）()@.・= 〒年月日生男女ａ９％\n\ud800\u3099\u200b\u00ad\ufe0f",
    max_size=60,
)
ANY = st.one_of(st.text(max_size=80), st.text(st.characters(), max_size=40), JAPANESE)


@settings(max_examples=150, deadline=None)
@given(ANY)
def test_no_text_makes_a_detector_raise_and_spans_lie_inside(text):
    folded = fold(text)
    for detector in DETECTORS.all:
        for span in detector.find(folded.text):
            assert 0 <= span.start < span.end <= len(folded.text)
            start, end = folded.original(span.start, span.end)
            assert 0 <= start < end <= len(text)
        assert 0.0 <= detector.cell(fold_cell(text)) <= 1.0
    RULES.header_kind(text)
    assert 0.0 <= DETECTORS.name.family(text) <= 1.0
    assert 0.0 <= DETECTORS.name.given(text) <= 1.0


@settings(max_examples=200, deadline=None)
@given(ANY)
@example("\xad\u3099")
@example("\u3099\u0301\xad\ufeff")
def test_a_span_maps_to_what_folds_to_it(text):
    folded = fold(text)
    for index in range(len(folded.text)):
        start, end = folded.original(index, index + 1)
        assert 0 <= start < end <= len(text)
    ends = [folded.original(index, index + 1) for index in range(len(folded.text))]
    assert ends == sorted(ends)
    assert not ends or (ends[0][0] == 0 and ends[-1][1] == len(text))
    assert not set(folded.text) & set("\u200b\u00ad\ufe0f")


@settings(max_examples=100, deadline=None)
@given(st.lists(ANY, max_size=6))
def test_a_column_folds_as_its_cells(values):
    assert len(fold_all(values)) == len(values)
    for value, folded in zip(values, fold_all(values), strict=True):
        if value[:1] not in "\u3099\uff9e\uff9f":
            assert folded == fold_cell(value)


@pytest.mark.parametrize(
    "unit",
    ["東京都", "横浜市", "横浜市中区1", "1-", "0", "03-", "a@", "a.", "(0", "山田・", "山田", "アイ・", "+81 ", "1丁目", "一", "A, ", "a at ", "生年月日", "〒1", "a_at_", "林一"],
)  # fmt: skip
def test_time_is_linear_in_adversarial_repeats(unit):
    text = unit * (20_000 // len(unit))
    for detector in DETECTORS.all:
        begin = time.process_time()
        sum(1 for _ in detector.find(text))
        detector.cell(text)
        assert time.process_time() - begin < 2.0, detector.kind
