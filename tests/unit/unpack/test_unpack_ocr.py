"""Reading pictures under limits, with a Tesseract that says what the test wants."""

import io
import zlib
from collections.abc import Sequence

import pytest
import unpack_samples as make
from PIL import Image

from mailguard.model import Part, Problem, ProblemKind, Text
from mailguard.unpack import image, sniff
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack
from mailguard.unpack.tools import ToolError

HEAD = "level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext\n"


def word(line: int, left: int, width: int, text: str, confidence: float = 90) -> str:
    return f"5\t1\t1\t1\t{line}\t1\t{left}\t0\t{width}\t20\t{confidence}\t{text}\n"


class Tesseract:
    """languages: what --list-langs says; said: what it reads, or why it fails."""

    def __init__(self, said: str | ToolError = "", languages: bytes = b"eng\njpn\n") -> None:
        self.said, self.languages = said, languages
        self.pictures: list[bytes] = []

    def run(self, tool: str, arguments: Sequence[str], data: bytes, most: int = 0) -> bytes:
        assert tool == "tesseract"
        if "--list-langs" in arguments:
            return self.languages
        self.pictures.append(data)
        if isinstance(self.said, ToolError):
            raise self.said
        return (HEAD + self.said).encode()

    def sizes(self) -> list[tuple[int, ...]]:
        return [tuple(map(int, data.split(maxsplit=3)[1:3])) for data in self.pictures]


def read(data: bytes, tools: Tesseract, limits: Limits | None = None, *, inline: bool = False) -> list[object]:
    part = Part(("picture",), data, inline=inline)
    budget = Budget(limits or Limits(), len(data), tools)
    return [out.item for out in unpack(part, budget, make.digest) if isinstance(out, Leaf)]


def saved(frames: list[Image.Image], kind: str) -> bytes:
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=len(frames) > 1, append_images=frames[1:])
    return out.getvalue()


def grey(*shades: int) -> list[Image.Image]:
    return [Image.new("L", (300, 300), shade) for shade in shades]


def kinds(items: list[object]) -> list[ProblemKind]:
    return [item.kind for item in items if isinstance(item, Problem)]


def test_words_become_lines_and_columns() -> None:
    said = word(1, 0, 20, "山") + word(1, 24, 20, "田") + word(1, 60, 20, "太郎") + word(1, 200, 60, "090-1234-5678")
    said += word(2, 0, 30, "John") + word(2, 38, 40, "Smith") + word(3, 0, 9, "ノ", 12) + word(3, 9, 9, "、", 20)
    (text,) = read(make.png(300, 300), Tesseract(said))
    assert text == Text(("picture",), "山田 太郎\t090-1234-5678\nJohn Smith")


@pytest.mark.parametrize("inline", [False, True])
def test_a_picture_in_which_nothing_stands_passes_when_it_was_read(*, inline: bool) -> None:
    tools = Tesseract()
    assert read(make.png(300, 300), tools, inline=inline) == [Text(("picture",), "")]
    assert len(tools.pictures) == 1


def test_an_icon_is_not_read() -> None:
    tools = Tesseract()
    assert read(make.png(200, 200), tools) == []
    assert tools.pictures == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "HEIF"])
def test_every_format_is_known_and_read(kind: str) -> None:
    if kind == "HEIF":  # nothing here writes one: only its header is made up
        data = (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x14ispe\0\0\0\0"
            + (640).to_bytes(4, "big")
            + (480).to_bytes(4, "big")
        )
        assert sniff.sniff(data) == "image/heic"
        assert image.size(data) == (640, 480)
        return
    data, tools = saved([Image.new("RGB", (320, 240), "white")], kind), Tesseract(word(1, 0, 40, "名簿"))
    assert sniff.sniff(data) == f"image/{kind.lower()}"
    assert image.size(data) == (320, 240)
    assert read(data, tools) == [Text(("picture",), "名簿")]


def test_small_pictures_are_doubled_large_ones_made_smaller_and_long_ones_cut() -> None:
    tools = Tesseract()
    for size in ((400, 300), (1600, 1200), (4000, 4000), (1000, 5000)):
        read(saved([Image.new("L", size, 255)], "PNG"), tools)
    assert tools.sizes() == [(800, 600), (1600, 1200), (3000, 3000), (1000, 2000), (1000, 2000), (2000, 2400)]


def test_each_different_frame_is_read_and_what_is_beyond_is_told() -> None:
    for kind in ("GIF", "TIFF"):
        tools = Tesseract(word(1, 0, 40, "名簿"))
        (text,) = read(saved(grey(0, 255, 0, 128), kind), tools)
        assert text.text == "名簿\n名簿\n名簿"
        items = read(saved(grey(*range(0, 240, 20)), kind), Tesseract(word(1, 0, 40, "名簿")))
        assert kinds(items) == [ProblemKind.NOT_READ]
        assert any(isinstance(item, Text) and item.text.count("名簿") == 10 for item in items)


def test_white_writing_on_nothing_is_seen_on_black() -> None:
    tools, drawn = Tesseract(), Image.new("LA", (800, 600), (255, 0))
    drawn.paste((255, 255), (100, 100, 300, 200))
    read(saved([drawn], "PNG"), tools)
    pixels = tools.pictures[0].split(b"255\n", 1)[1]
    assert {pixels[0], pixels[len(pixels) // 4 + 400]} == {0, 255}


def bomb() -> bytes:
    header = (50_000).to_bytes(4, "big") * 2 + b"\1\0\0\0\0"
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000))), (b"IEND", b""))
    body = b"".join(len(d).to_bytes(4, "big") + n + d + zlib.crc32(n + d).to_bytes(4, "big") for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("inline", [False, True])
def test_a_bomb_is_named_by_its_header(*, inline: bool) -> None:
    tools = Tesseract()
    assert kinds(read(bomb(), tools, inline=inline)) == [ProblemKind.TOO_BIG]
    assert tools.pictures == []


def test_a_second_frame_larger_than_the_first_is_a_bomb_too() -> None:
    frames = [Image.new("L", (300, 300), 255), Image.new("L", (900, 900), 255)]
    limits = Limits(picture_pixels=200_000)
    assert kinds(read(saved(frames, "TIFF"), Tesseract(), limits)) == [ProblemKind.TOO_BIG]


def test_pictures_have_a_number_and_a_time() -> None:
    tools = Tesseract(word(1, 0, 40, "名簿"))
    data = make.zipped({f"{n}.png": make.png(300, 300 + n) for n in range(4)})
    items = read(data, tools, Limits(pictures=3))
    assert kinds(items) == [ProblemKind.TOO_MANY]
    assert len(tools.pictures) == 3
    assert kinds(read(data, tools, Limits(picture_seconds=0))) == [ProblemKind.TIMED_OUT] * 4


@pytest.mark.parametrize("kind", [ProblemKind.TIMED_OUT, ProblemKind.CRASHED, ProblemKind.DAMAGED])
def test_a_tesseract_that_fails_is_a_problem_for_inline_pictures_too(kind: ProblemKind) -> None:
    assert kinds(read(make.png(300, 300), Tesseract(ToolError(kind, "why")), inline=True)) == [kind]


def test_a_picture_that_cannot_be_decoded_is_damaged() -> None:
    assert kinds(read(make.png(300, 300)[:40] + bytes(40), Tesseract())) == [ProblemKind.DAMAGED]


def test_without_japanese_a_picture_is_marked_as_not_read() -> None:
    (problem,) = read(make.png(300, 300), Tesseract(languages=b"eng\nosd\n"))
    assert (problem.kind, problem.picture) == (ProblemKind.NOT_READ, True)
    assert read(make.png(300, 300), Tesseract(languages=b"eng\n"), inline=True) == []


def test_a_page_that_is_a_picture_is_read() -> None:
    data = make.pdf("Hello", picture=make.png(50, 50))
    tools = Tesseract(word(1, 0, 40, "名簿"))
    assert read(data, tools)[0].text.split()[:2] == ["Hello", "名簿"]
    assert [width > 1_600 for width, _ in tools.sizes()] == [True]
    problem = read(data, tools, Limits(pictures=0))[1]
    assert (problem.kind, problem.picture) == (ProblemKind.NOT_READ, False)
