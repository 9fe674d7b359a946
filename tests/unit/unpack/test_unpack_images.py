"""What is appended to an image is a file of its own."""

import base64
import zipfile

import pytest
import unpack_samples as make

from mailguard.model import Problem, ProblemKind, Table, Text
from mailguard.unpack import image_end

LONG = "".join(f"会員 {number},090-1234-{number:04}\r\n" for number in range(20)).encode()
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0"
    b"\xff\xda\0\x08\1\1\0\0?\0\xaa\xff\0\xbb\xff\xd0\xcc\xff\xff\xd9"
)
BMP = b"BM" + (58).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little") + (1).to_bytes(4, "little") * 2 + bytes(32)  # fmt: skip
WEBP = b"RIFF" + (30).to_bytes(4, "little") + b"WEBPVP8X" + (10).to_bytes(4, "little") + bytes(4) + b"\x0f\0\0\x0f\0\0" + bytes(8)  # fmt: skip
IMAGES = {"png": make.png(16, 16), "gif": GIF, "jpeg": JPEG, "bmp": BMP, "webp": WEBP}


@pytest.mark.parametrize("kind", IMAGES)
def test_an_image_alone_ends_where_its_bytes_end(kind: str) -> None:
    assert image_end.end(IMAGES[kind]) == len(IMAGES[kind])
    for tail in (b"", b"\0" * 5_000, b"\r\n"):
        assert make.leaves(IMAGES[kind] + tail, "logo") == []


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("gap", [b"", b"\0\0\0"])
@pytest.mark.parametrize("kind", IMAGES)
def test_a_file_behind_an_image_is_opened(kind: str, gap: bytes, *, inline: bool) -> None:
    for appended in (LONG, make.zipped({"会員.csv": LONG}, method=zipfile.ZIP_STORED)):
        items = make.leaves(IMAGES[kind] + gap + appended, "logo", inline=inline)
        (table,) = [item for item in items if isinstance(item, Table)]
        assert table.path[:2] == ("logo", "(appended)")
        assert len(table.rows) == 20


def test_an_image_that_breaks_off_still_shows_what_reads_behind_it() -> None:
    broken = make.png(16, 16)[:33] + bytes(20)
    assert any(isinstance(item, Table) for item in make.leaves(broken + LONG, "logo"))
    assert make.leaves(broken + bytes(range(128, 256)) * 9 + bytes(range(32)) * 9, "logo") == []


def test_unknown_bytes_behind_the_end_are_a_problem() -> None:
    items: list[Text | Table | Problem] = make.leaves(make.png(16, 16) + bytes(range(256)) * 4, "logo", inline=True)
    assert [item.kind for item in items if isinstance(item, Problem)] == [ProblemKind.UNKNOWN_FORMAT]


def test_a_second_picture_of_a_telephone_goes_with_the_first() -> None:
    assert make.leaves(JPEG + JPEG + JPEG, "photo", inline=True) == []
