r"""Rich text: Japanese in every notation, and whatever is in a group of its own."""

import struct

import ole_samples as ole
import pytest
import unpack_samples as make

from mailguard.model import Part, PartInfo, Problem, ProblemKind, Table, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.rtf_reader import Reader

HEAD = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset128 MS Mincho;}}{\stylesheet{\s0 Normal;}}"


def rtf(body: str) -> bytes:
    return (HEAD + body + "}").encode("latin-1")


def text(body: str) -> str:
    return "\f".join(item.text for item in make.leaves(rtf(body)) if isinstance(item, Text))


def escaped(word: str) -> str:
    """As Word writes it: the second byte as a letter where it is one."""
    return "".join(
        chr(byte) if byte < 0x80 and chr(byte).isalnum() else f"\\'{byte:02x}" for byte in word.encode("cp932")
    )


@pytest.mark.parametrize("word", ["山田太郎", "髙橋①㈱", "表ソ能", "ﾔﾏﾀﾞ", "Tel 03-1234"])
def test_bytes_are_read_in_the_charset_of_the_font(word: str) -> None:
    assert text(r"\f1 " + escaped(word) + r"\par") == word
    assert text(r"\f0 caf\'e9\f1 " + escaped(word)) == f"café{word}"


def test_bytes_are_read_in_the_charset_of_the_file_and_by_trial_when_that_fails() -> None:
    assert text(r"\ansicpg932\f0 " + escaped("山田")) == "山田"
    assert text(r"\ansicpg99999 " + escaped("山田太郎様")) == "山田太郎様"


def test_numbers_of_characters_and_what_stands_there_for_old_readers() -> None:
    assert text(r"\uc2\u23665\'8e\'52\u30000\'93\'63 090") == "山田 090"
    assert text(r"\uc1\u-25895?x{\uc0\u23665}\u30000?") == "髙x山田"
    assert text(r"\u-10174?\u-8265?") == "\U00020bb7"


@pytest.mark.parametrize(
    "body",
    [r"{\header 090-1111-2222\par}x", r"x{\footnote 090-1111-2222}", r"x{\*\annotation 090-1111-2222}", r"{\info{\title 090-1111-2222}}",
     r"{\shp{\*\shpinst{\sp{\sn fill}{\sv 12}}{\shptxt 090-1111-2222\par}}}", r"{\v 090-1111-2222}", r"{\deleted 090-1111-2222}",
     r"{\*\unknown 090-1111-2222}", r"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv 090-1111-2222}}}}"],
)  # fmt: skip
def test_everything_that_somebody_wrote_is_read(body: str) -> None:
    assert "090-1111-2222" in text(body).split("\n")


def test_what_programs_wrote_is_not() -> None:
    body = r"{\info{\author Sato}{\operator Kato}}{\*\generator Word 090;}{\*\datastore 0105000002}{\pict\wmetafile8 0100ff}x"
    assert text(body) == "x"


def test_tables_are_tables() -> None:
    rows = "".join(
        r"\trowd\cellx1\cellx2 \intbl " + "".join(escaped(cell) + r"\cell " for cell in row) + r"\row "
        for row in make.ROWS
    )
    found, table = make.leaves(rtf(r"\f1 " + escaped("前") + r"\par " + rows + r"\pard " + escaped("後") + r"\par"))
    assert table == Table(("file",), make.ROWS)
    assert found.text == "前\n後"


def test_links_stand_apart() -> None:
    link = r'{\field{\*\fldinst{HYPERLINK "mailto:a@example.com"}}{\fldrslt x}}y'
    assert text(link) == "xy\na@example.com"


def test_html_that_a_mail_program_wrapped_is_read_as_html() -> None:
    body = (
        r"\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\par \htmlrtf0 " + r"\f1 " + escaped("山田") + r"\htmlrtf }\htmlrtf0 "
        r'{\*\htmltag <a href="mailto:a@example.com">}1 < 2{\*\htmltag </a>}'
    )
    out = make.opened(rtf(body))
    assert [one.path for one in out if isinstance(one, PartInfo)] == [("file",), ("file", "(html)")]
    (found,) = make.leaves(rtf(body))
    assert found.text == "山田1 < 2 a@example.com"


def test_objects_are_opened() -> None:
    def embedded(name: bytes, content: bytes) -> str:
        head = struct.pack("<IIII", 0x501, 2, len(name) + 1, 0)[:12] + name + b"\0" + bytes(8)
        return r"{\object\objemb{\*\objdata " + (head + struct.pack("<I", len(content)) + content).hex("\n", 40) + "}}"

    package = ole.native("名簿.csv", make.csv())[4:]
    items = make.leaves(rtf(embedded(b"Package", package) + embedded(b"Excel.Sheet.8", ole.xls([(0, 0, "山田")]))))
    assert items == [Table(("file", "名簿.csv"), make.ROWS), Table(("file", "object 2", "会員"), [["山田"]])]


def test_pictures_are_parts() -> None:
    items = make.leaves(rtf(r"{\*\shppict{\pict\pngblip " + make.png(300, 300).hex() + "}}"))
    assert [(item.path, item.kind) for item in items] == [(("file", "picture 1"), ProblemKind.NOT_READ)]


def test_an_rtf_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    items = make.leaves(HEAD.encode() + b"abc")
    assert items[0] == Text(("file",), "abc")
    assert [item.kind for item in items if isinstance(item, Problem)] == [ProblemKind.DAMAGED]


def test_groups_without_end_are_read() -> None:
    assert "abc" in make.leaves(b"{\\rtf1" + b"{" * 50_000 + b"abc}")[0].text
    reader = Reader(b"{\\rtf1 \\bin9 }}}}}}}}}a}b}}c" + b"\\", Budget(Limits(), 10))
    assert "c" in reader.flow.text()


def test_the_sample_is_told_by_its_content() -> None:
    (found,) = make.leaves(Part(("a.doc",), rtf("hello")).data, "a.doc")
    assert found.text == "hello"
