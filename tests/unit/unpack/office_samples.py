"""Made-up Office files, as small as their readers take them."""

import hashlib
import io
import zipfile
from collections.abc import Iterator

import msoffcrypto.format.ooxml

_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/{}" ContentType="application/vnd.openxmlformats-officedocument.{}.main+xml"/></Types>'
_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wp="wp" xmlns:v="v"'
)

LONG = {"word/fonts/font1.odttf": hashlib.shake_128(b"a font").digest(6_000)}


def package(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(rows: list[list[str]]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def docx(body: str, members: dict[str, str | bytes] | None = None) -> bytes:
    document = f"<w:document {_NAMES}><w:body>{body}</w:body></w:document>"
    types = _TYPES.format("word/document.xml", "wordprocessingml.document")
    return package({"[Content_Types].xml": types, "word/document.xml": document, **(members or {})})


def word(body: str) -> str:
    """A member beside the document: header, footnotes, comments."""
    return f"<w:hdr {_NAMES}>{body}</w:hdr>"


def pptx(slides: list[str], members: dict[str, str | bytes] | None = None) -> bytes:
    shown = {
        f"ppt/slides/slide{number}.xml": slide(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>")
        for number, text in enumerate(slides, 1)
    }
    types = _TYPES.format("ppt/presentation.xml", "presentationml.presentation")
    return package({"[Content_Types].xml": types, "ppt/presentation.xml": "<p/>", **shown, **(members or {})})


def slide(body: str) -> str:
    return f"<p:sld {_NAMES}>{body}</p:sld>"


def encrypted(data: bytes, password: str) -> bytes:
    """`data` of at least 4 KB: the library writes shorter streams where it does not look for them."""
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def odf(kind: str, content: str, members: dict[str, str | bytes] | None = None) -> bytes:
    """kind: text, spreadsheet or presentation."""
    names = " ".join(f'xmlns:{name}="{name}"' for name in ("office", "text", "table", "draw", "dc", "xlink", "meta"))
    body = f"<office:document-content {names}><office:body>{content}</office:body></office:document-content>"
    told = f"application/vnd.oasis.opendocument.{kind}"
    return package({"mimetype": told, "content.xml": body, **(members or {})})


def samples() -> Iterator[tuple[str, bytes]]:
    yield "Word, PowerPoint (docx, pptx)", docx(paragraph("hello"))
    yield "Word, PowerPoint (docx, pptx)", pptx(["hello"])
    yield "OpenDocument (odt, ods, odp)", odf("text", "<text:p>hello</text:p>")
    yield "Encrypted Office files", encrypted(docx(paragraph("hello"), LONG), "secret")
