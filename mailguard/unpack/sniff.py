"""What a file is, by its content and never by its name.

In: the bytes of one part. Out: a media type. Own magic numbers and a look inside come first; libmagic breaks ties
and names what no handler opens. `TEXT` is all that reads as text.
"""

import io
import re
import zipfile
import zlib

from mailguard.unpack import charset, compound, dbf_header

TEXT = "text/plain"
HTML = "text/html"
MAIL = "message/rfc822"
ZIP = "application/zip"
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
OLE = "application/x-ole-storage"
RTF = "application/rtf"
SQLITE = "application/vnd.sqlite3"
PLIST = "application/x-bplist"
DBF = "application/x-dbf"
OUTLOOK = "application/vnd.ms-outlook"
TNEF = "application/vnd.ms-tnef"
OPEN_DOCUMENT = ("application/vnd.oasis.opendocument.", "application/vnd.sun.xml.")
METAFILE = "image/emf"
ENCRYPTED_OFFICE = "application/x-encrypted-office"
SEVEN_ZIP = "application/x-7z-compressed"
RAR = "application/vnd.rar"
LZH = "application/x-lzh-compressed"
TAR = "application/x-tar"
CAB = "application/vnd.ms-cab-compressed"
PROGRAM = "application/vnd.microsoft.portable-executable"
CMS = "application/pkcs7-mime"
MBOX = "application/mbox"
APPLE = "application/applefile"
YENC = "application/x-yencode"
DEFLATED = "application/zlib"
EMPTY = "inode/x-empty"
BINARY = "application/octet-stream"

READABLE = frozenset({TEXT, HTML, MAIL, MBOX})
"""What reads as text."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"Rar!\x1a\x07", RAR),
    (b"RE~^", RAR),  # versions before 1.5
    (b"MSCF", CAB),
    (b"MZ", PROGRAM),
    (b"070701", "application/x-cpio"),
    (b"070702", "application/x-cpio"),
    (b"070707", "application/x-cpio"),
    (b"\xc7\x71", "application/x-cpio"),
    (b"\x71\xc7", "application/x-cpio"),
    (b"!<arch>\n", "application/x-archive"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"LZIP", "application/x-lzip"),
    (b"\x1f\x9d", "application/x-compress"),
    (b"{\\rtf", RTF),
    (b"%!PS", "application/postscript"),
    (b"SQLite format 3\0", SQLITE),
    (b"bplist00", PLIST),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"\0\x05\x16\0", APPLE),
    (b"\0\x05\x16\x07", APPLE),
)
ARCHIVES = frozenset({ZIP, SEVEN_ZIP, RAR, LZH, CAB})
"""What a self-extracting program may carry."""
_LZH = re.compile(rb"..-(?:lh[0-9a-z]|lz[s2-8]|pm[0-2s])-", re.DOTALL)
_MAGICS = tuple(magic for magic, _ in _MAGIC)
# Streams at the root of a compound file, in lower case.
_STREAMS = (
    ("encryptedpackage", ENCRYPTED_OFFICE),
    ("worddocument", DOC),
    ("workbook", XLS),
    ("book", XLS),
    ("powerpoint document", PPT),
    ("__properties_version1.0", OUTLOOK),
)
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
_LOOK = 65_536
_DEFLATED = 4_096  # bytes, packed and unpacked
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\v\x1a\x1b") + b"\x7f"
# What the main member says of itself in [Content_Types].xml, in files of Microsoft's and in strict ones; else its usual name.
_OFFICE = (
    (re.compile(rb"sheet\.binary\.macroEnabled\.main|xl/workbook\.bin"), XLSB),
    (re.compile(rb"(?:spreadsheetml|ms-excel)\.[\w.]{1,40}\.main\+xml|xl/workbook\.xml"), XLSX),
    (re.compile(rb"(?:wordprocessingml|ms-word)\.[\w.]{1,40}\.main\+xml|word/document\.xml"), DOCX),
    (re.compile(rb"(?:presentationml|ms-powerpoint)\.[\w.]{1,40}\.main\+xml|ppt/presentation\.xml"), PPTX),
)
_TYPES_BYTES = 1_000_000  # of [Content_Types].xml
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|table|div|p|br|span|meta|title|svg)\b[^<>]{0,1000}>", re.IGNORECASE
)
_HEADER_LINE = re.compile(
    rb"(?:return-path|received|from|to|cc|date|subject|message-id|mime-version|content-type|delivered-to|reply-to|sender"
    rb"|content-transfer-encoding|(?:x|dkim|arc|list|authentication)-[\w-]{1,60}):",
    re.IGNORECASE,
)


# RFC 5652 §3: the types 1 to 6 of PKCS 7, compressed (RFC 3274) and authenticated-enveloped data (RFC 5083).
_CMS = re.compile(
    rb"\x30(?:[\0-\x80]|\x81.|\x82..|\x83...|\x84....)\x06"
    rb"(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01-\x06]|\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01[\x09\x17])",
    re.DOTALL,
)
_MBOX = re.compile(rb"From [^\n]{1,300}\n(?:>From [^\n]{0,300}\n)?[!-9;-~]{1,100}[ \t]?:")


_YENC = re.compile(rb"^=ybegin [^\r\n]{0,2000}name=[^\r\n]{0,1000}\r?\n", re.MULTILINE)


def sniff(data: bytes) -> str:
    """The media type of `data`; `BINARY` when nothing is recognised."""
    if not data:
        return EMPTY
    if data.startswith(_MAGICS):
        return next(media_type for magic, media_type in _MAGIC if data.startswith(magic))
    return _container(data) or _packed_text(data) or _textual(data) or _deflated(data) or BINARY


def _deflated(data: bytes) -> str:
    """A stream of zlib (RFC 1950), whose two bytes tell little: only where what it unpacks to is something itself."""
    if data[:1] != b"\x78" or int.from_bytes(data[:2], "big") % 31:
        return ""
    try:
        begins = zlib.decompressobj().decompress(data[:_DEFLATED], _DEFLATED)
    except zlib.error:
        return ""
    return DEFLATED if sniff(begins) not in {BINARY, EMPTY} else ""


def zip_behind(data: bytes) -> bool:
    """Whether a file of another kind ends as a ZIP does, so that an unpacker reads it as one (APPNOTE 4.3.16)."""
    return b"PK\5\6" in data[-_LOOK - 22 :]


def describe(data: bytes) -> str:
    """What libmagic calls `data`: for the detail of a Problem."""
    import pylibmagic  # noqa: F401, I001, PLC0415 - brings libmagic: must come before magic, and only when needed
    import magic  # noqa: PLC0415 - see above

    return str(magic.from_buffer(data[:_LOOK], mime=True))[:100]


def _container(data: bytes) -> str:
    if data.startswith(compound.MAGIC):
        return _compound(data)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zipped(data)
    if b"%PDF-" in data[:1024]:  # PDF 32000-1 Annex H, note 13: readers accept a header within the first 1,024 bytes
        return PDF
    if data.startswith(b"\1\0\0\0") and data[40:44] == b" EMF":  # MS-EMF 2.3.4.2
        return METAFILE
    return _by_shape(data) or _archive(data) or _image(data)


def _packed_text(data: bytes) -> str:
    """What is not text any more, though its beginning is: a mail stays one."""
    begin = _YENC.search(data) if b"=ybegin " in data else None
    before = _textual(data[: begin.start()]) if begin else ""
    return "" if begin is None else before if before in {MAIL, MBOX} else YENC


def _by_shape(data: bytes) -> str:
    if dbf_header.read(data):
        return DBF
    return CMS if _CMS.match(data) else ""


def _archive(data: bytes) -> str:
    if _LZH.match(data):
        return LZH
    if _is_tar(data[:512]):
        return TAR
    if data[32_769:32_774] == b"CD001":
        return "application/x-iso9660-image"
    # .lzma has no magic number: properties, a dictionary of 2^n bytes, and a size that is unknown or below 256 GB.
    if data[:3] == b"\x5d\0\0" and data[5:13] != b"" and (data[5:13] == b"\xff" * 8 or data[10:13] == b"\0\0\0"):
        return "application/x-lzma"
    return ""


def _is_tar(head: bytes) -> bool:
    """By its checksum (POSIX.1-1988): tar of version 7 has no magic number."""
    if head[257:262] == b"ustar":
        return True
    digits = head[148:156].strip(b" \0")
    if len(head) < 512 or not digits or digits.strip(b"01234567"):
        return False
    return int(digits, 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:])


def _compound(data: bytes) -> str:
    names = compound.root_names(data)
    for stream, media_type in _STREAMS:
        if stream in names or (not names and stream == "encryptedpackage" and _ENCRYPTED_PACKAGE in data):
            return media_type
    return OLE


def _image(data: bytes) -> str:
    if (
        data.startswith(b"BM")
        and len(data) > 26
        and int.from_bytes(data[14:18], "little") in {12, 40, 52, 56, 64, 108, 124}
    ):
        return "image/bmp"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        return "image/heic"
    return ""


def _zipped(data: bytes) -> str:
    # Names stand in the central directory; the local header of the first member tells an ODF file by "mimetype".
    directory = data[data.rfind(b"PK\x01\x02", 0, len(data)) - _LOOK :] if len(data) > 4 * _LOOK else data
    if b"mimetype" in data:
        told = _mimetype(data)
        if told.startswith(OPEN_DOCUMENT):
            return told
    if b"[Content_Types].xml" not in data:
        return ZIP
    for look in _told(data, directory):
        for pattern, media_type in _OFFICE:
            if pattern.search(look):
                return media_type
    return ZIP


def _mimetype(data: bytes) -> str:
    """What an ODF package says that it is (part 2 §3.3); another member of that name is no media type."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("mimetype") as file:
            return file.read(100).decode("ascii", "replace").strip()
    except Exception:  # noqa: BLE001 - broken in whatever way, or no such member
        first = data[38:140].split(b"PK", 1)[0] if data[30:38] == b"mimetype" else b""
        return first.decode("ascii", "replace").strip()


def _told(data: bytes, directory: bytes) -> tuple[bytes, ...]:
    """Where to look for what a package is: its content types, then its names; all bytes when the ZIP is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" not in names:
                return ()
            with archive.open("[Content_Types].xml") as file:
                return file.read(_TYPES_BYTES), "\n".join(names).encode("utf-8", "replace")
    except Exception:  # noqa: BLE001 - broken in whatever way
        return directory, data


def _textual(data: bytes) -> str:
    if not _reads_as_text(data):
        return ""
    head = data[:4096].replace(b"\0", b"")  # UTF-16 without its NULs is enough to see a tag
    if _MBOX.match(head):
        return MBOX
    top = head.lstrip(b"\xff\xfe\xef\xbb\xbf \t\r\n")
    if _HEADER_LINE.match(top) and sum(1 for line in top.splitlines()[:30] if _HEADER_LINE.match(line)) >= 2:
        return MAIL
    return HTML if has_tag(head) else TEXT


def has_tag(data: bytes) -> bool:
    """Whether a tag of HTML stands anywhere."""
    return b"<" in data and _HTML.search(data) is not None


def _reads_as_text(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return charset.unreadable(charset.decode(data[:_LOOK])) < 0.1
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls * 200 <= len(data):
        return True
    return len(data) % 2 == 0 and charset.is_utf16(charset.decode(data[: min(len(data), _LOOK) & ~1]))
