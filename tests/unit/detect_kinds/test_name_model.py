"""The model of names in running text: what its weights hold, units, and the same answer twice."""

from importlib.resources import files

import numpy as np
import pytest

from mailguard.detect import name_model, person_dictionary, ruleset, tokenizer
from mailguard.detect.name_units import units
from mailguard.detect.running_names import RunningNames
from mailguard.model import Kind


@pytest.fixture(scope="module")
def running():
    words = ruleset.load(ruleset.shipped_dir()).of(Kind.NAME).words
    return RunningNames(words, person_dictionary.load(), tokenizer.load(), name_model.load())


def surfaces(text):
    tokens = tokenizer.load().tokens(text)
    return ["".join(token.surface for token in tokens[first:stop]) for first, stop in units(tokens)]


@pytest.mark.parametrize("unit", ["山田太郎", "ジョン・スミス", "スティーヴン・R・コヴィー"])
def test_a_name_is_one_unit(unit):
    assert unit in surfaces(f"昨日{unit}が来た。")


def test_units_cover_every_token_once():
    text = "ジョン・スミスと、山田太郎(やまだたろう)は東京・大阪へ。"
    assert "".join(surfaces(text)) == text


def test_the_weights_are_small_and_hold_no_words():
    with np.load(files("mailguard.detect") / "name_model.npz", allow_pickle=False) as data:
        assert {array.dtype.kind for array in data.values()} <= {"f", "i", "u"}
        assert sum(array.nbytes for array in data.values()) < 20_000_000


def test_the_model_finds_what_the_rules_alone_do_not(running):
    # No honorific, and the dictionary does not know the name.
    assert [span.rule for span in running.find("作曲家のゾルタン・ヴェルメシュが指揮した。")] == ["name.text"]


def test_the_same_text_gives_the_same_names_twice(running):
    text = "監督は山田太郎、主演はジョン・スミスと佐藤花子です。会場は平野区の三島記念館。"
    first = list(running.find(text))
    list(running.find("別の文です。担当は鈴木一郎。"))
    assert list(running.find(text)) == first


@pytest.mark.parametrize("text", ["\ud800様", "・・・", "ア・", "A.・B", "", "ー", "山田\ud800太郎様"])
def test_any_string_is_judged(running, text):
    list(running.find(text))


def test_loading_is_shared():
    assert name_model.load() is name_model.load()
