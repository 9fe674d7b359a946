"""What a PDF holds beside its pages: notes, form fields, links, bookmarks, scripts, metadata, attached files.

In: the bytes of a PDF that PDFium opened. Out: lines of text, and files as parts. Every object of the file is looked at, reachable
or not (pikepdf); page contents and pictures are never decoded here, but what swells when it is decoded is a Problem.
"""

import io
import re
from collections.abc import Iterable, Iterator

import pikepdf

from mailguard.model import Part, PartPath, Problem, ProblemKind
from mailguard.unpack import charset, pdf_stream, sniff, writing
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.header import clean_name
from mailguard.unpack.html_attributes import link_words
from mailguard.unpack.pdf_fonts import Fonts
from mailguard.unpack.xmp import words as metadata_words

_XFA = "(XFA)"
# Strings that a reader may come upon (PDF 32000-1): notes, values and choices of fields, titles of bookmarks, alternative texts.
_SHOWN = (
    "/Contents",
    "/V",
    "/DV",
    "/Opt",
    "/Subj",
    "/Title",
    "/Alt",
    "/ActualText",
    "/Desc",
    "/RC",
    "/RV",
    "/JS",
    "/CA",
    "/Subject",
    "/Keywords",
)
_LABELS = ("/TU", "/T")
_WRITTEN = frozenset((*_SHOWN, *_LABELS))
_FILES = ("/UF", "/F", "/Unix", "/Mac", "/DOS")
_NOT_INFO = ("/Author", "/Creator", "/Producer", "/CreationDate", "/ModDate", "/Trapped")
_DEEPEST = 20
_LONG_KEY = 10
_TECHNICAL = ("/Image", "/ObjStm", "/XRef", "/Metadata", "/Type1C", "/CIDFontType0C", "/OpenType", "/EmbeddedFile")
_COMMENTS = re.compile(rb"(?<![^\r\n\s])%[^\r\n]{10,2000}")
_HEX_TEXT = re.compile(rb"<\s{0,5}[Ff][Ee][Ff][Ff]([0-9A-Fa-f\s]{40,20000})>")
_MOST_STREAM = 5_000_000  # bytes of a stream that is looked through, packed
_MOST_LOOKED = 30_000_000  # of all of them, unpacked


class Objects:
    """All of it, found on the way through `read`: `lines`, each once; `found`: files and Problems.

    patterns: an area is filled with letters or pictures, which PDFium does not count to the page (§8.7.3).
    fonts: what they say of their codes.
    """

    def __init__(self, part: Part, budget: Budget) -> None:
        self.lines: dict[str, None] = {}
        self.found: list[Part | Problem] = []
        self.patterns = False
        self.fonts = Fonts()
        self._part, self._budget = part, budget
        self._looked = 0
        self.streams: list[bytes] = []  # what may hold more than is shown
        self._met: set[tuple[int, int]] = set()
        self._chars = 0

    def read(self, password: str) -> None:
        """Whatever pikepdf cannot read is a Problem: something may stand there."""
        try:
            with _opened(self._part.data, password) as file:
                self._document(file)
                for thing in file.objects:
                    self._thing(thing, 0)
        except pikepdf.PasswordError:
            self._problem(ProblemKind.ENCRYPTED, "a password is needed for files attached to it")
        except LimitError:
            raise
        except Exception as error:  # noqa: BLE001 - qpdf raises what it likes on broken files
            self._problem(ProblemKind.DAMAGED, f"notes, forms and files cannot be read: {type(error).__name__}")

    def _problem(self, kind: ProblemKind, detail: str, path: PartPath = ()) -> None:
        self.found.append(Problem((*self._part.path, *path), kind, detail))

    def _document(self, file: pikepdf.Pdf) -> None:
        info = file.trailer.get("/Info")
        if isinstance(info, pikepdf.Dictionary):
            for key, value in info.items():
                if key not in _NOT_INFO or writing.number(_string(value)):
                    self._add(value)
        form = file.Root.get("/AcroForm")
        if isinstance(form, pikepdf.Dictionary) and "/XFA" in form:
            self._xfa(form["/XFA"])

    def _thing(self, thing: object, depth: int) -> None:
        """An indirect object, or one inside it."""
        if depth > _DEEPEST:
            self._problem(ProblemKind.TOO_DEEP, "objects inside each other")
        elif isinstance(thing, pikepdf.Stream):
            self._stream(thing)
            self._dictionary(thing, depth)
        elif isinstance(thing, pikepdf.Dictionary):
            self._dictionary(thing, depth)
        elif isinstance(thing, pikepdf.Array):
            for item in _direct(thing):
                self._thing(item, depth + 1)
        else:
            self._beside(thing)

    def _stream(self, stream: pikepdf.Stream) -> None:
        swells = pdf_stream.swells(stream, self._budget)
        if swells:
            self._problem(ProblemKind.RATIO, "a stream that unpacks to far more than its size")
        self.patterns |= _writes(stream)
        if stream.get("/Type") == "/Metadata":
            self._metadata(stream)
        elif not swells and self._looked < _MOST_LOOKED and _may_tell(stream):
            self._look(stream)

    def _look(self, stream: pikepdf.Stream) -> None:
        """One that no reader need ask for, or the contents of a page with more than a page shows."""
        try:
            data = pdf_stream.decoded(stream, self._budget)
        except (LimitError, pikepdf.PdfError, pikepdf.DataDecodingError, NotImplementedError, ValueError):
            return
        self._looked += len(data)
        if sniff.sniff(data) in sniff.ARCHIVES:
            self._found(("(stream)",), data, "")
        for match in _HEX_TEXT.finditer(data):
            digits = b"".join(match[1].split())
            self._beside(bytes.fromhex(digits[: len(digits) & ~3].decode()).decode("utf-16-be", "replace"))
        # Of the contents of a page only the comments: PDFium reads the letters.
        self.streams.append(b"\n".join(_COMMENTS.findall(data)) if b"ET" in data else data)

    def _beside(self, value: object) -> None:
        """A string or name that no reader shows: read if there is a telephone number in it."""
        text = _spelled(value).replace("_", " ") if isinstance(value, pikepdf.Name) else _string(value)
        if writing.number(text):
            self._line(text)

    def _dictionary(self, thing: pikepdf.Dictionary | pikepdf.Stream, depth: int) -> None:
        keys = set(thing.keys())
        for key in _SHOWN:
            if key in keys and not (key == "/Contents" and not isinstance(thing[key], pikepdf.String)):
                self._add(thing[key])  # a page has its Contents as streams, a note has a string
        if "/V" in keys and "/FT" in keys:
            self._field(thing)
        if "/URI" in keys:
            self._line(link_words(_string(thing["/URI"])))
        if "/EF" in keys:
            self._file(thing)
        self.fonts.add(thing)
        self._inside(thing, keys, depth)

    def _inside(self, thing: pikepdf.Dictionary | pikepdf.Stream, keys: Iterable[str], depth: int) -> None:
        for key in keys:
            item = thing[key]
            if len(key) > _LONG_KEY:
                self._beside(pikepdf.Name(key))
            if not (isinstance(item, pikepdf.Object) and item.is_indirect) and key not in _WRITTEN:
                self._thing(item, depth + 1)

    def _field(self, thing: pikepdf.Dictionary | pikepdf.Stream) -> None:
        """Label and value of a form field on one line, as a form has them."""
        label = next((text for key in _LABELS if key in thing and (text := _string(thing[key]).strip())), "")
        value = _string(thing["/V"]).strip()
        if label and value and "\n" not in value:
            self.lines.pop(value, None)
            self._line(f"{label}：{value}")

    def _add(self, value: object) -> None:
        if isinstance(value, pikepdf.Array):
            for item in _direct(value):
                self._add(item)
        elif isinstance(value, pikepdf.Stream):
            data = self._content(value, ("(text)",))
            self._line(charset.decode(data) if data else "")
        else:
            self._line(_string(value))

    def _line(self, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\0 \n")
        if text and text not in self.lines:
            self._chars += len(text)
            self._budget.text(self._chars)
            self.lines[text] = None

    def _metadata(self, stream: pikepdf.Stream) -> None:
        data = self._content(stream, ("(XMP)",))
        for text in metadata_words(data) if data else ():
            self._line(text)

    def _xfa(self, packets: object) -> None:
        """The pieces of one XML document (PDF 32000-1 §12.7.8)."""
        streams = [packets] if isinstance(packets, pikepdf.Stream) else packets
        if isinstance(streams, list | pikepdf.Array):
            pieces = [self._content(item, (_XFA,)) or b"" for item in streams if isinstance(item, pikepdf.Stream)]
            self._found((_XFA,), b"".join(pieces), "text/xml")

    def _file(self, thing: pikepdf.Dictionary | pikepdf.Stream) -> None:
        files = thing["/EF"]
        names = [name for key in _FILES if key in thing and (name := clean_name(_string(thing[key])))]
        for key in _FILES:
            stream = files.get(key) if isinstance(files, pikepdf.Dictionary) else None
            if isinstance(stream, pikepdf.Stream) and stream.objgen not in self._met:
                self._met.add(stream.objgen)
                path = (names[0] if names else f"#{len(self._met)}",)
                data = self._content(stream, path)
                if data is not None:
                    self._found(path, data, "", tuple(dict.fromkeys(names[1:])))

    def _found(self, path: PartPath, data: bytes, media_type: str, names: tuple[str, ...] = ()) -> None:
        self._budget.file(self._part.depth + 1)
        other = tuple(name for name in names if name != path[-1])
        part = self._part
        self.found.append(Part((*part.path, *path), data, media_type, depth=part.depth + 1, other_names=other))

    def _content(self, stream: pikepdf.Stream, path: PartPath) -> bytes | None:
        try:
            return pdf_stream.decoded(stream, self._budget)
        except (pikepdf.PdfError, pikepdf.DataDecodingError, NotImplementedError, ValueError):
            self._problem(ProblemKind.DAMAGED, "a file that cannot be read", path)
            return None


def _opened(data: bytes, password: str) -> pikepdf.Pdf:
    """Newer files know UTF-8, older ones Latin-1 (§7.6.3.3); pikepdf takes a str as UTF-8."""
    try:
        return pikepdf.open(io.BytesIO(data), password=password, suppress_warnings=True)
    except pikepdf.PasswordError:
        if password.isascii():
            raise
        return pikepdf.open(io.BytesIO(data), password=password.encode("latin-1", "replace"), suppress_warnings=True)


def _may_tell(stream: pikepdf.Stream) -> bool:
    """Not pictures, fonts, and what pikepdf reads itself."""
    technical = stream.get("/Type") in _TECHNICAL or stream.get("/Subtype") in _TECHNICAL or "/Length1" in stream
    return not technical and int(stream.get("/Length", 0)) <= _MOST_STREAM


def _writes(stream: pikepdf.Stream) -> bool:
    resources = stream.get("/Resources") if stream.get("/PatternType") == 1 else None
    return isinstance(resources, pikepdf.Dictionary) and any(key in resources for key in ("/Font", "/XObject"))


def _direct(array: pikepdf.Array) -> Iterator[object]:
    """Items that are no objects of their own; those come by themselves. Plain strings, too."""
    for item in array:
        if not (isinstance(item, pikepdf.Object) and item.is_indirect):
            yield item


def _spelled(name: pikepdf.Name) -> str:
    """Without its slash; as it stands in the file where it is not UTF-8, as names of Japanese fonts in cp932 are."""
    try:
        return str(name)[1:]
    except UnicodeDecodeError:
        return name.unparse().decode("latin-1")[1:]


def _string(value: object) -> str:
    """PDFDocEncoding or UTF-16 by the standard (§7.9.2), and whatever Japanese writers put in without saying so."""
    if isinstance(value, str):
        return value
    if not isinstance(value, pikepdf.String):
        return ""
    data = bytes(value)
    return str(value) if data.startswith((b"\xfe\xff", b"\xff\xfe")) or data.isascii() else charset.decode(data)
