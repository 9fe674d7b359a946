"""Files of the clean mails: PDF, workbook, CSV, calendar, address card; all made up."""

import csv
import io
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

import openpyxl
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

File = tuple[str, bytes, str]
"""Name, content, media type."""

Rows = Sequence[Sequence[object]]
_FONT = "HeiseiKakuGo-W5"


def pdf(name: str, text: str) -> File:
    """Pages of text in a Japanese font that is not embedded."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    lines = text.splitlines()
    for top in range(0, max(1, len(lines)), 40):
        canvas.setFont(_FONT, 11)
        for number, line in enumerate(lines[top : top + 40]):
            canvas.drawString(60, 780 - 18 * number, line)
        canvas.showPage()
    canvas.save()
    return name, buffer.getvalue(), "application/pdf"


def workbook(name: str, rows: Rows, sheet: str = "Sheet1") -> File:
    """One sheet."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return name, buffer.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table(name: str, rows: Rows, codec: str = "cp932") -> File:
    """A CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return name, text.getvalue().encode(codec), "text/csv"


def text(name: str, content: str) -> File:
    """A text file."""
    return name, content.encode(), "text/plain"


def page(name: str, content: str) -> File:
    """An HTML file."""
    return name, f"<!DOCTYPE html><html><body>{content}</body></html>".encode(), "text/html"


def mail(sender: str, to: str, subject: str, body: str, files: Sequence[File] = (), html: str = "") -> bytes:
    """A mail ready for the wire; with `html` a multipart/alternative."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"], message["Message-ID"] = "Tue, 31 Oct 2026 10:00:00 +0900", f"<{len(body)}.1@example.co.jp>"
    message.set_content(body, cte="base64")
    if html:
        message.add_alternative(f"<!DOCTYPE html><html><body>{html}</body></html>", subtype="html", cte="base64")
    for name, data, media_type in files:
        main, _, sub = media_type.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()
