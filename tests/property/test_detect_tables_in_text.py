"""Lines that a table takes are searched no second time, and nothing else changes; overlaps are found in steps of two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.demo.people import households
from mailguard.detect import ruleset
from mailguard.detect.blocks import beside, lines_of
from mailguard.detect.finder import Finder
from mailguard.detect.groups import Group, Hit, _reads
from mailguard.detect.span import Span, Taken
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import BODY, Kind, Text

COLD = Detector(ruleset.load(ruleset.shipped_dir()), Digester(b"test key of thirty-two bytes ..."), memory=0)
HOMES = households(20, 5)
LINES = [
    "いつもお世話になっております。", "", "マイナンバー", "電話番号", "担当 佐藤", "株式会社ことぶき商店", "山本 健一 様", "以上",
    HOMES[0].phone, HOMES[1].guardian.name, f"{HOMES[2].guardian.name}様から入電", "1234 5678 9018", "x,y", "a  b  c",
]  # fmt: skip


def _table(between, first, rows):
    return "\n".join(
        between.join((home.guardian.name, home.phone, home.email)) for home in (HOMES * 2)[first : first + rows]
    )


BLOCKS = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=6).map("\n".join),
    st.builds(_table, st.sampled_from(["\t", ",", "  ", " | "]), st.integers(0, 8), st.integers(2, 14)),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=4).map("\n".join), st.sampled_from([(BODY,), ("案内.txt",)]))
def test_a_text_with_tables_says_what_it_says_when_all_its_lines_are_searched(text, path):
    found = COLD.text(Text(path, text), b"key")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mailguard.detect.whole.beside", lambda folded, _lines, _taken: folded)
        assert COLD.whole_text(Text(path, text), b"key") == found


def test_lines_of_a_table_are_blank_but_for_those_next_to_others():
    text = "前文\n" + _table("\t", 0, 10) + "\n後文\n"
    lines = lines_of(text)
    kept = beside(text, lines, {line.number for line in lines[1:11]})
    assert len(kept) == len(text)
    shown = [line.number for line in lines_of(kept) if line.text.strip()]
    assert shown == [1, 2, 3, 4, 9, 10, 11, 12]


def test_a_text_file_that_holds_a_table_is_searched_once_and_without_it(monkeypatch):
    searched = []
    monkeypatch.setattr(Finder, "hits", lambda self, text, lines: searched.append(text) or [])
    text = "前文\n\n" + _table("\t", 0, 10) + "\n\n後文\n"
    assert COLD.text(Text(("名簿.txt",), text), b"key").findings
    assert len(searched) == 1
    assert HOMES[0].email in searched[0]
    assert HOMES[5].email not in searched[0]


def _span(start, size):
    return Span(Kind.NAME, start, start + size, "rule", 0.9)


SPANS = st.lists(st.builds(_span, st.integers(0, 30), st.integers(1, 9)), max_size=8)


@given(SPANS, st.builds(_span, st.integers(0, 30), st.integers(1, 9)))
def test_a_span_is_free_where_no_other_shares_a_character(spans, span):
    shared = any(set(range(span.start, span.end)) & set(range(other.start, other.end)) for other in spans)
    assert Taken(spans).free(span) is not shared


@given(
    st.lists(st.sampled_from(["佐藤花子", "サトウ ハナコ", "(", ")", "(サトウ)", " ", "様", "、"]), max_size=9).map(
        "".join
    )
)
def test_a_reading_is_told_by_the_name_beside_it(text):
    [line] = lines_of(text)
    names = []
    for name in ("佐藤花子", "サトウ ハナコ"):
        start = text.find(name)
        while start >= 0:
            names.append(Hit(_span(start, len(name)), name, line))
            start = text.find(name, start + len(name))
    every = [hit for hit in names if not any(_reads(hit, other) for other in names)]
    assert Group(0, names).persons == every
