"""Data where nobody looks for it: in display names, header parameters and second file names; and headers that must pass."""

import io
import zipfile
from pathlib import Path

import pytest

from mailguard.config import Own
from mailguard.model import Action, Envelope, Kind
from mailguard.policy import Policy, judge, thresholds

RULES = Path(__file__).parents[2] / "rules" / "policy.toml"
TWO = "顧客一覧 山田太郎 090-1234-5678, 佐藤花子 090-2345-6789"
THREE = "山田太郎 090-1234-5678 / 佐藤花子 090-2345-6789 / 鈴木一郎 090-3456-7890"


def mail(
    *fields: str, sender: str = "news@example.jp", to: str = "taro@example.com", body: str = "お知らせです。\r\n"
) -> bytes:
    head = (f"From: {sender}", f"To: {to}", "Subject: お知らせ", *fields)
    return "".join(f"{field}\r\n" for field in head).encode() + b"\r\n" + body.encode()


def attached(*fields: str, content: bytes = b"a,b\r\n1,2\r\n") -> bytes:
    head = "".join(f"{field}\r\n" for field in fields).encode()
    part = b"--b\r\n" + head + b"\r\n" + content + b"\r\n--b--\r\n"
    return mail('Content-Type: multipart/mixed; boundary="b"', body="--b\r\n\r\nお知らせです。\r\n") + part


@pytest.fixture
def verdict(engine, digester):
    policy = Policy.build(thresholds(RULES), Own(), digester)

    def of(content: bytes):
        return judge(Envelope("bounce@example.jp", ("taro@example.com",)), engine.mail(content), policy)

    return of


@pytest.mark.parametrize("name", ["From", "Sender", "Reply-To", "Resent-From"])
@pytest.mark.parametrize(
    "said",
    [
        TWO,
        "山田太郎 03-1234-5678",
        "会員 090-1234-5678",
        "山田太郎・佐藤花子",
        "yamada@foreign.example",
        "個人番号 123456789018",
    ],
)
def test_a_display_name_of_a_sender_that_is_a_place_for_data_holds(verdict, name, said):
    result = verdict(mail(f'{name}: "{said}" <news@example.jp>'))
    assert (result.action, result.reasons) == (Action.HOLD, ("attachment_findings",))


@pytest.mark.parametrize(
    "sender",
    [
        "山田太郎 <yamada@example.co.jp>",
        '"山田 太郎 (営業部)" <yamada@example.co.jp>',
        '"山田太郎（ことぶき商店）" <yamada@example.co.jp>',
        '"ことぶき商店 075-221-0000" <shop@example.jp>',
        '"お問い合わせ 0120-123-456" <shop@example.jp>',
        '"info@example.jp" <news@example.jp>',
        '"yamada@example.co.jp" <yamada@example.co.jp>',
        '"渡辺健一・小林誠法律事務所" <office@example.jp>',
        '"青山・渋谷エリア情報 2026年11月号" <news@example.jp>',
        '"東京都千代田区立図書館" <lib@example.jp>',
        "=?iso-2022-jp?B?GyRCOzNFREJATzobKEI=?= <yamada@example.co.jp>",
        "案内@example.jp",  # RFC 6531: an address, and no name beside one
        "案内@example.jp, 会員@例え.jp",
    ],
)
def test_the_name_of_a_sender_passes(verdict, sender):
    content = mail(f"Reply-To: {sender}", "Sender: 佐藤花子 <sato@example.co.jp>", sender=sender)
    assert verdict(content).action is Action.PASS


def test_an_approval_covers_only_the_display_name_it_saw(verdict):
    keys = {verdict(mail(sender=f'"会員 090-1234-{n}" <news@example.jp>')).evidence for n in (5678, 5679)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    "content",
    [
        mail(f'Content-Type: text/plain; comment="{THREE}"'),
        attached(f'Content-Disposition: attachment; filename=a.csv; comment="{THREE}"'),
        attached(f"Content-Type: text/csv; name=a.csv; x-note*=utf-8''{''.join(f'%{b:02X}' for b in THREE.encode())}"),
        attached(f"Content-Type: text/csv ({THREE})"),
        mail(f"X-Mailer: {THREE}"),
        mail(f"List-Id: {THREE} <news.example.jp>"),
        mail(f"Date: Tue, 31 Oct 2023 10:00:00 +0900 ({THREE})"),
        mail("X-Members: 090-1234-5678,090-2345-6789,090-3456-7890"),
        mail(to=f'"{THREE}" <taro@example.com>'),
        mail(f"Cc: taro@example.com ({THREE})"),
    ],
)
def test_three_persons_in_a_header_hold(verdict, content):
    result = verdict(content)
    assert (result.action, result.reasons) == (Action.HOLD, ("body_persons",))


def locked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "x")
    raw = bytearray(out.getvalue())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


NAMES = [
    ('Content-Type: text/csv; name="履歴書_山田花子.csv"', 'Content-Disposition: attachment; filename="a.csv"'),
    ("Content-Disposition: attachment; filename=\"履歴書_山田花子.csv\"; filename*=utf-8''a.csv",),
]


@pytest.mark.parametrize("fields", NAMES)
@pytest.mark.parametrize("content", [b"a,b\r\n1,2\r\n", locked()])
def test_a_second_name_of_a_file_counts_as_its_name_does(engine, verdict, fields, content):
    message = attached(*fields, content=content)
    [found] = [finding for finding in engine.mail(message).findings if finding.kind is Kind.NAME]
    assert (found.path, found.where) == (("履歴書_山田花子.csv",), "ファイル名")
    result = verdict(message)
    assert "attachment_findings" in result.reasons
    assert found.key in result.evidence


def test_a_second_name_counts_in_a_mail_within_a_mail(engine):
    inner = attached(*NAMES[0])
    content = attached("Content-Type: message/rfc822", content=inner.replace(b"--b", b"--c").replace(b'"b"', b'"c"'))
    assert ("(mail)", "履歴書_山田花子.csv") in {finding.path for finding in engine.mail(content).findings}


def test_headers_of_everyday_bulk_mail_pass(verdict):
    bulk = mail(
        "Received: from app.example.jp (app.example.jp [192.0.2.1]) by mx.example.jp (Postfix) with ESMTPS id 4Xabc0901; Tue, 31 Oct 2023 10:00:00 +0900 (JST)",
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.jp; h=from:to:subject; bh=0901+2345/6789=; b=abc+090/12345678+=",
        "Message-ID: <20231031.090-1234-5678.123456789018@example.jp>",
        "Date: Tue, 31 Oct 2023 10:00:00 +0900 (JST)",
        "List-Id: 会員のみなさまへ <news.example.jp>",
        "List-Unsubscribe: <mailto:u+taro=example.com@example.jp>, <https://example.jp/u?e=taro@example.com&t=09012345678>",
        "Return-Path: <bounce+taro=example.com@example.jp>",
        "Errors-To: bounce+taro=example.com@example.jp",
        "X-Campaign-Id: 4111-2222-20231031",
        "X-Mailer: 配信ツール 3.1",
        'Content-Type: text/plain; charset="utf-8"; format=flowed',
        sender="ことぶき商店 高橋次郎 <news@example.jp>",
        to='"山田太郎" <taro@example.com>',
    )
    assert verdict(bulk).action is Action.PASS
