"""A header of which most words are never looked for means what it means when all are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.demo.people import households
from mailguard.detect import headers, ruleset

HEADERS = ruleset.load(ruleset.shipped_dir()).headers
WORDS = sorted(HEADERS._telling | set(HEADERS._thing) | {word for rule in HEADERS.rules for word in rule.refused})


class _Every(frozenset):
    """Words of which none is left out."""

    def isdisjoint(self, _words):
        return False


@pytest.fixture(scope="module")
def every():
    """Headers that look for each word of each rule."""
    found = headers.Headers(HEADERS.words, HEADERS.examples)
    found._present = lambda _head: _Every(["氏名"])
    return found


def test_a_word_alone(every):
    for word in WORDS[::2]:
        assert HEADERS._kind_of(word) == every._kind_of(word), word


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(WORDS), st.sampled_from(["(", ")", " ", "_", "1", "お", "の", "x", "A", "山田"])),
        min_size=1,
        max_size=4,
    )
)
def test_words_together(every, words):
    text = "".join(words)
    assert HEADERS._kind_of(text) == every._kind_of(text)


def test_a_value_is_no_reason_to_try_each_rule(monkeypatch):
    tried = []
    monkeypatch.setattr(HEADERS, "_match", lambda *rule: tried.append(rule) or ("", ""))
    for home in households(50, 3):
        assert HEADERS._kind_of(f"{home.guardian.name} 様") is None
    assert not tried
