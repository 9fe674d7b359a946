"""PDF text by PDFium.

In: a PDF. Out: its text, pages joined by form feeds, with notes and form fields; files attached to it as parts; a
Problem for every page whose text cannot be had. Never renders a page.
"""

import ctypes
import itertools
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import charset, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name

NAME = "PDF"
LIMITATIONS = (
    "Pages that are pictures, letters drawn as curves, fonts without a character map, and files whose password to open"
    " is not known are not read: a problem."
)

_CURVES = 200  # drawn paths on a page without text; fewer are lines and boxes
_OBJECTS = 10_000
_UNMAPPED = 0.2
_KEYS = (b"Contents", b"V", b"TU")


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.PDF


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """One text, then attached files, then what could not be read."""
    try:
        document = pypdfium2.PdfDocument(part.data)
    except pypdfium2.PdfiumError as error:
        if not _locked(error):
            yield Problem(part.path, ProblemKind.DAMAGED, "no PDF reader opens it")
            return
        document = _unlocked(part, budget)
    if document is None:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
        return
    try:
        yield from _contents(part, document, budget)
    finally:
        document.close()


def _locked(error: pypdfium2.PdfiumError) -> bool:
    return getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower()


def _unlocked(part: Part, budget: Budget) -> pypdfium2.PdfDocument | None:
    """The document by the first candidate that fits. Older files know Latin-1 only, newer UTF-8: PDFium tries both."""
    for password in budget.secrets.tries():
        try:
            document = pypdfium2.PdfDocument(part.data, password=password.replace("\0", ""))
        except pypdfium2.PdfiumError:
            continue
        budget.secrets.fits(part.path)
        return document
    return None


def _contents(part: Part, document: pypdfium2.PdfDocument, budget: Budget) -> Iterator[Part | Text | Problem]:
    pages: list[str] = []
    faults: list[tuple[int, str]] = []
    chars = 0
    for number in range(min(len(document), budget.limits.pages)):
        text, fault = _page(document, number)
        chars += len(text)
        budget.text(chars)
        pages.append(text)
        if fault:
            faults.append((number + 1, fault))
    yield Text(part.path, "\f".join(pages))
    if len(document) > budget.limits.pages:
        yield Problem(part.path, ProblemKind.TOO_BIG, f"more than {budget.limits.pages} pages")
    for number, fault in faults[:1]:
        yield Problem(part.path, ProblemKind.NOT_READ, f"page {number}: {fault}; pages not read: {len(faults)}")
    yield from _attached(part, document, budget)


def _page(document: pypdfium2.PdfDocument, number: int) -> tuple[str, str]:
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return "", "damaged"
    try:
        textpage = page.get_textpage()
        text = textpage.get_text_range().replace("\r\n", "\n").replace("\ufffe", "").replace("\x02", "")
        textpage.close()
        notes = _notes(page)
        if charset.unreadable(text) > _UNMAPPED:
            return "\n".join([text, *notes]), "its fonts have no character map"
        fault = "" if text.strip() else _drawn(page)
        return "\n".join([text, *notes]), fault
    except pypdfium2.PdfiumError:
        return "", "damaged"
    finally:
        page.close()


def _drawn(page: pypdfium2.PdfPage) -> str:
    curves = 0
    for thing in itertools.islice(page.get_objects(max_depth=5), _OBJECTS):
        if thing.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            return "a picture without text"
        curves += thing.type == pdfium.FPDF_PAGEOBJ_PATH
    return "letters drawn as curves" if curves > _CURVES else ""


def _notes(page: pypdfium2.PdfPage) -> list[str]:
    """Text of annotations and form fields, which the text of the page leaves out."""
    found: list[str] = []
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _OBJECTS)):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        if note:
            found += [value for key in _KEYS if (value := _value(note, key))]
            pdfium.FPDFPage_CloseAnnot(note)
    return found


def _value(note: pdfium.FPDF_ANNOTATION, key: bytes) -> str:
    size = pdfium.FPDFAnnot_GetStringValue(note, key, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAnnot_GetStringValue(note, key, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _attached(part: Part, document: pypdfium2.PdfDocument, budget: Budget) -> Iterator[Part | Problem]:
    for index in range(document.count_attachments()):
        path = (*part.path, f"#{index + 1}")
        try:
            file = document.get_attachment(index)
            path = (*part.path, clean_name(file.get_name()) or f"#{index + 1}")
            data = bytes(file.get_data())
        except pypdfium2.PdfiumError:
            yield Problem(path, ProblemKind.DAMAGED, "an attached file that cannot be read")
            continue
        budget.file(part.depth + 1)
        budget.spend(len(data))
        yield Part(path, data, depth=part.depth + 1)
