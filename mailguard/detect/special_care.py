"""Special-care data (要配慮個人情報): illness, disability, care, health checks, creed, criminal record, harm by crime.

In: folded text or cells. Out: spans, but only where a person stands in the same sentence, or, behind a label (病名：…), in the
same text. A sentence about a subject (講演, とは) is about nobody. Act on the Protection of Personal Information §2(3), its Order §2.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import regex

from mailguard.detect import care_columns
from mailguard.detect.layout import Layout
from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

Find = Callable[[str], Iterator[Span]]

_LABEL, _ILLNESS = "special_care.label", "special_care.illness"
_LONGEST_TERM = 12
_TERM_BEFORE = regex.compile(r"[\p{Han}\p{Katakana}ーA-Z0-9]++$")
_LONGEST = 40
_AROUND = 400  # characters to each side in which the person of a label, or the end of a sentence, is looked for
_END = "。!?\n"
_NEEDS = "病|症|炎|潰瘍|癌|がん|腫|障|不全|梗塞|出血|息|骨折|結核|疾患|肝|うつ|エイズ|HIV|ADHD|ASD|PTSD|アトピー|ヘルニア|卒中|瘤|産|難聴|疱疹|石|筋腫|胎盤|妊娠|貧血|不整脈|細動|痛風|麻痺|閉塞|狭窄|血栓|剥離|発作|透析|依存|中毒|悪阻|つわり|けいれん|リウマチ|ヘルペス|ポリープ|コロナ|インフルエンザ|ウイルス|梅毒|歴|薬|手帳|介護|要支援|不随|全盲|車椅子|前科|犯|逮捕|有罪|起訴|送検|服役|猶予|懲役|少年院|保護観察|虐待|DV|ストーカー|いじめ|性被害|教|信|宗|神道|支持|党|学会|部落|同和|在日|健診|検診|診断|検査|ドック|ストレス|血圧|血糖|HbA1c|GTP|LDL|脂肪|BMI|面接指導|産業医|アレルギー|てんかん|アルツハイマー|パーキンソン"
_TERM = regex.compile(
    r"[\p{Han}\p{Katakana}ーぁ-んA-Z0-9・]{1,14}+(?<=病|症|炎|癌|がん|腫|腫瘍|障害|障がい|症候群|不全|梗塞|出血|喘息|ぜんそく|骨折|結核|肝硬変|潰瘍|ヘルニア|アレルギー|麻痺|てんかん|[高低]血圧|貧血|不整脈|内障|細動|痛風|リウマチ|透析|近視|遠視|難聴|ノイローゼ|依存|白血病|花粉症|ダウン症|水腫|結石|胆石|弁膜|狭窄|早産|流産|死産|疱疹|筋腫|閉塞|血栓|前置胎盤|悪阻|ヘルペス|ポリープ|大動脈瘤)(?:\([^()]{1,14}\)|疑い|の疑い|既往|術後|治療中)?",
    regex.IGNORECASE,
)
_NO_TERM = regex.compile(
    r"臆病|仮病|看病|システム|通信|回線|ネットワーク|電波|機器|配信|発症|炎症$|^病|^症|^障害$|無病"
)
_HELD = regex.compile(
    r"(?:(?:身体|知的|精神)?障[害が]い?者?(?:保健福祉)?手帳|療育手帳) ?[0-9A-D一-六]{1,2}[級種度]?.{0,6}|要(?:介護|支援) ?[1-5]|(?:身体|知的|精神|聴覚|視覚|発達)障[害が]い?.{0,8}"
)
_UNDER_HEADER = regex.compile(
    r"[^@:/0-9]{1,20}|[A-E][12]?(?:判定)?|(?:第?[1-6一二三四五六]|重|中|軽)[級種度]?|[0-9]{1,3}(?:\.[0-9]{1,2})?(?:/[0-9]{2,3})?|有|無|[+±-]|[(][+±-][)]"
)
_OFFICE = regex.compile(r"(?:課|室|部|局|院|棟|例|者|学|費|会|科|マニュアル|計画|番号|店|区.*)$")


class SpecialCare:
    """Detector of special-care data. persons: what finds somebody whom it may be about."""

    kind = Kind.SPECIAL_CARE

    def __init__(self, rules: KindRules, persons: Sequence[Find]) -> None:
        self._patterns = Patterns(rules, _NEEDS)
        self._persons = persons
        topics = rules.words.get("topic", ())
        self._topic = regex.compile("|".join(map(regex.escape, topics))) if topics else None
        self._sure = frozenset(rules.words.get("sure", ()))

    def find(self, text: str) -> Iterator[Span]:
        """Phrases about somebody."""
        somebody: list[int] | None = None  # where persons begin; looked for once, and only when there is a phrase
        for span in self.phrases(text):
            labelled = span.rule == _LABEL
            start, stop = _around(text, span, "" if labelled else _END)
            if not labelled and self._topic is not None and self._topic.search(text, start, stop):
                continue
            if somebody is None:
                somebody = sorted(person.start for find in self._persons for person in find(text))
            place = bisect_left(somebody, start)
            if place < len(somebody) and somebody[place] < stop:
                yield span

    def phrases(self, text: str) -> Iterator[Span]:
        """The same whoever they are about: for cells in the row of a person."""
        for span in self._patterns.find(text):
            # The rules know how an illness ends (〜病を患う); what it is called stands before.
            before = _TERM_BEFORE.search(text, max(0, span.start - _LONGEST_TERM), span.start)
            yield replace(span, start=before.start()) if before and span.rule == _ILLNESS else span

    def cell(self, value: str) -> float:
        """0.9 an illness or degree by itself; 0.4 a short word or figure: only under its header."""
        if not value or len(value) > _LONGEST:
            return 0.0
        if value in self._sure or _HELD.fullmatch(value):
            return 0.0 if _OFFICE.search(value) and value not in self._sure else 0.9
        parts = [part for part in regex.split("[、,・/ ]", value) if part]
        if parts and all(_TERM.fullmatch(part) and not _NO_TERM.search(part) for part in parts):
            return 0.9
        return 0.4 if _UNDER_HEADER.fullmatch(value) else 0.0


def _around(text: str, span: Span, end: str) -> tuple[int, int]:
    """Where the sentence of a span begins and ends, or, without signs of an end, what stands near it."""
    start, stop = max(0, span.start - _AROUND), min(len(text), span.end + _AROUND)
    for sign in end:
        start = max(start, text.rfind(sign, start, span.start) + 1)
        found = text.find(sign, span.end, stop)
        stop = found if found >= 0 else stop
    return start, stop


def names_somebody(layout: Layout) -> bool:
    """Whether a table says whom its rows are about: a list of illnesses and their numbers is about nobody."""
    return care_columns.about_somebody(layout.columns)


def about_somebody(layout: Layout) -> Layout:
    """The same table, without its special-care columns where nobody is named."""
    if names_somebody(layout) or all(column.kind is not Kind.SPECIAL_CARE for column in layout.columns):
        return layout
    kept = tuple(column for column in layout.columns if column.kind is not Kind.SPECIAL_CARE)
    return replace(layout, columns=kept)
