"""A page of a PDF that has no text, read as the picture that it is.

In: a page, and what is wrong with it. Out: its lines, or why they could not be had.
"""

import pypdfium2

from mailguard.model import ProblemKind
from mailguard.unpack import ocr
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.tools import ToolError

_SCALE = 200 / 72  # 200 dpi: ten points are 28 pixels
_MOST = 9_000_000  # pixels; an A4 page has 4 million


def read(page: pypdfium2.PdfPage, fault: str, budget: Budget) -> tuple[str, str]:
    """(text, what is still wrong with the page)."""
    if not ocr.available(budget):
        return "", fault
    from mailguard.unpack import picture  # noqa: PLC0415 - needs Pillow, which is optional

    width, height = page.get_size()
    scale = min(_SCALE, (_MOST / max(width * height, 1)) ** 0.5)
    try:
        budget.picture(int(width * height * scale**2))
        grey = page.render(scale=scale, grayscale=True).to_pil().convert("L")
        return "\n".join(ocr.lines(piece, budget) for piece in picture.pieces(grey)), ""
    except (LimitError, ToolError) as error:
        budget.late |= error.kind is ProblemKind.TIMED_OUT
        return "", f"{fault}, {error.detail}"
