"""PDF fonts whose codes PDFium does not know: read by what the font says of itself, else a problem."""

import io

import pikepdf
import pytest
import unpack_samples as make
from pikepdf import Array, Dictionary, Name, String

from mailguard.model import Problem, ProblemKind, Text


def page(codes: bytes, *fonts: Dictionary | pikepdf.Stream, more=lambda file, font: None) -> bytes:
    """One page written in the first font; the others are in the file too."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make.pdf("Hello"))) as file:
        for number, font in enumerate(fonts):
            if "/CharProcs" in font:
                font.CharProcs = Dictionary(
                    {key: file.make_stream(b"500 0 0 0 400 700 d1") for key in dict(font.CharProcs)}
                )
            more(file, font)
            file.pages[0].Resources.Font[f"/J{number}"] = file.make_indirect(font)
        file.pages[0].Contents = file.make_stream(b"BT /J0 12 Tf 50 700 Td <" + codes.hex().encode() + b"> Tj ET")
        file.save(out)
    return out.getvalue()


def type_3(names: dict[int, str]) -> Dictionary:
    differences = [item for code, name in names.items() for item in (code, Name(f"/{name}"))]
    return Dictionary(
        Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 500, 700]), FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
        CharProcs=Dictionary({f"/{name}": Dictionary() for name in names.values()}), FirstChar=0, LastChar=255,
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array(differences)), Widths=Array([500] * 256),
    )  # fmt: skip


def type_0(ordering: str = "Identity", **more: object) -> Dictionary:
    below = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.X, CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String(ordering), Supplement=2))  # fmt: skip
    return Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.X, Encoding=Name("/Identity-H"), DescendantFonts=Array([below]), **more)  # fmt: skip


def renumbered(file: pikepdf.Pdf, font: Dictionary) -> None:
    font.DescendantFonts[0].CIDToGIDMap = file.make_stream(bytes(512))


def read(data: bytes) -> tuple[str, list[ProblemKind]]:
    leaves = make.leaves(data)
    text = "\n".join(item.text for item in leaves if isinstance(item, Text))
    return text.partition("\f")[0].replace(" ", ""), [item.kind for item in leaves if isinstance(item, Problem)]


@pytest.mark.parametrize(
    ("codes", "names", "text"),
    [
        pytest.param(b"\1\2\3\2", {1: "S", 2: "uni4F50", 3: "one"}, "S佐1佐", id="names of the glyph list"),
        pytest.param(b"\1\2\3\1", {1: "f_f_i", 2: "eacute", 3: "o"}, "ﬃéoﬃ", id="ligatures"),
        pytest.param(b"\1\2\1\2", {1: "@", 2: "-"}, "@-@-", id="the characters themselves"),
        pytest.param(b"Sato", {code: f"a{code}" for code in b"Saot"}, "Sato", id="codes in decimal"),
        pytest.param(b"Sato", {code: f"C{code:02x}" for code in b"Saot"}, "Sato", id="codes in hexadecimal"),
    ],
)
def test_a_type_3_font_is_read_by_the_names_of_its_glyphs(codes, names, text) -> None:
    assert read(page(codes, type_3(names))) == (text, [])


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({code: f"shape{code}" for code in b"Saot"}, id="names that say nothing"),
        pytest.param({code: f"a{code}" for code in range(0x53, 0x75)}, id="numbered one after the other"),
    ],
)
def test_a_type_3_font_whose_names_say_nothing_is_a_problem(names) -> None:
    assert read(page(b"Sato", type_3(names)))[1] == [ProblemKind.NOT_READ]


def test_two_type_3_fonts_that_do_not_agree_are_a_problem() -> None:
    mine, other = {code: f"a{code}" for code in b"Saot"}, dict.fromkeys(b"Saot", "x")
    assert read(page(b"Sato", type_3(mine), type_3(other)))[1] == [ProblemKind.NOT_READ]
    assert read(page(b"Sato", type_3(mine), type_3({1: "x"}))) == ("Sato", [])


def test_codes_that_the_font_calls_unicode_are_unicode() -> None:
    font = type_0(ToUnicode=Name("/Identity-H"))
    assert read(page("佐藤花子".encode("utf-16-be"), font, more=renumbered)) == ("佐藤花子", [])


def test_numbers_of_glyphs_are_not_unicode_whatever_the_font_calls_them() -> None:
    codes = "佐藤花子".encode("utf-16-be")
    assert read(page(codes, type_0(ToUnicode=Name("/Identity-H"))))[1] == [ProblemKind.NOT_READ]
    assert read(page(codes, type_0(), more=renumbered))[1] == [ProblemKind.NOT_READ]


def test_japanese_numbers_of_characters_need_no_map() -> None:
    codes = b"".join(number.to_bytes(2, "big") for number in (862, 881, 847))  # Adobe-Japan1
    assert read(page(codes, type_0("Japan1"))) == ("さとう", [])


def test_a_font_whose_name_is_in_cp932_is_read() -> None:
    font = type_0("Japan1")
    font.BaseFont = font.DescendantFonts[0].BaseFont = Name("/ABCD")
    data = page((862).to_bytes(2, "big"), font)
    assert data.count(b"/ABCD") == 2
    assert read(data.replace(b"/ABCD", b"/" + "ＭＳ".encode("cp932"))) == ("さ", [])
