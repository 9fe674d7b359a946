"""Made-up households: names, furigana, birth dates, phones, e-mail addresses and postal addresses from a seed.

Nobody here exists. Phone numbers lie in real ranges, since dummies are too easy to find; e-mail domains are reserved ones
(RFC 2606). The lists are this module's own, so that detection is not measured on its own dictionary.
"""

import unicodedata
from dataclasses import dataclass
from random import Random

_FAMILY = [
    ("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ"), ("渡辺", "ワタナベ"), ("伊藤", "イトウ"),
    ("山本", "ヤマモト"), ("中村", "ナカムラ"), ("小林", "コバヤシ"), ("加藤", "カトウ"), ("吉田", "ヨシダ"), ("山田", "ヤマダ"),
    ("佐々木", "ササキ"), ("山口", "ヤマグチ"), ("松本", "マツモト"), ("井上", "イノウエ"), ("木村", "キムラ"), ("林", "ハヤシ"),
    ("清水", "シミズ"), ("斎藤", "サイトウ"), ("池田", "イケダ"), ("橋本", "ハシモト"), ("阿部", "アベ"), ("石川", "イシカワ"),
    ("前田", "マエダ"), ("藤田", "フジタ"), ("後藤", "ゴトウ"), ("岡田", "オカダ"), ("長谷川", "ハセガワ"), ("村上", "ムラカミ"),
    ("近藤", "コンドウ"), ("石井", "イシイ"), ("坂本", "サカモト"), ("遠藤", "エンドウ"), ("青木", "アオキ"), ("藤井", "フジイ"),
    ("西村", "ニシムラ"), ("福田", "フクダ"), ("太田", "オオタ"), ("三浦", "ミウラ"), ("岡本", "オカモト"), ("中川", "ナカガワ"),
    ("松田", "マツダ"), ("原田", "ハラダ"), ("小野", "オノ"), ("田村", "タムラ"), ("竹内", "タケウチ"), ("金子", "カネコ"),
    ("和田", "ワダ"), ("中山", "ナカヤマ"), ("石田", "イシダ"), ("上田", "ウエダ"), ("森田", "モリタ"), ("柴田", "シバタ"),
    ("酒井", "サカイ"), ("工藤", "クドウ"), ("横山", "ヨコヤマ"), ("宮崎", "ミヤザキ"), ("内田", "ウチダ"), ("高木", "タカギ"),
    ("安藤", "アンドウ"), ("谷口", "タニグチ"), ("大野", "オオノ"), ("丸山", "マルヤマ"), ("今井", "イマイ"), ("六角", "ロッカク"),
    ("河野", "コウノ"), ("藤原", "フジワラ"), ("小川", "オガワ"), ("久保田", "クボタ"), ("東海林", "ショウジ"), ("五十嵐", "イガラシ"),
]  # fmt: skip
_MEN = [
    ("大翔", "ヒロト"), ("蓮", "レン"), ("悠真", "ユウマ"), ("陽翔", "ハルト"), ("湊", "ミナト"), ("健太", "ケンタ"), ("翔太", "ショウタ"),
    ("拓也", "タクヤ"), ("直樹", "ナオキ"), ("浩二", "コウジ"), ("隆", "タカシ"), ("誠", "マコト"), ("和彦", "カズヒコ"), ("雅彦", "マサヒコ"),
    ("俊介", "シュンスケ"), ("大輔", "ダイスケ"), ("亮", "リョウ"), ("一郎", "イチロウ"), ("太郎", "タロウ"), ("裕介", "ユウスケ"),
    ("剛", "ツヨシ"), ("智也", "トモヤ"), ("康平", "コウヘイ"), ("颯太", "ソウタ"), ("奏多", "カナタ"), ("大和", "ヤマト"),
]  # fmt: skip
_WOMEN = [
    ("陽葵", "ヒマリ"), ("凛", "リン"), ("結菜", "ユイナ"), ("咲良", "サクラ"), ("美咲", "ミサキ"), ("葵", "アオイ"), ("さくら", "サクラ"),
    ("由美子", "ユミコ"), ("恵子", "ケイコ"), ("裕子", "ユウコ"), ("真由美", "マユミ"), ("あや子", "アヤコ"), ("かおり", "カオリ"),
    ("花子", "ハナコ"), ("美紀", "ミキ"), ("智子", "トモコ"), ("久美子", "クミコ"), ("愛", "アイ"), ("麻衣", "マイ"), ("千尋", "チヒロ"),
    ("奈々", "ナナ"), ("明日香", "アスカ"), ("莉子", "リコ"), ("心春", "コハル"), ("紗希", "サキ"), ("優花", "ユウカ"),
]  # fmt: skip
_TOWNS = [
    ("600-8008", "京都府京都市下京区長刀鉾町"), ("604-8151", "京都府京都市中京区橋弁慶町"), ("615-0022", "京都府京都市右京区西院平町"),
    ("612-8083", "京都府京都市伏見区京町"), ("520-0044", "滋賀県大津市京町"), ("530-0001", "大阪府大阪市北区梅田"),
    ("540-0008", "大阪府大阪市中央区大手前"), ("560-0021", "大阪府豊中市本町"), ("569-0804", "大阪府高槻市紺屋町"), ("650-0021", "兵庫県神戸市中央区三宮町"),
    ("662-0918", "兵庫県西宮市六湛寺町"), ("630-8215", "奈良県奈良市東向中町"), ("221-0835", "神奈川県横浜市神奈川区鶴屋町"), ("150-0041", "東京都渋谷区神南"),
]  # fmt: skip
_HOUSES = ["", "", "", "メゾン桜", "コーポ青葉", "グランドハイツ北山"]
_GRADES = ["年長", "小1", "小2", "小3", "小4", "小5", "小6", "中1", "中2"]
_DOMAINS = ["example.com", "example.net", "example.org", "mail.example.jp"]


@dataclass(frozen=True, slots=True)
class Somebody:
    """A made-up person. birth: ISO date; grade: "" for a grown-up."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    sex: str
    birth: str
    grade: str = ""

    @property
    def name(self) -> str:
        """Full name with an ideographic space, as forms ask for it."""
        return f"{self.family}　{self.given}"

    @property
    def kana(self) -> str:
        """Furigana of the full name."""
        return f"{self.family_kana}　{self.given_kana}"


@dataclass(frozen=True, slots=True)
class Household:
    """People who share phone, e-mail address and postal address."""

    guardian: Somebody
    children: tuple[Somebody, ...]
    phone: str
    email: str
    postal_code: str
    address: str


def households(count: int, seed: int, children: int = 2) -> list[Household]:
    """`count` households with different contacts and `children` children each."""
    rng = Random(seed)
    return [_household(rng, index, children) for index in range(count)]


def _household(rng: Random, index: int, children: int) -> Household:
    family, kana = rng.choice(_FAMILY)
    women = rng.sample(_WOMEN, 1 + children)
    men = rng.sample(_MEN, 1 + children)
    guardian = _somebody(rng, family, kana, (women[0], "女") if rng.random() < 0.7 else (men[0], "男"), grown=True)
    young = [(women[n], "女") if rng.random() < 0.5 else (men[n], "男") for n in range(1, children + 1)]
    postal_code, town = rng.choice(_TOWNS)
    house = rng.choice(_HOUSES)
    room = f"{house}{rng.randint(1, 9)}{rng.randint(1, 12):02}号室" if house else ""
    address = f"{town}{rng.randint(1, 9)}-{rng.randint(1, 40)}-{index + 1}{room}"
    return Household(
        guardian=guardian,
        children=tuple(_somebody(rng, family, kana, child, grown=False) for child in young),
        phone=_phone(rng, index),
        email=f"{kana_to_romaji(kana)}.{index + 1}@{rng.choice(_DOMAINS)}",
        postal_code=postal_code,
        address=address,
    )


def _somebody(rng: Random, family: str, kana: str, who: tuple[tuple[str, str], str], *, grown: bool) -> Somebody:
    (given, given_kana), sex = who
    year = rng.randint(1972, 1992) if grown else rng.randint(2009, 2018)
    birth = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return Somebody(family, given, kana, given_kana, sex, birth, "" if grown else rng.choice(_GRADES))


def _phone(rng: Random, index: int) -> str:
    if rng.random() < 0.8:
        return f"{rng.choice(['090', '080', '070'])}-{rng.randint(1000, 9999)}-{index:04}"
    return f"075-{rng.randint(200, 999)}-{index:04}"


_ROMAJI = {
    "ア": "a", "イ": "i", "ウ": "u", "エ": "e", "オ": "o", "カ": "ka", "キ": "ki", "ク": "ku", "ケ": "ke", "コ": "ko",
    "サ": "sa", "シ": "shi", "ス": "su", "セ": "se", "ソ": "so", "タ": "ta", "チ": "chi", "ツ": "tsu", "テ": "te", "ト": "to",
    "ナ": "na", "ニ": "ni", "ヌ": "nu", "ネ": "ne", "ノ": "no", "ハ": "ha", "ヒ": "hi", "フ": "fu", "ヘ": "he", "ホ": "ho",
    "マ": "ma", "ミ": "mi", "ム": "mu", "メ": "me", "モ": "mo", "ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ラ": "ra", "リ": "ri",
    "ル": "ru", "レ": "re", "ロ": "ro", "ワ": "wa", "ン": "n",
}  # fmt: skip


def kana_to_romaji(kana: str) -> str:
    """A rough Latin spelling without voicing marks, good enough for a made-up mailbox."""
    return "".join(_ROMAJI.get(char, "") for char in unicodedata.normalize("NFD", kana))
