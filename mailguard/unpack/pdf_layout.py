"""Tables of a PDF page: a PDF knows no rows and cells, only words at places.

In: the words of a page. Out: the tables, and the text of the page without them. A table is a run of lines with blank channels
between the same columns; a line that fills few columns and stands close to a full one is the rest of a cell. Columns of prose
are no table. Wide gaps in other lines become tabs.
"""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from mailguard.unpack.pdf_words import Word, Words, whole

_ROWS = 3  # lines that fill their columns
_CELL_GAP = 1.2  # heights of a character: a blank that is a gap between cells by itself
_WORD_GAP = 0.3  # a smaller one never is
_CHANNEL = 0.6  # between columns, in all lines
_APART = 4.0  # from one line to the next: not one table any more
_LOOSE = 4  # lines between two full ones
_WIDE = 0.6  # of a table: a line that begins at its left and is wider stands apart
_LEADING = 1.4  # from line to line of a cell, at most
_SHORT = 20  # characters of a cell in a table that is drawn column by column
_STOPS = "。、．，"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand together within a line."""

    words: list[Word]
    left: float
    right: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces from left to right."""

    pieces: list[Piece]
    middle: float
    height: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of one page. columns: left and right edge of each, in points."""

    rows: list[list[str]]
    columns: list[tuple[float, float]]


def laid_out(page: Words) -> tuple[str, list[Grid]]:
    """Text in the order of the file, and tables from top to bottom."""
    lines = _lines(page)
    grids: list[Grid] = []
    taken: set[int] = set()
    for run in _runs(lines):
        grid = _grid(run)
        if grid is not None:
            grids.append(grid)
            taken.update(word.start for line in run for piece in line.pieces for word in piece.words)
    return _text(page, lines, taken), grids


def _lines(page: Words) -> list[Line]:
    """Words whose middles are at one height."""
    found: list[list[Word]] = []
    for word in sorted(page.words, key=lambda word: word.middle):
        first = found[-1][0] if found else None
        if first is None or word.middle - first.middle > 0.45 * min(word.height, first.height):
            found.append([])
        found[-1].append(word)
    return [_line(page, sorted(words, key=lambda word: word.left)) for words in found]


def _line(page: Words, words: list[Word]) -> Line:
    groups = [[words[0]]]
    for last, word in pairwise(words):
        gap = (word.left - last.right) / max(last.height, word.height)
        written = word.start == last.end + 1 and page.drawn_gap(last)
        if gap < _WORD_GAP or (written and gap < _CELL_GAP):
            groups[-1].append(word)
        else:
            groups.append([word])
    pieces = [_piece(page, group) for group in groups]
    return Line(pieces, words[0].middle, max(word.height for word in words))


def _piece(page: Words, words: list[Word]) -> Piece:
    text = " ".join(whole(page.characters[word.start : word.end]) for word in words)
    return Piece(words, words[0].left, max(word.right for word in words), text)


def _runs(lines: list[Line]) -> list[list[Line]]:
    """Lines of several pieces one below the other, with lines of one piece between them that may be rests of cells."""
    runs: list[list[Line]] = []
    loose: list[Line] = []
    last: Line | None = None
    for line in lines:
        if last is not None and line.middle - last.middle > _APART * line.height:
            loose, last = [], None
        if len(line.pieces) == 1:
            loose.append(line)
        elif last is not None and runs and _rests(loose, [*runs[-1], line]):
            runs[-1] += [*loose, line]
            loose = []
        else:
            runs.append([*_first_rests(loose, line), line])
            loose = []
        last = line
    return [run for run in runs if sum(len(line.pieces) > 1 for line in run) >= _ROWS]


def _rests(loose: list[Line], run: list[Line]) -> bool:
    """Whether lines of one piece may belong to cells of the run: few, and not across the whole of it."""
    left = min(piece.left for line in run for piece in line.pieces)
    right = max(piece.right for line in run for piece in line.pieces)
    return len(loose) <= _LOOSE and all(
        piece.right - piece.left < _WIDE * (right - left) or piece.left - left > (1 - _WIDE) * (right - left)
        for line in loose
        for piece in line.pieces
    )


def _first_rests(loose: list[Line], line: Line) -> list[Line]:
    """Lines right above the first of a run, in a cell beside its first."""
    close = [
        one
        for number, one in enumerate(reversed(loose), 1)
        if line.middle - one.middle < _LEADING * number * line.height and one.pieces[0].left > line.pieces[0].right
    ]
    return close[::-1]


def _grid(run: list[Line]) -> Grid | None:
    columns = _columns(run)
    if len(columns) < 2:
        return None
    placed = [_placed(line, columns) for line in run]
    full = [sum(map(bool, cells)) * 2 > len(columns) for cells in placed]
    if sum(full) < _ROWS or sum(full) * 2 < sum(len(line.pieces) > 1 for line in run) or _is_prose(run, placed):
        return None
    return Grid(_rows(run, placed, full), columns)


def _columns(run: list[Line]) -> list[tuple[float, float]]:
    """What is between the channels that (nearly) no line crosses."""
    lines = [line for line in run if len(line.pieces) > 1]
    height = median(line.height for line in lines)
    allowed = len(lines) // 20
    pieces = [piece for line in lines for piece in line.pieces]
    edges = sorted([*((piece.left, 1) for piece in pieces), *((piece.right, -1) for piece in pieces)])
    columns: list[tuple[float, float]] = []
    depth, start = 0, None
    for edge, step in edges:
        depth += step
        if depth > allowed and start is None:
            start = edge
        elif depth <= allowed and start is not None:
            if columns and start - columns[-1][1] < _CHANNEL * height:
                columns[-1] = (columns[-1][0], edge)
            else:
                columns.append((start, edge))
            start = None
    return columns


def _placed(line: Line, columns: list[tuple[float, float]]) -> list[str]:
    """The cells of a line: each piece in the column where it begins."""
    cells = [""] * len(columns)
    for piece in line.pieces:
        at = min(piece.left + line.height / 2, (piece.left + piece.right) / 2)
        column = min(range(len(columns)), key=lambda index: max(columns[index][0] - at, at - columns[index][1]))
        cells[column] = f"{cells[column]} {piece.text}".strip()
    return cells


def _is_prose(run: list[Line], placed: list[list[str]]) -> bool:
    """Whether columns are read down rather than across: the file does not draw them line by line, and they hold sentences."""
    inner = [pair for line in run for pair in pairwise(line.pieces)]
    across = sum(right.words[0].start - left.words[-1].end <= 2 for left, right in inner)
    if across * 2 > len(inner):
        return False
    cells = [cell for row in placed for cell in row if cell]
    stops = sum(any(stop in cell for stop in _STOPS) for cell in cells)
    return median(map(len, cells)) > _SHORT or stops * 7 > len(cells)


def _rows(run: list[Line], placed: list[list[str]], full: list[bool]) -> list[list[str]]:
    """Lines as rows, with the rests of cells put to the nearest full line when they stand closer to it than rows do."""
    at = [line.middle for line, whole_line in zip(run, full, strict=True) if whole_line]
    index = [number for number, whole_line in enumerate(full) if whole_line]
    pitch = median(below - above for above, below in pairwise(at))
    rows: dict[int, list[tuple[float, list[str]]]] = {}
    for number, (line, cells) in enumerate(zip(run, placed, strict=True)):
        nearest = min(range(len(at)), key=lambda which: abs(at[which] - line.middle))
        close = abs(at[nearest] - line.middle) < 0.9 * pitch
        owner = number if full[number] or not close else index[nearest]
        rows.setdefault(owner, []).append((line.middle, cells))
    return [_joined(rows[owner]) for owner in sorted(rows)]


def _joined(parts: list[tuple[float, list[str]]]) -> list[str]:
    columns = zip(*(cells for _, cells in sorted(parts)), strict=True)
    return [_glued([cell for cell in cells if cell]) for cells in columns]


def _glued(pieces: list[str]) -> str:
    """Lines of a cell as one: Japanese is broken anywhere, words only at blanks."""
    text = "".join(pieces)
    return " ".join(pieces) if text.isascii() else text


def _text(page: Words, lines: list[Line], taken: set[int]) -> str:
    """Without the words of tables, and with tabs where a gap parts two pieces of a line."""
    characters = list(page.characters)
    for line in lines:
        for left, right in pairwise(line.pieces):
            if _follows(left, right, line):
                characters[left.words[-1].end] = "\t"
    for word in page.words:
        if word.start in taken:
            characters[word.start : word.end] = [""] * (word.end - word.start)
    text = whole("".join(characters))
    return "\n".join(line for line in text.split("\n") if line.strip()) if taken else text


def _follows(left: Piece, right: Piece, line: Line) -> bool:
    wide = right.left - left.right >= _CELL_GAP * line.height
    return wide and right.words[0].start == left.words[-1].end + 1
