"""What an image carries beside its pixels is text, whatever reads its pixels."""

import io
import struct
import zlib

import pytest
import unpack_samples as make
from PIL import Image, PngImagePlugin

from mailguard.model import Problem, ProblemKind, Text
from mailguard.unpack import image_words
from mailguard.unpack.budget import Budget, Limits

NAME = "山田太郎 090-1234-5678"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="d:" '
    'xmlns:m="m:"><rdf:Description d:city="京都市" m:id="xmp.did:0123456789"><d:note><rdf:li>'
    f"{NAME}</rdf:li></d:note></rdf:Description></rdf:RDF></x:xmpmeta>"
).encode()


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x013B] = "Hanako Sato"  # Artist
    tags[0x9C9C] = NAME.encode("utf-16-le")  # XPComment
    tags.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "京都の祭り".encode("utf-16-le")
    tags.get_ifd(0x8825).update({1: "N", 2: (35.0, 21.0, 36.0), 3: "W", 4: (138.0, 30.0, 0.0)})
    return tags


def found(data: bytes, media_type: str) -> list[str]:
    return image_words.found(data, media_type, Budget(Limits(), len(data)))


def saved(kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), "white").save(out, kind, **more)
    return out.getvalue()


def words(data: bytes) -> str:
    return "\n".join(item.text for item in make.leaves(data, "logo") if isinstance(item, Text))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_exif_is_text(kind: str) -> None:
    found = words(saved(kind, exif=exif()))
    for text in ("Hanako Sato", NAME):
        assert text in found
    if kind != "TIFF":  # Pillow leaves the directories of Exif out there
        assert "京都の祭り" in found
        assert "35.36000, -138.50000" in found


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_xmp_is_text_without_what_only_programs_read(kind: str) -> None:
    more = {"tiffinfo": {700: XMP}} if kind == "TIFF" else {"xmp": XMP}
    assert words(saved(kind, **more)).split("\n") == ["京都市", NAME]


def test_xmp_that_breaks_off_is_text_all_the_same() -> None:
    assert NAME in words(saved("JPEG", xmp=XMP.replace(b"<rdf:li>", b"<rdf:Bag><rdf:li>")))


@pytest.mark.parametrize("zipped", [False, True])
def test_text_chunks_of_a_png_are_text(*, zipped: bool) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", "Taro Yamada", zip=zipped)
    chunks.add_itxt("Title", NAME, zip=zipped)
    chunks.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=zipped)
    assert words(saved("PNG", pnginfo=chunks)).split("\n") == ["Taro Yamada", NAME, "京都市"]


def ztxt(data: bytes, times: int = 1) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    for _ in range(times):
        chunks.add(b"zTXt", b"a\0\0" + zlib.compress(data, 9))
    return saved("PNG", pnginfo=chunks)


def test_a_chunk_is_read_to_its_end() -> None:
    assert words(ztxt(b"".join(b"%d " % number for number in range(300_000)) + NAME.encode())).endswith(NAME)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (ztxt(b"x" * 3_000_000), ProblemKind.RATIO),
        (ztxt(b"x" * 900_000, 12), ProblemKind.TOO_BIG),
        (saved("PNG", icc_profile=bytes(3_000_000)), ProblemKind.RATIO),
    ],
    ids=["one", "many", "colours"],
)
def test_chunks_are_counted_as_they_are_unpacked(data: bytes, kind: ProblemKind) -> None:
    limits = Limits(total_bytes=10_000_000)
    assert [item.kind for item in make.leaves(data, "logo", limits) if isinstance(item, Problem)] == [kind]


def shared(tags: int) -> bytes:
    """A TIFF whose tags all have the same two megabytes."""
    entry = struct.pack("<HHII", 0x010E, 2, 2_000_000, 8 + 2 + 12 * tags + 4)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", tags) + entry * tags + bytes(4) + b"a" * 2_000_000


@pytest.mark.parametrize(
    "data",
    [
        shared(900),
        b"\xff\xd8" + b"\xff\xe1\0\x02" * 200_000,
        b"GIF89a\x40\1\x40\1\0\0\0!\xfe" + b"\1a" * 2_100_000 + b"\0;",
    ],
    ids=["shared tags", "segments", "pieces"],
)
def test_a_picture_that_would_take_long_is_named(data: bytes) -> None:
    assert [item.kind for item in make.leaves(data, "a") if isinstance(item, Problem)] == [ProblemKind.DAMAGED]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8" + b"\xff" * 2_000_000, "image/jpeg"),
        (b"<x:xmpmeta " * 200_000, "image/heic"),
        (b"\xff\xd8\xff\xda\0\x02" + b"\xff\0" * 1_000_000, "image/jpeg"),
    ],
    ids=["fill", "packets", "scan"],
)
def test_time_is_linear(data: bytes, media_type: str) -> None:
    assert found(data, media_type) == []


def test_comments_of_gif_and_jpeg_are_text() -> None:
    for kind in ("GIF", "JPEG"):
        assert words(saved(kind, comment=NAME.encode())) == NAME
        assert words(saved(kind, comment=NAME.encode("cp932"))) == NAME


def test_iptc_is_text() -> None:
    value = NAME.encode()
    record = b"\x1c\x02\x78" + len(value).to_bytes(2, "big") + value
    body = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record
    data = saved("JPEG")
    assert words(data[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]) == NAME


def test_exif_and_xmp_of_heic_are_text() -> None:
    tags = exif().tobytes()
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40) + tags + bytes(8) + XMP
    assert {NAME, "Hanako Sato", "京都市"} <= set(found(data, "image/heic"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
def test_broken_words_end_nothing(kind: str) -> None:
    more = {"comment": NAME.encode()} if kind == "GIF" else {"exif": exif()}
    data = saved(kind, **more)
    media_type = f"image/{kind.lower()}"
    for at in range(0, len(data), 3):
        found(data[:at], media_type)
        found(data[:at] + b"\xff\xff" + data[at + 2 :], media_type)
