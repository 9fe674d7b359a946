"""The same name again, names in Latin letters, and letters that are none: what the judge makes of the network's probabilities."""

import numpy as np
import pytest
from test_name_model import Fixed, judged

from mailguard.detect import kinds, person_dictionary, ruleset, tokenizer
from mailguard.detect.name_context import NameContext
from mailguard.detect.name_judge import NameJudge
from mailguard.detect.namesakes import evened, family_of
from mailguard.detect.span import Span
from mailguard.model import Kind


@pytest.fixture(scope="module")
def words():
    return ruleset.load(ruleset.shipped_dir()).of(Kind.NAME).words


@pytest.fixture(scope="module")
def detector():
    return kinds.build(ruleset.load(ruleset.shipped_dir())).name


def names(detector, text):
    return [text[span.start : span.end] for span in detector.find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("永山時雄は来たが永山は帰った", ["永山時雄", "永山"]),
        ("永山時雄は来た。永山は帰った。", ["永山時雄", "永山"]),
        ("永山は帰ったと永山時雄は言う", ["永山", "永山時雄"]),
        ("永山時雄は来た。\n永山は帰った。", ["永山時雄"]),  # another line, as another cell of a table
        ("永山時雄は永山市に来た", ["永山時雄"]),
        ("永山時雄は永山・川口線で来た", ["永山時雄"]),
    ],
)
def test_a_family_name_is_a_person_where_the_line_has_the_full_name(words, text, found):
    start = text.index("永山時雄")
    full = Span(Kind.NAME, start, start + 4, "name.text", 0.85)
    assert [name for _, name in judged(words, 0.0, text, [full], 永山=0.1, 時雄=0.99)] == found
    assert judged(words, 0.0, text, [full], 永山=0.1, 時雄=0.0) == []


def test_a_line_that_is_asked_about_in_two_parts_is_one_line(words, monkeypatch):
    text = "永山時雄は来た。永山は帰った。"
    monkeypatch.setattr("mailguard.detect.name_judge._TOGETHER", 1)
    full = Span(Kind.NAME, 0, 4, "name.text", 0.85)
    assert [name for _, name in judged(words, 0.0, text, [full], 永山=0.1, 時雄=0.99)] == ["永山時雄", "永山"]


def test_words_written_alike_are_as_likely_as_all_of_them():
    tokens = tokenizer.load().tokens("スミスとスミスと木")
    likely = np.array([0.9, 0.01, 0.5, 0.01, 0.5], np.float32)
    assert [token.surface for token in tokens] == ["スミス", "と", "スミス", "と", "木"]
    even = evened(tokens, likely, [0, 2, 4])
    assert even.tolist() == pytest.approx([0.75, 0.01, 0.75, 0.01, 0.5])
    assert evened(tokens, likely, [1, 3]).tolist() == likely.tolist()
    assert evened(tokens, likely, []).tolist() == likely.tolist()
    assert np.isfinite(evened(tokens, np.ones(5, np.float32), range(5))).all()


def test_the_judge_evens_words_written_alike(words):
    class Placed(Fixed):
        def probabilities(self, sentences, marks, rows):
            return [np.array([0.95, 0, 0.45, 0, 0], np.float32) for _ in sentences]

    text = "スミスとスミスが来"
    judge = NameJudge(NameContext(words, person_dictionary.load()), Placed(0))
    found = judge.spans(text, [(tokens, []) for tokens in tokenizer.load().pieces(text)])
    assert [text[span.start : span.end] for span in found] == ["スミス", "スミス"]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ジョン・H・スミス", "スミス"),
        ("田中一郎", "田中"),
        ("田中 一郎", "田中"),
        ("田中", None),
        ("林一郎", None),  # one character says too little
        ("Taro Yamada", None),
        ("・", None),
        ("", None),
    ],
)
def test_the_part_of_a_name_that_may_stand_alone(name, family):
    assert family_of(name, person_dictionary.load()) == family


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("研究者のRobert Vishnyの報告", ["Robert Vishny"]),
        ("Robert Vishnyは語る", ["Robert Vishny"]),
        ("(Robert Vishny)", []),  # no Japanese beside it: a line in another language, or encoded
        ("研究者のrobert vishnyの報告", []),
        ("研究者のRobertの報告", []),
    ],
)
def test_names_in_latin_letters_are_the_networks_within_japanese(words, text, found):
    assert [name for _, name in judged(words, 0.0, text, [], Robert=0.9, Vishny=0.9, robert=0.9, vishny=0.9)] == found
    assert judged(words, 0.0, text, [], Robert=0.3, Vishny=0.3) == []


def test_letters_joined_by_a_dot_are_no_name(words, detector):
    assert judged(words, 0.99, "A・B・C", []) == []
    assert judged(words, 0.99, "ド・ン・マ・イ", []) == []
    assert names(detector, "握手券A・B・Cの三種類を集める。") == []
    assert names(detector, "ド・ン・マ・イという歌。") == []


def test_what_follows_the_te_of_a_verb_is_no_name(detector):
    assert names(detector, "会合に参加していた議員が語る。") == []
    assert names(detector, "成長していく様を描いた作品。") == []
    assert names(detector, "会に出ていた田中議員が語る。") == ["田中"]
    assert names(detector, "研究会でたろうさんが話した。") == ["たろう"]


@pytest.mark.parametrize("place", ["連峰", "砦", "警察署", "修道院"])
def test_a_name_before_a_word_of_places_is_a_place(words, place):
    assert judged(words, 0.0, f"穂高{place}に着く", [], 穂高=0.99) == []
    assert judged(words, 0.0, "穂高が着く", [], 穂高=0.99) == [("name.text", "穂高")]
