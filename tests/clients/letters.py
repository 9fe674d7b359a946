"""The mails that every client sends: nothing personal is in them, so they go through."""

import email
import functools
import random
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, default
from enum import StrEnum
from pathlib import Path

SUBJECT = "夏の商品のご案内"
TEXT = "いつもご利用ありがとうございます。\n\n.先頭が点の行もそのまま届きます。\n新しい商品の一覧をお送りします。\n"
TABLE = "品番,商品,数量\r\nA-1,傘,10\r\nB-2,帽子,20\r\n".encode()


class Kind(StrEnum):
    PLAIN = "plain"
    JAPANESE_NAME = "japanese-name"
    BIG = "30-mb"
    NULL_SENDER = "null-sender"
    UTF8_ADDRESS = "smtputf8-address"


@dataclass(frozen=True)
class Letter:
    """`attachment` is a file to attach. The recipient is named after the client, so that no two letters are alike."""

    kind: Kind
    sender: str
    recipient: str
    subject: str = SUBJECT
    text: str = TEXT
    attachment: Path | None = None

    @functools.cached_property  # its boundary is another each time
    def composed(self) -> bytes:
        """The mail, for clients that send what they are given. CRLF."""
        mail = EmailMessage(policy=SMTPUTF8 if self.kind is Kind.UTF8_ADDRESS else SMTP)
        mail["From"], mail["To"], mail["Subject"] = self.sender or "shop@example.jp", self.recipient, self.subject
        mail["Message-ID"], mail["Date"] = f"<{self.kind}@example.jp>", "Sat, 21 Nov 2026 10:00:00 +0900"
        mail.set_content(self.text, cte="8bit")
        if self.attachment is not None:
            main, sub = media(self.attachment).split("/")
            mail.add_attachment(self.attachment.read_bytes(), maintype=main, subtype=sub, filename=self.attachment.name)
        return mail.as_bytes()


def media(file: Path) -> str:
    return "text/csv" if file.suffix == ".csv" else "application/pdf"


def letter(kind: Kind, who: str, folder: Path) -> Letter:
    sender, recipient, attachment = "shop@example.jp", f"{who}.{kind}@example.jp", None
    if kind is Kind.NULL_SENDER:
        sender = ""
    elif kind is Kind.UTF8_ADDRESS:
        sender, recipient = "案内@example.jp", f"{who}.会員@example.jp"
    elif kind is Kind.JAPANESE_NAME:
        attachment = folder / "日本語.csv"
        attachment.write_bytes(TABLE)
    elif kind is Kind.BIG:
        attachment = folder / "catalogue.pdf"
        attachment.write_bytes(_catalogue())
    return Letter(kind, sender, recipient, attachment=attachment)


@functools.cache
def _catalogue() -> bytes:
    """A PDF of one empty page and a picture of 30 MB."""
    picture = random.Random(3).randbytes(30_000_000)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<</XObject<</I 4 0 R>>>>>>",
        b"<</Type/XObject/Subtype/Image/Width 1000/Height 10000/ColorSpace/DeviceRGB/BitsPerComponent 8/Length 30000000>>"
        b"\nstream\n" + picture + b"\nendstream",
    ]
    made, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, text in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    start = len(made)
    made += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    made += b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(made)


def attachments(content: bytes) -> list[tuple[str, bytes]]:
    """Name and bytes of what is attached, read as generously as mail programs do."""
    mail = email.message_from_bytes(content, policy=default)
    return [(_plain(part.get_filename()), part.get_payload(decode=True)) for part in mail.walk() if part.get_filename()]


def _plain(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode()
