"""Made-up companies, people and wares for the clean mails: everything a template fills in comes from a seed."""

from dataclasses import dataclass
from random import Random

from mailguard.demo.people import Household, households

_HEADS = ["ことぶき", "みなと", "あおぞら", "青葉", "北斗", "さくら", "城南", "三和", "みらい", "東海", "ひかり", "若草", "雪月花", "大樹", "エルム", "リバティ", "ノース", "ハーバー", "コスモ", "アトラス"]  # fmt: skip
_SORTS = {
    "shop": ["商店", "書店", "デパート", "マーケット", "フラワー", "家具"],
    "hotel": ["ホテル", "旅館", "リゾート", "温泉ホテル"],
    "travel": ["観光", "トラベル", "ツーリスト"],
    "school": ["学園", "予備校", "スイミングスクール", "英会話スクール"],
    "bank": ["銀行", "信用金庫", "証券"],
    "software": ["システムズ", "ソフト", "テクノロジー", "データ"],
    "association": ["経済研究会", "商工会", "文化協会", "福祉会"],
    "maker": ["製作所", "食品", "化学", "電機"],
}
_TOWNS = [("604-8151", "京都府京都市中京区橋弁慶町"), ("530-0001", "大阪府大阪市北区梅田"), ("150-0041", "東京都渋谷区神南"), ("460-0008", "愛知県名古屋市中区栄"), ("810-0001", "福岡県福岡市中央区天神"), ("060-0042", "北海道札幌市中央区大通西"), ("980-0021", "宮城県仙台市青葉区中央"), ("730-0011", "広島県広島市中区基町")]  # fmt: skip
_AREAS = ["075-221", "06-6341", "03-3462", "052-251", "092-711", "011-221", "022-222", "082-221"]
_SLUGS = ["kotobuki", "minato", "aozora", "aoba", "hokuto", "sakura", "jonan", "sanwa", "mirai", "tokai", "hikari", "wakakusa", "setsugekka", "taiju", "elm", "liberty", "north", "harbor", "cosmo", "atlas"]  # fmt: skip
WARES = ["新米コシヒカリ 5kg", "りんご 1袋", "有機野菜の詰め合わせ", "加湿器 AX-200", "羽毛布団 シングル", "文庫本", "ほうじ茶 100g", "電気毛布", "南部鉄瓶", "珈琲豆 200g", "木製スツール", "保温水筒 500ml", "防災セット", "今治タオル 3枚組", "折りたたみ傘", "山の幸弁当", "海鮮丼セット", "写真立て", "万年筆 M", "卓上カレンダー"]  # fmt: skip
TOPICS = ["冬の京都を歩く", "はじめての家庭菜園", "秋の味覚フェア", "年末の大掃除", "春の新生活", "夏休みの自由研究", "防災の日", "働き方の見直し", "電子帳簿保存法の要点", "インボイス制度への備え", "情報セキュリティの基本", "相続の基礎知識", "海外旅行の準備", "健康診断の読み方", "紅葉の名所めぐり", "人材育成の進め方"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """An organisation that sends mail; domain and phone are its own."""

    name: str
    sort: str
    domain: str
    zip_code: str
    address: str
    phone: str
    fax: str
    head: str  # its representative
    privacy: str  # its privacy officer

    @property
    def legal(self) -> str:
        """With its legal form."""
        return self.name if self.sort in {"bank", "school", "association"} else f"株式会社{self.name}"


def companies(seed: int, count: int) -> list[Company]:
    """Companies of all sorts in turn."""
    rng = Random(seed)
    staff = persons(seed + 1, 2 * count)
    sorts = list(_SORTS)
    return [_company(rng, sorts[n % len(sorts)], staff[2 * n].guardian.name, staff[2 * n + 1].guardian.name) for n in range(count)]  # fmt: skip


def _company(rng: Random, sort: str, head: str, privacy: str) -> Company:
    which, town = rng.randrange(len(_HEADS)), rng.randrange(len(_TOWNS))
    zip_code, address = _TOWNS[town]
    line = rng.randrange(1000, 9000)
    return Company(
        _HEADS[which] + rng.choice(_SORTS[sort]), sort, f"{_SLUGS[which]}.example.co.jp", zip_code,
        f"{address}{rng.randrange(1, 5)}-{rng.randrange(1, 30)}-{rng.randrange(1, 20)}",
        f"{_AREAS[town]}-{line:04}", f"{_AREAS[town]}-{line + 1:04}", head, privacy,
    )  # fmt: skip


def persons(seed: int, count: int) -> list[Household]:
    """People who do not exist."""
    return list(households(count, seed, children=0))


def yen(rng: Random) -> str:
    """A price."""
    return f"{rng.randrange(298, 98_000):,}円"


def day(rng: Random) -> str:
    """A date as mails write it."""
    month, number = rng.randrange(1, 13), rng.randrange(1, 28)
    return rng.choice([f"{month}月{number}日({rng.choice('月火水木金土日')})", f"2026年{month}月{number}日", f"2026/{month:02}/{number:02}"])  # fmt: skip


def footer(company: Company, rng: Random) -> str:
    """Whose mail this is, as the act on e-commerce and the act on protection of personal information want it."""
    lines = [f"発行：{company.legal}", f"〒{company.zip_code} {company.address}"]
    lines += rng.sample([
        f"TEL {company.phone} / FAX {company.fax}", f"お問い合わせ：info@{company.domain}", f"代表取締役 {company.head}",
        f"個人情報保護管理者：総務部長 {company.privacy}", f"https://www.{company.domain}/", "受付時間 平日 9:00〜17:30",
        f"フリーダイヤル 0120-{rng.randrange(100, 999)}-{rng.randrange(100, 999)}",
    ], rng.randrange(3, 7))  # fmt: skip
    stop = rng.choice(["配信停止はこちら", "配信の停止・変更", "このメールの配信を希望されない方は"])
    rule = rng.choice(["─" * 20, "=" * 30, "-" * 28, "--", "━" * 16, "*" * 24])
    return "\n".join([rule, *lines, f"{stop}：https://www.{company.domain}/stop?id={rng.randrange(10**9):09}", rule])
