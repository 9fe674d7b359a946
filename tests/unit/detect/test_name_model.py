import io
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pytest

from mailguard.detect import kinds, person_dictionary, ruleset, tokenizer
from mailguard.detect.name_context import NameContext
from mailguard.detect.name_judge import NameJudge, mark
from mailguard.detect.name_model import network, word_table
from mailguard.detect.name_model.features import shape
from mailguard.detect.name_model.letters import sequences
from mailguard.detect.name_model.units import units
from mailguard.detect.name_model.word_vectors import WordVectors, key
from mailguard.detect.span import Span
from mailguard.detect.tokenizer import Word
from mailguard.errors import MailguardError
from mailguard.model import Kind


@pytest.fixture(scope="module")
def words():
    return ruleset.load(ruleset.shipped_dir()).of(Kind.NAME).words


@pytest.fixture(scope="module")
def detector():
    return kinds.build(ruleset.load(ruleset.shipped_dir())).name


@pytest.fixture(scope="module")
def trained(words):
    return network.load(person_dictionary.load(), tokenizer.load().homographs, words)


def read(text: str) -> list[Word]:
    return [token.word for sentence in tokenizer.load().pieces(text) for token in sentence]


class Fixed:
    """A network that gives every word the same probability, but for some."""

    def __init__(self, probability: float, but: Mapping[str, float] = MappingProxyType({})) -> None:
        self.probability, self.but = probability, but

    def rows(self, words: Sequence[Word]) -> np.ndarray:
        return np.arange(len(words))

    def may(self, rows: np.ndarray) -> np.ndarray:
        return np.ones(len(rows), np.bool_)

    def probabilities(self, sentences: Sequence[Sequence[Word]], marks: object, rows: object) -> list[np.ndarray]:
        return [
            np.array([self.but.get(word.surface, self.probability) for word in sentence], np.float32)
            for sentence in sentences
        ]


def judged(words, probability: float, text: str, found: list[Span], **but: float) -> list[tuple[str, str]]:
    judge = NameJudge(NameContext(words, person_dictionary.load()), Fixed(probability, but))
    sentences = [(tokens, found) for tokens in tokenizer.load().pieces(text)]
    return [(span.rule, text[span.start : span.end]) for span in judge.spans(text, sentences)]


def test_words_that_no_dictionary_has_are_names_by_what_stands_around(detector):
    text = "監督のドレヴィンスキは翌日の会議で、計画の中止を提案した。"
    assert [text[span.start : span.end] for span in detector.find(text)] == ["ドレヴィンスキ"]


def test_what_is_found_does_not_depend_on_what_was_read_before(detector, words):
    text = "作家の田中一郎は、ドレヴィンスキとシカモア・ショールズで会った。"
    first = list(detector.find(text))
    list(detector.find("ショールズは田中ビルでドレヴィンスキに会った。"))
    assert list(detector.find(text)) == first
    assert list(kinds.build(ruleset.load(ruleset.shipped_dir())).name.find(text)) == first


def test_a_sentence_is_judged_alike_alone_and_among_others(trained):
    sentences = [read("作家の田中一郎が語った。"), read("本日は雨です。"), read("山田とスミスが来た。")]
    marks = [[0] * len(sentence) for sentence in sentences]
    together = trained.probabilities(sentences, marks)
    for sentence, likely in zip(sentences, together, strict=True):
        assert len(likely) == len(sentence)
        assert np.allclose(trained.probabilities([sentence], [[0] * len(sentence)])[0], likely, atol=1e-4)


def test_what_a_sentence_is_about_counts_however_far_it_stands(trained):
    far = read("とはいえ、それはまた別の話であって、ここではこれ以上は語らないことにするが、")
    likely = [
        trained.probabilities([sentence], [[0] * len(sentence)])[0][-3]
        for sentence in ([*read(begin), *far, *read("モルディニは強い")] for begin in ("選手たちは", "路線と駅は"))
    ]
    assert not np.isclose(*likely, atol=1e-3)


def test_what_rules_say_counts(trained):
    sentence = read("昨日は森が出席した。")
    silent, said = (trained.probabilities([sentence], [[sign] * len(sentence)])[0] for sign in (0, 2))
    assert said.max() > silent.max()


def test_nothing_is_asked_of_no_words(trained):
    assert trained.probabilities([], []) == []
    assert [len(likely) for likely in trained.probabilities([[]], [[]])] == [0]


def test_words_of_letters_are_no_names_whatever_stands_around(trained):
    assert not trained.may(trained.rows(read("お世話になっております。"))).any()
    assert trained.may(trained.rows(read("ドレヴィンスキ"))).any()


def test_two_networks_in_one_process_do_not_mix(trained, words):
    sentence = read("作家の田中一郎は、ドレヴィンスキとシカモア・ショールズで会った。")
    marks = [[0] * len(sentence)]
    first = trained.probabilities([sentence], marks)[0]
    halved = {name: value / 2 if name == "vectors" else value for name, value in network.packaged().items()}
    other = network.NameNetwork(halved, lambda letters: trained._features)
    assert not np.allclose(other.probabilities([sentence], marks)[0], first, atol=1e-3)
    assert np.array_equal(trained.probabilities([sentence], marks)[0], first)


def test_a_table_of_words_forgets_when_it_is_full_and_grows_until_then(monkeypatch):
    monkeypatch.setattr(word_table, "MOST", 6)
    monkeypatch.setattr(word_table, "_FIRST", 2)
    asked = []

    def vectors(words: Sequence[Word]) -> np.ndarray:
        asked.extend(word.surface for word in words)
        return np.array([[len(word.surface)] * 2 for word in words], np.float32)

    table = word_table.WordTable((2, 1), vectors, lambda vectors: (vectors[:, 0] > 1, 3 * vectors[:, :1]))
    for _ in range(2):
        rows = table.rows(read("山田さんは山田さんの山"))
        assert table.vectors[rows].tolist() == [[n, n] for n in (2, 2, 1, 2, 2, 1, 1)]
        assert table.may[rows].tolist() == [True, True, False, True, True, False, False]
        assert table.topics[rows].tolist() == [[3 * n] for n in (2, 2, 1, 2, 2, 1, 1)]
        assert not table.vectors[0].any()
        assert not table.topics[0].any()
    assert asked == ["山田", "さん", "は", "の", "山"]
    table.rows(read("机"))
    assert asked.count("山田") == 1
    table.rows(read("山田"))
    assert asked.count("山田") == 2


def test_weights_that_are_absent_or_damaged_are_an_error_and_no_pass(monkeypatch, tmp_path, words):
    arguments = person_dictionary.load(), tokenizer.load().homographs, words
    for content in (None, b"", b"PK\x03\x04 cut off", _archive(features=np.zeros(1, np.uint32))):
        if content is not None:
            (tmp_path / "weights.npz").write_bytes(content)
        monkeypatch.setattr(network, "files", lambda package: tmp_path)
        network.packaged.cache_clear()
        with pytest.raises(MailguardError, match=r"name_model/weights\.npz.*install mailguard again"):
            network.load(*arguments)
    monkeypatch.undo()
    network.packaged.cache_clear()
    network.load(*arguments)


def _archive(**arrays: np.ndarray) -> bytes:
    written = io.BytesIO()
    np.savez(written, **arrays)
    return written.getvalue()


def test_a_doubtful_name_needs_the_network_and_one_with_an_honorific_does_not(words):
    text = "鈴木が来た"
    doubtful = Span(Kind.NAME, 0, 2, "name.text", 0.6)
    honoured = Span(Kind.NAME, 0, 2, "name.text", 0.9)
    assert judged(words, 0.01, text, [doubtful]) == []
    assert judged(words, 0.6, text, [doubtful]) == [("name.text", "鈴木")]
    assert judged(words, 0.0, text, [honoured]) == [("name.text", "鈴木")]


def test_the_rest_of_a_very_long_text_is_judged_by_rules_alone(words, monkeypatch):
    monkeypatch.setattr("mailguard.detect.name_judge._MOST", 9)
    tokens = tokenizer.load().tokens("鈴木が来た")
    judge = NameJudge(NameContext(words, person_dictionary.load()), Fixed(0.01))
    doubtful = Span(Kind.NAME, 0, 2, "name.text", 0.6)
    assert len(tokens) == 4
    assert list(judge.spans("鈴木が来た", [(tokens, [doubtful])] * 3)) == [doubtful]


def test_masked_names_and_companies_are_no_names_whatever_the_network_says(words):
    assert judged(words, 0.99, "山〇〇郎", []) == []
    assert judged(words, 0.99, "・・・", []) == []
    assert judged(words, 0.99, "XX太郎様", []) == []


def test_one_character_is_a_name_only_if_it_is_a_family_name(words):
    assert judged(words, 0.99, "世", []) == []
    assert judged(words, 0.99, "森", []) == [("name.text", "森")]
    assert judged(words, 0.99, "世だけ", []) == [("name.text", "世だけ")]


def test_rules_tell_the_network_how_sure_they_are():
    [token] = tokenizer.load().tokens("鈴木")
    for confidence, told in ((0.6, 1), (0.85, 2), (0.9, 3)):
        assert mark(token, [Span(Kind.NAME, 0, 2, "name.text", confidence)]) == told
        assert mark(token, [Span(Kind.NAME, 0, 2, "name.kana", confidence)]) == told + 3
        assert mark(token, [Span(Kind.NAME, 2, 4, "name.text", confidence)]) == 0


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ジョン・スミスと会う", ["ジョン・スミス", "と", "会う"]),
        ("J・スミスとスミス・Jだ", ["J・スミス", "と", "スミス・J", "だ"]),
        ("デザイナー・スミス", ["デザイナー・スミス"]),
        ("会議・スミス", ["会議", "・", "スミス"]),
        ("Kenan Sofuglukは", ["Kenan Sofugluk", "は"]),
        ("", []),
    ],
)
def test_a_foreign_name_is_one_unit(text, parts):
    sentence = read(text)
    assert ["".join(word.surface for word in sentence[first:last]) for first, last in units(sentence)] == parts


def test_a_common_noun_joins_a_name_only_by_a_joint():
    sentence = read("デザイナータケウエドモコ")
    assert units(sentence)[0] == (0, 1)


def test_a_word_has_the_vector_of_its_normal_form_or_of_what_is_written():
    one, other = sorted((key("行う"), key("スミス")))
    vectors = WordVectors(np.array([one, other], np.uint32), np.array([5, 9], np.uint16))
    [name] = read("スミス")
    assert vectors.row(name) == (5 if key("スミス") == one else 9)
    assert vectors.row(read("行なった")[0]) == (5 if key("行う") == one else 9)
    assert vectors.row(read("机")[0]) is None


def test_a_word_is_the_same_alone_and_met_together_with_others(trained):
    sentence = read("作家の田中一郎は、ドレヴィンスキとシカモア・ショールズで会った。J・K・ローリングは机だった。")
    together = trained._vectors(sentence)
    for word, vector in zip(sentence, together, strict=True):
        assert np.allclose(trained._vectors([word])[0], vector, atol=1e-5)
    features = trained._features
    assert features.all(sentence) == [features.of(word) for word in sentence]
    assert len({tuple(names) for names, _ in features.all(sentence)}) == len({word.surface for word in sentence})


def test_shapes_and_letters_are_short_whatever_the_word():
    assert shape("田中ゆうタロウA1") == "KhkA9"
    assert len(shape("あア" * 1000)) == 5
    assert len(sequences("ア" * 100_000)) < 100
