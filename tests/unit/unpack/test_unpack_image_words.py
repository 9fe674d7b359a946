"""What an image carries beside its pixels is text, whatever reads its pixels."""

import io
import zlib

import pytest
import unpack_samples as make
from PIL import Image, PngImagePlugin

from mailguard.model import Text
from mailguard.unpack import image_words

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


def test_a_chunk_that_unpacks_without_end_is_cut() -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 20_000_000, 9))
    assert len(words(saved("PNG", pnginfo=chunks))) == 1_000_000


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
    found = image_words.found(data, "image/heic")
    assert {NAME, "Hanako Sato", "京都市"} <= set(found)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
def test_broken_words_end_nothing(kind: str) -> None:
    more = {"comment": NAME.encode()} if kind == "GIF" else {"exif": exif()}
    data = saved(kind, **more)
    media_type = f"image/{kind.lower()}"
    for at in range(0, len(data), 3):
        image_words.found(data[:at], media_type)
        image_words.found(data[:at] + b"\xff\xff" + data[at + 2 :], media_type)
