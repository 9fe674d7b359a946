"""Text of the XML in OpenDocument files (ODF 1.3 part 3), whichever element it stands in.

In: one member. Out: a `Flow` with all its characters, but for who made it and when. Notes, comments, furigana, boxes and addresses
behind links stand on lines of their own, behind the line they hang on. A row that comes a thousand times comes no more often.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from mailguard.unpack import attribute_words, field_code
from mailguard.unpack.budget import Budget
from mailguard.unpack.flow import Flow
from mailguard.unpack.markup import local
from mailguard.unpack.workbook import shown

_PARAGRAPHS = frozenset({"p", "h"})
_APART = frozenset({"annotation", "note-body", "ruby-text", "text-box", "desc"})
_MAKERS = frozenset(
    {"creator", "initial-creator", "printed-by", "creation-date", "date", "print-date", "generator", "editing-duration"}
    | {"editing-cycles", "language", "config-item", "sender-initials"}
)
_CELLS = frozenset({"table-cell", "covered-table-cell"})
_WORDS = frozenset({"href", "string-value", "current-value", "label", "title", "help-message", "display-name"})
_FONTS = frozenset(
    {"font-family", "font-family-asian", "font-family-complex", "font-name", "font-name-asian", "font-name-complex"}
)
_LONGEST_MAKER = 60  # characters; more is no name of who made the file
_MOST_EQUAL = 1_000  # rows, or cells in a row, that are all the same

_Call = Callable[["OdfStory", str], None]


class OdfStory:
    """Takes the events of one member. sheets: tables are sheets, and no part of the text."""

    def __init__(self, budget: Budget, *, sheets: bool = False) -> None:
        self.flow = Flow(budget, sheets=sheets)
        self.names: list[str] = []  # of the tables of `flow`, one each
        self.notes: list[str] = []  # on cells: they are no part of them
        self._open_names: list[str] = []
        self._tags: list[str] = []
        self._cells: list[Mapping[str, str]] = []
        self._rows: list[int] = []
        self._pending = 0  # empty cells that count when another one follows
        self._paragraphs = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Open what the element opens."""
        name = local(tag)
        self._tags.append(name)
        told = {local(key): value for key, value in attributes.items()} if attributes else {}
        if name in self._opening:
            self._opening[name](self, name)
        elif name == "table":
            self._open_names.append(told.get("name", ""))
            self.flow.open_table()
        elif name == "table-row":
            self._rows.append(_number(told.get("number-rows-repeated", "1")))
            self._pending = 0
            self.flow.open_row()
        elif name in _CELLS:
            self._cells.append(told)
            self.flow.open_cell()
        elif name == "s":
            self.flow.add(" " * min(_number(told.get("c", "1")), _MOST_EQUAL))
        for key, value in told.items():
            if key in _WORDS or (key not in _FONTS and attribute_words.tells(name, key, value)):
                self._words(name, key, value)

    def end(self, tag: str) -> None:
        """Close what it opened."""
        name = self._tags.pop() if self._tags else local(tag)
        if name in self._closing:
            self._closing[name](self, name)
        elif not self._paragraphs:
            self.flow.end_line()

    def data(self, text: str) -> None:
        """Blanks between elements are layout."""
        if self._paragraphs or not text.isspace():
            self.flow.add(text)

    def remark(self, text: str) -> None:
        """A comment of XML, or an instruction for a program."""
        if attribute_words.tells("", "", text):
            self._words("", "", text)

    def _words(self, name: str, key: str, value: str) -> None:
        internal = key == "href" and (value.startswith(("#", "./", "../")) or ":" not in value)
        if not value or internal or (key == "display-name" and name != "annotation"):
            return
        self.flow.open_frame()
        self.flow.add(field_code.address(value))
        self.flow.close_frame(apart=True)

    def _open_frame(self, name: str) -> None:
        self._paragraphs += name in _PARAGRAPHS
        self.flow.open_frame()

    def _close_paragraph(self, _: str) -> None:
        self._paragraphs -= 1
        self.flow.close_frame()

    def _close_apart(self, name: str) -> None:
        if name == "annotation" and self._cells:
            self.notes.append(self.flow.drop_frame())
        else:
            self.flow.close_frame(apart=True)

    def _close_maker(self, name: str) -> None:
        text = self.flow.drop_frame()
        technical = name in {"config-item", "generator"}
        if attribute_words.tells("", "", text) if technical else len(text) > _LONGEST_MAKER:
            self._words(name, "", text)

    def _blank(self, name: str) -> None:
        self.flow.add("\t" if name == "tab" else "\n")

    def _close_cell(self, _: str) -> None:
        told = self._cells.pop() if self._cells else {}
        times = _number(told.get("number-columns-repeated", "1"))
        text = self.flow.drop_cell()
        value = _value(told) or text
        if not value:
            self._pending += times
            return
        for empty, count in (("", self._pending), (value, min(times, _MOST_EQUAL))):
            self.flow.put_cells(empty, count)
        self._pending = 0

    def _close_row(self, _: str) -> None:
        times = self._rows.pop() if self._rows else 1
        self.flow.close_row(min(times, _MOST_EQUAL))
        self._pending = 0

    def _close_table(self, _: str) -> None:
        name = self._open_names.pop() if self._open_names else ""
        before = len(self.flow.tables)
        self.flow.close_table()
        if len(self.flow.tables) > before:
            self.names.append(name)

    _opening: ClassVar[dict[str, _Call]] = {
        **dict.fromkeys(_PARAGRAPHS | _APART | _MAKERS, _open_frame),
        **dict.fromkeys(("tab", "line-break"), _blank),
    }
    _closing: ClassVar[dict[str, _Call]] = {
        **dict.fromkeys(_PARAGRAPHS, _close_paragraph),
        **dict.fromkeys(_APART, _close_apart),
        **dict.fromkeys(_MAKERS, _close_maker),
        **dict.fromkeys(_CELLS, _close_cell),
        "table-row": _close_row,
        "table": _close_table,
    }


def _number(value: str) -> int:
    if value == "1":
        return 1
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 8 else 1


def _value(told: Mapping[str, str]) -> str:
    """A number or date as it is, not as its format shows it; texts stand in the cell."""
    match told.get("value-type"):
        case "float":
            try:
                return shown(float(told.get("value", "")))
            except ValueError:
                return ""
        case "date":
            return told.get("date-value", "").removesuffix("T00:00:00").replace("T", " ")
        case _:
            return ""
