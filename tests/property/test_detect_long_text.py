"""What a cheap search of a long text leaves out is what the slow one would not find."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.detect import kinds, long_text, patterns, phone, ruleset
from mailguard.detect.folding import fold_cell
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

RULES = ruleset.load(ruleset.shipped_dir())
_APART = {Kind.NAME, Kind.SPECIAL_CARE, Kind.AGE}  # these look beyond a line, or at its end
DETECTORS = [detector for detector in kinds.build(RULES).all if detector.kind not in _APART]
READER = Detector(RULES, Digester(b"k" * 32))
# Values, words of context, and what may stand between and around them.
VALUES = [
    *(hit for of_kind in RULES.kinds.values() for pattern in of_kind.patterns for hit in pattern.hits + pattern.misses),
    *(hit for of_kind in RULES.kinds.values() for hit in of_kind.examples.find_hits),
]
AROUND = [
    *" -.,:/()・~_@#x0123456789一二〇ー〒市県区番号様アaZſı",
    "tel", "card", "免許証", "年金手帳", "パスポート", "マイナンバー", "口座", "https://", "連絡", "2025-01-02 03:04:05",
    "+81", "電話", "株式会社", "1,280",
]  # fmt: skip
CELL = st.lists(st.one_of(st.sampled_from(VALUES), st.sampled_from(AROUND)), min_size=1, max_size=5).map("".join)
COLUMN = st.lists(CELL.map(fold_cell).filter(bool), min_size=1, max_size=8)
CLEAN = "z" * 40  # wider than any context


def spans(text: str) -> list[tuple[str, int, int, str, float]]:
    return [
        (span.kind, span.start, span.end, span.rule, span.confidence)
        for detector in DETECTORS
        for span in detector.find(text)
    ]


@settings(max_examples=60, deadline=None)
@given(COLUMN)
@example(["電話", "0312345678"])
@example(["〇九〇ー一二三四ー五六七八", "03・1234・5678"])
def test_a_column_is_searched_as_if_it_were_short(column):
    text = "\n".join(column)
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for limit in (0, 1 << 30):
            patch.setattr(patterns, "LONG", limit)
            patch.setattr(phone, "LONG", limit)
            found.append(spans(text))
    assert found[0] == found[1]


@settings(max_examples=40, deadline=None)
@given(COLUMN)
def test_a_column_has_what_its_cells_have(column):
    cells = [cell for cell in column if "\n" not in cell]
    each = [(kind, cell[start:end], rule, sure) for cell in cells for kind, start, end, rule, sure in spans(cell)]
    text = f"\n{CLEAN}\n".join(["z" * long_text.LONG, *cells, CLEAN])
    joined = [(kind, text[start:end], rule, sure) for kind, start, end, rule, sure in spans(text)]
    assert sorted(joined) == sorted(each)


@pytest.mark.parametrize(
    "stray", ["090-1234-5678", "hanako@example.jp", "〇九〇ー一二三四ー五六七八", "山田様 03(1234)5678"]
)
@pytest.mark.parametrize("place", [0, 2_999])
def test_one_contact_in_a_long_clean_column_is_found(stray, place):
    figures = random.Random(place)
    rows = [[f"{figures.random():.6f}", f"2025-01-02 03:04:{n % 60:02d}", f"品番 A-{n:05d} 白"] for n in range(3_000)]
    rows[place][2] = stray
    found = READER.table(Table(("x.csv",), [["値", "時刻", "備考"], *rows]), b"k")
    assert {Kind.PHONE, Kind.EMAIL} & {finding.kind for finding in found.findings}


def test_lines_and_stretches_are_whole_and_in_order():
    text = "a\nbb1\n\nc\n1d1\n1\nee\n"
    figure = patterns.re.compile("1")
    assert [text[slice(*line)] for line in long_text.lines(figure, text)] == ["bb1", "1d1", "1"]
    assert [text[slice(*found)] for found in long_text.stretches(figure, text, 2, 2)] == [text[:-1]]
    assert [text[slice(*found)] for found in long_text.stretches(figure, text, 0, 0)] == ["bb1", "1d1", "1"]
    assert list(long_text.lines(figure, "")) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=4), max_size=4), st.integers(1, 9))
def test_a_word_is_found_in_a_very_long_text_as_in_any(text, words, stretch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_text, "_VERY_LONG", 0)
        patch.setattr(long_text, "_STRETCH", stretch)
        long_text._characters.cache_clear()
        assert long_text.holds_any(text, words) == any(word in text for word in words)
