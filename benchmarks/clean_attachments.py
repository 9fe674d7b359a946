"""Attachments of the clean mails: documents of one recipient, papers for all, tables about no persons."""

from collections.abc import Callable
from random import Random

import clean_files as make
from clean_bodies import news, terms
from clean_files import File
from clean_words import TOPICS, WARES, Company, day, persons, yen

from mailguard.demo.people import Household

Maker = Callable[[Random, Company, Household], File]

_CITIES = ["札幌市", "仙台市", "さいたま市", "千葉市", "横浜市", "川崎市", "静岡市", "浜松市", "名古屋市", "京都市", "大阪市", "堺市", "神戸市", "岡山市", "広島市", "福岡市", "熊本市"]  # fmt: skip
_PLACES = ["四条", "梅田", "神南", "栄", "天神", "大通", "仙台", "紙屋町", "千葉", "三宮", "高松", "松山"]


def _own_paper(rng: Random, company: Company, home: Household, title: str) -> str:
    lines = [f"{rng.choice(WARES)}  {rng.randrange(1, 9)}  {yen(rng)}" for _ in range(rng.randrange(1, 6))]
    to = [title, f"{home.guardian.name} 様", f"〒{home.postal_code} {home.address}"]
    to += rng.choice([[], [f"TEL {home.phone}"]])
    issuer = ["", company.legal, f"〒{company.zip_code} {company.address}", f"TEL {company.phone}", rng.choice([f"担当 {company.privacy}", f"登録番号 T{rng.randrange(10**12, 10**13)}"])]  # fmt: skip
    return "\n".join(
        [*to, f"発行日 {day(rng)}  No. {rng.randrange(10**6):06}", *lines, f"合計金額 {yen(rng)}", *issuer]
    )


def own_pdf(rng: Random, company: Company, home: Household) -> File:
    """An invoice, receipt or ticket of the recipient."""
    title = rng.choice(
        ["請求書", "領収書", "お見積書", "乗車券", "ご宿泊確認書", "納品書", "受講票", "入場券", "明細書"]
    )
    return make.pdf(f"{title}.pdf", _own_paper(rng, company, home, title))


def own_text(rng: Random, company: Company, home: Household) -> File:
    """The same as a text file."""
    return make.text(rng.choice(["receipt.txt", "明細.txt"]), _own_paper(rng, company, home, "ご利用明細"))


def own_page(rng: Random, _: Company, home: Household) -> File:
    """The same as a page."""
    rows = "".join(f"<tr><td>{rng.choice(WARES)}</td><td>{rng.randrange(1, 9)}</td><td>{yen(rng)}</td></tr>" for _row in range(3))  # fmt: skip
    return make.page("order.html", f"<h1>ご注文内容</h1><p>{home.guardian.name} 様</p><p>お届け先 〒{home.postal_code} {home.address}<br>電話 {home.phone}</p><table><tr><th>品名</th><th>数量</th><th>金額</th></tr>{rows}</table>")  # fmt: skip


def own_sheet(rng: Random, _: Company, home: Household) -> File:
    """An order of the recipient as a workbook."""
    rows: list[list[object]] = [["注文書"], [], ["お名前", home.guardian.name], ["ご住所", f"〒{home.postal_code} {home.address}"], ["電話番号", home.phone], [], ["品名", "数量", "金額"]]  # fmt: skip
    rows += [[rng.choice(WARES), rng.randrange(1, 9), yen(rng)] for _ in range(rng.randrange(2, 6))]
    return make.workbook("注文書.xlsx", rows)


def flyer(rng: Random, _: Company, __: Household) -> File:
    """A flyer without contacts."""
    lines = [f"{rng.choice(TOPICS)} 開催", *[f"{rng.choice(WARES)} {yen(rng)}" for _ in range(rng.randrange(3, 12))], news(rng), f"期間 {day(rng)}から{day(rng)}まで"]  # fmt: skip
    return make.pdf(rng.choice(["チラシ.pdf", "flyer.pdf", "ご案内.pdf"]), "\n".join(lines))


def conditions(rng: Random, company: Company, home: Household) -> File:
    """Terms and conditions, without the footer of a mail."""
    text = terms(rng, company, home)[1].split("\n\n", 2)[2].rpartition("\n\n")[0]
    return make.pdf("利用規約.pdf", text) if rng.random() < 0.5 else make.text("terms.txt", text)


def prices(rng: Random, _: Company, __: Household) -> File:
    """Wares, prices and codes."""
    rows = [["JANコード", "商品コード", "商品名", "価格", "在庫", "発売日"]]
    rows += [[f"49{rng.randrange(10**11):011}", f"P-{rng.randrange(10**7):07}", rng.choice(WARES), str(rng.randrange(99, 9999)), str(rng.randrange(900)), f"2026/{rng.randrange(1, 13)}/{rng.randrange(1, 28)}"] for _ in range(rng.randrange(5, 60))]  # fmt: skip
    return rng.choice([make.table("商品一覧.csv", rows), make.workbook("価格表.xlsx", rows), make.table("products.csv", rows, "utf-8")])  # fmt: skip


def statistics(rng: Random, _: Company, __: Household) -> File:
    """Figures by month or town."""
    heads = rng.choice([[f"{n}月" for n in range(1, 13)], _CITIES])
    rows = [["区分", "件数", "前年比", "構成比(%)", "累計"]]
    rows += [[head, f"{rng.randrange(100, 99999)}", f"{rng.uniform(80, 120):.1f}", f"{rng.uniform(0, 30):.2f}", f"{rng.randrange(10**6, 10**9)}"] for head in heads]  # fmt: skip
    return rng.choice([make.table("統計.csv", rows), make.workbook("統計表.xlsx", rows, "集計")])


def cities(rng: Random, _: Company, __: Household) -> File:
    """Codes of towns, some with a postal code of the town."""
    rows = [["団体コード", "都道府県", "市区町村", "人口", "世帯数"]]
    rows += [[f"{rng.randrange(10**5):05}{n % 10}", "北海道" if n == 0 else "県", city, str(rng.randrange(10**5, 10**6)), str(rng.randrange(10**4, 10**5))] for n, city in enumerate(_CITIES)]  # fmt: skip
    return make.table("市区町村一覧.csv", rows)


def codes(rng: Random, _: Company, __: Household) -> File:
    """Serial numbers and measures."""
    rows = [["型番", "シリアル", "寸法", "重量(kg)", "備考"]]
    rows += [[f"AX-{rng.randrange(100, 999)}-{rng.randrange(1000, 9999)}", f"{rng.randrange(10**12):012}", f"{rng.randrange(10, 99)}×{rng.randrange(10, 99)}×{rng.randrange(10, 99)}", f"{rng.uniform(0.1, 20):.1f}", rng.choice(["", "新製品", "生産終了", "受注生産"])] for _ in range(rng.randrange(5, 40))]  # fmt: skip
    return make.table("部品表.csv", rows)


def timetable(rng: Random, _: Company, __: Household) -> File:
    """A schedule without people."""
    rows = [["日付", "曜日", "時間", "内容", "会場"]]
    rows += [[f"{rng.randrange(1, 13)}/{rng.randrange(1, 28)}", rng.choice("月火水木金土日"), f"{rng.randrange(8, 18)}:00", rng.choice(TOPICS), f"{rng.randrange(1, 9)}階 {rng.choice(['大ホール', '会議室A', '研修室'])}"] for _ in range(rng.randrange(5, 20))]  # fmt: skip
    return rng.choice([make.workbook("年間予定.xlsx", rows), make.table("schedule.csv", rows)])


def calendar(rng: Random, company: Company, _: Household) -> File:
    """An event without organiser."""
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//JP\r\nBEGIN:VEVENT\r\nUID:{rng.randrange(10**9)}@{company.domain}\r\nDTSTART:20261105T040000Z\r\nSUMMARY:{rng.choice(TOPICS)}\r\nLOCATION:{company.name}会館 3階\r\nDESCRIPTION:定員{rng.randrange(2, 9)}0名\\n参加費無料\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"  # fmt: skip
    return "event.ics", text.encode(), "text/calendar"


def questions(rng: Random, company: Company, _: Household) -> File:
    """An empty form to fill in."""
    rows = [["参加申込書"], ["氏名", ""], ["フリガナ", ""], ["電話番号", ""], ["住所", "〒"], ["メールアドレス", ""], ["参加希望日", day(rng)]]  # fmt: skip
    del company
    return make.workbook("申込書.xlsx", rows)


def postal_codes(rng: Random, _: Company, __: Household) -> File:
    """Postal codes of towns: the strict policy holds them, as every finding in a file."""
    rows = [["郵便番号", "都道府県", "市区町村", "町域"]]
    rows += [[f"604-81{rng.randrange(10, 99)}", "京都府", "京都市中京区", f"{rng.choice(_PLACES)}町"] for _ in range(rng.randrange(5, 30))]  # fmt: skip
    return make.table("郵便番号一覧.csv", rows)


def shops(rng: Random, company: Company, _: Household) -> File:
    """Branches with phone and address."""
    rows = [["店舗名", "郵便番号", "住所", "電話番号", "営業時間"]]
    rows += [[f"{company.name} {place}店", company.zip_code, f"{company.address[:-2]}{rng.randrange(1, 40)}", f"{company.phone[:-4]}{rng.randrange(1000, 9999)}", "10:00-19:00"] for place in rng.sample(_PLACES, rng.randrange(3, 12))]  # fmt: skip
    return rng.choice([make.table("店舗一覧.csv", rows), make.workbook("店舗リスト.xlsx", rows, "店舗")])


def flyer_with_phone(rng: Random, company: Company, home: Household) -> File:
    """A flyer with the shop's phone and address."""
    del home
    text = f"{rng.choice(TOPICS)} 開催\n{rng.choice(WARES)} {yen(rng)}\n{rng.choice(WARES)} {yen(rng)}\n\n{company.legal}\n〒{company.zip_code} {company.address}\nTEL {company.phone}\n営業時間 10:00〜19:00"  # fmt: skip
    return make.pdf("チラシ.pdf", text)


def organised(rng: Random, company: Company, _: Household) -> File:
    """An event with an organiser of the company."""
    who = persons(rng.randrange(10**6), 1)[0].guardian.name
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART:20261105T040000Z\r\nSUMMARY:{rng.choice(TOPICS)}\r\nORGANIZER;CN={who}:mailto:staff{rng.randrange(99)}@{company.domain}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"  # fmt: skip
    return "invite.ics", text.encode(), "text/calendar"


def cards(rng: Random, company: Company, _: Household) -> File:
    """One to five of the company's own people."""
    text = "".join(_card(rng, company, n) for n in range(rng.randrange(1, 6)))
    return "staff.vcf", text.encode(), "text/vcard"


def _card(rng: Random, company: Company, number: int) -> str:
    who = persons(rng.randrange(10**6), 1)[0].guardian
    if number % 2:
        name = "=".join(["", *(f"{byte:02X}" for byte in f"{who.family};{who.given}".encode())])
        return f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{name}\r\nORG:{company.legal}\r\nTEL;WORK:{company.phone}\r\nEMAIL:s{number}@{company.domain}\r\nEND:VCARD\r\n"  # fmt: skip
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{who.family};{who.given};;;\r\nFN:{who.name}\r\nORG:{company.legal};営業部\r\nTITLE:主任\r\nTEL;TYPE=WORK,VOICE:{company.phone}\r\nEMAIL;TYPE=INTERNET:s{number}@{company.domain}\r\nEND:VCARD\r\n"  # fmt: skip


OF_ONE: tuple[Maker, ...] = (own_pdf, own_pdf, own_text, own_page, own_sheet)
PASS: tuple[Maker, ...] = (flyer, conditions, prices, prices, statistics, cities, codes, timetable, calendar, questions)
CARDS: tuple[Maker, ...] = (cards, cards)
HOLD: tuple[Maker, ...] = (postal_codes, shops, flyer_with_phone, organised)
