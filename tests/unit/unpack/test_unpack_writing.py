"""Writing in header fields: what of Content fields, fields for machines and address fields is read, and what is not."""

import base64
import random
import time

import pytest

from mailguard.unpack import display
from mailguard.unpack.budget import Limits
from mailguard.unpack.header import decode as decode_header
from mailguard.unpack.mail import split

NOTED = "山田太郎 090-1234-5678, 佐藤花子 090-2345-6789"
NOTE = base64.b64encode(NOTED.encode()).decode()
PERCENT = "".join(f"%{byte:02X}" for byte in NOTED.encode())


@pytest.mark.parametrize("field", ["Content-Type: text/plain", "Content-Disposition: attachment; filename=a.bin"])
@pytest.mark.parametrize(
    ("said", "read"),
    [
        (f'; comment="{NOTED}"', NOTED),
        (f"; comment*=utf-8''{PERCENT}", NOTED),
        (f"; comment*0*=utf-8''{PERCENT[:30]}; comment*1*={PERCENT[30:]}", NOTED),
        (f"; comment==?utf-8?B?{NOTE}?=", NOTED),
        (f'; charset="{NOTED}"', NOTED),
        ("; x=090-1234-5678", "090-1234-5678"),
        ("; boundary=090-1234-5678", "090-1234-5678"),
    ],
)
def test_parameters_that_are_no_structure_are_read(field, said, read):
    assert [text for _, text in split(f"{field}{said}\r\n\r\nhello".encode(), Limits()).within] == [read]
    within = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n{field}{said}\r\n\r\nhello\r\n--b--\r\n'
    assert [text for _, text in split(within.encode(), Limits()).within] == [read]


@pytest.mark.parametrize(
    "said", [f"({NOTED})", f"; {NOTED}", f'; x="y" {NOTED}', f"=?utf-8?B?{NOTE}?=", f"; {NOTED[:4]}=x"]
)
def test_what_stands_beside_parameters_is_read(said):
    for field in ("Content-Type: text/plain", "Content-Disposition: inline"):
        [(_, text)] = split(f"{field} {said}\r\n\r\nhello".encode(), Limits()).within
        assert NOTED[:4] in text


def test_the_name_of_a_multipart_and_what_is_cut_off_a_long_name_are_read():
    content = f'Content-Type: multipart/mixed; boundary="b"; name="{NOTED}"\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n'
    assert split(content.encode(), Limits()).within == (("filename", NOTED),)
    long = "a" * 255 + NOTED
    assert split(f'Content-Type: text/plain; name="{long}"\r\n\r\nhello'.encode(), Limits()).within == (("name", long),)


STRUCTURE = """Content-Type: multipart/related; boundary="----=_Part_0901-2345-6789 x@y"; type="text/html"; start="<a.1@example.jp>"
Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256; boundary=b
Content-Type: text/plain; charset="utf-8"; format=flowed; delsp=yes (plain)
Content-Type: text/calendar; method=REQUEST; charset=UTF-8; component=VEVENT
Content-Disposition: attachment; filename="a.pdf"; size=123456789012; creation-date="Tue, 31 Oct 2023 10:00:00 GMT"
Content-Type: image/jpeg; x-apple-part-url="E1F2@example.jp"; x-unix-mode=0644; name=a.jpg
Content-Type: text/html; charset="utf-8";
Content-Disposition: inline"""


@pytest.mark.parametrize("field", STRUCTURE.splitlines())
def test_structure_is_no_writing(field):
    assert split(f"{field}\r\n\r\nhello".encode(), Limits()).within == ()


def test_parameters_take_linear_time():
    value = b"attachment" + b"".join(b";p%d=a b" % number for number in range(6_000)) + b';x="' + b'\\"' * 6_000
    began = time.process_time()
    mail = split(
        b"Content-Disposition: " + value + b"\r\nFrom: " + b'"\\' * 30_000 + b"(" * 20_000 + b"\r\n\r\nx", Limits()
    )
    assert mail.within
    assert time.process_time() - began < 2


MACHINES = """Received: from a.example.jp (a.example.jp [192.0.2.1]) by b.example.jp (Postfix) with ESMTPS id 4XABC; Tue, 31 Oct 2023 10:00:00 +0900 (JST)
DKIM-Signature: v=1; a=rsa-sha256; d=example.jp; s=s1; h=from:to; bh=0901+2345/6789=; b=abc+090/12345678+= 080ab
ARC-Seal: i=1; a=rsa-sha256; t=1700000000; cv=none; d=example.jp; s=arc; b=09012345678x
Authentication-Results: mx.example.jp; spf=pass smtp.mailfrom=bounce+taro=example.com@example.jp
List-Unsubscribe: <mailto:u+taro=example.com@example.jp>, <https://example.jp/u/090-1234-5678?e=taro@example.com>
List-Id: <news.example.jp>
Return-Path: <bounce+taro=example.com@example.jp>
X-Google-DKIM-Signature: v=1; b=a b
X-SG-EID: u001.AbC/090-1234-5678 x=
X-MS-Exchange-Organization-Network-Message-Id: 01234567-89ab-0123-4567-0901-2345-6789
Message-ID: <20231031.090-1234-5678.123456789018@example.jp>
References: <a@example.jp> <090-1234-5678@example.jp>
Date: Tue, 31 Oct 2023 10:00:00 +0900 (JST)
Feedback-ID: 4111111111111111:c:p:s
X-Job: 20231031-0001-4111-2222
X-Mailer: Some Mailer 1.2 (03.10.2023)"""


@pytest.mark.parametrize("field", MACHINES.splitlines())
def test_what_machines_write_for_each_other_is_no_writing(field):
    mail = split(f"{field}\r\nSubject: x\r\n\r\nhello".encode(), Limits())
    assert mail.other == ()


FOR_MACHINES = [
    *[
        "Received",
        "Date",
        "Message-ID",
        "References",
        "MIME-Version",
        "X-Mailer",
        "List-Id",
        "List-Unsubscribe",
        "Resent-Note",
    ],
    *["X-Google-Note", "X-List-Note", "Content-ID", "Content-Location", "Content-Transfer-Encoding"],
]


@pytest.mark.parametrize("name", FOR_MACHINES)
@pytest.mark.parametrize(
    "text", [NOTED, f"=?utf-8?B?{NOTE}?=", "1.0 (Yamada 090-1234-5678)", "=?utf-8?Q?090=2D1234=2D5678?="]
)
def test_a_field_for_machines_is_read_where_it_has_writing(name, text):
    read = decode_header(text.encode())
    assert split(f"{name}: {text}\r\nSubject: x\r\n\r\nhello".encode(), Limits()).other == ((name.lower(), read),)
    content = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n{name}: {text}\r\n\r\nhello\r\n--b--\r\n'
    assert split(content.encode(), Limits()).within == ((name.lower(), read),)


@pytest.mark.parametrize(
    "text", ["090-1234-5678,080-2345-6789", "09012345678;08023456789", "+81-90-1234-5678", "4111-1111-1111-1111"]
)
def test_numbers_in_one_word_are_no_mark(text):
    assert split(f"X-Note: {text}\r\n\r\nhello".encode(), Limits()).other == (("x-note", text),)


ONE = "山田太郎 090-1234-5678"
BESIDE = [
    (f'"{NOTED}" <news@example.jp>', (NOTED,)),
    (f"=?utf-8?B?{NOTE}?= <news@example.jp>", (NOTED,)),
    (f"news@example.jp ({ONE})", (ONE,)),
    (f'"News" <news@example.jp> ({ONE})', ("News", ONE)),
    (f"{ONE}: a@example.jp, b@example.jp;", (ONE,)),
    (ONE, (ONE,)),
    (f"<{ONE}> <news@example.jp>", (ONE,)),
    ("news@example.jp", ()),
    ("山田 <y@example.jp>, 佐藤 <s@example.jp>", ("山田", "佐藤")),
    ('"y@example.jp" <Y@example.jp>', ()),
    ('"y@example.com, s@example.net" <news@example.jp>', ("y@example.com, s@example.net",)),
    ('"山田', ("山田",)),
]


@pytest.mark.parametrize(("value", "text"), BESIDE)
def test_what_stands_beside_addresses(value, text):
    assert display.beside(value.encode()) == text


@pytest.mark.parametrize(
    "value",
    [
        "山田太郎 <y@example.jp>",
        '"株式会社 山川 営業2課" <s@example.jp>',
        '"Yamada, Taro (Sales)" <y@example.jp>',
        "a@example.jp, b@example.jp",
    ],
)
def test_a_recipients_name_is_no_writing(value):
    head = "".join(f"{name}: {value}\r\n" for name in ("To", "Cc", "Bcc", "Resent-To"))
    assert split(f"{head}\r\nx".encode(), Limits()).other == ()


@pytest.mark.parametrize("name", ["To", "Cc", "Bcc", "Resent-To"])
def test_more_than_a_recipients_name_is_writing(name):
    for value in (f'"{NOTED}" <a@example.jp>', f"a@example.jp ({NOTED})", f"{NOTED}: a@example.jp;"):
        [(_, text)] = split(f"{name}: {value}\r\n\r\nx".encode(), Limits()).other
        assert text == NOTED


@pytest.mark.parametrize("name", ["From", "Sender", "Reply-To", "Resent-From", "Resent-Sender"])
def test_what_is_said_of_senders_is_told_line_by_line(name):
    assert split(f'{name}: "{NOTED}" <a@example.jp>\r\n\r\nx'.encode(), Limits()).senders == (NOTED,)
    assert split(f"{name}: News <a@example.jp>\r\n\r\nx".encode(), Limits()).senders == ()
    few, many = (", ".join(f"山田{n} <{n}@example.jp>" for n in range(most)) for most in (2, 4))
    assert split(f"{name}: {few}\r\n\r\nx".encode(), Limits()).senders == ("山田0", "山田1")
    assert split(f"{name}: {many}\r\n\r\nx".encode(), Limits()).senders == ("山田0、山田1、山田2、山田3",)


@pytest.mark.parametrize("codec", ["utf-8", "cp932"])
@pytest.mark.parametrize("name", ["DKIM-Signature", "References", "Message-ID", "X-Google-Smtp-Source"])
@pytest.mark.parametrize("count", [8, 200])
def test_a_list_packed_into_a_field_for_machines_is_read(name: str, codec: str, count: int) -> None:
    people = "".join(f"山田 太郎{number},090-1234-56{number:02d}\r\n" for number in range(count))
    packed = base64.b64encode(people.encode(codec)).decode()
    value = "\r\n ".join(f"<{packed[at : at + 60]}@example.jp>" for at in range(0, len(packed), 60))
    mail = split(f"From: a@example.jp\r\n{name}: {value}\r\n\r\nx\r\n".encode(), Limits())
    assert any("090-1234-5602" in text for _, text in mail.other)


def test_a_signature_is_no_list() -> None:
    value = base64.b64encode(random.Random(3).randbytes(256)).decode()
    mail = split(f"From: a@example.jp\r\nDKIM-Signature: v=1; b={value}\r\n\r\nx\r\n".encode(), Limits())
    assert mail.other == ()
