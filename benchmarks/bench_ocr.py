"""How much of made-up phone books Tesseract reads, as mailguard asks it: names, phones, addresses, by size of the letters.

Rows are counted in which the value stands whole, spaces and variant kanji (髙/高, 邉/辺) aside. Nobody in them exists.
Example: python benchmarks/bench_ocr.py --seed 1 --rows 30
"""

import argparse
import io
import random
import re
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Sequence

from customer_people import who
from PIL import Image, ImageDraw, ImageFont

from mailguard.demo.people import households
from mailguard.model import Part, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack
from mailguard.unpack.tools import MOST_BYTES, TOOLS

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
_PATHS = {tool.name: tool.path for tool in TOOLS}
_FOLDED = str.maketrans("髙﨑邉邊濵德廣齋齊", "高崎辺辺浜徳広斎斉")


class Bare:
    """Tesseract without the sandbox, with one thread as in it."""

    def run(self, tool: str, arguments: Sequence[str], data: bytes, most: int = MOST_BYTES) -> bytes:
        """Its standard output."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            command = [_PATHS[tool], *(argument.replace("{input}", file.name) for argument in arguments)]
            done = subprocess.run(command, capture_output=True, check=True, env={"OMP_THREAD_LIMIT": "1"})
        return done.stdout[:most]


def people(seed: int, rows: int) -> list[tuple[str, str, str]]:
    """Name, phone and address of each."""
    rng, found = random.Random(seed), []
    for home in households(rows, seed):
        person = who(rng)
        found.append((person.foreign or f"{person.family} {person.given}", home.phone, home.address))
    return found


def screenshot(rows: Sequence[tuple[str, ...]], size: int, *, grid: bool) -> bytes:
    """A table as a screen shows it, in PNG."""
    font = ImageFont.truetype(FONT, size)
    widths = [int(max(font.getlength(value) for value in column)) + size for column in zip(*rows, strict=True)]
    image = Image.new("L", (sum(widths) + size, int(size * 1.7) * len(rows) + size), 255)
    draw = ImageDraw.Draw(image)
    for number, row in enumerate(rows):
        left, top = size // 2, size // 2 + number * int(size * 1.7)
        for value, width in zip(row, widths, strict=True):
            draw.text((left + size // 4, top + size // 4), value, font=font, fill=0)
            if grid:
                draw.rectangle((left, top, left + width, top + int(size * 1.7)), outline=180)
            left += width
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def folded(text: str) -> str:
    """Without what no reader cares about."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).translate(_FOLDED)


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=30)
    arguments = parser.parse_args()
    rows = people(arguments.seed, arguments.rows)
    for size in (14, 20, 28):
        for grid in (False, True):
            data = screenshot(rows, size, grid=grid)
            started = time.perf_counter()
            budget = Budget(Limits(), len(data), Bare())
            leaves = unpack(Part(("a.png",), data), budget, lambda _: b"key")
            text = folded("\n".join(o.item.text for o in leaves if isinstance(o, Leaf) and isinstance(o.item, Text)))
            counts = [sum(folded(value) in text for value in column) for column in zip(*rows, strict=True)]
            print(f"{size} px{' grid' if grid else '     '} names {counts[0]} phones {counts[1]} addresses {counts[2]} of {len(rows)}, {time.perf_counter() - started:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
