"""Counting over arrays gives what counting record by record gives, whatever the records are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.detect import homes, persons
from mailguard.detect.homes import numbered
from mailguard.detect.persons import Record
from mailguard.detect.rows import packed
from mailguard.detect.tally import count


@st.composite
def _records(draw):
    """Few hashes of each sort, so that names, readings, surnames and contacts meet."""
    wide = draw(st.booleans())
    names = tuple(draw(st.lists(st.integers(1, 30 if wide else 6), max_size=3, unique=True)))
    beside = st.tuples(*[st.integers(0, 4)] * len(names))
    families = draw(st.tuples(*[st.integers(0, 8)] * len(names)))
    return Record(
        names=names,
        ties=tuple(draw(st.lists(st.integers(10, 60 if wide else 14), max_size=3))),
        idents=tuple(draw(st.lists(st.integers(20, 24), max_size=2))),
        readings=draw(beside),
        families=families,
        spelt=tuple(name for name in names if draw(st.booleans())),
        unsure=draw(st.integers(0, 30)) == 0,
    )


loose = st.builds(
    Record,
    names=st.lists(st.integers(1, 8), max_size=2, unique=True).map(tuple),
    ties=st.lists(st.integers(10, 14), max_size=2).map(tuple),
    loose=st.just(True),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_records(), min_size=1, max_size=40), st.lists(loose, max_size=4), st.integers(0, 40))
def test_arrays_count_as_records_do(rows, text, cut):
    tables = [packed(part) for part in (rows[:cut], rows[cut:]) if part]
    assert count(text, tables) == persons.count([*rows, *text])


def _far_apart(number):
    """What `hash` gives of texts: numbers of 64 bits."""
    return (number * 0x9E3779B97F4A7C15 + 7) % (1 << 64) - (1 << 63)


@settings(max_examples=100, deadline=None)
@given(st.lists(_records(), min_size=1, max_size=40), st.lists(loose, max_size=4))
def test_what_is_brought_into_order_in_parts_counts_the_same(rows, text):
    def spread(record):
        return replace(record, ties=tuple(map(_far_apart, record.ties)))

    rows = [spread(record) for record in rows]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(homes, "_STRETCH", 5)
        assert count(text, [packed(rows)]) == persons.count([*rows, *text])


@settings(deadline=None)
@given(st.lists(st.integers(0, 12).map(_far_apart), max_size=60))
def test_hashes_are_numbered_in_parts_as_all_at_once(hashes):
    found = np.array(hashes, np.int64)
    once, inverse = np.unique(found, return_inverse=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(homes, "_STRETCH", 5)
        number, many = numbered(found)
    assert many == len(once)
    assert number.tolist() == inverse.tolist()
