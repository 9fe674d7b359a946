"""Forms: a label with its value beside it, below it or behind a colon, field by field, one record a block (氏名：… 電話：…).

In: rows of a table, or folded lines of a text. Out: a `Form`: the same fields as a table with the labels as its header, one
record a row, and what was left over. One label at the top of several values is one record a column. A form whose values are
not what their labels say (an empty one, or one that explains what to fill in) is none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import regex

from mailguard.detect.blocks import Grid, Line
from mailguard.detect.folding import fold_cell
from mailguard.detect.headers import Header
from mailguard.detect.layout import HALF
from mailguard.detect.organisation import names_organisation
from mailguard.model import Kind

LONGEST = 20  # characters of a label
MANY_ROWS = 20_000  # rows of a table that are all looked at; of longer ones the first
FIRST_ROWS = 400
_CHECKED = (Kind.NAME, Kind.PHONE, Kind.EMAIL, Kind.ADDRESS, Kind.POSTAL_CODE)  # what a value shows to be by itself
_SENTENCE = regex.compile(r"[をがはへ、。]|ます|です|ください")
_MARKS = r"[\s■●◆・□○◎▼▽★☆◇※✓✔*>─━-]*+(?:[(]?[0-9]{1,3}[).][ ]?)?+"
_BRACKETED = regex.compile(
    _MARKS + r"(?:【([^】]{1,20})】|\[([^\]]{1,20})\]|<([^>]{1,20})>|《([^》]{1,20})》|〈([^〉]{1,20})〉)[\s:]*+(.*)"
)
_COLON = regex.compile(r"(?:^|(?<=[\s,/、|;]))([^\s:=,、/|;]{1,20}+)[ \t]?[:=→⇒]\s*+")
_SPACED = regex.compile(r"([^\s:=.…‥]{1,20}+)(?:\t|[ ]{0,10}+[…‥.]{2,40}+[ ]{0,10}+|[ ]{1,40}+)(\S.*)")
_BEGIN = regex.compile(_MARKS)
_DATA = regex.compile(r"@|[0-9]{4}")  # no label has these


@dataclass(frozen=True, slots=True)
class Field:
    """place: number of its line or row, and of the last one that its value stands in; block: of its paragraph."""

    label: str
    values: tuple[str, ...]
    place: int
    last: int
    block: int


@dataclass(frozen=True, slots=True)
class Form:
    """rows: header and records; places: numbers of the lines or rows that it takes."""

    rows: list[list[str]]
    places: frozenset[int]

    @property
    def records(self) -> int:
        """How many there are."""
        return len(self.rows) - 1


@dataclass(slots=True)
class _Record:
    values: dict[str, str] = field(default_factory=dict)
    places: set[int] = field(default_factory=set)
    last: int = 0
    block: int = 0

    def add(self, one: Field) -> None:
        label, number = one.label, 2
        while label in self.values:
            label, number = f"{one.label}{number}", number + 1
        self.values[label] = " ".join(filter(None, one.values))
        self.places.update(range(one.place, one.last + 1))
        self.last, self.block = one.last, one.block


class Fields:
    """Reads forms. header: what a label means; cells: how sure a value is of a kind; labels: words that are labels only."""

    def __init__(
        self,
        header: Callable[[str], Header | None],
        cells: Mapping[Kind, Callable[[str], float]],
        labels: frozenset[str],
    ) -> None:
        self._header, self._cells, self._labels = header, cells, labels

    def in_rows(self, rows: Sequence[Sequence[str]]) -> Form | None:
        """The form in a table: labels in its first column, or before each value."""
        looked = rows if len(rows) <= MANY_ROWS else rows[:FIRST_ROWS]
        if not any(cell.strip() in self._labels for row in looked for cell in row[:2]):
            return None
        found = list(self._fields_of_rows(looked))
        if len({one.label for one in found}) < 2:
            return None
        records = list(self._columns(found)) or _records(found, self._is_name)
        return self._form(records)

    def grids_of(self, lines: Sequence[Line]) -> list[Grid]:
        """The form in a text as a table of its lines."""
        form = self.in_lines(lines)
        taken = tuple(line for line in lines if form and line.number in form.places)
        return [Grid(taken, form.rows)] if form else []

    def in_lines(self, lines: Sequence[Line]) -> Form | None:
        """The form in a text, if it names at least two persons."""
        found = list(self._fields_of_lines(lines))
        shut = [line.number for line in lines if names_organisation(line.text)]
        records = list(self._columns(found)) or _records(found, self._is_name, shut)
        named = [record for record in records if any(map(self._is_name, record.values))]
        return self._form(named) if len(named) > 1 else None

    def names(self, lines: Sequence[Line]) -> int:
        """How many values of fields for a name there are."""
        return sum(len(one.values) for one in self._fields_of_lines(lines) if self._is_name(one.label))

    def _form(self, records: Sequence[_Record]) -> Form | None:
        header = list(dict.fromkeys(label for record in records for label in record.values))
        rows = [[record.values.get(label, "") for label in header] for record in records]
        if not self._holds(records):
            return None
        return Form([header, *rows], frozenset().union(*(record.places for record in records)))

    def _holds(self, records: Iterable[_Record]) -> bool:
        """Whether most values that can be told by themselves are what their labels say."""
        checked = [
            self._cells[head.kind](fold_cell(value)) >= HALF
            for record in records
            for label, value in record.values.items()
            if value and (head := self._header(label)) is not None and head.kind in _CHECKED and head.kind is not None
        ]
        return bool(checked) and 2 * sum(checked) >= len(checked)

    def _is_label(self, text: str, *, weak: bool = False) -> bool:
        """weak: what stands around it makes a doubtful word a label (保護者：)."""
        text = text.strip()
        if text in self._labels:  # ふりがな has a が, and is no sentence
            return True
        if not 0 < len(text) <= LONGEST or _DATA.search(text) or _SENTENCE.search(text):
            return False
        head = self._header(text)
        return head is not None and head.kind is not None and (head.strong or weak)

    def _is_name(self, label: str) -> bool:
        head = self._header(label)
        return head is not None and head.kind is Kind.NAME and head.piece != "given" and not head.staff

    def _fields_of_rows(self, rows: Sequence[Sequence[str]]) -> Iterator[Field]:
        """Rows that begin with a label and have something else behind it; a row of labels alone is a header."""
        block = 0
        for number, row in enumerate(rows):
            opening = next(filter(None, map(str.strip, row)), "")
            block += not opening
            if not opening or not self._is_label(opening, weak=True):
                continue
            cells = [cell.strip() for cell in row]
            filled = [cell for cell in cells if cell]
            labels = [self._is_label(cell, weak=cell is filled[0]) for cell in cells]
            if sum(labels) * 2 > len(filled) and len(filled) > 1:
                continue
            starts = [index for index, label in enumerate(labels) if label]
            for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
                yield Field(cells[start], tuple(cells[start + 1 : end]), number, number, block)

    def _columns(self, found: Sequence[Field]) -> Iterator[_Record]:
        """One record a column, where most labels have several values, and each of them about as many."""
        widths = [sum(map(bool, one.values)) for one in found]
        if (
            len(found) < 2
            or 2 * sum(width > 1 for width in widths) <= len(found)
            or len({f.label for f in found}) < len(found)
        ):
            return
        for column in range(max(len(one.values) for one in found)):
            record = _Record()
            for one in found:
                if column < len(one.values):
                    record.add(Field(one.label, one.values[column : column + 1], one.place, one.last, one.block))
            if any(record.values.values()):
                yield record

    def _fields_of_lines(self, lines: Sequence[Line]) -> Iterator[Field]:
        waiting: tuple[str, Line] | None = None
        for line in lines:
            found = list(self._fields_of_line(line.text))
            if found:
                for label, value in found[:-1]:
                    yield _at(line, label, value)
                label, value = found[-1]
                waiting = None if value else (label, line)
                if value:
                    yield _at(line, label, value)
            elif waiting and line.text.strip():
                label, above = waiting
                if line.paragraph == above.paragraph:
                    yield Field(label, (line.text.strip(),), above.number, line.number, line.paragraph)
                waiting = None

    def _fields_of_line(self, text: str) -> Iterator[tuple[str, str]]:
        """(label, value) pairs of a line; the value may be empty and stand below."""
        if len(text) > 40 * LONGEST:
            return
        match = _BRACKETED.fullmatch(text)
        if match:
            label = next(filter(None, match.groups()[:-1]))
            if self._is_label(label, weak=True):
                yield label.strip(), match[match.re.groups].strip()
            return
        rest = text[_BEGIN.match(text).end() :].strip()
        colons = [match for match in _COLON.finditer(rest) if self._is_label(match[1], weak=True)]
        if colons and colons[0].start() == 0:
            ends = [*(match.start() for match in colons[1:]), len(rest)]
            for match, end in zip(colons, ends, strict=True):
                yield match[1], rest[match.end() : end].strip(" ,/、|;")
            return
        spaced = _SPACED.fullmatch(rest)
        if spaced and self._is_label(spaced[1]) and not self._is_label(spaced[2].split("\t")[0]):
            yield spaced[1], spaced[2].strip()
        elif self._is_label(rest):
            yield rest, ""


def _at(line: Line, label: str, value: str) -> Field:
    return Field(label, tuple(cell.strip() for cell in value.split("\t")), line.number, line.number, line.paragraph)


def _records(found: Sequence[Field], is_name: Callable[[str], bool], shut: Sequence[int] = ()) -> list[_Record]:
    """Fields in blocks: the label that opened the first one opens each; so does any that comes again in another paragraph.

    shut: lines that end a block (an organisation's); what stands behind one, up to the next opening label, is in no record.
    """
    records: list[_Record] = []
    opening = found[0].label if found else ""
    for one in found:
        last = records[-1] if records else None
        again = last is not None and one.label in last.values
        apart = again and last is not None and (one.block != last.block or is_name(one.label))
        if last is None or one.label == opening or apart:
            records.append(_Record())
        elif any(last.last < number < one.place for number in shut):
            continue
        records[-1].add(one)
    return records
