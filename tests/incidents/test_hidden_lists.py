"""One list of twelve people, wherever it is hidden in a mail: the real scanner finds it, and says where and how many."""

import bz2
import gzip
import io
import lzma
import os
import sys
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import py7zr
import pytest
import pytest_asyncio
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from mailguard.config import Config, Own
from mailguard.demo.people import households
from mailguard.inspect.client import Inspector
from mailguard.model import BODY, HEADERS, Action, Envelope, Kind
from mailguard.pieces import cut
from mailguard.policy import Policy, judge, thresholds
from mailguard.service import scanning
from mailguard.unpack.tools import TOOLS

sys.path.append(str(Path(__file__).parents[1] / "unit" / "unpack"))
import archive_samples as archives
import mail_samples
import office_samples as office
import ole_samples as ole
import outlook_samples as outlook
import unpack_samples as make
from machine import needs

pytestmark = [pytest.mark.incident, pytest.mark.asyncio(loop_scope="module")]

RULES = Path(__file__).parents[2] / "rules" / "policy.toml"
ROSTER = [["氏名", "フリガナ", "電話番号", "メールアドレス", "住所"]] + [
    [home.guardian.name, home.guardian.kana, home.phone, home.email, home.address] for home in households(12, 41)
]
LINES = "".join("\t".join(row) + "\r\n" for row in ROSTER)
CSV = LINES.replace("\t", ",").encode("cp932")
KINDS = {Kind.NAME, Kind.PHONE, Kind.EMAIL, Kind.ADDRESS}


def mail(name: str = "", data: bytes = b"", body: str = "今月のお知らせをお送りします。\r\n") -> bytes:
    """To an address that is nobody's: forwarded, it adds no person."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "news@example.jp", "info@example.jp", "お知らせ"
    message.set_content(body, cte="base64")
    if name:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def xlsx() -> bytes:
    book = make.workbook()
    book.active.delete_rows(1, 9)
    book.active.append(["お知らせ"])
    hidden = book.create_sheet("控え")
    hidden.sheet_state = "veryHidden"
    for row in ROSTER:
        hidden.append(row)
    return make.saved(book)


def pdf() -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setFont("HeiseiKakuGo-W5", 6)
    for number, row in enumerate(ROSTER):
        for place, cell in zip((30, 90, 170, 230, 350), row, strict=True):
            canvas.drawString(place, 780 - 18 * number, cell)
    canvas.save()
    return buffer.getvalue()


def rtf() -> bytes:
    def escaped(text: str) -> str:
        return "".join(char if char.isascii() else f"\\u{(ord(char) + 0x8000) % 0x10000 - 0x8000}?" for char in text)

    cells = "".join(f"\\cellx{1000 * number}" for number in range(1, 6))
    rows = (
        f"\\trowd{cells} " + "".join(f"\\pard\\intbl {escaped(cell)}\\cell" for cell in row) + "\\row" for row in ROSTER
    )
    return ("{\\rtf1\\ansi " + "\n".join(rows) + "}").encode()


def ods() -> bytes:
    rows = (
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in ROSTER
    )
    return office.odf("spreadsheet", f'<table:table table:name="控え">{"".join(rows)}</table:table>')


def doc() -> bytes:
    return ole.doc([("お知らせ\r" + LINES.replace("\r\n", "\r"), False)])


def xls() -> bytes:
    return ole.xls([(line, column, cell) for line, row in enumerate(ROSTER) for column, cell in enumerate(row)])


def sevenzip() -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.writestr(CSV, "名簿.csv")
    return out.getvalue()


def eml() -> bytes:
    return mail("資料.zip", make.zipped({"控え.zip": make.zipped({"名簿.csv": CSV})}))


def msg() -> bytes:
    """The builder keeps no streams of less than 4 KB."""
    attached = {(0x3707, 0x1F): outlook.wide("名簿.csv"), (0x3701, 0x102): CSV + b"\r\n" * 2_000}
    streams = {("__attach_version1.0_#00000000", outlook.stream(*key)): value for key, value in attached.items()}
    return outlook.msg({(outlook.stream(0x1000, 0x1F),): outlook.wide("お知らせ"), **streams})


def mbox() -> bytes:
    mails = (mail(), mail("名簿.csv", CSV))
    return b"\n".join(b"From - Mon Nov  2 10:00:00 2026\n" + one.replace(b"\r\n", b"\n") for one in mails)


def vcards() -> bytes:
    homes = households(500, 43)
    return "".join(
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{home.guardian.family};{home.guardian.given};;;\r\nFN:{home.guardian.name}\r\n"
        f"TEL;TYPE=CELL:{home.phone}\r\nEMAIL:{home.email}\r\nADR;TYPE=HOME:;;{home.address};;;{home.postal_code};日本\r\nEND:VCARD\r\n"
        for home in homes
    ).encode()


HIDDEN = {
    "zip in zip in eml": (lambda: mail("先月.eml", eml()), ("先月.eml", "資料.zip", "控え.zip", "名簿.csv")),
    "forwarded as a mail": (lambda: forwarded(eml()), ("(mail)", "資料.zip", "控え.zip", "名簿.csv")),
    "cp932 csv without extension": (lambda: mail("a", CSV), ("a",)),
    "very hidden sheet": (lambda: mail("案内.xlsx", xlsx()), ("案内.xlsx", "控え")),
    "pdf": (lambda: mail("案内.pdf", pdf()), ("案内.pdf",)),
    "docx table": (lambda: mail("案内.docx", office.docx(office.paragraph("お知らせ") + office.table(ROSTER))), ("案内.docx",)),
    "lzh": (lambda: mail("a.lzh", archives.lzh({"名簿.csv": CSV})), ("a.lzh", "名簿.csv")),
    "7z": (lambda: mail("a.7z", sevenzip()), ("a.7z", "名簿.csv")),
    "rar": (lambda: mail("a.rar", archives.rar({"list.csv": CSV})), ("a.rar", "list.csv")),
    "tar.gz": (lambda: mail("a.tar.gz", gzip.compress(archives.tar({"名簿.csv": CSV}))), ("a.tar.gz", "a.tar", "名簿.csv")),
    "tar.xz": (lambda: mail("a.tar.xz", lzma.compress(archives.tar({"名簿.csv": CSV}))), ("a.tar.xz", "a.tar", "名簿.csv")),
    "bz2": (lambda: mail("名簿.csv.bz2", bz2.compress(CSV)), ("名簿.csv.bz2", "名簿.csv")),
    "winmail.dat": (lambda: mail("winmail.dat", outlook.tnef(outlook.attached("名簿.csv", CSV))), ("winmail.dat", "名簿.csv")),
    "msg": (lambda: mail("先月.msg", msg()), ("先月.msg", "名簿.csv")),
    "uuencoded in the body": (lambda: plain(b"hello\r\n\r\n" + mail_samples.uuencoded("名簿.csv", CSV).replace(b"\n", b"\r\n")), (BODY, "名簿.csv")),
    "mbox": (lambda: mail("先月.mbox", mbox()), ("先月.mbox", "(mail) (2)", "名簿.csv")),
    "rtf": (lambda: mail("案内.rtf", rtf()), ("案内.rtf",)),
    "doc": (lambda: mail("案内.doc", doc()), ("案内.doc",)),
    "xls": (lambda: mail("案内.xls", xls()), ("案内.xls", "会員")),
    "ods": (lambda: mail("案内.ods", ods()), ("案内.ods", "控え")),
    "signed": (lambda: mail("smime.p7m", mail_samples.signed(mail("名簿.csv", CSV))), ("smime.p7m", "(mail)", "名簿.csv")),
    "self-extracting": (lambda: mail("案内.exe", b"MZ" + bytes(200) + make.zipped({"名簿.csv": CSV})), ("案内.exe", "案内", "名簿.csv")),
    "vcards": (lambda: mail("連絡先.vcf", vcards()), ("連絡先.vcf",)),
    "pasted into the body": (lambda: mail(body="名簿は次のとおりです。\r\n\r\n" + LINES), (BODY,)),
}  # fmt: skip
PERSONS = {"vcards": 500}
PROGRAMS = {"lzh": "lha", "rar": "unar"}
PATHS = {tool.name: tool.path for tool in TOOLS}
HEAD = "From: news@example.jp\r\nTo: taro@example.com\r\nSubject: x\r\n"


def forwarded(content: bytes) -> bytes:
    return make.mail(b"\r\nhello", b"Content-Type: message/rfc822\r\n\r\n" + content, head=HEAD)


def plain(body: bytes) -> bytes:
    return HEAD.encode() + b"\r\n" + body


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verdict(digester):
    scanner = scanning.scanner(Config(), digester)
    policy = Policy.build(thresholds(RULES), Own(), digester)
    await scanner.start()

    async def of(content: bytes):
        inspection = await Inspector(scanner, digester).mail(cut(content, digester), 60)
        return inspection, judge(Envelope("news@example.jp", ("taro@example.com",)), inspection, policy)

    yield of
    await scanner.stop()


@pytest.mark.parametrize("place", HIDDEN)
async def test_the_list_is_found_where_it_is_hidden(verdict, place):
    if place in PROGRAMS:
        needs(os.access(PATHS[PROGRAMS[place]], os.X_OK), PROGRAMS[place])
    build, path = HIDDEN[place]
    inspection, result = await verdict(build())
    assert result.action is Action.HOLD
    assert inspection.problems == ()
    # The headers of a mail inside the mail name an address, and nobody.
    found = [finding for finding in inspection.findings if finding.path[-1] != HEADERS]
    assert {finding.path for finding in found} == {path}
    assert {finding.kind for finding in found} >= KINDS
    assert (inspection.persons, inspection.persons_exact) == (PERSONS.get(place, 12), True)
