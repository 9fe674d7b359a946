"""Made-up customer files of many layouts, with the truth about every column. Seeded; nobody and nothing in them exists.

In: a seed. Out: `CustomerFile`s: rows as a reader would give them, and the kind of every column, None where it is no personal data.
"""

import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from customer_people import Who, who

from mailguard.model import Kind

ROWS = 300
_CITIES = (
    ("東京都千代田区", "神田神保町", "101-0051"), ("東京都八王子市", "南大沢", "192-0364"), ("神奈川県横浜市港北区", "日吉本町", "223-0062"), ("大阪府堺市堺区", "戎島町", "590-0985"), ("北海道札幌市中央区", "北一条西", "060-0001"),
    ("京都府京都市中京区", "寺町通御池上る上本能寺前町", "604-0925"), ("愛知県名古屋市中区", "栄", "460-0008"), ("福岡県福岡市博多区", "博多駅前", "812-0011"), ("沖縄県那覇市", "おもろまち", "900-0006"), ("青森県青森市", "長島", "030-0861"),
    ("岩手県盛岡市", "内丸", "020-0023"), ("長野県松本市", "中央", "390-0811"), ("茨城県つくば市", "研究学園", "305-0817"), ("広島県広島市中区", "基町", "730-0011"), ("千葉県いすみ市", "大原", "298-0004"), ("奈良県吉野郡十津川村", "小原", "637-1333"),
)  # fmt: skip
_HOUSES = ("{a}-{b}-{c}", "{a}丁目{b}番{c}号", "{a}丁目{b}-{c}", "{a}-{b}", "{a}番地{b}", "{a}－{b}－{c}", "{a}-{b}-{c} コーポ{a}0{b}号室", "{a}-{b}-{c}メゾン日和{c}F")  # fmt: skip
_AREAS = ("03-3{:03d}-{:04d}", "06-6{:03d}-{:04d}", "011-2{:02d}-{:04d}", "045-3{:02d}-{:04d}", "0463-2{:01d}-{:04d}", "098-8{:02d}-{:04d}")  # fmt: skip
_HOSTS = ("example.jp", "mail.example.co.jp", "docomo.example.ne.jp", "example.com", "xn--r8jz45g.example")


@dataclass(frozen=True, slots=True)
class Customer:
    """One row's person. Lost zeros and joined forms are made by the layouts."""

    who: Who
    postal: str
    address: tuple[str, str, str]
    phone: str
    mobile: str
    email: str
    born: tuple[int, int, int]
    number: int
    sex: str


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """name: of the layout; first: the row where the data begins; truth: a kind or None per column."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    first: int
    truth: tuple[Kind | None, ...]


Cell = Callable[[Customer, random.Random], str]


def customer(rng: random.Random, number: int) -> Customer:
    """One made-up customer."""
    person = who(rng)
    city, town, postal = rng.choice(_CITIES)
    house = rng.choice(_HOUSES).format(a=rng.randint(1, 9), b=rng.randint(1, 30), c=rng.randint(1, 20))
    area = rng.choice(_AREAS)
    phone = area.format(rng.randrange(1, 10 if "01d" in area else 90), rng.randrange(10**4))
    mobile = f"0{rng.choice('789')}0-{rng.randint(1000, 9999)}-{rng.randrange(10**4):04d}"
    local = (
        (person.given_romaji or "u").split()[0].lower() + rng.choice(("", ".", "_", "..")) + str(rng.randrange(10**4))
    )
    return Customer(
        person, postal, (city, town, house), phone, mobile, f"{local}@{rng.choice(_HOSTS)}",
        (rng.randint(1935, 2019), rng.randint(1, 12), rng.randint(1, 28)), 10_000 + number, rng.choice("男女"),
    )  # fmt: skip


def _full(c: Customer, sep: str = " ") -> str:
    return c.who.foreign or c.who.family + sep + c.who.given


def _kana(c: Customer, sep: str = " ") -> str:
    return c.who.family_kana + sep + c.who.given_kana


def _hiragana(text: str) -> str:
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in text)


_HALF = {
    unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)
} | {"゙": "ﾞ", "゚": "ﾟ", "゛": "ﾞ", "゜": "ﾟ"}  # fmt: skip


def _half(text: str) -> str:
    return "".join(_HALF.get(char, char) for char in unicodedata.normalize("NFD", text))


def _wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def _era(born: tuple[int, int, int]) -> str:
    year, month, day = born
    for start, letter in ((2019, "R"), (1989, "H"), (1926, "S")):
        if year > start:
            return f"{letter}{year - start + 1}.{month}.{day}"
    return f"S1.{month}.{day}"


def _joined(c: Customer) -> str:
    return "".join(c.address)


def _prefecture(c: Customer) -> str:
    city = c.address[0]
    return city[:4] if city[3] == "県" else city[:3]


def _date(_: Customer, rng: random.Random) -> str:
    return f"2023/{rng.randint(1, 12)}/{rng.randint(1, 28)}"


def _price(_: Customer, rng: random.Random) -> str:
    return str(rng.randrange(100, 99_999))


def _code(_: Customer, rng: random.Random) -> str:
    return f"{rng.choice('ABC')}-{rng.randrange(10**6):06d}"


def _shop(_: Customer, rng: random.Random) -> str:
    return rng.choice(("渋谷店", "横浜店", "大宮店", "千葉店"))


def _plan(_: Customer, rng: random.Random) -> str:
    return rng.choice(("ライト", "スタンダード", "プレミアム"))


# Title, kind, cell.
_N, _K, _P, _M, _A, _Z, _B, _C, _X = (
    Kind.NAME, Kind.NAME_KANA, Kind.PHONE, Kind.EMAIL, Kind.ADDRESS, Kind.POSTAL_CODE, Kind.BIRTH_DATE, Kind.MEMBER_NUMBER, Kind.SEX,
)  # fmt: skip
LAYOUTS: dict[str, tuple[tuple[str, Kind | None, Cell], ...]] = {
    "japanese": (
        ("会員番号", _C, lambda c, _: str(c.number)), ("氏名", _N, lambda c, _: _full(c)), ("フリガナ", _K, lambda c, _: _kana(c)), ("郵便番号", _Z, lambda c, _: c.postal),
        ("住所", _A, lambda c, _: _joined(c)), ("電話番号", _P, lambda c, _: c.phone), ("メールアドレス", _M, lambda c, _: c.email), ("登録日", None, _date), ("購入金額", None, _price),
    ),
    "unspaced": (
        ("お名前", _N, lambda c, _: _full(c, "")), ("ふりがな", _K, lambda c, _: _hiragana(_kana(c, ""))), ("〒", _Z, lambda c, _: c.postal.replace("-", "")), ("ご住所", _A, lambda c, _: _joined(c)),
        ("携帯", _P, lambda c, _: c.mobile.replace("-", "")), ("メール", _M, lambda c, _: c.email), ("性別", _X, lambda c, _: c.sex), ("コース", None, _plan),
    ),
    "half_width": (
        ("顧客ｺｰﾄﾞ", _C, lambda c, _: str(c.number)), ("氏名（ｶﾅ）", _K, lambda c, _: _half(_kana(c))), ("氏名", _N, lambda c, _: _full(c, "　")), ("ＴＥＬ", _P, lambda c, _: _wide(c.phone)), ("ＦＡＸ", _P, lambda c, _: c.phone),
        ("Ｅ－ｍａｉｌ", _M, lambda c, _: _wide(c.email)), ("住所", _A, lambda c, _: _wide(_joined(c))), ("郵便番号", _Z, lambda c, _: _wide(c.postal)),
    ),
    "unspaced_half_width": (
        ("ｼﾒｲ", _K, lambda c, _: _half(_kana(c, ""))), ("氏名", _N, lambda c, _: _full(c, "")), ("電話", _P, lambda c, _: c.phone), ("住所", _A, lambda c, _: _joined(c)), ("口数", None, lambda _, r: str(r.randint(1, 9))),
    ),
    "lost_zeros": (
        ("氏名", _N, lambda c, _: _full(c)), ("電話番号", _P, lambda c, _: c.phone.replace("-", "").lstrip("0")), ("携帯電話", _P, lambda c, _: c.mobile.replace("-", "").lstrip("0") + ".0"),
        ("郵便番号", _Z, lambda c, _: c.postal.replace("-", "").lstrip("0")), ("住所", _A, lambda c, _: _joined(c)), ("単価", None, _price),
    ),
    "english": (
        ("Customer ID", _C, lambda c, _: str(c.number)), ("Last Name", _N, lambda c, _: c.who.family_romaji), ("First Name", _N, lambda c, _: c.who.given_romaji), ("Email", _M, lambda c, _: c.email),
        ("Phone", _P, lambda c, _: "+81 " + c.mobile[1:]), ("Zip Code", _Z, lambda c, _: c.postal), ("Address", _A, lambda c, _: _joined(c)), ("Order No", None, _code),
    ),
    "romaji_headers": (
        ("shimei", _N, lambda c, _: _full(c)), ("furigana", _K, lambda c, _: _kana(c)), ("tel", _P, lambda c, _: c.mobile), ("mail", _M, lambda c, _: c.email), ("jusho", _A, lambda c, _: _joined(c)), ("yubin", _Z, lambda c, _: c.postal),
    ),
    "romaji_names": (
        ("name", _N, lambda c, _: f"{c.who.family_romaji.upper()} {c.who.given_romaji}"), ("e-mail", _M, lambda c, _: c.email), ("mobile", _P, lambda c, _: c.mobile), ("amount", None, _price),
    ),
    "halves": (
        ("姓", _N, lambda c, _: c.who.family), ("名", _N, lambda c, _: c.who.given), ("セイ", _K, lambda c, _: c.who.family_kana), ("メイ", _K, lambda c, _: c.who.given_kana), ("都道府県", _A, lambda c, _: _prefecture(c)),
        ("市区町村", _A, lambda c, _: c.address[0].removeprefix(_prefecture(c))), ("町域・番地", _A, lambda c, _: c.address[1] + c.address[2]), ("TEL", _P, lambda c, _: c.phone), ("店舗", None, _shop),
    ),
    "old_system": (
        ("kaiin_no", _C, lambda c, _: str(c.number)), ("kana", _K, lambda c, _: _half(_kana(c)).translate(str.maketrans("ｧｨｩｪｫｬｭｮｯ", "ｱｲｳｴｵﾔﾕﾖﾂ"))), ("simei", _N, lambda c, _: _full(c, "　")), ("tel_no", _P, lambda c, _: c.phone),
        ("addr", _A, lambda c, _: _joined(c)), ("birth", _B, lambda c, _: "{:04d}{:02d}{:02d}".format(*c.born)), ("status", None, lambda _, r: r.choice("012")),
    ),
    "birth_dates": (
        ("お客様番号", _C, lambda c, _: str(c.number)), ("お客様氏名", _N, lambda c, _: _full(c) + " 様"), ("生年月日", _B, lambda c, _: _era(c.born)), ("住所", _A, lambda c, _: _joined(c).removeprefix(_prefecture(c))), ("連絡先電話番号", _P, lambda c, _: c.mobile),
        ("お申込日", None, _date),
    ),
    "family": (
        ("保護者氏名", _N, lambda c, _: _full(c)), ("保護者フリガナ", _K, lambda c, _: _kana(c)), ("お子様氏名", _N, lambda c, r: c.who.family + " " + who(r).given if not c.who.foreign else _full(c)), ("緊急連絡先", _P, lambda c, _: c.mobile),
        ("メールアドレス", _M, lambda c, _: c.email), ("クラス", None, lambda _, r: r.choice(("りす", "うさぎ", "きりん"))),
    ),
}  # fmt: skip
TITLED = {"japanese", "family"}  # title lines above the header
HEADLESS = {"japanese", "unspaced", "half_width", "romaji_headers"}  # a second time without a header


def files(seed: int, rows: int = ROWS) -> Iterator[CustomerFile]:
    """Every layout once, those of HEADLESS once more without their header."""
    rng = random.Random(seed)
    for name, columns in LAYOUTS.items():
        people = [customer(rng, number) for number in range(rows)]
        body = [tuple(cell(person, rng) for _, _, cell in columns) for person in people]
        head: list[tuple[str, ...]] = [("顧客一覧 2023年度",), ()] if name in TITLED else []
        head.append(tuple(title for title, _, _ in columns))
        truth = tuple(kind for _, kind, _ in columns)
        yield CustomerFile(name, (*head, *body), len(head), truth)
        if name in HEADLESS:
            yield CustomerFile(f"{name}, no header", tuple(body), 0, tuple(map(_told, truth)))


def _told(kind: Kind | None) -> Kind | None:
    """What a column can say without its header: a member number is then any number."""
    return None if kind is Kind.MEMBER_NUMBER else kind


def titles(file: CustomerFile) -> Sequence[str]:
    """What findings call each column."""
    head = file.rows[file.first - 1] if file.first else ()
    return [head[index].strip() if head else str(index + 1) for index in range(len(file.truth))]
