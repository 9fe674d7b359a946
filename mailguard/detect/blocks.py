"""Text cut into lines, paragraphs and embedded tables (a list pasted into a mail).

In: folded text. Out: `Line`s in order, each with its paragraph's number, and tables made of runs of delimited lines.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby

TABLE_LINES = 3  # so many lines alike make a table
_DELIMITERS = ("\t", ",", "|", ";")
_LOOSE = ("/", "  ")  # these also part what is no table
_WIDE = re.compile(r"(?<=[^ ])  +(?=[^ ])")
_NEAR = 3  # lines, of which words may stand as far as 24 characters from a value
_BREAK = re.compile(r"\r\n|[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: number from 1, offsets in the folded text, and the paragraph it stands in."""

    number: int
    start: int
    end: int
    paragraph: int
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Delimited lines that read as a table. loose: only names in it show that it is one."""

    lines: tuple[Line, ...]
    rows: list[list[str]]
    loose: bool = False


def lines_of(text: str) -> list[Line]:
    """All lines; a blank line ends a paragraph."""
    lines, paragraph, start, number = [], 0, 0, 1
    for match in [*_BREAK.finditer(text), None]:
        end = match.start() if match else len(text)
        line = text[start:end]
        if not line.strip():
            paragraph += 1
        lines.append(Line(number, start, end, paragraph, line))
        start, number = (match.end() if match else end), number + 1
    return lines


def beside(text: str, lines: Sequence[Line], taken: AbstractSet[int]) -> str:
    """The text with blanks for lines that are taken, as long as before; those next to others stay, as their context."""
    pieces, end = [], 0
    for is_taken, run in groupby(lines, lambda line: line.number in taken):
        for line in list(run)[_NEAR:-_NEAR] if is_taken else ():
            pieces += [text[end : line.start], " " * (line.end - line.start)]
            end = line.end
    return "".join([*pieces, text[end:]])


def grids_of(lines: Sequence[Line]) -> list[Grid]:
    """Runs of at least `TABLE_LINES` lines that split into the same number of fields."""
    grids: list[Grid] = []
    if len(lines) < TABLE_LINES:
        return grids
    for delimiter in (*_DELIMITERS, *_LOOSE):
        taken = {line.number for grid in grids for line in grid.lines}
        free = [line for line in lines if line.number not in taken]
        grids += [_grid(run, delimiter) for run in _runs(free, delimiter) if len(run) >= TABLE_LINES]
    return grids


def _runs(lines: Sequence[Line], delimiter: str) -> Iterator[list[Line]]:
    run: list[Line] = []
    width = 0
    for line in lines:
        fields = len(_WIDE.findall(line.text)) + 1 if delimiter == "  " else line.text.count(delimiter) + 1
        if run and (fields != width or line.number != run[-1].number + 1):
            yield run
            run = []
        if fields >= (2 if delimiter == "\t" else 3):
            run.append(line)
            width = fields
    if run:
        yield run


def _grid(run: Sequence[Line], delimiter: str) -> Grid:
    if delimiter in _LOOSE:
        parted = [_WIDE.split(line.text) if delimiter == "  " else line.text.split(delimiter) for line in run]
        return Grid(tuple(run), [[cell.strip() for cell in row] for row in parted], loose=True)
    reader = csv.reader([line.text.strip("| ") if delimiter == "|" else line.text for line in run], delimiter=delimiter)
    try:
        return Grid(tuple(run), [[cell.strip() for cell in row] for row in reader])
    except csv.Error:
        return Grid(tuple(run), [line.text.split(delimiter) for line in run])
