"""Everyday mail that must pass, and its twin that must not."""

import io
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from mailguard.config import Own
from mailguard.model import Action, Envelope
from mailguard.policy import Policy, judge, thresholds

RULES = Path(__file__).parents[2] / "rules" / "policy.toml"

FLYER = """秋の味覚フェア開催
旬の果物と新米を取りそろえました
期間 11月1日から11月30日まで
新米コシヒカリ 5kg 2,980円
りんご 1袋 498円
先着100名様に粗品を進呈いたします"""

INVOICE = """請求書
{name} 様
〒604-8151 京都府京都市中京区橋弁慶町12-3
請求番号 INV-2026-00123
ご請求金額 12,800円
お支払期限 2026年12月31日

株式会社ことぶき商店
〒600-8008 京都府京都市下京区長刀鉾町8番地
TEL 075-221-0000
担当 高橋"""

NEWSLETTER = """ことぶき通信 11月号

いつもご愛読ありがとうございます。今月の特集は「冬の京都を歩く」です。
新商品の詳細はホームページをご覧ください。

■ イベントのお知らせ
11月23日(月・祝) 10時から、四条店にて試食会を行います。

──────────────
発行：株式会社ことぶき商店
〒600-8008 京都府京都市下京区長刀鉾町8番地
お問い合わせ：TEL 075-221-0000  info@kotobuki.example.co.jp
配信停止：https://kotobuki.example.co.jp/stop
"""

LETTER = """山田太郎様

お世話になっております。ことぶき商店の高橋です。
ご注文の品を本日発送いたしました。到着まで今しばらくお待ちください。

--
株式会社ことぶき商店 営業部
高橋 次郎
TEL 075-221-0000 / 携帯 090-8123-4567
takahashi@kotobuki.example.co.jp
"""

SEMINAR = """経営者セミナーのご案内

日時：12月5日(土) 13:00〜17:00
会場：京都商工会館 3階

講師
・山本 健一 氏（城南大学 教授）
・佐々木 美紀 氏（弁護士）
・田村 浩二 氏（株式会社みらい 代表取締役）

お申し込みはホームページからお願いいたします。
主催：ことぶき経済研究会 事務局
"""


def pdf(text: str) -> bytes:
    """A page in a Japanese font that is not embedded, as many tools write it."""
    from reportlab.pdfbase import pdfmetrics

    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setFont("HeiseiKakuGo-W5", 11)
    for number, line in enumerate(text.splitlines()):
        canvas.drawString(60, 780 - 18 * number, line)
    canvas.save()
    return buffer.getvalue()


def mail(body: str, attachment: tuple[str, bytes] | None = None, to: str = "taro@example.com") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "shop@kotobuki.example.co.jp", to, "ことぶき商店からのお知らせ"
    message.set_content(body, cte="base64")
    if attachment:
        message.add_attachment(attachment[1], maintype="application", subtype="pdf", filename=attachment[0])
    return message.as_bytes()


@pytest.fixture
def verdict(engine, digester):
    policy = Policy.build(thresholds(RULES), Own(), digester)

    def of(content: bytes, *recipients: str):
        envelope = Envelope("shop@kotobuki.example.co.jp", recipients or ("taro@example.com",))
        return judge(envelope, engine.mail(content), policy)

    return of


CLEAN = {
    "flyer": mail("チラシをお送りします。", ("チラシ.pdf", pdf(FLYER))),
    "newsletter": mail(NEWSLETTER),
    "letter to one customer": mail(LETTER),
    "seminar with three speakers": mail(SEMINAR),
    "own invoice, greeted": mail(
        "山田太郎様\n\n請求書をお送りします。\n", ("請求書.pdf", pdf(INVOICE.format(name="山田太郎")))
    ),
    "own invoice, named in To": mail(
        "請求書をお送りします。\n",
        ("請求書.pdf", pdf(INVOICE.format(name="山田　太郎"))),
        to="山田太郎 <taro@example.com>",
    ),
    "own invoice, family name only": mail(
        "山田様\n\n請求書です。\n", ("請求書.pdf", pdf(INVOICE.format(name="山田太郎")))
    ),
}


@pytest.mark.parametrize("content", CLEAN.values(), ids=CLEAN.keys())
def test_passes(verdict, content):
    result = verdict(content)
    assert (result.action, result.reasons) == (Action.PASS, ())


def test_the_newsletter_passes_to_many(verdict):
    assert verdict(mail(NEWSLETTER), "a@example.com", "b@example.com", "c@example.net").action is Action.PASS


@pytest.mark.parametrize(
    "content",
    [
        mail("山田太郎様\n\n請求書をお送りします。\n", ("請求書.pdf", pdf(INVOICE.format(name="佐藤花子")))),
        mail("請求書です。\n", ("請求書.pdf", pdf(INVOICE.format(name="佐藤花子"))), to="山田太郎 <taro@example.com>"),
    ],
)
def test_somebody_elses_invoice_is_held(verdict, content):
    assert verdict(content).reasons[0] == "recipient_mismatch"


def test_own_invoice_to_two_is_held(verdict):
    assert (
        "attachment_findings" in verdict(CLEAN["own invoice, greeted"], "taro@example.com", "hana@example.com").reasons
    )


def test_a_flyer_with_a_shops_phone_is_held(verdict):
    flyer = FLYER + "\nお問い合わせ 075-221-0000"
    assert verdict(mail("チラシです。", ("チラシ.pdf", pdf(flyer)))).reasons == ("attachment_findings",)


def test_six_visible_addresses_are_held(verdict):
    to = ", ".join(f"p{number}@example.com" for number in range(6))
    assert verdict(mail("ご案内です。", to=to)).reasons == ("visible_addresses",)


@pytest.mark.parametrize("separator", [" ", "\t", ",", " / "])
def test_a_list_pasted_into_the_body_is_held(verdict, separator):
    rows = "\n".join(
        separator.join(row)
        for row in (
            ("佐藤花子", "090-8123-0001", "hanako@example.net"),
            ("鈴木一郎", "080-8123-0002", "ichiro@example.net"),
            ("高橋健太", "070-8123-0003", "kenta@example.org"),
            ("田中美咲", "075-221-0004", "misaki@example.org"),
        )
    )
    assert "body_persons" in verdict(mail(f"山田太郎様\n\n名簿です。\n\n{rows}\n")).reasons


def test_words_of_an_organisation_do_not_hide_a_list(verdict):
    rows = "\n".join(f"受付{n} 株式会社みらい {name} 090-8123-00{n:02}" for n, name in enumerate(NAMES))
    assert "body_persons" in verdict(mail(f"参加者は次のとおりです。\n\n{rows}\n")).reasons


NAMES = ("佐藤花子", "鈴木一郎", "高橋健太", "田中美咲", "伊藤直樹", "山本裕子", "中村翔太")


@pytest.mark.parametrize("name", ["東 関とめ", "四月一日円", "小鳥遊 蒼", "南 麗子", "平 文"])
def test_a_name_no_dictionary_knows_is_greeted_all_the_same(verdict, name):
    content = mail(f"{name} 様\n\n請求書をお送りします。\n", ("請求書.pdf", pdf(INVOICE.format(name=name))))
    assert verdict(content).reasons == ()


def test_a_surname_no_dictionary_knows_greets_its_bearer(verdict):
    assert verdict(mail("六角様\n\nお知らせです。\n", to="六角美咲 <taro@example.com>")).reasons == ()
    assert verdict(mail("佐藤様\n\nお知らせです。\n", to="六角美咲 <taro@example.com>")).reasons == (
        "recipient_mismatch",
    )


@pytest.mark.parametrize("word", ["お客", "皆", "会員", "ご担当者", "保護者", "お取引先"])
def test_nobody_is_greeted_by(engine, word):
    assert engine.mail(mail(f"{word}様\n\nお知らせです。\n")).people == ()


def test_a_letter_about_a_third_person_does_not_make_her_the_recipient(verdict):
    listing = ("申込.csv", "氏名,電話番号,病名\n加藤由美,090-8123-0001,花粉症\n".encode("cp932"))
    assert verdict(mail("加藤由美様のデータです。\n", listing)).reasons
    assert "recipient_mismatch" in verdict(mail("桐山様\n\n加藤由美様の申込書です。\n", listing)).reasons


def test_three_customers_in_a_body_are_three_whoever_is_greeted(verdict):
    rows = "\n".join(f"{name} 様 090-8123-00{n:02}" for n, name in enumerate(NAMES[:3]))
    assert "body_persons" in verdict(mail(f"{rows}\n")).reasons
    assert "body_persons" in verdict(mail(f"山田太郎様\n\n{rows}\n")).reasons


@pytest.mark.parametrize(
    "line",
    [
        "会員番号{n}000 {name}",
        "{name} 2012/1/1{n}生",
        "氏名：{name}\n学年：小{n}\n",
        "受付番号10{n} {name} 090-8123-000{n}",
    ],
)
def test_other_identifiers_count_as_well_as_contacts(verdict, line):
    rows = "\n".join(line.format(n=n, name=name) for n, name in enumerate(NAMES[:4], 1))
    assert "body_persons" in verdict(mail(f"一覧です。\n\n{rows}\n")).reasons


def test_names_in_one_line_are_a_list(verdict):
    assert "body_persons" in verdict(mail(f"参加者は次の方々です。{'、'.join(NAMES)}。\n")).reasons


def test_an_approved_body_does_not_cover_a_new_paragraph(engine, digester):
    policy = Policy.build(thresholds(RULES), Own(), digester)

    def evidence(number: int) -> set[bytes]:
        people = "\n\n".join(f"{NAMES[n % 7]} 090-8{n:03}-0{n:03}" for n in range(number))
        result = judge(Envelope("a@example.jp", ("b@example.com",)), engine.mail(mail(people)), policy)
        assert result.action is Action.HOLD
        return set(result.evidence)

    assert evidence(70) - evidence(64)
    assert evidence(5) - evidence(4)


def test_names_in_remarks_and_file_names_hold(verdict):
    remarks = "日付,内容\n" + "\n".join(f"11/{n},{name}様より入電" for n, name in enumerate(NAMES, 1))
    assert verdict(mail("一覧です。", ("対応.csv", remarks.encode("cp932")))).reasons == ("attachment_findings",)
    assert verdict(mail("送ります。", ("履歴書_松本恵子.txt", "志望動機".encode()))).reasons == ("attachment_findings",)


@pytest.mark.parametrize("field", ["Bcc", "Reply-To", "Resent-To", "X-Note"])
def test_addresses_in_other_fields_are_seen(verdict, field):
    to = ", ".join(f"p{number}@example.com" for number in range(6))
    assert verdict(f"{field}: {to}\r\n".encode() + mail("ご案内です。")).reasons
    assert verdict(f"{field}: p1@example.com\r\n".encode() + mail("ご案内です。")).reasons == ()
