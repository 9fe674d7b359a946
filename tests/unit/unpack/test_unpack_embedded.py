"""Files that stand in a text without a header that says so."""

import base64
import binascii
import hashlib
import io
import quopri
import random
import struct
import time
import zipfile

import pytest
import unpack_samples as make

from mailguard.model import BODY, HTML, Part, Problem, ProblemKind, Table, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.mail import split
from mailguard.unpack.opening import Leaf, unpack
from mailguard.unpack.transfer import decode

LONG = [*make.ROWS, *([f"会員 {number}", f"090-1234-{number:04}"] for number in range(20))]
CSV = "".join(",".join(row) + "\r\n" for row in LONG).encode("cp932")
ZIP = make.zipped({"会員.csv": CSV}, method=zipfile.ZIP_STORED)
NOISE = random.Random(1).randbytes(3_000)


def lines(data: bytes, width: int = 76, prefix: str = "") -> str:
    packed = base64.b64encode(data).decode()
    return "".join(f"{prefix}{packed[at : at + width]}\n" for at in range(0, len(packed), width))


def tables(items: list[Text | Table | Problem]) -> list[Table]:
    return [item for item in items if isinstance(item, Table) and item.rows == LONG]


def problems(items: list[Text | Table | Problem]) -> list[tuple[ProblemKind, str]]:
    return [(item.kind, item.path[-1]) for item in items if isinstance(item, Problem)]


@pytest.mark.parametrize("data", [CSV, ZIP], ids=["csv", "zip"])
@pytest.mark.parametrize("name", [BODY, "l.csv", "l.txt", "l.bin"])
@pytest.mark.parametrize("width", [60, 64, 72, 76])
def test_base64_that_nothing_declares_is_opened(data: bytes, name: str, width: int) -> None:
    items = make.leaves(lines(data, width).encode(), name)
    assert len(tables(items)) == 1
    assert tables(items)[0].path[:2] == (name, "(base64)")


@pytest.mark.parametrize(
    "text",
    [
        "名簿です。\n\n" + lines(CSV) + "\n以上\n",
        "名簿です。\n" + lines(CSV).replace("\n", "\r\n"),
        "> 名簿です。\n" + lines(CSV, prefix="> "),
        lines(CSV).rstrip("=\n"),
        base64.b64encode(CSV).decode(),
        "名簿: " + base64.b64encode(CSV).decode() + " です",
        "-----BEGIN CERTIFICATE-----\n" + lines(CSV, 64) + "-----END CERTIFICATE-----\n",
    ],
    ids=["pasted", "crlf", "quoted", "no padding", "one line", "one word", "passed off as a certificate"],
)
def test_base64_pasted_into_a_body_is_opened(text: str) -> None:
    assert len(tables(make.leaves(text.encode(), BODY))) == 1


def test_base64_in_an_html_body_is_opened() -> None:
    page = "<html><body><p>名簿</p>" + lines(CSV).replace("\n", "<br>") + "</body></html>"
    assert len(tables(make.leaves(page.encode(), HTML, media_type="text/html"))) == 1


def test_two_runs_are_two_parts_and_the_depth_is_counted() -> None:
    text = lines(CSV) + "\nnext\n" + lines(ZIP)
    paths = [item.path[1] for item in tables(make.leaves(text.encode(), BODY))]
    assert paths == ["(base64)", "(base64) (2)"]
    for _ in range(12):
        text = lines(text.encode())
    kinds = {kind for kind, _ in problems(make.leaves(text.encode(), BODY))}
    assert kinds == {ProblemKind.TOO_DEEP}


def test_base64_of_nothing_readable_is_a_problem() -> None:
    items = make.leaves(lines(NOISE).encode(), BODY)
    assert problems(items) == [(ProblemKind.NOT_READ, "(base64)")]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\n" + lines(b"\x30\x82\x04\x00" + NOISE, 64) + "-----END CERTIFICATE-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n" + lines(b"\x30\x82\x04\x00" + NOISE, 64) + "-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n" + lines(b"openssh-key-v1\0" + NOISE, 70) + "-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: GnuPG v2\n\n" + lines(b"\x99" + NOISE, 64) + "=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n",
        "hello\n-----BEGIN PGP SIGNATURE-----\n\n" + lines(b"\x89" + NOISE[:700], 64) + "=abcd\n-----END PGP SIGNATURE-----\n",
        "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa" + NOISE[:280]).decode() + " a@b\n",
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.com;\n b=" + lines(NOISE[:256], 70, " ").strip() + "\nSubject: x\n",
        "".join(random.Random(number).randbytes(32).hex() + "\n" for number in range(40)),
        "https://example.com/u/" + base64.urlsafe_b64encode(NOISE[:150]).decode() + "\n" * 3,
        "https://example.com/u/" + base64.b64encode(CSV).decode() + "\n",
        "A" * 100 + "\n" + "B" * 90 + "\n",
    ],
    ids=["certificate", "key", "openssh", "pgp key", "pgp signature", "ssh", "dkim", "hashes", "link", "link with text", "few"],
)  # fmt: skip
def test_keys_signatures_hashes_and_links_are_harmless(text: str) -> None:
    items = make.leaves(text.encode(), BODY)
    assert [type(item) for item in items] == [Text]


def test_noise_passed_off_as_a_certificate_is_a_problem() -> None:
    text = "-----BEGIN CERTIFICATE-----\n" + lines(b"\x01" + NOISE, 64) + "-----END CERTIFICATE-----\n"
    assert problems(make.leaves(text.encode(), BODY)) == [(ProblemKind.NOT_READ, "(base64)")]


HEAD = 'From: a@example.com\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b 1"\n\n'
PARTS = (
    "--b 1\nContent-Type: text/plain\n\nhello\n"
    "--b 1\nContent-Type: text/csv; name=l.csv\nContent-Transfer-Encoding: {}\n\n{}\n--b 1--\n"
)


@pytest.mark.parametrize("head", ["", HEAD, "転送します。\n\n" + HEAD, "preamble\n"])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("base64", lines(CSV)), ("base64", lines(CSV, 40)), ("quoted-printable", quopri.encodestring(CSV).decode())],
    ids=["base64", "short lines", "quoted-printable"],
)
@pytest.mark.parametrize("prefix", ["", "> "])
def test_a_mail_source_in_a_body_is_opened_as_a_mail(head: str, encoding: str, packed: str, prefix: str) -> None:
    source = "".join(prefix + line + "\n" for line in (head + PARTS.format(encoding, packed)).splitlines())
    items = make.leaves(source.encode(), BODY)
    assert [item.path for item in tables(items)] == [(BODY, "(mail)", "l.csv")]
    assert problems(items) == []


def test_a_mail_whose_content_type_is_missing_is_opened_all_the_same() -> None:
    content = (
        ("From: a@example.com\nSubject: x\n\n" + PARTS.format("base64", lines(CSV))).replace("\n", "\r\n").encode()
    )
    budget = Budget(Limits(), len(content))
    (raw,) = split(content, Limits()).parts
    part = decode(raw, budget)
    assert isinstance(part, Part)
    items = [out.item for out in unpack(part, budget, make.digest) if isinstance(out, Leaf)]
    assert len(tables(items)) == 1


def test_quoted_printable_that_nothing_declares_is_decoded() -> None:
    text = quopri.encodestring("山田 太郎 様 090-1234-5678\n".encode() * 3).decode()
    items = make.leaves(text.encode(), BODY)
    assert [item.text.split()[0] for item in items if item.path[-1] == "(quoted-printable)"] == ["山田"]


def test_a_signature_line_and_a_rule_are_no_boundaries() -> None:
    text = "hello\n-- \nContent-Manager: Yamada\n----------\nfoo\n"
    assert [type(item) for item in make.leaves(text.encode(), BODY)] == [Text]


@pytest.mark.parametrize(
    "unit",
    [
        "A" * 60 + "\n",
        "A" * 61 + "=\n",
        "-----BEGIN CERTIFICATE-----\n" + ("A" * 62 + "\n") * 3,
        "--b\nContent-Type: a\n",
        "=41=42=43",
    ],
)
def test_time_is_linear(unit: str) -> None:
    begin = time.process_time()
    make.leaves((unit * (2_000_000 // len(unit))).encode(), BODY, Limits(files=200))
    assert time.process_time() - begin < 5


def certificate_data(content: bytes = b"", *, indefinite: bool = False) -> bytes:
    def value(tag: int, inside: bytes, *, may: bool = True) -> bytes:
        if indefinite and may and tag & 0x20:
            return bytes((tag, 0x80)) + inside + b"\0\0"
        return bytes((tag, 0x82)) + struct.pack(">H", len(inside)) + inside

    data = value(0x06, bytes.fromhex("2a864886f70d010701"), may=False).replace(b"\x06\x82\0\x09", b"\x06\x09")
    inner = value(0x30, data + (value(0xA0, value(0x04, content)) if content else b""))
    signed = value(
        0x30,
        b"\x02\x01\x01" + value(0x31, b"\x30\x03\x06\x01\x2a", may=False) + inner + value(0x31, NOISE[:500], may=False),
    )
    return value(0x30, bytes.fromhex("06092a864886f70d010702") + value(0xA0, signed))


@pytest.mark.parametrize("indefinite", [False, True])
def test_a_detached_signature_passes_and_what_is_more_than_one_does_not(*, indefinite: bool) -> None:
    declared = {"media_type": "application/pkcs7-signature"}
    assert make.leaves(certificate_data(indefinite=indefinite), "smime.p7s", **declared) == []
    assert isinstance(make.leaves(certificate_data(CSV, indefinite=indefinite), "smime.p7s", **declared)[0], Table)
    more = [ProblemKind.NOT_READ, ProblemKind.DAMAGED]
    for data, kinds in (
        (certificate_data(indefinite=indefinite) + CSV, more),
        (certificate_data(indefinite=indefinite) + b"\0" * 70_000, more),
        (bytes(range(256)) * 8, [ProblemKind.UNKNOWN_FORMAT]),
        (b"\x30\x80" * 400 + bytes(1_000), [ProblemKind.UNKNOWN_FORMAT]),
        (certificate_data(indefinite=indefinite)[:200], [ProblemKind.DAMAGED]),
    ):
        assert [item.kind for item in make.leaves(data, "smime.p7s", **declared)] == kinds


def test_a_pgp_signature_passes_and_what_calls_itself_one_is_read() -> None:
    armour = "-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v2\n\n{}=abcd\n-----END PGP SIGNATURE-----\n"
    declared = {"media_type": "application/pgp-signature"}
    assert make.leaves(armour.format(lines(b"\x89\x01" + NOISE[:500], 64)).encode(), "signature.asc", **declared) == []
    assert len(tables(make.leaves(armour.format(lines(CSV, 64)).encode(), "signature.asc", **declared))) == 1
    assert tables(make.leaves(CSV, "signature.asc", **declared))


def test_a_real_zip_is_found_whole() -> None:
    assert zipfile.ZipFile(io.BytesIO(ZIP)).testzip() is None


@pytest.mark.parametrize("width", [16, 20, 40, 59, 76, 100])
@pytest.mark.parametrize(
    "pack", [base64.b64encode, base64.urlsafe_b64encode, binascii.hexlify], ids=["base64", "for URLs", "hex"]
)
def test_a_list_packed_in_lines_of_any_width_is_found(pack, width: int) -> None:
    packed = pack("山田 太郎,090-1234-5678\r\n".encode("cp932") * 30).decode()
    text = "\n".join(packed[at : at + width] for at in range(0, len(packed), width))
    said = [
        item.text if isinstance(item, Text) else str(item.rows)
        for item in make.leaves(f"x\n{text}\n".encode())
        if not isinstance(item, Problem)
    ]
    assert any("090-1234-5678" in one for one in said[1:]) or "090-1234-5678" in said[0]


def test_words_in_lines_of_one_width_are_no_file() -> None:
    words = "\n".join(f"abcdefghijklmnop{number:04d}" for number in range(100))
    digests = "\n".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(100))
    for text in (words, digests):
        assert [type(item) for item in make.leaves(f"一覧\n{text}\n".encode())] == [Text]


@pytest.mark.parametrize("gap", [" ", "\u3000", "\r\n", " \r\n", "\n"])
def test_letters_that_stand_apart_are_read_together(gap: str) -> None:
    people = "\n".join(f"山田 太郎 090-1234-56{number:02d}" for number in range(9))
    items = make.leaves(f"一覧です。\n{gap.join(people)}\n".encode(), BODY, media_type="text/plain")
    assert any("090-1234-5607" in item.text for item in items if isinstance(item, Text))


def test_a_heading_with_wide_letters_and_a_long_text_are_left_alone() -> None:
    for text in ("お 知 ら せ\n" * 9, " ".join("あいうえお" * 20), "a " * 200_000, "x  " * 100_000):
        assert len(make.leaves(text.encode(), BODY, media_type="text/plain")) == 1
