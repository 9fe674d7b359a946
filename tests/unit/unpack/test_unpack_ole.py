"""Word, Excel and PowerPoint 97 files, and what was put into Office documents."""

import struct

import office_samples as office
import ole_samples as ole
import openpyxl
import pytest
import unpack_samples as make

from mailguard.model import Problem, ProblemKind, Table, Text
from mailguard.unpack import biff, compound, ole_parts, sniff

ROWS = [["氏名", "電話番号"], ["山田 太郎", "090-1234-5678"]]


def kinds(items: list[Text | Table | Problem]) -> list[ProblemKind]:
    return [item.kind for item in items if isinstance(item, Problem)]


def test_the_pieces_of_a_document_are_joined_whatever_they_are_kept_in() -> None:
    data = ole.doc([("髙橋 一郎 ", False), ("090-1234-5678\r", True), ("脚注①㈱\r", False)])
    assert make.leaves(data) == [Text(("file",), "髙橋 一郎 090-1234-5678\n脚注①㈱")]


def test_a_table_of_a_document_is_a_table() -> None:
    text = "前\r氏名\x07電話番号\x07\x07山田 太郎\x07090-1234-5678\x07\x07後\r"
    found, table = make.leaves(ole.doc([(text, False)], frozenset({3, 6})))
    assert found.text == "前\n後"
    assert table.rows == ROWS


def test_an_empty_cell_ends_no_row() -> None:
    (table,) = make.leaves(ole.doc([("a\x07\x07b\x07\x07", False)], frozenset({3})))
    assert table.rows == [["a", "", "b"]]


def test_links_and_old_furigana_of_a_document_stand_apart() -> None:
    link = '\x13 HYPERLINK "mailto:b@example.com" \x01\x14連絡先\x15、'
    ruby = r"\x13 EQ \* jc2 \o\ad(\s\up 9(やまだ),山田)\x15様".replace(r"\x13", "\x13").replace(r"\x15", "\x15")
    (found,) = make.leaves(ole.doc([(link + ruby + "\r", False)]))
    assert found.text == "連絡先、山田様\nb@example.com\nやまだ"


def test_a_document_of_word_95_is_read_in_its_charset() -> None:
    text = "山田 太郎\r電話\x07".encode("cp932")
    head = bytearray(0x300)
    struct.pack_into("<HHHHHH", head, 0, 0xA5DC, 0x68, 0, 0x411, 0, 0)
    struct.pack_into("<2I", head, 24, 0x300, 0x300 + len(text))
    (found,) = make.leaves(ole.ole(WordDocument=bytes(head) + text))
    assert found.text == "山田 太郎\n電話"
    head[11] = 1
    assert kinds(make.leaves(ole.ole(WordDocument=bytes(head) + text))) == [ProblemKind.ENCRYPTED]


def test_a_document_without_a_piece_table_is_damaged() -> None:
    assert kinds(make.leaves(ole.ole(WordDocument=b"\xec\xa5\xc1\0" + bytes(2_000)))) == [ProblemKind.DAMAGED]
    assert kinds(make.leaves(ole.ole(WordDocument=b""))) == [ProblemKind.DAMAGED]


def test_slides_notes_and_objects_of_a_presentation() -> None:
    inner = make.saved(make.workbook())
    picture = ole.record(0xF01E, b"\0" * 17 + make.png(300, 300), instance=0x6E0)
    records = ole.slide("山田 太郎", "03-1234-5678") + ole.packed_object(inner)
    items = make.leaves(ole.ppt(records, Pictures=picture))
    assert items[0] == Text(("file",), "山田 太郎\n03-1234-5678")
    assert Table(("file", "object 1", "会員"), make.ROWS) in items
    assert [(item.path, item.kind) for item in items[2:]] == [(("file", "picture 1"), ProblemKind.NOT_READ)]


def test_an_object_of_a_presentation_that_is_broken_or_a_bomb_is_named() -> None:
    broken = ole.record(0x1011, b"\0\0\0\0nothing", instance=1)
    bomb = ole.packed_object(bytes(3_000_000))
    assert kinds(make.leaves(ole.ppt(ole.slide("a") + broken))) == [ProblemKind.DAMAGED]
    assert kinds(make.leaves(ole.ppt(ole.slide("a") + bomb))) == [ProblemKind.RATIO]


def test_the_author_of_a_comment_is_not_read_and_the_comment_is() -> None:
    def string(text: str, instance: int) -> bytes:
        return ole.record(0x0FBA, text.encode("utf-16-le"), instance)

    comment = ole.record(0x2EE0, string("鈴木", 0) + string("直す", 1) + string("S", 2), version=0xF)
    (found,) = make.leaves(ole.ppt(comment + string("後", 0)))
    assert found.text == "直す\n後"


def test_sheets_of_an_old_workbook_and_what_stands_beside_its_cells() -> None:
    box = "箱の中"
    continued = ole.biff(0x3C, b"\1" + box.encode("utf-16-le"))
    txo = ole.biff(0x1B6, struct.pack("<HH6xHH4x", 0, 0, len(box), 16)) + continued
    head = "&C部外秘"
    header = ole.biff(0x14, struct.pack("<HB", len(head), 1) + head.encode("utf-16-le"))
    cells = [(row, column, text) for row, line in enumerate(ROWS) for column, text in enumerate(line)]
    assert make.leaves(ole.xls(cells, txo, header)) == [
        Table(("file", "会員"), ROWS), Text(("file",), "箱の中\n部外秘")
    ]  # fmt: skip


def test_an_old_workbook_that_reaches_too_far_is_not_opened() -> None:
    assert kinds(make.leaves(ole.xls([(0, 0, "a"), (65_535, 255, "b")]))) == [ProblemKind.TOO_BIG]


def test_an_old_workbook_with_a_password_is_encrypted() -> None:
    assert kinds(make.leaves(ole.xls([(0, 0, "a")], ole.biff(0x2F, b"\0" * 6)))) == [ProblemKind.ENCRYPTED]


def test_an_object_in_a_document_is_opened() -> None:
    inner = {"ObjectPool/_1/\x01Ole10Native": ole.native("名簿.csv", make.csv()), "ObjectPool/_2/Package": make.saved(make.workbook())}  # fmt: skip
    items = make.leaves(ole.doc([("x\r", False)], **inner))
    assert Table(("file", "_1", "名簿.csv"), make.ROWS) in items
    assert Table(("file", "_2", "(object)", "会員"), make.ROWS) in items


def test_an_old_workbook_in_a_document_is_opened() -> None:
    book = compound.Compound(ole.xls([(0, 0, "山田")])).find("Workbook")
    assert Table(("file", "_1", "会員"), [["山田"]]) in make.leaves(
        ole.doc([("x\r", False)], **{"ObjectPool/_1/Workbook": book})
    )


def test_an_object_in_a_new_document_is_opened() -> None:
    data = ole.ole(**{"\x01Ole10Native": ole.native("名簿.csv", make.csv()), "\x01CompObj": b"x"})
    items = make.leaves(office.docx(office.paragraph("x"), {"word/embeddings/oleObject1.bin": data}))
    assert Table(("file", "oleObject1.bin", "名簿.csv"), make.ROWS) in items


def test_macros_are_listed_and_pass_and_objects_of_other_programs_do_not() -> None:
    macros = ole.ole(**{"VBA/dir": b"x", "VBA/Module1": b"y", "PROJECT": b"z"})
    book = make.rezipped(make.saved(openpyxl.Workbook()), lambda _, data: data, {"xl/vbaProject.bin": macros})
    out = make.opened(book, "a.xlsm")
    assert [one.path for one in out if isinstance(one, make.PartInfo)] == [("a.xlsm",), ("a.xlsm", "vbaProject.bin")]
    assert kinds(make.leaves(book)) == []
    assert kinds(make.leaves(ole.ole(Drawing=b"x" * 9))) == [ProblemKind.UNKNOWN_FORMAT]


@pytest.mark.parametrize(
    ("stream", "kind"),
    [("EncryptedPackage", sniff.ENCRYPTED_OFFICE), ("wORKBOOK", sniff.XLS), ("x/Workbook", sniff.OLE)],
)
def test_a_compound_file_is_told_by_its_streams(stream: str, kind: str) -> None:
    assert sniff.sniff(ole.ole(**{stream: b"x"})) == kind


def test_a_compound_file_is_written_as_it_is_read() -> None:
    streams = {("b",): b"y" * 5_000, ("a", "c"): b"z" * 4_096, ("a", "d", "e"): b"w" * 70_000}
    file = compound.Compound(compound.written(streams))
    assert {path: file.read(path) for path in file.streams} == streams


def test_records_of_any_bytes_are_read_without_an_error() -> None:
    for kind in (0x14, 0x1B6, 0x3C, 0xCD, 0x100D, 0x5A, 0xBD, 0x1C, 0x809):
        for data in (b"", b"\1", b"\xff" * 7):
            assert biff.read(ole.biff(0x1B6, bytes(20)) + ole.biff(kind, data)).area >= 0


def test_streams_are_found_by_their_place_and_not_by_looking_through_all(monkeypatch) -> None:
    looked = []
    find = compound.olefile.OleFileIO._find
    monkeypatch.setattr(compound.olefile.OleFileIO, "_find", lambda file, name: looked.append(name) or find(file, name))
    streams = {(f"{number:03}", "x"): b"y" * 4_096 for number in range(50)}
    file = compound.Compound(compound.written(streams))
    assert [path for path, _ in file.storages()] == [path[:1] for path in streams]
    assert not looked


def test_storages_inside_each_other_are_one() -> None:
    streams = {("a", "b", "c"): b"1", ("a", "d"): b"2", ("e", "f", "g"): b"3", ("h",): b"4"}
    file = compound.Compound(compound.written(streams))
    assert [path for path, _ in file.storages()] == [("a",), ("e", "f")]
    assert [path for path, _ in file.storages(frozenset({"a"}))] == [("e", "f")]


def test_two_streams_of_one_name_are_named() -> None:
    data = compound.written({("Workbook",): b"x" * 4_096, ("Workboob",): b"y" * 4_096})
    twice = data.replace("Workboob".encode("utf-16-le"), "Workbook".encode("utf-16-le"))
    assert [item.kind for item in make.leaves(twice)] == [ProblemKind.DAMAGED]


@pytest.mark.parametrize("mark", [b"\x1d\xf0", b"\0\0\x1d\xf0", b"\xf0"])
def test_pictures_are_looked_for_in_linear_time(mark: bytes) -> None:
    assert list(ole_parts.pictures(mark * 300_000)) == []


def test_pictures_are_found_among_their_marks() -> None:
    png, jpeg = b"\x89PNG" + b"a" * 50, b"\xff\xd8\xff" + b"b" * 50
    stream = (
        b"\x1e\xf0" * 5
        + b"\0\0\x1e\xf0" + struct.pack("<I", 17 + len(png)) + b"d" * 17 + png
        + b"\0\0\x1d\xf0" + struct.pack("<I", 17 + len(jpeg)) + b"d" * 17 + jpeg
    )  # fmt: skip
    assert list(ole_parts.pictures(stream)) == [png, jpeg]
