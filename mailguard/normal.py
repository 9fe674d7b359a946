"""Normal forms: two notations of the same value become equal. Not for display, never shown.

In: a value as written. Out: a string that is equal for all notations of one value; "" if nothing is left.
NFKC folds full width and half-width kana (Unicode UAX #15); it folds neither the dashes nor the variant kanji below.
"""

import re
import unicodedata
from functools import lru_cache

KNOWN = 1 << 13  # forms kept: what ties, what is shown and who is who ask for the same value in turn
DASHES = "‐‑‒–—―−ーｰ─━～〜~"  # besides the hyphen
_DASHES = re.compile(f"[-{DASHES}]")
_NOT_DIGIT = re.compile(r"[^0-9]")
_KANJI_FIGURES = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_SPACE = re.compile(r"\s+")
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九十百]+(?=丁目|番|号|条|線|の|ノ|-|$)")
_BLOCK_WORD = re.compile("(?:丁目|番地の?|番町?(?=[0-9])|番|号室|号|ノ|の)(?=[0-9])|(?:丁目|番地|番|号室|号)$")

# Variant forms in registered names that NFKC leaves apart (異体字); each maps to the common form.
VARIANTS = str.maketrans(
    {
        "髙": "高", "﨑": "崎", "嵜": "崎", "碕": "崎", "𠮷": "吉", "邉": "辺", "邊": "辺", "齋": "斎", "齊": "斎", "斉": "斎",
        "濵": "浜", "濱": "浜", "德": "徳", "廣": "広", "澤": "沢", "櫻": "桜", "眞": "真", "惠": "恵", "榮": "栄", "國": "国",
        "嶋": "島", "嶌": "島", "條": "条", "瀨": "瀬", "淺": "浅", "渕": "淵", "龍": "竜", "瀧": "滝", "圓": "円", "壽": "寿",
        "實": "実", "藏": "蔵", "豐": "豊", "邨": "村", "曻": "昇", "舘": "館", "應": "応", "學": "学", "關": "関", "黑": "黒",
        "假": "仮", "穗": "穂", "彌": "弥", "禮": "礼", "會": "会", "聰": "聡", "靜": "静",
        "槇": "槙", "鷗": "鴎", "增": "増", "兒": "児", "將": "将", "淸": "清",
    }
)  # fmt: skip


def fold(value: str) -> str:
    """NFKC and the common form of variant kanji."""
    return unicodedata.normalize("NFKC", value).translate(VARIANTS)


def login(name: str) -> str:
    """A login name of the page or of SMTP AUTH: blanks around it, upper and lower case do not count."""
    return name.strip().casefold()


def organisation(name: str) -> str:
    """The name of a company without blanks, (株) written out: ㈱ＡＢＣ and 株式会社 abc are equal."""
    text = "".join(fold(name).split()).casefold()
    return text.replace("(株)", "株式会社").replace("(有)", "有限会社")


# How people write addresses that programs shall not find: taro[at]example.jp, taro ☆ example (dot) jp.
_PLAIN_EMAIL = re.compile(r"[!-~]+(?<![\[({<])@[0-9A-Za-z.-]+")
_AT = re.compile(
    r" ?(?:[\[(<{【] ?(?:at|アット(?:マーク)?|あっと(?:まーく)?|a|@) ?[\])>}】]|アットマーク|_at_|(?<=[0-9A-Za-z]) at (?=[0-9A-Za-z])|@) ?",
    re.IGNORECASE,
)
_DOT = re.compile(r" ?[\[({【] ?(?:dot|ドット|どっと|\.) ?[\])}】] ?| dot ", re.IGNORECASE)
_AT_SIGN = re.compile(r" ?[☆★■●◎*#%&!~◆◇△▲□○※] ?")


def email(address: str) -> str:
    """An e-mail address without brackets, in lower case (RFC 5321 §2.4 leaves local parts to their host; in practice no host tells case apart)."""
    text = unicodedata.normalize("NFKC", address).strip()
    if text and not _PLAIN_EMAIL.fullmatch(text) and not text.startswith('"'):
        text = _DOT.sub(".", _AT.sub("@", text, count=1))
        text = text if "@" in text else _AT_SIGN.sub("@", text, count=1)
    return text.strip("<>").casefold()


def mailbox(address: str) -> str:
    """The address of the mailbox: without what its owner put behind + (RFC 5233), sato+news@ and sato@ are equal."""
    local, at, host = email(address).rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{host}"


def domain(name: str) -> str:
    """A mail domain in lower case, internationalised names in their ASCII form (RFC 5890)."""
    text = unicodedata.normalize("NFKC", name).strip().strip(".").casefold()
    try:
        return text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        return text


def figures(text: str) -> str:
    """The ASCII figures of a text; of one that is written in kanji, those: 〇九〇."""
    return _NOT_DIGIT.sub("", text) or _NOT_DIGIT.sub("", text.translate(_KANJI_FIGURES))


def phone(number: str) -> str:
    """Digits with the national prefix 0: +81 90-1234-5678, 9012345678 and 9012345678.0 all give 09012345678."""
    text = unicodedata.normalize("NFKC", number).strip().removesuffix(".0")
    plus = text.startswith("+")
    digits = figures(text)
    if digits.startswith(("0081", "01081")):  # international prefixes of Japan and of most others
        plus, digits = True, digits[digits.index("81") :]
    if digits.startswith("81") and (plus or len(digits) >= 11) and not digits.startswith("810"):
        return "0" + digits[2:]
    if digits.startswith("810"):
        return digits[2:]
    if len(digits) in {9, 10} and not digits.startswith("0"):
        return "0" + digits
    return digits


def postal_code(code: str) -> str:
    """Seven digits; a sheet that lost the leading zero gets it back."""
    digits = figures(unicodedata.normalize("NFKC", code).strip().removesuffix(".0"))
    return digits.rjust(7, "0") if len(digits) == 6 else digits


def name(value: str) -> str:
    """A person's name without spaces, separators and honorific, in common kanji; case folded for romaji."""
    return _name(value)


# Signs that mark a line of a list: ○佐藤花子. Where one stands for a letter of a name, the name is none to compare.
MARKS = "〇○◯●◎*×✕■□△▲☆★◆◇※✓✔"
# How a name is read, in brackets behind it: 佐藤花子(サトウハナコ).
_MARKS = re.compile(f"^[{MARKS}](?=\\w\\w)|(?<=\\w\\w)[{MARKS}]$")
_READING = re.compile(r"(?<=.)[(\[【〔][ぁ-ゖァ-ヶー]{2,20}[)\]】〕]$")


@lru_cache(KNOWN)
def _name(value: str) -> str:
    text = _SPACE.sub("", fold(value)).replace("・", "").replace("·", "")
    text = _READING.sub("", _MARKS.sub("", text))
    for honorific in ("さま", "さん", "先生", "様", "殿", "氏"):
        if len(text) > len(honorific) + 1 and text.endswith(honorific):
            text = text.removesuffix(honorific)
            break
    return text.casefold()


ROMAJI: dict[int, str] = {ord(char): "" for char in "ッー・ \u3000"}
for _row in [
    "アa",
    "イi",
    "ウu",
    "エe",
    "オo",
    "カka",
    "キki",
    "クku",
    "ケke",
    "コko",
    "サsa",
    "シshi",
    "スsu",
    "セse",
    "ソso",
    "タta",
    "チchi",
    "ツtsu",
    "テte",
    "トto",
    "ナna",
    "ニni",
    "ヌnu",
    "ネne",
    "ノno",
    "ハha",
    "ヒhi",
    "フfu",
    "ヘhe",
    "ホho",
    "マma",
    "ミmi",
    "ムmu",
    "メme",
    "モmo",
    "ヤya",
    "ユyu",
    "ヨyo",
    "ラra",
    "リri",
    "ルru",
    "レre",
    "ロro",
    "ワwa",
    "ヰi",
    "ヱe",
    "ヲo",
    "ンn",
    "ガga",
    "ギgi",
    "グgu",
    "ゲge",
    "ゴgo",
    "ザza",
    "ジji",
    "ズzu",
    "ゼze",
    "ゾzo",
    "ダda",
    "ヂji",
    "ヅzu",
    "デde",
    "ドdo",
    "バba",
    "ビbi",
    "ブbu",
    "ベbe",
    "ボbo",
    "パpa",
    "ピpi",
    "プpu",
    "ペpe",
    "ポpo",
    "ヴvu",
    "ァa",
    "ィi",
    "ゥu",
    "ェe",
    "ォo",
    "ャya",
    "ュyu",
    "ョyo",
    "ヮwa",
]:
    ROMAJI[ord(_row[0])] = _row[1:]
    if "ァ" <= _row[0] <= "ヶ":
        ROMAJI[ord(_row[0]) - 0x60] = _row[1:]
SPELLINGS = re.compile("ou|oo|oh(?![aiueo])|uu|iy|[sc]hy|jy|m(?=[bmp])|([kstpcgdbz])(?=\\1)|tch")
_SPELT = {
    "ou": "o",
    "oo": "o",
    "oh": "o",
    "uu": "u",
    "iy": "y",
    "shy": "sh",
    "chy": "ch",
    "jy": "j",
    "m": "n",
    "tch": "ch",
}


@lru_cache(KNOWN)
def reading(value: str) -> str:
    """One form for the reading of a name, whether in kana or Latin letters: ﾕｳﾀ, ゆうた, Yuta and Yūta are equal."""
    text = value.translate(ROMAJI)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", value).translate(ROMAJI)
    text = text.casefold()
    if not (text.isascii() and text.isalpha()):
        text = "".join(char for char in unicodedata.normalize("NFD", text) if "a" <= char <= "z")
    return spelling(text)


def spelling(latin: str) -> str:
    """One spelling for what romanisations write in several ways; lower case."""
    for _ in range(2):  # kiyo, then what the first pass brought together
        latin = SPELLINGS.sub(spelt, latin)
    return latin


def spelt(match: re.Match[str]) -> str:
    """What `SPELLINGS` found, in the one spelling."""
    return _SPELT.get(match[0], "")


def kana(value: str) -> str:
    """Furigana as katakana without spaces: ﾔﾏﾀﾞ ﾀﾛｳ and やまだたろう give ヤマダタロウ."""
    text = _SPACE.sub("", unicodedata.normalize("NFKC", value)).replace("・", "")
    return "".join(chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char for char in text)


# fmt: off
PREFECTURES = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県", "埼玉県", "千葉県",
    "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県",
    "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県",
    "香川県", "愛媛県", "高知県", "福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
)
# fmt: on
_PREFECTURE = re.compile(f"^(?:{'|'.join(PREFECTURES)})(?=.)")
_LAST_WORD = re.compile("(?<=[0-9])(?:番地|号|番)(?=[^-0-9号室線棟館地町])")
_ROOM = re.compile(
    "(?<=[^0-9])(?:[-#]|room|rm\\.?|no\\.?)+(?=[0-9])|(?<=[0-9])(?:-?#|-?room|-?rm\\.?)(?=[0-9])", re.IGNORECASE
)
_FLOOR = re.compile("(?<=[0-9])階(?:$|(?=[^建]))")
_DIGIT = {char: index for index, char in enumerate("〇一二三四五六七八九")}


def arabic(match: re.Match[str]) -> str:
    """The kanji number that was matched, in figures: 二十三 and 二三 give 23."""
    total = current = 0
    text = match[0]
    if "十" not in text and "百" not in text:
        return "".join(str(_DIGIT[char]) for char in text)
    for char in text:
        if char == "百":
            total, current = total + (current or 1) * 100, 0
        elif char == "十":
            total, current = total + (current or 1) * 10, 0
        else:
            current = _DIGIT[char]
    return str(total + current)


def address(value: str) -> str:
    """A postal address without spaces and prefecture, with 丁目, 番地 and 号 as hyphens: 一丁目2番３号, 1-2-3 and １－２－３ are equal."""
    return _address(value)


@lru_cache(KNOWN)
def _address(value: str) -> str:
    text = _PREFECTURE.sub("", _SPACE.sub("", fold(value)), count=1) if value else ""
    text = _DASHES.sub("-", text) if re.search(r"\d", text) else text
    text = _KANJI_NUMBER.sub(arabic, text)
    text = _BLOCK_WORD.sub("-", text)
    text = _LAST_WORD.sub("", text)
    text = _ROOM.sub(lambda match: "-" if match.string[match.start() - 1].isdigit() else "", text)
    return _FLOOR.sub("f", text).strip("-").casefold()
