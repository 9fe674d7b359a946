"""Word 97 to 2003 documents (MS-DOC).

In: a doc or dot. Out: one text with everything that is written in it, its tables, objects and pictures inside as parts.
Read here, not by catdoc: that writes a table as lines, and leaves out the objects inside.
"""

import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import compound, doc_pieces, field_code, ole_parts, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.cell_marks import Cells
from mailguard.unpack.flow import Flow

NAME = "Word 97-2003 (doc)"
LIMITATIONS = "What was deleted before a fast save, who made it, and macros are not read."

_FIELD = re.compile("\x13([^\x13\x14\x15]*)(?:\x14([^\x13\x15]*))?\x15")
_NESTED = 8  # fields inside fields
_SIGNS = str.maketrans(
    {
        "\x0b": "\n",
        "\x0e": "\n",
        "\x1e": "-",
        "\xa0": " ",
        **dict.fromkeys("\x01\x02\x05\x08\x1f\x13\x14\x15\x00\x03\x04", ""),
    }
)


def matches(part: Part, sniffed: str) -> bool:
    """By its stream `WordDocument`."""
    del part
    return sniffed == sniff.DOC


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The text, the tables, then files inside."""
    return ole_parts.opened(part, budget, _contents)


def _contents(part: Part, file: compound.Compound, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    document = file.find("WordDocument") or b""
    if doc_pieces.encrypted(document):
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
        return
    table = file.find(doc_pieces.table_name(document)) or b""
    flow = Flow(budget)
    try:
        _read(document, table, flow)
    except compound.FAULTS as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
    text = "\f".join(filter(None, (flow.text(), ole_parts.properties(part.data))))
    yield Text(part.path, text)
    for rows in flow.tables:
        yield Table(part.path, rows)
    streams = (document, file.find("Data") or b"")
    yield from ole_parts.inside(part, file, streams, budget)


def _read(document: bytes, table: bytes, flow: Flow) -> None:
    cells = Cells(flow)
    for paragraph in doc_pieces.paragraphs(document, table):
        if not paragraph.in_table:
            cells.end_table()
            _add(paragraph.text, flow)
        elif paragraph.row_end:
            cells.end_row()
        else:
            cells.begin_cell()
            _add(paragraph.text, flow)
            if paragraph.mark == doc_pieces.CELL:
                cells.end_cell()


def _add(text: str, flow: Flow) -> None:
    apart: list[str] = []

    def shown(match: re.Match[str]) -> str:
        inline, other = field_code.shown(match[1])
        apart.append(other)
        return inline + (match[2] or "")

    for _ in range(_NESTED):
        text, count = _FIELD.subn(shown, text)
        if not count:
            break
    flow.add(text.translate(_SIGNS))
    flow.end_line()
    for line in filter(None, apart):
        flow.add(line)
        flow.end_line()
