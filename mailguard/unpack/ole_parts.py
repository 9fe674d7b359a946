"""What Word, Excel and PowerPoint 97 files have in common: passwords, properties, objects and pictures inside.

In: the part or its open compound file. Out: parts, texts and problems.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator

import olefile

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import charset, compound, office_password
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name

_DATA = "msodatastore"  # custom XML, as in customXml/ of a docx
_ROOT_ONLY = frozenset(
    {"macros", "_vba_project_cur", "_signatures", "_xmlsignatures", _DATA, "_sx_db_cur", "_sx_db", "\x06dataspaces"}
)
_PICTURES = {b"\x1d": b"\xff\xd8\xff", b"\x1e": b"\x89PNG", b"\x1f": b"", b"\x29": b"II*", b"\x2a": b"\xff\xd8\xff"}
_RECORD = re.compile(
    rb"[\x00\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0].([\x1d-\x1f\x29\x2a])\xf0(....)", re.DOTALL
)  # of version 0
_DIGESTS = 64  # bytes between the header and the picture
_MOST_PICTURES = 1_000


def opened(
    part: Part,
    budget: Budget,
    read: Callable[[Part, compound.Compound, Budget], Iterator[Part | Text | Table | Problem]],
) -> Iterator[Part | Text | Table | Problem]:
    """What `read` finds in the document; of one with a password, the document in the clear."""
    if office_password.is_encrypted(part.data):
        yield unlocked(part, budget)
    else:
        yield from compound.opened(part, budget, read, beside=True)


def unlocked(part: Part, budget: Budget) -> Part | Problem:
    """The document in the clear under the same name, or that it cannot be had."""
    data = office_password.opened(part.data, budget.secrets.tries())
    if data is None:
        return Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
    budget.secrets.fits(part.path)
    budget.file(part.depth + 1)
    budget.spend(len(data))
    return Part(part.path, data, depth=part.depth + 1)


def properties(data: bytes) -> str:
    """Title, subject, keywords and the like; not who made it."""
    try:
        told = olefile.OleFileIO(io.BytesIO(data)).get_metadata()
    except Exception:  # noqa: BLE001 - a property set may be broken while the document is not
        return ""
    values = (told.title, told.subject, told.keywords, told.comments, told.category)
    return "\n".join(text for value in values if (text := _text(value).strip("\0 ")))


def _text(value: object) -> str:
    return charset.decode(value, "cp932") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def inside(part: Part, file: compound.Compound, streams: Iterable[bytes], budget: Budget) -> Iterator[Part | Problem]:
    """Objects as files of their own, and pictures in the streams given."""
    for path, data in file.storages(_ROOT_ONLY):
        budget.file(part.depth + 1)
        yield Part((*part.path, clean_name(path[-1]) or "(object)"), data, depth=part.depth + 1)
    for stored in file.streams:
        if stored[0].lower() == _DATA and stored[-1].lower() == "item":
            budget.file(part.depth + 1)
            yield Part((*part.path, "item.xml"), file.read(stored).rstrip(b"\0"), depth=part.depth + 1)
    number = 0
    for stream in streams:
        for picture in pictures(stream):
            number += 1
            budget.file(part.depth + 1)
            yield Part((*part.path, f"picture {number}"), picture, depth=part.depth + 1)
            if number >= _MOST_PICTURES:
                yield Problem(part.path, ProblemKind.TOO_MANY, f"more than {_MOST_PICTURES} pictures")
                return


def pictures(stream: bytes) -> Iterator[bytes]:
    """JPEG, PNG and TIFF in the records of drawings (MS-ODRAW §2.2.23): a header of 8 bytes, one or two digests, the picture."""
    at = 0
    while record := _RECORD.search(stream, at):
        size, mark = int.from_bytes(record[2], "little"), _PICTURES[record[1]]
        end = record.end() + size
        begins = stream.find(mark, record.end(), min(end, record.end() + _DIGESTS)) if mark else -1
        if begins >= 0:
            yield stream[begins:end]
        at = end if begins >= 0 else record.start() + 1
