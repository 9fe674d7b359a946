"""Headers of two lines: a line of groups (お名前, 電話) over a line of what is in them (姓, 名, 自宅, 携帯).

In: rows, the row that was taken for the header, and whether a row is one of titles. Out: one title a column, and the first data row.
A group stands over its first column only, or over each of them: merged cells come both ways.
"""

from collections.abc import Callable, Iterable, Sequence

Row = Sequence[str]


def titles_of(rows: Sequence[Row], head: int, width: int, is_titles: Callable[[Row], bool]) -> tuple[list[str], int]:
    """Titles of the header row and its other line, if it has one below or above."""
    for upper in (head, head - 1):
        if 0 <= upper < len(rows) - 1:
            above, below = _wide(rows[upper], width), _wide(rows[upper + 1], width)
            if _parts(above, below) and is_titles(above if upper < head else below):
                return _joined(above, below), upper + 2
    return _wide(rows[head], width), head + 1


def _wide(row: Row, width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]


def _parts(above: Row, below: Row) -> bool:
    """Whether a group of two columns or more has a title of its own in each of them."""
    return any(
        group.strip() and next_group.strip() in {"", group.strip()} and left.strip() and right.strip() and left != right
        for group, next_group, left, right in zip(above, above[1:], below, below[1:], strict=False)
    )


def _joined(above: Row, below: Row) -> list[str]:
    titles, group = [], ""
    for upper, lower in zip(map(str.strip, above), map(str.strip, below), strict=True):
        group = upper or group
        titles.append(f"{group} {lower}" if group and lower and group != lower else lower or upper)
    return titles


def hits_of(least: float, many: int, flags: Iterable[bool]) -> int:
    """How many of `many` flags are set; 0 as soon as they are known to be fewer than so many."""
    hits = many
    for flag in flags:
        hits -= not flag
        if hits < least:
            return 0
    return hits
