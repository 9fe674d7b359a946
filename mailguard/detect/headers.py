"""What a column header means.

In: the header cell as written (保護者氏名(カナ), customer_name, ＴＥＬ). Out: a `Header`, or None if nothing personal.
Japanese words match anywhere in the header; ASCII words only as whole words (_, -, camelCase part them): age is not in page.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mailguard.detect.header_rule import HeaderRule, HeaderWords
from mailguard.model import Kind


@dataclass(frozen=True, slots=True)
class Header:
    """kind: None where an organisation is named. role: whose (保護者, 児童, 1). piece: full, family or given.

    organisation: the column is about companies or shops and never holds a person's name. strong: the header alone decides.
    staff: who serves (担当者, 講師), not whom the row is about. person: it says nothing but a role (お子様).
    thing: how something is read (駅名よみ); like an organisation's, it never holds a person's name. code: what is numbered (伝票番号):
    bare figures under it are no phones.
    """

    kind: Kind | None
    role: str = ""
    piece: str = "full"
    organisation: bool = False
    strong: bool = True
    staff: bool = False
    person: bool = False
    thing: bool = False
    code: bool = False


# Made by programs for columns without a name: A, F1, field1, 列1.
MEANINGLESS = re.compile(
    r"(?!no|id)[A-Za-zＡ-Ｚ]{1,2}|[0-9０-９]{1,3}|(?:f|c|v|x|col|column|field|attr|var|value|item|data|unnamed:?|列|項目|フィールド|カラム|データ)[ _-]?[0-9０-９]{1,3}",
    re.IGNORECASE,
)
KANA_TITLE = re.compile("カナ|かな|ｶﾅ|フリ|ふり|ﾌﾘ|ヨミ|よみ|読み|kana|yomi|セイ|せい|ｾｲ|メイ|めい|ﾒｲ", re.IGNORECASE)
_HALF_TITLE = re.compile(
    r"(.*?)(?:(姓|氏|名字|苗字|セイ|せい|シ)|(名|下の名前|メイ|めい))((?:の?(?:漢字|全角|半角|カナ|かな|フリガナ|ふりがな|ヨミ|よみ|読み|必須))*)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOKEN = re.compile(r"[a-z]+|[0-9]+|[〒☎]|[^\W_a-z0-9]+")
_NUMBER = re.compile(r"(?:様|さま)?(?:番号|コード|ナンバー|no|id|cd|code|number)")
_CODE = re.compile(
    r".{0,12}(?:番号|コード|ナンバー|連番|品番|型番|図番|ロット|シリアル|伝票|(?<![a-z])(?:no|id|cd|code|number|num|seq|sku|isbn|jan|lot|serial|index|idx))[0-9]{0,2}"
)
_LONGEST = 60  # a longer cell is a sentence, not a header


@dataclass(frozen=True, slots=True)
class _Text:
    """joined: the header without spaces, brackets and punctuation; runs: ASCII words that stand in it, whole."""

    joined: str
    tokens: tuple[str, ...]
    runs: frozenset[str]

    def has(self, word: str) -> bool:
        return word in self.runs if word.isascii() else word in self.joined

    def longest(self, words: Iterable[str]) -> str:
        return max((word for word in words if self.has(word)), key=len, default="")


def normalise(text: str) -> str:
    """NFKC, lower case, without spaces, brackets and punctuation."""
    return "".join(_tokens(text))


def _tokens(text: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFKC", text)
    return tuple(_TOKEN.findall(_CAMEL.sub(" ", folded).casefold()))


def halved(left: str, right: str) -> str | None:
    """Whose halves of a name two neighbouring headers title, whatever the prefix: 付添姓, 付添名; None if they do not."""
    first, second = (_HALF_TITLE.fullmatch("".join(_TOKEN.findall(_folded(text)))) for text in (left, right))
    if first is None or second is None or not first[2] or not second[3]:
        return None
    same = first[1].removesuffix("氏") == second[1].removesuffix("氏") and first[4] == second[4]
    same = same and bool(KANA_TITLE.search(left)) == bool(KANA_TITLE.search(right))  # 姓, セイ, 名, メイ
    return first[1] if same else None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class Headers:
    """Every header rule at once."""

    def __init__(self, words: HeaderWords, rules: tuple[HeaderRule, ...]) -> None:
        self.words = words
        self.rules = tuple(_normal(rule) for rule in rules)
        self.examples = rules
        self._organisation = tuple(map(normalise, words.organisation))
        self._thing = tuple(map(normalise, words.thing))
        self._person = tuple(map(normalise, words.person))
        self._kin = frozenset(map(normalise, words.kin))
        self._staff = tuple(map(normalise, words.staff))
        self._filler = sorted((normalise(word) for word in words.filler), key=len, reverse=True)
        owners = (word for word in self._person + self._organisation + self._thing if word.isascii())
        self._ascii_owners = tuple(sorted(owners, key=len, reverse=True))
        self._ruled = tuple((rule, _words(rule)) for rule in self.rules)
        self._known = frozenset(word for _, words in self._ruled for word in words)
        self._telling = self._known.union(self._organisation, self._person, self._staff)
        self._sizes = _sizes(self._telling)
        self.labels = _labels(rules)
        self.kind_of = lru_cache(maxsize=4096)(self._kind_of)

    def _kind_of(self, text: str) -> Header | None:
        if not 0 < len(text) <= _LONGEST:
            return None
        tokens = _tokens(text)
        joined = "".join(tokens)
        present = self._present(joined)
        if not present and _whose(joined) not in self._kin:  # most cells: a value has no word of a header in it
            return _code(joined)
        head = self._text(tokens)
        best: tuple[int, int, HeaderRule, str, str] | None = None
        for rule, words in self._ruled:
            if present.isdisjoint(words):
                continue
            word, piece = self._match(rule, head)
            if word and (best is None or (rule.rank, len(word)) > best[:2]):
                best = (rule.rank, len(word), rule, word, piece)
        organisation = bool(head.longest(self._organisation)) and not head.longest(self._person)
        staff = bool(head.longest(self._staff))
        if best is None:
            return self._without_word(head, organisation=organisation, staff=staff)
        _, _, rule, word, piece = best
        if rule.kind in {Kind.NAME, Kind.NAME_KANA} and (organisation or self._reads_thing(rule, head)):
            return Header(None, organisation=organisation, thing=not organisation)
        whose = (piece == "given" or word in {"名前", "なまえ"}) and bool(
            head.longest(self._person)
        )  # お子様(名), 生徒の名前
        weak = word in rule.weak and not any(head.has(other) for other in rule.contains if other not in rule.weak)
        strong = (not weak or whose) and not self._is_thing(rule, head)
        return Header(rule.kind, self._role(rule, head, word), piece, organisation, strong, staff)

    def _present(self, joined: str) -> frozenset[str]:
        """The words that stand in a header, and perhaps some more: ASCII words count there only whole."""
        return frozenset(
            joined[start : start + size]
            for start, first in enumerate(joined)
            for size in self._sizes.get(first, ())
            if joined[start : start + size] in self._telling
        )

    def _reads_thing(self, rule: HeaderRule, head: _Text) -> bool:
        if rule.kind is not Kind.NAME_KANA:
            return False
        thing = head.longest(self._thing)
        whole = any(word in head.joined for word in ("氏名", "姓", "名前", "name"))
        return bool(thing) and not thing.isascii() and not whole and not head.longest(self._person)

    def _refuses_reading(self, head: _Text) -> bool:
        """町域名カナ, 住所カナ: how a place is read, and nobody."""
        kana = (rule for rule in self.rules if rule.kind is Kind.NAME_KANA)
        reading = any(head.longest(rule.contains) and head.longest(rule.refused) for rule in kana)
        return reading and not head.longest(self._person)

    def _is_thing(self, rule: HeaderRule, head: _Text) -> bool:
        return rule.kind is Kind.NAME and bool(head.longest(self._thing)) and not head.longest(self._person)

    def _text(self, whole: Iterable[str]) -> _Text:
        tokens = tuple(part for token in whole for part in self._parted(token))
        runs = {"".join(tokens[i:j]) for i in range(len(tokens)) for j in range(i + 1, min(i + 5, len(tokens) + 1))}
        return _Text("".join(tokens), tokens, frozenset(runs))

    def _parted(self, token: str) -> tuple[str, ...]:
        """Customername has no seam: a role word in front of a known word makes one."""
        if token.isascii() and token not in self._known and token.startswith(self._ascii_owners):
            for owner in self._ascii_owners:
                if token.startswith(owner) and token[len(owner) :] in self._known:
                    return owner, token[len(owner) :]
        return (token,)

    def _match(self, rule: HeaderRule, head: _Text) -> tuple[str, str]:
        if head.longest(rule.refused):
            return "", ""
        piece = self._piece(rule, head)
        if piece:
            return piece
        word = head.longest(rule.contains)
        if head.joined in rule.exact or head.joined in rule.weak:
            return head.joined, "full"
        return word, "full"

    def _piece(self, rule: HeaderRule, head: _Text) -> tuple[str, str] | None:
        """氏名(姓), 保護者姓 and last_name: a half of a name. A single letter counts only alone, at the end or behind a name word."""
        full = head.longest(rule.contains)
        for words, piece in ((rule.family, "family"), (rule.given, "given")):
            word = head.longest(words)
            # 名フリガナ is a given name's only alone: 氏名フリガナ ends in it too
            alone = len(word) > 2 and (not word.startswith(("名フ", "名ふ", "名ヨ", "名よ")) or word == head.joined)
            if word and (alone or self._stands_apart(word, full, head)):
                return max(full, word, key=len), piece
        return None

    def _stands_apart(self, word: str, full: str, head: _Text) -> bool:
        rest = head.joined
        for known in (*self._filler, full):
            rest = rest.replace(known, "") if known and known != word else rest
        if rest == word:
            return True
        by_role = (
            word != "名" and rest.endswith(word) and rest.removesuffix(word) in self._person
        )  # 会員名 is a full name
        return by_role or word in head.tokens

    def _without_word(self, head: _Text, *, organisation: bool, staff: bool) -> Header | None:
        if organisation or self._refuses_reading(head):
            return Header(None, organisation=organisation, thing=not organisation)
        person = head.longest(self._person)
        if not person.isascii() and not staff and _NUMBER.fullmatch(head.joined.replace(person, "", 1).strip("おご")):
            return Header(Kind.MEMBER_NUMBER)  # 園児番号, 契約者No.
        word = next((word for word in ("name", "nm") if head.has(word)), "")
        if person.isascii() and person and word:
            return Header(Kind.NAME, self._bare(head.joined, word), strong=person != "user", staff=staff)
        # 利用者名, 生徒名: a role and 名
        titled = head.joined.rstrip("0123456789")
        whose = (
            titled if person and titled.endswith(person) else titled.removesuffix("名")
        )  # 連名 is whose, 会員名 a name
        if whose in self._kin or (person and not person.isascii() and whose.endswith(person)):
            strong = whose != titled and not head.longest(self._thing)
            return Header(Kind.NAME, self._bare(head.joined, "名"), strong=strong, staff=staff, person=True)
        if staff and not head.longest(self._thing):
            return Header(Kind.NAME, head.joined, strong=False, staff=True)
        return _code(head.joined)

    def _role(self, rule: HeaderRule, head: _Text, word: str) -> str:
        rest = self._bare(head.joined, word)
        for piece in (*rule.family, *rule.given, *rule.contains):
            if not piece.isascii():
                rest = rest.replace(piece, "")
        return rest

    def _bare(self, joined: str, word: str) -> str:
        rest = joined.replace(word, "", 1)
        for filler in self._filler:
            rest = rest.replace(filler, "")
        return rest.removeprefix("お").removeprefix("ご")


_NAMES_TOO = frozenset(
    ["セイ", "せい", "メイ", "めい", "カナ", "かな", "ヨミ", "よみ", "名", "姓", "州", "本名", "mei", "sei", "name"]
)


def _labels(rules: tuple[HeaderRule, ...]) -> frozenset[str]:
    """Words that are headers and nothing else: in a cell they are no value. カナ and メイ are names too."""
    words = {word for rule in rules for word in (*rule.exact, *rule.contains) if word not in _NAMES_TOO}
    folded = {unicodedata.normalize("NFKC", word) for word in words if len(word) > 1}
    polite = {prefix + word for word in folded if not word.isascii() for prefix in ("お", "ご")}
    return frozenset(folded | polite | {word.upper() for word in folded} | {word.title() for word in folded})


def _sizes(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The lengths of the words that begin with each character."""
    sizes: dict[str, set[int]] = {}
    for word in filter(None, words):
        sizes.setdefault(word[0], set()).add(len(word))
    return {first: tuple(found) for first, found in sizes.items()}


def _code(joined: str) -> Header | None:
    return Header(None, code=True) if _CODE.fullmatch(joined) else None


def _whose(joined: str) -> str:
    """A header without its number, and without the 名 that makes it a name: 妻名, 子1."""
    return joined.rstrip("0123456789").removesuffix("名")


def _words(rule: HeaderRule) -> frozenset[str]:
    """The words of which one must stand in a header of this kind."""
    return frozenset(rule.exact + rule.contains + rule.family + rule.given + rule.weak)


def _normal(rule: HeaderRule) -> HeaderRule:
    lists = {
        name: tuple(normalise(word) for word in getattr(rule, name))
        for name in ("exact", "contains", "refused", "weak", "family", "given")
    }
    return HeaderRule(rule.kind, rule.rank, hits=rule.hits, misses=rule.misses, file=rule.file, **lists)
