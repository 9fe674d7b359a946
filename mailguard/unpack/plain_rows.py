"""Rows of separated text in which no quote stands: then a line is a row, and `str.split` reads it in half the time of `csv`.

In: lines and a delimiter. Out: the rows that `csv.reader` makes of them.
"""

import csv
from collections.abc import Sequence

QUOTE = '"'


def plain(delimiter: str) -> bool:
    """Whether lines without quotes may be split at it: any sign that `csv` gives no meaning of its own."""
    return len(delimiter) == 1 and delimiter not in '"\r\n'


def split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The rows of lines without quotes and line ends. Raises csv.Error where a cell is longer than `csv` allows."""
    if len(max(lines, key=len, default="")) > csv.field_size_limit():
        return list(csv.reader(lines, delimiter=delimiter))
    return [line.split(delimiter) if line else [] for line in lines]
