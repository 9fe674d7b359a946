"""MIME as it comes: names, structure, transfer encodings."""

import base64
import time

import pytest
import unpack_samples as make

from mailguard.model import BODY, HEADERS, HTML, MAIL, UNNAMED, Part, PartInfo, Problem, ProblemKind
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.header import addresses
from mailguard.unpack.header import decode as decode_header
from mailguard.unpack.mail import split
from mailguard.unpack.opening import unpack
from mailguard.unpack.transfer import RawPart, decode


def named(*headers: bytes) -> str:
    content = make.mail(b"".join(header + b"\r\n" for header in headers) + b"\r\nx")
    return split(content, Limits()).parts[0].path[0]


def encoded(text: str, codec: str) -> bytes:
    return base64.b64encode(text.encode(codec))


@pytest.mark.parametrize(
    "headers",
    [
        [b"Content-Disposition: attachment; filename*=utf-8''%E5%90%8D%E7%B0%BF%E8%A1%A8.zip"],
        [b"Content-Disposition: attachment; filename*=Shift_JIS'ja'%96%BC%95%EB%95%5C.zip"],
        # split in the middle of a character
        [
            b"Content-Disposition: attachment; filename*1*=%90%8D%E7%B0%BF%E8%A1%A8;\r\n filename*0*=utf-8''%E5; filename*2=.zip"
        ],
        [b'Content-Disposition: attachment; filename="=?utf-8?B?' + encoded("名簿表.zip", "utf-8") + b'?="'],
        [b'Content-Type: text/plain; name="=?ISO-2022-JP?B?' + encoded("名簿表", "iso2022_jp") + b'?=.zip"'],
        # an encoded word split over two sections
        [
            b'Content-Disposition: attachment; filename*0="=?utf-8?B?'
            + encoded("名簿表.zip", "utf-8")[:9]
            + b'"; filename*1="'
            + encoded("名簿表.zip", "utf-8")[9:]
            + b'?="'
        ],
        # two words that split a character
        [
            b'Content-Disposition: attachment; filename="=?utf-8?Q?=E5=90?= =?utf-8?Q?=8D=E7=B0=BF=E8=A1=A8.zip?="',
        ],
        [b'Content-Disposition: attachment; filename="' + "名簿表.zip".encode("cp932") + b'"'],
        [b'Content-Disposition: attachment; filename="' + "名簿表.zip".encode() + b'"'],
        [b"Content-Disposition: attachment; filename=" + "名簿表.zip".encode("iso2022_jp")],
        [
            b"Content-Disposition: attachment",
            b"Content-Type: application/zip; name*=utf-8''%E5%90%8D%E7%B0%BF%E8%A1%A8.zip",
        ],
        # declared as another charset, as none that is known, and with the charset in every section
        [b"Content-Disposition: attachment; filename*=Shift_JIS''%E5%90%8D%E7%B0%BF%E8%A1%A8.zip"],
        [b"Content-Disposition: attachment; filename*=x-unknown''%96%BC%95%EB%95%5C.zip"],
        [b"Content-Disposition: attachment; filename*0*=utf-8''%E5%90%8D; filename*1*=UTF-8''%E7%B0%BF%E8%A1%A8.zip"],
        # as on the web
        [b'Content-Disposition: attachment; filename="%E5%90%8D%E7%B0%BF%E8%A1%A8.zip"'],
        [b'Content-Disposition: attachment; filename="&#21517;&#31807;&#34920;.zip"'],
        # cut off, and folded within a word
        [b'Content-Disposition: attachment; filename="=?utf-8?B?' + encoded("名簿表.zip", "utf-8") + b'"'],
        [b'Content-Disposition: attachment; filename="' + "名簿表.zip".encode("cp932")],
        [
            b'Content-Disposition: attachment; filename="=?utf-8?B?'
            + encoded("名簿表.zip", "utf-8")[:9]
            + b"\r\n "
            + encoded("名簿表.zip", "utf-8")[9:]
            + b'?="'
        ],
    ],
)
def test_file_names_in_all_breakages(headers: list[bytes]) -> None:
    assert named(*headers) == "名簿表.zip"


@pytest.mark.parametrize("name", ["あいう；名簿.csv", "ソ表能.csv", "顧客ﾒｲﾎﾞ.csv"])
def test_raw_bytes_that_look_like_quotes_and_backslashes(name: str) -> None:
    for codec in ("iso2022_jp_ext", "cp932", "utf-8"):
        quoted = b'Content-Disposition: attachment; filename="' + name.encode(codec) + b'"; size=3'
        assert named(quoted) == name
        mail = split(b"Subject: x\r\n" + quoted + b"\r\n\r\nx", Limits())
        assert (mail.within, mail.problems) == ((), ())


def test_a_percent_sign_in_a_name_stays() -> None:
    assert named(b'Content-Disposition: attachment; filename="100%25%E5.csv"') == "100%25%E5.csv"
    assert named(b'Content-Disposition: attachment; filename="50%off.csv"') == "50%off.csv"


def test_places_of_parts_without_names() -> None:
    content = make.mail(
        b"\r\nhello",
        b"Content-Type: text/html\r\n\r\n<p>",
        b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody",
        b'Content-Type: text/csv; name="a.csv"\r\n\r\n1',
        b'Content-Type: text/csv; name="a.csv"\r\n\r\n2',
        b'Content-Type: text/csv; name="(body)"\r\n\r\n2',
    )
    mail = split(content, Limits())
    assert [part.path[0] for part in mail.parts] == [BODY, HTML, UNNAMED, MAIL, "a.csv", "a.csv (2)", "(body) (1)"]
    assert mail.problems == ()
    assert mail.parts[0].raw == b"hello"


def test_a_mail_without_mime_is_its_body() -> None:
    mail = split(b"Subject: x\r\n\r\nhello\r\n", Limits())
    assert [(part.path, part.raw) for part in mail.parts] == [((BODY,), b"hello\r\n")]


def test_alternatives_within_a_mixed_mail_are_both_there() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=bb\r\n\r\n--bb\r\n\r\nplain\r\n--bb\r\nContent-Type: text/html\r\n\r\n<p>\r\n--bb--"
    mail = split(make.mail(inner, b"\r\nlast"), Limits())
    assert [(part.path[0], part.raw) for part in mail.parts] == [(BODY, b"plain"), (HTML, b"<p>"), (BODY, b"last")]
    assert mail.problems == ()


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_line_ends_of_both_kinds(newline: bytes) -> None:
    content = make.mail(b"\r\none\r\ntwo", b"Content-Type: text/html\r\n\r\n<p>").replace(b"\r\n", newline)
    assert [part.raw for part in split(content, Limits()).parts] == [b"one" + newline + b"two", b"<p>"]


def test_headers_are_decoded() -> None:
    content = (
        'From: =?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= <a@example.com>, "x, y" <b@example.com>\r\n'
        "Sender: c@example.com\r\nTo: =?utf-8?B?5bGx55SwLOWkqumDjg==?= <d@example.com>,\r\n e@example.com (E)\r\n"
        "Cc: team: f@example.com;\r\nDate: Mon, 1 Jan 2024 00:00:00 +0900\r\nSubject: =?utf-8?Q?=E5=B1=B1?=\r\n =?utf-8?Q?=E7=94=B0?= x\r\n\r\n"
    )
    mail = split(content.encode(), Limits())
    assert mail.from_ == (("山田", "a@example.com"), ("x, y", "b@example.com"))
    assert mail.sender == (("", "c@example.com"),)
    assert mail.to == (("山田,太郎", "d@example.com"), ("E", "e@example.com"))
    assert mail.cc == (("", "f@example.com"),)
    assert mail.date == "Mon, 1 Jan 2024 00:00:00 +0900"
    assert mail.subject == "山田 x"


@pytest.mark.parametrize("codec", ["cp932", "utf-8", "iso2022_jp"])
def test_raw_japanese_in_headers(codec: str) -> None:
    assert decode_header("山田太郎様".encode(codec)) == "山田太郎様"
    assert addresses('"山田太郎" <a@example.com>'.encode(codec)) == [("山田太郎", "a@example.com")]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (make.mail(b"\r\nhello", close=False), ProblemKind.DAMAGED),
        (make.mail(b"\r\nhello", boundary="b").replace(b'; boundary="b"', b""), ProblemKind.DAMAGED),
        (make.mail(b"\r\nhello").replace(b'boundary="b"', b'boundary="c"'), ProblemKind.DAMAGED),
        (make.mail(b"\r\nhello").replace(b'boundary="b"', b'boundary="b"; boundary="c"'), ProblemKind.AMBIGUOUS),
        (make.mail(b"\r\nhello", head="Content-Type: text/plain\r\n"), ProblemKind.AMBIGUOUS),
        (make.mail(b"\r\nhello", head="Content-Transfer-Encoding: base64\r\n"), ProblemKind.AMBIGUOUS),
        (make.mail(b"\r\nhello", head="Subject: " + "x" * 70_000 + "\r\n"), ProblemKind.TOO_BIG),
        (make.mail(b"\r\nhello", head="X-A: x\r\n" * 40_000), ProblemKind.TOO_BIG),
        (make.mail(*[b"\r\nhello"] * 1_100), ProblemKind.TOO_MANY),
    ],
    ids=[
        "not closed",
        "no boundary",
        "never comes",
        "two boundaries",
        "two types",
        "encoded multipart",
        "long",
        "many",
        "parts",
    ],
)
def test_damage_is_a_problem_and_the_text_is_read_all_the_same(content: bytes, kind: ProblemKind) -> None:
    mail = split(content, Limits())
    assert kind in {problem.kind for problem in mail.problems}
    assert all(problem.path == (HEADERS,) for problem in mail.problems)
    assert any(b"hello" in part.raw for part in mail.parts)


def test_text_around_the_parts_is_sent_and_so_read() -> None:
    content = make.mail(b"\r\nhello").replace(b"\r\n\r\n--b", b"\r\n\r\nbefore\r\n--b", 1) + b"after"
    assert [(part.path[0], part.raw) for part in split(content, Limits()).parts] == [
        (BODY, b"before"), (BODY, b"hello"), (UNNAMED, b"after")
    ]  # fmt: skip


def test_an_image_is_inline_only_when_the_html_shows_it() -> None:
    picture = b"Content-Type: image/png\r\nContent-ID: <%s>\r\n\r\nx"
    page = b'Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<img src=3D"cid:a@=\r\nb">'
    mail = split(make.mail(page, picture % b"a@b", picture % b"c@d"), Limits())
    assert [part.inline for part in mail.parts] == [False, True, False]


@pytest.mark.parametrize(
    ("encoding", "raw", "data"),
    [
        ("", b"a\r\n", b"a\r\n"),
        ("quoted-printable", b"=E5=B1=\r\n=B1", "山".encode()),
        ("base64", b"5bGx\r\n", "山".encode()),
        ("base64", b"YQ==\r\nYg==", b"ab"),
        ("base64", b"Y!Q", b"a"),
        ("x-uuencode", b"begin 644 a\r\n#0V%T\r\n`\r\nend\r\n", b"Cat"),
    ],
)
def test_transfer_encodings(encoding: str, raw: bytes, data: bytes) -> None:
    part = decode(RawPart(("a",), "text/plain", "", encoding, "", raw), Budget(Limits(), 10))
    assert isinstance(part, Part)
    assert part.data == data


def test_an_unknown_transfer_encoding_is_ambiguous() -> None:
    problem = decode(RawPart(("a",), "text/plain", "", "x-gzip64", "", b""), Budget(Limits(), 10))
    assert problem == Problem(("a",), ProblemKind.AMBIGUOUS, "unknown transfer encoding")


def test_the_fingerprint_changes_with_everything_that_changes_the_reading() -> None:
    base = {
        "path": ("a",),
        "media_type": "b",
        "charset": "c",
        "encoding": "",
        "disposition": "",
        "raw": b"x",
        "inline": False,
        "depth": 0,
    }
    others = [
        {"path": ("ab",)},
        {"media_type": ""},
        {"charset": "d"},
        {"encoding": "base64"},
        {"raw": b""},
        {"inline": True},
        {"depth": 1},
    ]
    prints = {RawPart(**base).fingerprint(), *(RawPart(**base | other).fingerprint() for other in others)}
    assert len(prints) == 1 + len(others)
    assert RawPart(**base, content_id="new each time").fingerprint() == RawPart(**base).fingerprint()


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: multipart/mixed" + b"; a=b" * 1_000_000 + b"\r\n\r\n",
        b"To: " + b"a@example.com, " * 100_000 + b"\r\n\r\n",
        b"Subject: " + b"=?" * 1_000_000 + b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"\n--b" * 500_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 20_000,
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"YQ==" * 500_000,
    ],
)  # fmt: skip
def test_hostile_structure_takes_linear_time(content: bytes) -> None:
    began = time.process_time()
    mail = split(content, Limits())
    for raw in mail.parts:
        decode(raw, Budget(Limits(), len(content)))
    assert time.process_time() - began < 2


def test_every_recipient_field_is_read() -> None:
    head = "".join(
        f"{name}: =?utf-8?B?{encoded('山田', 'utf-8').decode()}?= <{number}@example.com>, {number}b@example.com\r\n"
        for number, name in enumerate(["Bcc", "Reply-To", "Resent-To", "Resent-Cc", "Resent-Bcc"])
    )
    mail = split(head.encode() + b"\r\nx", Limits())
    assert mail.bcc == (("山田", "0@example.com"), ("", "0b@example.com"))
    assert mail.reply_to == (("山田", "1@example.com"), ("", "1b@example.com"))
    assert [address for _, address in mail.resent[::2]] == ["2@example.com", "3@example.com", "4@example.com"]
    assert mail.other == ()


def test_other_fields_are_kept_where_they_may_carry_writing() -> None:
    head = (
        "Received: from a (b) by c\r\nDKIM-Signature: v=1; b=abc def\r\nMessage-ID: <a@b>\r\nReferences: <a@b> <c@d>\r\n"
        "X-Mailer: Some Mailer 1\r\nSubject: x\r\nX-Spam-Status: No, score=1\r\nX-Flag: yes\r\nList-Help: <mailto:a@b>\r\n"
        "Content-Language: ja, en\r\nComments: =?utf-8?B?" + encoded("山田 太郎", "utf-8").decode() + "?=\r\n"
        "X-Note: a@example.com\r\nThread-Topic: one two\r\nSubject: second subject\r\n"
    )
    mail = split(head.encode() + b"\r\nx", Limits())
    assert mail.other == (
        ("comments", "山田 太郎"), ("x-note", "a@example.com"), ("thread-topic", "one two"), ("subject", "second subject")
    )  # fmt: skip
    assert mail.problems == ()


@pytest.mark.parametrize("head", ["".join(f"X-{n}: a b\r\n" for n in range(21)), "X-Note: a " + "b" * 2_000 + "\r\n"])
def test_other_fields_are_bounded_and_what_is_over_is_a_problem(head: str) -> None:
    mail = split(head.encode() + b"\r\nx", Limits())
    assert len(mail.other) <= 20
    assert all(len(text) <= 2_000 for _, text in mail.other)
    assert [problem.kind for problem in mail.problems] == [ProblemKind.TOO_MANY]


@pytest.mark.parametrize("end", ["", "\r\n\r\nrest\r\n"])
def test_what_stands_in_a_header_block_without_being_a_header_is_read(end: str) -> None:
    content = "Subject: x\r\nTo: a@example.com\r\n山田 太郎 090-1234-5678\r\nCc: b@example.com" + end
    mail = split(content.encode(), Limits())
    assert [problem.kind for problem in mail.problems] == [ProblemKind.AMBIGUOUS]
    assert "山田 太郎".encode() in mail.parts[0].raw
    assert mail.parts[0].raw.endswith(end.encode())
    assert mail.to == (("", "a@example.com"),)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("dot", ["", "."])
def test_only_the_sentence_itself_is_no_text_around_the_parts(dot, before):
    sentence, part = f"This is a multi-part message in MIME format{dot}\r\n", "--b\r\n\r\nhello\r\n"
    head = 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    for text, read in [(sentence, False), (sentence + "山田太郎 090-1234-5678\r\n", True)]:
        content = head + (text + part + "--b--\r\n" if before else part + "--b--\r\n" + text)
        raws = [raw.raw for raw in split(content.encode(), Limits()).parts]
        assert len(raws) == 1 + read
        assert any("山田太郎".encode() in raw for raw in raws) == read


NOTED = "山田太郎 090-1234-5678, 佐藤花子 090-2345-6789"


@pytest.mark.parametrize("field", ["Content-Description", "X-Note", "Subject", "Comments"])
def test_what_stands_in_the_headers_of_a_part_is_read(field):
    content = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n{field}: {NOTED}\r\n\r\nhello\r\n--b--\r\n'
    assert split(content.encode(), Limits()).within == ((field.lower(), NOTED),)


def test_what_says_how_to_read_a_part_is_no_writing():
    part = "Content-Type: text/plain; charset=utf-8\r\nContent-ID: <a@b>\r\nX-Attachment-Id: f_1234\r\n\r\nhello\r\n"
    content = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n{part}--b--\r\n'
    assert split(content.encode(), Limits()).within == ()


NAMED_TWICE = [
    'Content-Type: text/plain; name="名簿.txt"\r\nContent-Disposition: attachment; filename="a.txt"',
    "Content-Disposition: attachment; filename=\"名簿.txt\"; filename*=utf-8''a.txt",
    'Content-Disposition: attachment; filename="a.txt"; name="名簿.txt"',
    'Content-Disposition: attachment; filename="a.txt"; filename="名簿.txt"',
]


@pytest.mark.parametrize("fields", NAMED_TWICE)
def test_a_name_that_not_every_reader_sees_is_a_name_of_the_part(fields):
    content = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n{fields}\r\n\r\nhello\r\n--b--\r\n'
    [raw] = split(content.encode(), Limits()).parts
    assert (raw.path, raw.other_names) == (("a.txt",), ("名簿.txt",))
    infos = [
        out
        for out in unpack(decode(raw, Budget(Limits(), 10)), Budget(Limits(), 10), bytes)
        if isinstance(out, PartInfo)
    ]
    assert [(info.path, info.key) for info in infos] == [(("a.txt",), b"hello"), (("名簿.txt",), b"hello")]


def test_a_file_with_many_names_is_ambiguous():
    fields = "Content-Disposition: attachment" + "".join(f"; filename={number}.csv" for number in range(6))
    mail = split(fields.encode() + b"\r\n\r\nhello", Limits())
    assert [problem.kind for problem in mail.problems] == ["ambiguous"]
    assert len(mail.parts[0].other_names) == 4


def test_another_name_does_not_pass_for_the_body():
    [raw] = split(b'Content-Disposition: attachment; filename="a"; name="(body)"\r\n\r\nx', Limits()).parts
    assert raw.other_names == ("(body) (1)",)


def test_two_dispositions_are_ambiguous():
    twice = 'Content-Disposition: attachment; filename="a.txt"\r\nContent-Disposition: attachment; filename="b.txt"\r\n'
    content = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n{twice}\r\nhello\r\n--b--\r\n'
    assert [problem.kind for problem in split(content.encode(), Limits()).problems] == ["ambiguous"]


def test_the_headers_of_parts_are_bounded():
    part = "--b\r\nX-Note: " + "あ" * 20_000 + "\r\n\r\nhello\r\n"
    content = 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + part * 6 + "--b--\r\n"
    assert "too_many" in [problem.kind for problem in split(content.encode(), Limits()).problems]


LIST = b"Content-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(make.csv())


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n", "two boundaries"),
        (b"Content-Type: multipart/mixed; boundary=a; boundary*0=b\r\n", "two boundaries"),
        (b"Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n", "two content-type headers"),
        (b"Content-Type: multipart/mixed; boundary=a\r\nContent-Type: multipart/mixed; boundary=b\r\n", "two content-type headers"),
    ],
)  # fmt: skip
def test_what_readers_see_who_take_the_last_is_read_too(head: bytes, why: str) -> None:
    body = b"\r\n--a\r\n\r\nhello\r\n--a--\r\n\r\n--b\r\n" + LIST + b"\r\n--b--\r\n"
    mail = split(b"Subject: x\r\n" + head + body, Limits())
    assert (ProblemKind.AMBIGUOUS, why) in [(problem.kind, problem.detail) for problem in mail.problems]
    read = [decode(raw, Budget(Limits(), 1000)) for raw in mail.parts]
    assert make.csv() in [part.data for part in read]


def test_a_leaf_with_two_encodings_is_read_in_both() -> None:
    head = b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    mail = split(b"Subject: x\r\n" + head + base64.encodebytes(make.csv()), Limits())
    assert [decode(raw, Budget(Limits(), 1000)).data for raw in mail.parts][1] == make.csv()
    both = b"Content-Type: text/csv; name=a.csv\r\nContent-Type: text/csv; name=b.csv\r\n\r\nx"
    mail = split(b"Subject: x\r\n" + both, Limits())
    assert ([raw.path for raw in mail.parts], mail.within) == ([("a.csv",)], (("filename", "b.csv"),))


def test_parts_behind_the_closing_boundary_are_read_and_told() -> None:
    mail = split(make.mail(b"\r\nhello") + b"--b\r\n" + LIST + b"\r\n--b--\r\n", Limits())
    assert [problem.kind for problem in mail.problems] == [ProblemKind.AMBIGUOUS]
    assert decode(mail.parts[1], Budget(Limits(), 1000)).data == make.csv()
    assert split(make.mail(b"\r\nhello") + b"--b--\r\n", Limits()).problems == ()


def test_a_boundary_in_sections_is_one() -> None:
    head = b"Content-Type: multipart/mixed; boundary*0=ab;\r\n boundary*1=cd\r\n"
    mail = split(b"Subject: x\r\n" + head + b"\r\n--abcd\r\n" + LIST + b"\r\n--abcd--\r\n", Limits())
    assert (len(mail.parts), mail.problems) == (1, ())


def test_second_readings_do_not_multiply() -> None:
    inner = b"\r\nx"
    for level in range(30):
        name = f"n{level}".encode()
        inner = (
            b"Content-Type: multipart/mixed; boundary=" + name + b"; boundary=none" + name + b"\r\n\r\n--" + name + b"\r\n" + inner
            + b"\r\n--" + name + b"--\r\n"
        )  # fmt: skip
    mail = split(b"Subject: x\r\n" + inner, Limits())
    assert len(mail.parts) < 20
