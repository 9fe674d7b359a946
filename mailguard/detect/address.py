"""Postal addresses: with or without prefecture, kanji figures, 丁目番地号, 1-2-3, Kyoto streets, Hokkaido 条, building and room.

In: folded text or cells. Out: spans. A place name alone in prose is no address: a number part must follow the municipality.
The municipalities are those of Japan Post; what is called otherwise (old towns) needs its prefecture in front.
"""

import re
from collections.abc import Iterator

import regex

from mailguard.detect.folding import fold
from mailguard.detect.postal_codes import municipalities
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

_NUMBER = r"(?:[0-9]{1,5}|[〇一二三四五六七八九十百千]{1,6})"
_DASH = r"[-ーのノ之~]"
_PLACE = r"[^\s0-9、。,，!?！？「」『』()（）:;：；<>\[\]|/@\"'=+*_#&%$\x00-\x1f]"
# 丁目・番地・号, or figures joined by dashes, or Hokkaido's 条/線 and 地割
_BLOCKS = (
    rf"(?:{_NUMBER}(?:丁目|丁(?![\p{{Han}}])|番地|番町?|[条線](?=[東西南北通0-9〇一二三四五六七八九十]|$)|地割|番館|街区|組|区|号)(?:[東西南北]|{_DASH}|[ 、]?)"
    rf"(?:(?:通り?)?{_NUMBER}(?:丁目?|番地?|号|条|線|番|街区|組)?(?:{_DASH}|[ ]|[東西南北](?=[0-9〇一二三四五六七八九十]))?){{0,5}}+"
    rf"|[0-9]{{1,5}}(?:{_DASH}[0-9]{{1,5}}){{1,4}}+(?:号室?|番地?)?|[一二三四五六七八九十]{{1,3}}(?:{_DASH}[一二三四五六七八九十]{{1,3}}){{1,3}}+|[番無][外番]地|(?:甲|乙|丙|丁|字|イ|ロ|ハ|第)?[0-9]{{1,5}}(?:番地?|号)?)"
)
_BUILDING = rf"(?:[ ]?(?:{_PLACE}{{1,24}}+(?:ビル|マンション|ハイツ|コーポ|荘|ハウス|タワー|アパート|レジデンス|号館|棟|パーク|プラザ|メゾン|センター)?[ ]?(?:[A-Za-z]?[0-9]{{1,5}}(?:-[0-9]{{1,4}})?(?:号室?|階|F)?)|[0-9]{{1,5}}(?:号室|階|F)))?"
# 千葉県 is a prefecture, and the family name 千葉 is none
_PREFECTURE = (
    r"(?:北海道|東京都|大阪府|京都府|(?:神奈川|和歌山|鹿児島|青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|新潟|富山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良"
    r"|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|沖縄)県)"
)
_CITY_TAIL = r"[市区町村郡島]"
_NUMBER_PART = re.compile(
    "[0-9〇一二三四五六七八九十百](?:(?<=[0-9])|[〇一二三四五六七八九十百]{0,3}(?:丁目|番|条|号|線|地割|[-ノ之][一二三四五六七八九十]))|[番無][外番]地"
)
_CITY_LEVEL = re.compile(rf"{_PREFECTURE}[ ]?[^\s0-9]{{1,6}}?{_CITY_TAIL}")
_PREFECTURE_OPENS = regex.compile(_PREFECTURE)
_ROMAJI = regex.compile(
    r"(?:[0-9]{1,4}(?:-[0-9]{1,4}){1,3}+|[0-9]{1,4}-chome(?:[, ]{1,2}[0-9]{1,4}(?:-[0-9]{1,4}){0,2})?)[, ]{1,2}[A-Za-z][A-Za-z' -]{1,40}+,(?: ?[A-Za-z][A-Za-z' -]{1,30}+,){0,4} ?[A-Za-z -]{2,30}+(?:[ ,]{1,2}[0-9]{3}-[0-9]{4})?(?:,? ?Japan)?",
    regex.IGNORECASE,
)
_ROMAJI_SIGN = regex.compile(
    r"-(?:ku|shi|cho|machi|gun|ken|to|fu|chome|mura)\b|\b(?:Japan|Tokyo|Osaka|Kyoto|Hokkaido)\b|[0-9]{3}-[0-9]{4}",
    regex.IGNORECASE,
)
_TOO_LONG = 200
_POSTAL = re.compile(r"^〒? ?[0-9]{3}-?[0-9]{4}[ \n]*(?=[^\x00-\x7f])")
_LINE = regex.compile(r"[^\n。]{4,2000}+")
_LETTER_AND_COMMA = re.compile(",(?<=[A-Za-z' -],)")
_PLACE_SIGN = re.compile("[市巿区町村郡島都県府道]")
# Cheap, and true of every line that can hold an address: a municipality and figures soon behind it.
_LIKELY = re.compile(
    r"[市巿区町村郡島都県府道][^\n]{0,40}?(?:[0-9]|[〇一二三四五六七八九十百千](?:丁目|番|条|号|線|地割|[-ノ之][一二三四五六七八九十])|[番無][外番]地)"
)


def _cities() -> tuple[str, ...]:
    """Every form in which a municipality opens an address: 札幌市中央区, 中央区 of a city with wards only behind its city."""
    _, cities = municipalities()
    forms: set[str] = set(cities)
    for city in cities:
        head, found, tail = city.partition("郡")
        if found and len(tail) > 1 and len(head) > 1:
            forms.add(tail)
        head, found, tail = city.partition("市")
        if found and head and tail:
            forms.add(head + "市")
            forms.add(tail)
    forms |= set(fold("\n".join(forms)).text.split("\n"))  # 竜ケ崎市, as 龍ケ崎市 is folded
    forms |= {form.replace("ヶ", "ケ") for form in forms} | {form.replace("ケ", "ヶ") for form in forms}
    return tuple(sorted((form for form in forms if len(form) > 1), key=len, reverse=True))


def _sizes(cities: frozenset[str]) -> dict[str, tuple[int, ...]]:
    """The lengths of the municipalities that begin with two characters, the longest first."""
    sizes: dict[str, set[int]] = {}
    for city in cities:
        sizes.setdefault(city[:2], set()).add(len(city))
    return {opened: tuple(sorted(found, reverse=True)) for opened, found in sizes.items()}


class Address:
    """Detector of postal addresses."""

    kind = Kind.ADDRESS

    def __init__(self, rules: KindRules) -> None:
        del rules  # the header and the examples are read elsewhere
        area = rf"(?:[ ]?{_PLACE}{{0,28}}?(?:[ ]{_PLACE}{{0,14}}?)?)"
        cities = _cities()
        self._text = regex.compile(
            rf"(?:{_PREFECTURE}[ ]?{_PLACE}{{1,9}}?{_CITY_TAIL}|(?<![一-龥々ァ-ヶー])(?:\L<cities>)){area}{_BLOCKS}{_BUILDING}",
            cities=cities,
        )
        self._prefectures, self._cities = municipalities()[0], frozenset(cities)
        self._opens = frozenset(opened[:2] for opened in (*self._prefectures, *self._cities))
        self._sizes = _sizes(self._cities)

    def find(self, text: str) -> Iterator[Span]:
        """Addresses with a number part."""
        for line in _LINE.finditer(text) if not text.isascii() and _PLACE_SIGN.search(text) else ():
            if _LIKELY.search(line[0]) is not None:
                yield from self._japanese(line[0], line.start())
        if _LETTER_AND_COMMA.search(text) and _ROMAJI_SIGN.search(text):
            for match in _ROMAJI.finditer(text):
                if _ROMAJI_SIGN.search(match[0]):
                    yield Span(self.kind, match.start(), match.end(), "address.romaji", 0.7)

    def _japanese(self, text: str, offset: int) -> Iterator[Span]:
        for match in self._text.finditer(text):
            if believable(match[0], text[match.end() : match.end() + 12]):
                end = match.start() + len(match[0].rstrip(" -ーのノ、"))
                yield Span(self.kind, offset + match.start(), offset + end, "address.japanese", 0.9)

    def cell(self, value: str) -> float:
        """0.95 with a number part, 0.7 prefecture and municipality, 0.6 municipality and something behind."""
        if len(value) < 4 or len(value) > _TOO_LONG:
            return 0.0
        bare = _POSTAL.sub("", value)
        if bare[-1:] in {"店", "館", "駅"} and not _NUMBER_PART.search(bare):
            return 0.0
        if bare[:2] not in self._opens:
            return _romaji(bare) if "," in bare else 0.0
        end = next((size for size in (3, 4) if bare[:size] in self._prefectures), 0)
        if end and (match := _CITY_LEVEL.match(bare)) is not None:
            return 0.95 if _NUMBER_PART.search(bare, match.end()) else (0.7 if len(bare) > match.end() else 0.55)
        end = end or self._city(bare)
        if 0 < end < len(bare):
            return self._behind(bare, end)
        return _romaji(bare) if "," in bare else 0.0

    def _behind(self, value: str, end: int) -> float:
        if _NUMBER_PART.search(value, end):
            return 0.9
        city = self._city(value[end:])
        return 0.6 if city and city < len(value) - end else 0.3

    def _city(self, value: str) -> int:
        """How many characters the municipality has that opens a value; the longest."""
        return next((size for size in self._sizes.get(value[:2], ()) if value[:size] in self._cities), 0)


def _romaji(value: str) -> float:
    """A room or building may stand before the figures: Room 5, 3-4-5 Hakata, Hakata-ku, Fukuoka."""
    match = _ROMAJI.search(value)
    long = match is not None and 2 * len(match[0]) >= len(value)
    return 0.8 if long and _ROMAJI_SIGN.search(value) else 0.0


_CLAUSE = regex.compile(r"[はを、]|から|まで|より|した|する|して|ている|である|には|では|にある|に住")
_SENTENCE = regex.compile(
    r"[市区町村郡県都府][がにはのもとでへを]|[市区町村]長[がはのにもと]|[市区町村]制$|[市区町村都道府県][立営]|[はでをへ、]|[がに](?=[0-9約])|[もと](?![一-龥ぁ-ん])|から|まで|より|した|する|して|ている|において|[市区町村都府県]内(?=[0-9約全の])|[市区町村都府県]内$|地下鉄|バス|[とで]共に|ともに|にある|第$|[国県道]道"
)
_COUNT = regex.compile(
    r"[0-9]{1,5}(?:\.[0-9]{1,3})?[ ]?(?:[℃°年月日人円回個時分%歳才名件本台冊社点万億校軒戸票代位周度巻km]|キロ|メートル|[かヶカ][所国月]|世紀|つの|番目|周年|階建|系統|便|番線|番乗り場|泊|箇所|団体)"
)


def believable(found: str, behind: str = "") -> bool:
    """Whether what lies between municipality and figures reads like a place and not like a sentence. behind: the text that follows."""
    figures = _NUMBER_PART.search(found)
    if figures is None or _COUNT.match(found + behind, figures.start()):
        return False
    middle = found[: figures.start()]
    if _PREFECTURE_OPENS.match(middle):
        return _CLAUSE.search(middle) is None
    # Not every kana is a particle: 霞が関, 丸の内, みなとみらい.
    return _SENTENCE.search(middle) is None
