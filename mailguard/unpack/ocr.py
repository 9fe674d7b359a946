"""Text of pictures by Tesseract: what stands in them goes the way of all text.

In: an image, or a rendered page. Out: its lines, cells of a table apart by tabs; ToolError where Tesseract or Pillow is
missing or fails; LimitError when a mail has too many or too large pictures, or they took too long.
"""

import time
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from mailguard.unpack.budget import Budget
from mailguard.unpack.tools import INPUT, ToolError

if TYPE_CHECKING:
    from PIL import Image

_TOOL, _LANGUAGE = "tesseract", "jpn"
_ARGUMENTS = (INPUT, "stdout", "-l", _LANGUAGE, "--psm", "4", "-c", "tessedit_create_tsv=1")
_WORD = "5"  # level of a row of the TSV output
_SPACE, _LATIN_SPACE, _TAB = 0.7, 0.25, 1.1  # gaps between words, in heights of the line
_NOISE = 40.0  # mean confidence, in percent, of a line that is no writing: edges and textures of a photograph
_MOST_BYTES = 10_000_000  # of what Tesseract writes


def available(budget: Budget) -> bool:
    """Whether Japanese text of pictures can be read here."""
    if budget.reads_pictures is None:
        budget.reads_pictures = _installed(budget)
    return budget.reads_pictures


def _installed(budget: Budget) -> bool:
    try:
        import PIL.Image  # noqa: F401, PLC0415 - optional: mailguard[ocr]

        said = budget.tools.run(_TOOL, ["--list-langs"], b"")
    except (ImportError, ToolError):
        return False
    return _LANGUAGE.encode() in said.split()


def lines(image: "Image.Image", budget: Budget) -> str:
    """The lines of one picture in shades of grey."""
    started = time.monotonic()
    head = b"P5 %d %d 255\n" % image.size  # a portable graymap, which nothing has to unpack
    try:
        said = budget.tools.run(_TOOL, _ARGUMENTS, head + image.tobytes(), _MOST_BYTES)
    finally:
        budget.picture_seconds += time.monotonic() - started
    return "\n".join(_lines(said.decode("utf-8", "replace")))


def _lines(tsv: str) -> Iterator[str]:
    rows = [row for line in tsv.split("\n") if len(row := line.split("\t", 11)) == 12]
    for _, words in groupby((row for row in rows if row[0] == _WORD), key=lambda row: row[1:5]):
        written = [word for word in words if word[11].strip()]
        if written and sum(float(word[10]) for word in written) / len(written) >= _NOISE:
            yield "".join(_spaced(written))


def _spaced(words: list[list[str]]) -> Iterator[str]:
    """Words with what stands between them: nothing, a space, or a tab between columns."""
    height = sorted(int(word[9]) for word in words)[len(words) // 2]
    end, last = int(words[0][6]), ""
    for word in words:
        left, width, written = int(word[6]), int(word[8]), word[11].strip()
        space = _LATIN_SPACE if last.isascii() and written.isascii() else _SPACE
        yield "\t" if left - end > _TAB * height else " " if left - end > space * height else ""
        yield written
        end, last = left + width, written
