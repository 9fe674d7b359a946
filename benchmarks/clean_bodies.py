"""Clean mails without attachments: newsletters, seminar notices, notices to one customer."""

from collections.abc import Callable
from random import Random

from clean_words import TOPICS, WARES, Company, day, footer, persons, yen

from mailguard.demo.people import Household

Body = Callable[[Random, Company, Household], tuple[str, str]]
"""Subject and text; the household is the one recipient, if there is only one."""

_HELLO = ["いつもご愛読ありがとうございます。", "平素は格別のお引き立てを賜り、厚く御礼申し上げます。", "いつもご利用いただき誠にありがとうございます。", "秋も深まってまいりました。皆さまいかがお過ごしでしょうか。", "寒さが日ごとに増してまいりました。", "会員の皆様に最新情報をお届けします。", "お客様各位", "保護者の皆様", "お取引先 各位"]  # fmt: skip
_NEWS = ["{date}から「{topic}」を開催します。", "新商品「{ware}」の販売を始めました。価格は{yen}(税込)です。", "{date}は店内改装のためお休みをいただきます。", "{date} 10:00より四条店にて試食会を行います。", "今月の特集は「{topic}」です。", "ポイント2倍キャンペーンは{date}までです。", "{ware}が会員限定で{yen}になりました。", "アプリの新しい版(3.{n}.1)を公開しました。", "送料は全国一律{n}80円、5,000円以上のお買い上げで無料です。", "先着{n}0名様に粗品を進呈いたします。", "お客様の声「対応が早くて助かりました」(40代・女性)", "定休日：毎週水曜日 営業時間：10:00〜19:00", "サーバーメンテナンスを{date} 2:00〜5:00に実施します。", "お部屋は和室10畳、1泊2食付きお一人様{yen}からです。", "申込締切は{date}、定員は{n}0名です。", "年末年始の配送は通常より{n}日ほど遅れる見込みです。", "不審なメールにご注意ください。当社がパスワードをお尋ねすることはありません。", "第{n}回「{topic}」の録画を公開しました。", "金利は年0.{n}25%(税引前)です。", "JANコード 490123456{n}894 の商品は販売を終了しました。"]  # fmt: skip
_HEAD = ["■ {}", "◆{}", "【{}】", "▼{}", "━━ {} ━━", "1. {}", "＜{}＞"]


def news(rng: Random) -> str:
    """One item."""
    return rng.choice(_NEWS).format(date=day(rng), topic=rng.choice(TOPICS), ware=rng.choice(WARES), yen=yen(rng), n=rng.randrange(1, 9))  # fmt: skip


def newsletter(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """Several items under headings."""
    head = rng.choice(_HEAD)
    items = [f"{head.format(rng.choice(TOPICS))}\n" + "\n".join(news(rng) for _ in range(rng.randrange(1, 4))) for _ in range(rng.randrange(2, 6))]  # fmt: skip
    return f"{company.name}通信 {rng.randrange(1, 13)}月号", "\n\n".join([rng.choice(_HELLO), *items, footer(company, rng)])  # fmt: skip


def greeted(rng: Random, company: Company, home: Household) -> tuple[str, str]:
    """The same, to a person by name."""
    subject, text = newsletter(rng, company, home)
    name = home.guardian.name if rng.random() < 0.7 else home.guardian.family
    return subject, f"{name}{rng.choice(['', ' ', '　'])}様\n\n{text}"


_TITLES = ["教授", "弁護士", "税理士", "代表取締役", "執行役員", "准教授", "コンサルタント", "主任研究員", "社会保険労務士", "部長"]  # fmt: skip
_HOUSES = ["城南大学", "株式会社みらい総研", "北斗法律事務所", "青葉税理士法人", "一般社団法人日本標準協会", "東海電機株式会社", "港区立中央図書館", "リバティ・コンサルティング合同会社"]  # fmt: skip
_SPEAKERS = ["・{name} 氏（{house} {title}）", "{house}　{title}　{name} 氏", "講師：{name}（{house} {title}）", "講演{n}「{topic}」\n  {name}氏 {house} {title}", "{n}) {name} {title} ({house})", "登壇者 {name} 様 / {house} {title}"]  # fmt: skip


def seminar(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """Three speakers by name, title and company."""
    form = rng.choice(_SPEAKERS)
    lines = [form.format(name=rng.choice([h.guardian.name.replace("　", " "), h.guardian.name.replace("　", "")]), house=rng.choice(_HOUSES), title=rng.choice(_TITLES), topic=rng.choice(TOPICS), n=n + 1) for n, h in enumerate(persons(rng.randrange(10**6), 3))]  # fmt: skip
    text = f"「{rng.choice(TOPICS)}」セミナーのご案内\n\n日時：{day(rng)} 13:00〜17:00\n会場：{company.name}会館 {rng.randrange(2, 9)}階\n定員：{rng.randrange(2, 20)}0名\n参加費：{rng.choice(['無料', yen(rng)])}\n\n{rng.choice(['講師', '■登壇者', '【プログラム】', '講演者(敬称略)'])}\n"  # fmt: skip
    join = rng.choice(["\n", "\n\n"])
    return f"セミナーのご案内({day(rng)})", f"{text}{join.join(lines)}\n\nお申し込みはホームページから。\nhttps://www.{company.domain}/seminar/{rng.randrange(999)}\n\n主催：{company.legal} 事務局\n\n{footer(company, rng)}"  # fmt: skip


def order(rng: Random, company: Company, home: Household) -> tuple[str, str]:
    """What the recipient ordered, with their own data."""
    person = home.guardian
    lines = [f"{rng.choice(WARES)} × {rng.randrange(1, 4)}  {yen(rng)}" for _ in range(rng.randrange(1, 5))]
    label = rng.choice([("お名前：", "ご住所：", "お電話番号："), ("【氏名】", "【住所】", "【電話】"), ("お届け先氏名: ", "お届け先住所: ", "電話番号: ")])  # fmt: skip
    text = f"{person.name} 様\n\n{rng.choice(['ご注文ありがとうございます。', 'ご注文を承りました。', '商品を発送しました。'])}\n\nご注文番号：{rng.randrange(10**7):07}-{rng.randrange(10**4):04}\nご注文日：{day(rng)}\n\n" + "\n".join(lines)  # fmt: skip
    text += f"\n\n合計 {yen(rng)}\n\n{label[0]}{person.name}\n{label[1]}〒{home.postal_code} {home.address}\n{label[2]}{home.phone}\n"  # fmt: skip
    return "ご注文の確認", f"{text}\n{footer(company, rng)}"


def booking(rng: Random, company: Company, home: Household) -> tuple[str, str]:
    """A stay or an appointment of the recipient."""
    person = home.guardian
    text = f"{person.name}様\n\nこのたびはご予約いただきありがとうございます。\n\n予約番号：R{rng.randrange(10**6):06}\nご予約者名：{person.name} 様\nフリガナ：{person.kana}\nご連絡先：{home.phone}\nメールアドレス：{home.email}\nチェックイン：{day(rng)} 15:00\n人数：大人{rng.randrange(1, 4)}名\n料金：{yen(rng)}\n"  # fmt: skip
    return "ご予約内容の確認", f"{text}\n{footer(company, rng)}"


def letter(rng: Random, company: Company, home: Household) -> tuple[str, str]:
    """Somebody of the company writes, and signs."""
    staff = persons(rng.randrange(10**6), 1)[0].guardian
    sign = f"--\n{company.legal} 営業部\n{staff.name}\nTEL {company.phone} / 携帯 090-{rng.randrange(1000, 9999)}-{rng.randrange(1000, 9999)}\n{staff.family_kana and 'staff'}{rng.randrange(99)}@{company.domain}"  # fmt: skip
    return "ご連絡", f"{home.guardian.family}様\n\nお世話になっております。{company.name}の{staff.family}です。\n{news(rng)}\n{news(rng)}\n引き続きよろしくお願いいたします。\n\n{sign}\n"  # fmt: skip


def minutes(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """Minutes in which two people speak."""
    one, other = (home.guardian for home in persons(rng.randrange(10**6), 2))
    points = "\n".join(f"{n}. {news(rng)}" for n in range(1, rng.randrange(3, 6)))
    return "議事録", f"各位\n\n{day(rng)} 定例会議の議事録をお送りします。\n\n議題\n{points}\n\n{one.family}部長より、予算について説明があった。\n次回は{other.family}さんが進捗を報告する。\n\n{company.legal} 総務部\n"  # fmt: skip


def terms(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """Terms and conditions."""
    articles = [
        "（目的）",
        "（会員資格）",
        "（禁止事項）",
        "（免責）",
        "（個人情報の取扱い）",
        "（準拠法）",
        "（解約）",
    ]
    text = "\n\n".join(f"第{n}条{title}\n{rng.choice(['本規約は、当社が提供するサービスの利用条件を定めるものです。', '会員は、氏名、住所、電話番号、メールアドレスに変更があったときは、速やかに届け出るものとします。', '当社は、天災その他の事由により生じた損害について責任を負いません。', '本規約に関する紛争は、京都地方裁判所を第一審の専属的合意管轄裁判所とします。'])}" for n, title in enumerate(articles, 1))  # fmt: skip
    return "利用規約改定のお知らせ", f"{rng.choice(_HELLO)}\n\n{day(rng)}より利用規約を改定します。\n\n{text}\n\n{footer(company, rng)}"  # fmt: skip


def shops(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """Branches with their telephone numbers, in the body."""
    places = rng.sample(["四条", "梅田", "神南", "栄", "天神", "大通", "仙台", "紙屋町"], rng.randrange(2, 6))
    lines = "\n".join(f"{rng.choice(['■', '・', ''])}{company.name} {place}店  TEL {company.phone[:-4]}{rng.randrange(1000, 9999)}" for place in places)  # fmt: skip
    return "各店のご案内", f"{rng.choice(_HELLO)}\n\n{news(rng)}\n\n【店舗一覧】\n{lines}\n\n{footer(company, rng)}"


def schooling(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """A school tells parents."""
    return "学校だより", f"保護者の皆様\n\n{day(rng)}の行事についてお知らせします。\n集合：8時{rng.randrange(10, 59)}分 正門前\n持ち物：水筒、弁当、雨具\n1年生・2年生は午前中、3年生以上は午後に行います。\n欠席の連絡は{company.phone}までお願いします。\n\n{company.legal}\n校長 {company.head}\n"  # fmt: skip


def interview(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """Somebody well known is quoted, an author named."""
    one, other = (home.guardian for home in persons(rng.randrange(10**6), 2))
    return "今月のインタビュー", f"{rng.choice(_HELLO)}\n\n今月は、陶芸家の{one.name.replace('　', '')}さんにお話をうかがいました。\n「土に触れると時間を忘れます」と{one.family}さん。工房には全国から人が訪れます。\n\n文：{other.name.replace('　', '')}(ライター)\n\n{news(rng)}\n\n{footer(company, rng)}"  # fmt: skip


def recruiting(rng: Random, company: Company, _: Household) -> tuple[str, str]:
    """A job and whom to write to."""
    return "求人のお知らせ", f"{rng.choice(_HELLO)}\n\n募集職種：{rng.choice(['販売', '経理', '開発', '講師'])}\n勤務地：{company.address}\n給与：月給{rng.randrange(20, 40)}万円\n応募方法：履歴書を下記へお送りください。\n〒{company.zip_code} {company.address}\n{company.legal} 採用担当 {persons(rng.randrange(10**6), 1)[0].guardian.family}\nsaiyo@{company.domain}\n"  # fmt: skip


def account(rng: Random, company: Company, home: Household) -> tuple[str, str]:
    """A membership of the recipient."""
    return "会員情報のお知らせ", f"{home.guardian.name}　様\n\n会員番号：{rng.randrange(10**8):08}\n保有ポイント：{rng.randrange(9999):,}ポイント\n有効期限：{day(rng)}\n\n{news(rng)}\n\n{footer(company, rng)}"  # fmt: skip


MANY: tuple[Body, ...] = (newsletter, newsletter, seminar, seminar, minutes, terms, shops, schooling, interview, recruiting)  # fmt: skip
ONE: tuple[Body, ...] = (greeted, order, booking, letter, account)
