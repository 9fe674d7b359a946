"""A screenshot of a phone book, read by the Tesseract of this machine inside the sandbox, however it is sent."""

import io
import os
import zipfile
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import machine
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from mailguard.config import Config, Own
from mailguard.demo.people import households
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.inspect.client import Inspector
from mailguard.model import Action, Envelope, Inspection, Kind, PartPath
from mailguard.pieces import cut
from mailguard.policy import Policy, judge, thresholds
from mailguard.service.scanning import scanner
from mailguard.unpack.tools import TOOLS

D = Digester(b"k" * 32)
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
TESSERACT = {tool.name: tool.path for tool in TOOLS}["tesseract"]
PERSONS = 4
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inspector() -> AsyncIterator[Inspector]:
    machine.needs(os.access(TESSERACT, os.X_OK), "tesseract")
    machine.needs(os.access(FONT, os.R_OK), "fonts-noto-cjk")
    patient = {"workers": 1, "task_seconds": 45, "tool_seconds": 40}
    with_time = scanner(Config(scanner=patient, limits={"picture_seconds": 40}), D)
    await with_time.start()
    yield Inspector(with_time, D)
    await with_time.stop()


def phone_book(kind: str, seed: int) -> bytes:
    """Names and phones, as a screen shows a table."""
    font, size = ImageFont.truetype(FONT, 24), 24
    image = Image.new("RGB", (520, size * 2 * (PERSONS + 1) + size), "white")
    draw = ImageDraw.Draw(image)
    rows = [("氏名", "電話番号"), *((home.guardian.name, home.phone) for home in households(PERSONS, seed))]
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            draw.text((size + column * 230, size + number * 2 * size), value, font=font, fill="black")
    out = io.BytesIO()
    image.save(out, kind, **({"quality": 85} if kind == "JPEG" else {}))
    return out.getvalue()


def mail() -> EmailMessage:
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"], message["To"], message["Subject"] = "news@example.jp", "b@example.com", "お知らせ"
    message.set_content("ご覧ください。")
    return message


def docx(picture: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml" PartName="/word/document.xml"/></Types>')  # fmt: skip
        package.writestr("word/document.xml", '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body/></w:document>')  # fmt: skip
        package.writestr("word/media/image1.png", picture)
    return out.getvalue()


def pdf(picture: bytes) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawImage(ImageReader(io.BytesIO(picture)), 60, 400, width=416, height=211)
    canvas.save()
    return out.getvalue()


async def inspected(inspector: Inspector, message: EmailMessage) -> Inspection:
    return await inspector.mail(cut(message.as_bytes(), D), 100)


def assert_held(inspection: Inspection, *paths: PartPath) -> None:
    assert not inspection.problems
    for path in paths:
        kinds = {finding.kind for finding in inspection.findings if finding.path == path}
        assert {Kind.NAME, Kind.PHONE} <= kinds, path
    # A letter may be misread, by another version of Tesseract another one.
    assert (PERSONS - 1) * len(paths) <= inspection.persons <= (PERSONS + 1) * len(paths)
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(), D)
    envelope = Envelope("news@example.jp", ("b@example.com",))
    assert judge(envelope, inspection, policy, recipients=1).action is Action.HOLD


async def test_attached_and_shown_in_the_page(inspector: Inspector) -> None:
    message = mail()
    message.add_alternative('<html><body><p>写真</p><img src="cid:shot"></body></html>', subtype="html")
    message.get_payload()[1].add_related(phone_book("JPEG", 1), "image", "jpeg", cid="<shot>", filename="画面.jpg")
    message.add_attachment(phone_book("PNG", 2), "image", "png", filename="名簿.png")
    inspection = await inspected(inspector, message)
    assert_held(inspection, ("画面.jpg",), ("名簿.png",))


async def test_in_a_document_and_as_a_scanned_page(inspector: Inspector) -> None:
    message = mail()
    message.add_attachment(docx(phone_book("PNG", 3)), "application", "octet-stream", filename="a.docx")
    message.add_attachment(pdf(phone_book("PNG", 4)), "application", "pdf", filename="b.pdf")
    assert_held(await inspected(inspector, message), ("a.docx", "image1.png"), ("b.pdf",))


async def test_a_picture_in_which_nobody_stands_passes(inspector: Inspector) -> None:
    image, out = Image.linear_gradient("L").resize((400, 300)), io.BytesIO()
    image.save(out, "JPEG")
    message = mail()
    message.add_attachment(out.getvalue(), "image", "jpeg", filename="空.jpg")
    inspection = await inspected(inspector, message)
    assert inspection.problems == ()
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(), D)
    assert judge(Envelope("news@example.jp", ("b@example.com",)), inspection, policy).action is Action.PASS
