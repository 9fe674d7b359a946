"""Mail in other wrappings: S/MIME, OpenPGP, mailboxes, uuencode, files of a Mac."""

import datetime as dt
import zlib

import mail_samples as mails
import pytest
import unpack_samples as make
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from mailguard.model import BODY, MAIL, Part, PartInfo, Problem, ProblemKind, Table, Text
from mailguard.unpack import sniff
from mailguard.unpack.opening import HANDLERS

ENTITY = b'Content-Type: text/csv; name="=?utf-8?B?5ZCN57C/LmNzdg==?="\r\n\r\n' + make.csv()
FILE = (MAIL, "名簿.csv")


def tables(data: bytes, name: str = "smime.p7m") -> dict[tuple[str, ...], list[list[str]]]:
    return {item.path[1:]: item.rows for item in make.leaves(data, name) if isinstance(item, Table)}


def kinds(data: bytes, **declared: object) -> list[ProblemKind]:
    return [item.kind for item in make.leaves(data, **declared) if isinstance(item, Problem)]


def certificate(key) -> x509.Certificate:
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "made up")]), dt.datetime(2026, 1, 1)  # noqa: DTZ001
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=9))
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize("build", [mails.der, mails.ber])
def test_what_is_only_signed_is_read(build) -> None:
    assert tables(mails.signed(ENTITY, build)) == {FILE: make.ROWS}


def test_what_a_library_signed_is_read_and_its_detached_signature_is_nothing() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = pkcs7.PKCS7SignatureBuilder().set_data(ENTITY).add_signer(certificate(key), key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.Binary]
    assert tables(builder.sign(serialization.Encoding.DER, options)) == {FILE: make.ROWS}
    assert list(tables(builder.sign(serialization.Encoding.PEM, options)).values()) == [make.ROWS]
    detached = builder.sign(serialization.Encoding.DER, [*options, pkcs7.PKCS7Options.DetachedSignature])
    assert make.leaves(detached, "会員.csv") == []


def test_what_is_encrypted_is_told() -> None:
    key = rsa.generate_private_key(65537, 2048)
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(ENTITY).add_recipient(certificate(key))
    assert kinds(builder.encrypt(serialization.Encoding.DER, [])) == [ProblemKind.ENCRYPTED]


def test_a_signed_file_is_read_under_its_own_name() -> None:
    assert tables(mails.signed(make.csv()), "名簿.csv.p7m") == {("名簿.csv",): make.ROWS}
    assert tables(mails.signed(make.csv() * 2_000)) != {}  # more text than other bytes: a text by its look


def test_what_is_compressed_is_read() -> None:
    inner = mails.der(0x30, mails.oid(mails.PKCS7 + "01"), mails.der(0xA0, mails.der(4, zlib.compress(ENTITY))))
    data = mails.der(0x30, mails.der(2, b"\0"), mails.der(0x30, mails.oid("2a")), inner)
    assert tables(mails.der(0x30, mails.oid(mails.ZIPPED), mails.der(0xA0, data))) == {FILE: make.ROWS}


def test_a_signature_with_more_than_a_signature_is_told() -> None:
    assert kinds(mails.signed(None)) == []
    assert kinds(mails.signed(None) + make.csv()) == [ProblemKind.NOT_READ, ProblemKind.DAMAGED]
    assert kinds(mails.signed(b"hello") + make.csv()) == [ProblemKind.DAMAGED]
    assert kinds(mails.signed(b"hello")[:-20]) == [ProblemKind.DAMAGED]


def test_openpgp() -> None:
    assert kinds(mails.PGP) == [ProblemKind.ENCRYPTED]
    assert kinds(b"\xc3\x04\x04\1\2\3" + b"\xd2\x03\1ab\xff") == [ProblemKind.ENCRYPTED]
    assert kinds(b"\x85" + bytes(range(200))) == [ProblemKind.UNKNOWN_FORMAT]


def test_a_mailbox_gives_each_mail_and_text_that_looks_like_one_stays_text() -> None:
    said = {item.path[1:]: item.text for item in make.leaves(mails.MBOX) if isinstance(item, Text)}
    assert said[(MAIL, BODY)].strip() == "hello"
    assert said[(f"{MAIL} (2)", BODY)] == "From me\n"
    (body,) = make.leaves(mails.MBOX, BODY)
    assert "Subject: 2" in body.text
    # A mail that was declared as one, though it begins like a mailbox.
    assert len([one for one in make.opened(mails.MBOX, media_type="message/rfc822") if isinstance(one, PartInfo)]) >= 3


@pytest.mark.parametrize(
    "around",
    [
        lambda packed: b"hello\n" + packed + b"bye\n",
        lambda packed: packed.replace(b"\n", b"\r\n"),
        lambda packed: b"<p>hello</p>\n" + packed,  # reads as HTML
        lambda packed: b"a,b,c\n1,2,3\n2,3,4\n" + packed,
        lambda packed: b"".join(b"> " + line + b"\n" for line in packed.splitlines()),
        lambda packed: packed.decode("cp932").encode("utf-16"),
        lambda packed: b"\n".join(line.rstrip() for line in packed.splitlines()) + b"\n",
    ],
)
def test_uuencoded_files_in_a_text_are_opened(around) -> None:
    data = around(mails.uuencoded("名簿.csv", make.csv()))
    assert make.ROWS in tables(data, BODY).values()
    assert kinds(data) == []


def test_a_uuencoded_file_that_breaks_off_is_told() -> None:
    packed = mails.uuencoded("名簿.csv", make.csv() * 5)
    assert ProblemKind.DAMAGED in kinds(packed[:150])
    assert kinds(b"begin 644 lines\n" * 2_000) == [ProblemKind.DAMAGED] * 10


def test_files_of_a_mac() -> None:
    single = mails.apple((1, make.csv()), (3, "名簿.csv".encode()), (9, bytes(32)), magic=b"\0\5\x16\0")
    assert list(tables(single).values()) == [make.ROWS]
    told = mails.apple((9, bytes(40) + b"com.apple.note\0" + "山田太郎".encode() + b"\0"), (2, bytes(50)))
    (text,) = make.leaves(told)
    assert text.text == "com.apple.note\n山田太郎"
    assert kinds(mails.apple((2, b"x" * 70_000))) == [ProblemKind.NOT_READ]
    assert kinds(mails.apple((1, b"hello"))[:-2]) == [ProblemKind.DAMAGED]


def test_the_order_of_handlers_leaves_signatures_to_their_own() -> None:
    part = Part(("a",), mails.signed(None))
    assert next(one for one in HANDLERS if one.matches(part, sniff.sniff(part.data))).NAME.startswith("Signatures")
