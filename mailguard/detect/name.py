"""Names of persons: whole cells, and halves of names. Running text is `running_names`.

In: folded cells. Out: how sure. Both dictionaries are asked: surname and given name as a pair, and Sudachi with every token a name.
Names that are masked already (山〇〇郎, 山田＊＊) are none; shops, municipalities and companies neither.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import regex

from mailguard.detect.mask import unmarked
from mailguard.detect.name_labelled import LabelledNames
from mailguard.detect.name_model.network import NameNetwork
from mailguard.detect.name_romaji import Romaji
from mailguard.detect.name_shape import Shapes
from mailguard.detect.name_spaced import SpacedNames
from mailguard.detect.person_dictionary import PersonDictionary, romanised
from mailguard.detect.ruleset import KindRules
from mailguard.detect.running_names import RunningNames
from mailguard.detect.span import Span, Taken
from mailguard.detect.stand_ins import nobody
from mailguard.detect.tokenizer import PERSONS, Sort, Token, Tokenizer
from mailguard.model import Kind

_MASKED = regex.compile(r"[〇○●◯*＊×✕_■□△▲?？…]|XX|xx|ＸＸ")
_HONORIFIC = regex.compile(r"(?<=..)[ ]?(?:様|さま|さん|殿|氏|先生|ちゃん|くん|君)$")
_CALLED = regex.compile(r"(?<=.)[ ]?(?:様|さま|さん|殿|ちゃん|くん)$")
_WRITTEN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Latin}々ヶー'.・=, -]{2,40}+")
# How it is read, or something short about the person: (サトウ ハナコ), (34), (女), (営業部).
_BEHIND = regex.compile(
    r"(?<=..)[ ]?\((?:[\p{Hiragana}\p{Katakana}\p{Latin}ー・ ]{2,30}|[0-9]{1,3}[歳才]?|(?![株有同名資医学財社福])[\p{Han}]{1,6})\)$"
)
# 1001 佐藤 花子
_NUMBERED = regex.compile(
    r"^(?:No\.? ?)?[0-9]{1,8}(?:-[0-9]{1,3})?(?:[.):、,] ?| )(?=[\p{Han}\p{Hiragana}\p{Katakana}])"
)
_KANJI_KANA = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}々ヶー]+")
_KATAKANA = regex.compile(r"[\p{Katakana}ー]+")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}ー]+")
_FOREIGN = regex.compile(
    r"(?:[\p{Katakana}ー]{1,14}+|[A-Z]\.?)(?:[・= ]{1,3}(?:[\p{Katakana}ー]{1,14}+|[A-Z]\.?)){1,4}"
)
_THING = regex.compile(
    r"(?:株式|有限|合同|会社|\(株\)|\(有\)|店|屋|館|駅|市|区|町|村|郡|県|都|府|院|園|校|課|部|局|所|署|場|室|堂|社|庫|団|会|組合|法人|工業|産業|商事|商店|建設|銀行|センター|クリニック|薬局|類|品|橋|寺|神社|城|跡|山|川|湖|線|号|号室|丁目|条)$"
    r"|会社|法人|\(株\)|\(有\)"
)
_WORDS = regex.compile(
    r"(?:株式会社|センター|サービス|ホテル|マンション|セミナー|コース|プラン|クラブ|グループ|システム|ショップ|ストア|サポート)"
    r"|(?:運輸|運送|乳業|電機|電気|製薬|製パン|証券|自動車|鉄道|不動産|食品|製作所|印刷|物産|倉庫|事務所|研究所|協会|財団|大学|高校"
    r"|ビル|ビルヂング|ビルディング|ハイツ|コーポ|アパート|メゾン|(?<=..)荘|内科|外科|眼科|歯科|科医院|耳鼻科|皮膚科|小児科|整骨院|整体院|薬舗|薬品"
    r"|製菓|製麺|製材|製茶|製本|電器|電設|設備|石油|書房|書林|文庫|出版|新聞|酒造|醸造|鉄工|交通|観光|旅館|食堂|鮮魚|精肉|青果|理容|美容室|工務|塗装|板金"
    r"|時代|遺跡|古墳|貝塚群|文書|天守|入口|出口|通り|街道|団地|商業|農場|牧場|水産|林業)$"
)
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_LETTERS = regex.compile(r"[\p{Latin}'., -]+")
_WORD_SORTS = frozenset({Sort.NOUN, Sort.PLACE, Sort.PROPER, Sort.NUMERAL, Sort.VERB, Sort.OTHER, Sort.PREFIX})
_RARE = 0.6


class Name:
    """Detector of names. network: judges names in running text; None where it is trained."""

    kind = Kind.NAME

    def __init__(
        self, rules: KindRules, persons: PersonDictionary, tokenizer: Tokenizer, network: NameNetwork | None
    ) -> None:
        self._persons = persons
        self._tokenizer = tokenizer
        self._running = RunningNames(rules.words, persons, tokenizer, network)
        self._spaced_out = SpacedNames(persons)
        self._shapes = Shapes(persons)
        self._romaji = Romaji(persons, rules.words.get("latin", ()))
        self._not_name = frozenset(rules.words.get("not_name", ()))
        self.cell = lru_cache(maxsize=1 << 16)(self._cell)
        self._labelled = LabelledNames(rules.words.get("role", ()), persons, self.cell)

    def ahead(self, texts: Iterable[str]) -> None:
        """Read texts that will be asked for, all at once: cheaper than one by one."""
        self._running.ahead(texts)

    def find(self, text: str) -> Iterator[Span]:
        """Names in running text, without their honorific."""
        apart = list(self._spaced_out.find(text))  # before labels: 担当:佐 藤 花 子 is no 佐 藤
        told = [*apart, *filter(Taken(apart).free, self._labelled.find(text))]
        yield from told
        yield from filter(Taken(told).free, self._running.find(text))

    def _cell(self, value: str) -> float:
        value = _BEHIND.sub("", _NUMBERED.sub("", unmarked(value)))
        if len(value) > 42 or _WRITTEN.fullmatch(value) is None or _MASKED.search(value):
            return 0.0
        bare = _HONORIFIC.sub("", value).strip()
        if len(bare) < 2 or bare in self._not_name or nobody(bare) or _WORDS.search(bare):
            return 0.0
        if _LETTERS.fullmatch(bare):
            return self._romaji.cell(bare)
        if _FOREIGN.fullmatch(bare):
            return self._foreign(bare)
        return self._japanese(bare, honoured=bare != value)

    def _japanese(self, bare: str, *, honoured: bool) -> float:
        parts = bare.replace("・", " ").split()
        if not all(_KANJI_KANA.fullmatch(part) for part in parts):
            return 0.0
        if len(parts) == 1:
            called = honoured and bare in self._persons.common  # 鈴木 様
            return max(self._joined(bare), 0.6 if called else 0.0)
        if len(parts) > 2 and all(len(part) == 1 for part in parts):  # 佐 藤 花 子
            return self._joined("".join(parts))
        return self._spaced(parts) if len(parts) == 2 else 0.0

    def _spaced(self, parts: list[str]) -> float:
        family, given = parts
        if len(family) > 7 or len(given) > 8:
            return 0.0
        known = self.family(family) >= _RARE, self.given(given) >= _RARE
        if all(known):
            return 0.97
        if not known[0] and self._persons.is_given(family) and self._persons.is_family(given):
            return 0.7  # 太郎 佐藤
        return self._doubtful(family, given, known)

    def _doubtful(self, family: str, given: str, known: tuple[bool, bool]) -> float:
        """Two words of which one or both are in no dictionary of names."""
        if _THING.search(given) and not known[1] and not self._all_names(given):
            return 0.0
        if not known[1] and (given in self._persons.common or self._place(given)):
            return 0.3  # 長野 松本, 福岡 北九州
        if not known[0] and self._noun(family):
            return 0.3  # スナック 愛, マグカップ 青
        if self._all_names(family) and self._all_names(given):
            return 0.95
        if any(known) and len(family) <= 5 and (len(given) <= 4 or known[1]):
            return 0.75
        looks = self._shapes.fit(family, given) and not self.word(family) and not self.word(given)
        return 0.6 if looks else (0.3 if len(family) <= 4 and len(given) <= 4 else 0.0)

    def _place(self, text: str) -> bool:
        return any(token.sort is Sort.PLACE for token in self._tokenizer.tokens(text))

    def _noun(self, text: str) -> bool:
        return len(text) > 1 and all(token.known and token.sort is Sort.NOUN for token in self._tokenizer.tokens(text))

    def word(self, text: str) -> bool:
        """Whether it is a word of the dictionary that is no name."""
        tokens = self._tokenizer.tokens(text)
        return len(text) > 1 and all(
            token.known and token.sort in _WORD_SORTS and len(token.surface) > 1 for token in tokens
        )

    def _joined(self, bare: str) -> float:
        if len(bare) > 10:
            return 0.0
        if _KANA.fullmatch(bare):
            katakana = bare.translate(_HIRAGANA)
            return 0.6 if len(bare) >= 4 and self._persons.split_reading(katakana) else 0.0
        tokens = self._tokenizer.tokens(bare)
        if len(tokens) == 1:
            return self._one_token(bare, tokens[0])
        if all(token.sort in PERSONS for token in tokens):
            return 0.95
        position = self._persons.split(bare)
        if position and (tokens[0].sort is Sort.FAMILY or not _THING.search(bare[position:])):
            return 0.9
        return self._rare(bare, tokens)

    def _one_token(self, bare: str, token: Token) -> float:
        """A word of the dictionary: 徳川家光 is a person, 高田馬場 a place whatever its halves are."""
        if token.sort in PERSONS and len(bare) >= 3:
            return 0.8 if token.sort is Sort.PERSON or self._persons.split(bare) else 0.45
        if token.known and token.sort in {Sort.PLACE, Sort.PROPER, Sort.NOUN}:
            return 0.2
        return 0.9 if self._persons.split(bare) else 0.0

    def _rare(self, bare: str, tokens: list[Token]) -> float:
        """A known family name and something short that may be a rare given name."""
        if _THING.search(bare) or not 3 <= len(bare) <= 6:
            return 0.0
        places = any(token.sort is Sort.PLACE for token in tokens)
        if not places and tokens[0].sort is Sort.FAMILY and len(tokens) > 1 and len(bare) - len(tokens[0].surface) <= 3:
            return 0.6
        return (
            0.55
            if any(self._half_known(bare[:cut], bare[cut:]) for cut in range(1, min(4, len(bare) - 1) + 1))
            else 0.0
        )

    def _half_known(self, family: str, given: str) -> bool:
        """One half in the dictionaries, and the other looking like a name, and no word."""
        if self._persons.is_family(family) and self._shapes.fit(family, given):
            return not self.word(given) and not self._place(given)
        given_known = len(given) > 1 and self._persons.is_given(given)
        return given_known and self._shapes.ends_family(family) and not self.word(family)

    def _all_names(self, text: str) -> bool:
        return all(token.sort in PERSONS for token in self._tokenizer.tokens(text))

    def _foreign(self, bare: str) -> float:
        parts = [part for part in regex.split("[・= ]+", bare) if part]
        readings = self._persons
        if len(parts) == 2 and parts[0] in readings.family_readings and parts[1] in readings.given_readings:
            return 0.9
        tokens = [token for part in parts for token in self._tokenizer.tokens(part)]
        names = sum(token.sort in PERSONS for token in tokens)
        if names == len(tokens):
            return 0.85
        words = any(token.known and token.sort in _WORD_SORTS and len(token.surface) > 2 for token in tokens)
        if "・" in bare and (
            tokens[0].sort in PERSONS
            or 2 * names >= len(tokens)
            or (not words and all(2 <= len(part) <= 8 for part in parts))
        ):
            return 0.6
        return 0.5 if names and not words else 0.0

    def reading(self, value: str) -> str:
        """How a name is most likely read, in katakana."""
        return self._tokenizer.reading(value)

    def family(self, value: str) -> float:
        """How sure a cell is a family name alone, in kanji, kana or romaji."""
        if nobody(value):
            return 0.0
        if value in self._persons.common:
            return 0.9
        if self._persons.is_family(value):
            return 0.8
        if value.isascii():
            return 0.7 if value.isalpha() and romanised(value) in self._persons.family_romaji else 0.0
        return 0.7 if self._single(value, Sort.FAMILY) else 0.0

    def given(self, value: str) -> float:
        """How sure a cell is a given name alone, with an honorific or without."""
        value = _CALLED.sub("", value)
        if nobody(value):
            return 0.0
        if self._persons.is_given(value):
            return 0.85
        if value.isascii():
            return 0.7 if value.isalpha() and romanised(value) in self._persons.given_romaji else 0.0
        return 0.7 if self._single(value, Sort.GIVEN) else 0.0

    def _single(self, value: str, sort: Sort) -> bool:
        if not 0 < len(value) <= 8:
            return False
        tokens = self._tokenizer.tokens(value)
        return len(tokens) == 1 and tokens[0].sort in {sort, Sort.PERSON}
