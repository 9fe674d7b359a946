"""PDF: text and tables of the pages by PDFium, all the rest by pikepdf.

In: a PDF. Out: its text, pages joined by form feeds, with notes, form fields, bookmarks and metadata behind them; tables, put
together over pages; files attached to it as parts; a Problem for pages whose text cannot be had.
A page is rendered only when it has no text, and Tesseract is there to read it.
"""

import ctypes
import itertools
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import charset, pdf_rest, pdf_words, rest, scanned, sniff, unseen
from mailguard.unpack.budget import Budget
from mailguard.unpack.pdf_fonts import Fonts
from mailguard.unpack.pdf_layout import Grid, laid_out
from mailguard.unpack.pdf_objects import Objects
from mailguard.unpack.pdf_tables import Tables

NAME = "PDF"
LIMITATIONS = (
    "Who made or commented it is not read. Pages that are pictures and letters drawn as curves, without Tesseract, letters of no size, fonts without a character"
    " map, and files whose password to open is not known: a problem."
)

_PICTURES = _PICTURE, _CURVED = "a picture without text", "letters drawn as curves"
_CURVES = 200  # drawn paths on a page without text; fewer are lines and boxes
_STROKES = 1_000  # lines and curves in them all: one path can hold a whole page of letters
_OBJECTS = 10_000
_UNMAPPED = 0.2
_NOTHING_SHOWN = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.PDF


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Text and tables, then attached files, then what could not be read."""
    try:
        opened = _opened(part, budget)
    except pypdfium2.PdfiumError:
        yield Problem(part.path, ProblemKind.DAMAGED, "no PDF reader opens it")
        return
    if opened is None:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
        return
    document, password = opened
    try:
        yield from _contents(part, document, password, budget)
    finally:
        document.close()
    yield from rest.parts(part, pdf_rest.pieces(part.data), budget, noise=True)


def _opened(part: Part, budget: Budget) -> tuple[pypdfium2.PdfDocument, str] | None:
    """The document and its password: none, or the first candidate that fits. None: none fits. Raises PdfiumError."""
    try:
        return pypdfium2.PdfDocument(part.data), ""
    except pypdfium2.PdfiumError as error:
        if not _locked(error):
            raise
    # Older files know Latin-1 only, newer UTF-8: PDFium tries both.
    for candidate in budget.secrets.tries():
        password = candidate.replace("\0", "")
        try:
            document = pypdfium2.PdfDocument(part.data, password=password)
        except pypdfium2.PdfiumError:
            continue
        budget.secrets.fits(part.path)
        return document, password
    return None


def _locked(error: pypdfium2.PdfiumError) -> bool:
    return getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower()


def _contents(
    part: Part, document: pypdfium2.PdfDocument, password: str, budget: Budget
) -> Iterator[Part | Text | Table | Problem]:
    objects = Objects(part, budget)
    objects.read(password)
    pages: list[str] = []
    faults: list[tuple[int, str]] = []
    tables = Tables(budget)
    chars = 0
    for number in range(min(len(document), budget.limits.pages)):
        text, grids, fault = _page(document, number, objects.fonts, budget)
        chars += len(text)
        budget.text(chars)
        pages.append(text)
        tables.add(number, grids)
        if fault:
            faults.append((number + 1, fault))
    yield Text(part.path, "\f".join([*pages, *_unsaid(objects, pages, tables)]))
    for rows in tables.all:
        yield Table(part.path, rows)
    if len(document) > budget.limits.pages:
        yield Problem(part.path, ProblemKind.TOO_BIG, f"more than {budget.limits.pages} pages")
    if not len(document):
        yield Problem(part.path, ProblemKind.DAMAGED, "no pages")
    if objects.patterns and not all(page.strip() for page in pages):
        yield Problem(part.path, ProblemKind.NOT_READ, "letters or pictures in a pattern")
    for number, fault in faults[:1]:
        yield Problem(part.path, ProblemKind.NOT_READ, f"page {number}: {fault}; pages not read: {len(faults)}")
    yield from objects.found


def _unsaid(objects: Objects, pages: list[str], tables: Tables) -> list[str]:
    """Lines that no page shows: what stands twice would count twice."""
    said = "".join("".join((*pages, *tables.cells())).split())
    lines = [line for line in objects.lines if "".join(line.split()) not in said]
    hidden = unseen.words(b"\n".join(objects.streams), "\n".join((said, *lines)))
    return ["\n".join(filter(None, (*lines, hidden)))] if lines or hidden else []


def _page(document: pypdfium2.PdfDocument, number: int, fonts: Fonts, budget: Budget) -> tuple[str, list[Grid], str]:
    """Text, tables, and why it cannot be read."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return "", [], "damaged"
    try:
        page = _flat(document, page, number)
        textpage = page.get_textpage()
        words = pdf_words.read(page, textpage, fonts)
        text, grids = laid_out(words)
        textpage.close()
    except pypdfium2.PdfiumError:
        return "", [], "damaged"
    else:
        if words.unmapped > _UNMAPPED or charset.unreadable(text) > _UNMAPPED:
            return text, grids, "its fonts have no character map"
        fault = _drawn(page, bare=not words.words)
        if fault in _PICTURES:
            text, fault = scanned.read(page, fault, budget)
        return text, grids, fault
    finally:
        page.close()


def _flat(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, number: int) -> pypdfium2.PdfPage:
    """With what notes, stamps and fields show on it, which PDFium keeps apart. In memory only."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _OBJECTS)):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        bare = not note or pdfium.FPDFAnnot_GetSubtype(note) in _NOTHING_SHOWN
        pdfium.FPDFPage_CloseAnnot(note)
        if not bare:
            if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
                break
            page.close()
            return document[number]
    return page


def _drawn(page: pypdfium2.PdfPage, *, bare: bool) -> str:
    """What else shows on the page, or hides there. bare: it has no text."""
    curves = strokes = 0
    for thing in itertools.islice(page.get_objects(max_depth=5), _OBJECTS):
        if thing.type == pdfium.FPDF_PAGEOBJ_TEXT and not _size(thing):
            return "letters of no size"
        if bare and thing.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            return _PICTURE
        if thing.type == pdfium.FPDF_PAGEOBJ_PATH:
            curves += 1
            strokes += max(pdfium.FPDFPath_CountSegments(thing), 0)
    return _CURVED if bare and (curves > _CURVES or strokes > _STROKES) else ""


def _size(thing: pypdfium2.PdfObject) -> float:
    size = ctypes.c_float()
    pdfium.FPDFTextObj_GetFontSize(thing, ctypes.byref(size))
    return size.value
