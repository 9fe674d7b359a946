"""winmail.dat and .msg: all that is written, the bodies, files and messages inside; damage is told."""

import struct

import outlook_samples as outlook
import pytest
import unpack_samples as make

from mailguard.model import BODY, HEADERS, HTML, PartInfo, Problem, ProblemKind, Table, Text
from mailguard.unpack.lzfu import inflated


def texts(data: bytes, name: str = "winmail.dat") -> dict[tuple[str, ...], str]:
    return {item.path[1:]: item.text for item in make.leaves(data, name) if isinstance(item, Text)}


def kinds(data: bytes) -> list[ProblemKind]:
    return [item.kind for item in make.leaves(data) if isinstance(item, Problem)]


def test_winmail_with_japanese_names_in_the_code_page_of_the_sender() -> None:
    data = outlook.tnef(
        outlook.attribute(1, 0x8004, 1, "ソ連と表の件".encode("cp932") + b"\0"),
        outlook.attribute(1, 0x8000, 0, struct.pack("<4H", 4, 0, 9, 16) + "山田太郎\0".encode("cp932") + b"SMTP:a@example.jp\0"),
        outlook.attribute(1, 0x800C, 2, "本文です".encode("cp932") + b"\0"),
        outlook.attached("名簿表.csv", make.csv()),
    )  # fmt: skip
    assert texts(data) == {(HEADERS,): "Subject: ソ連と表の件\n山田太郎 SMTP:a@example.jp", (BODY,): "本文です"}
    [table] = [item for item in make.leaves(data) if isinstance(item, Table)]
    assert (table.path[1:], table.rows) == (("名簿表.csv",), make.ROWS)


def test_winmail_with_properties_of_every_type_recipients_and_html() -> None:
    found = outlook.properties(
        (0x0E06, 0x40, bytes(8)),
        (0x0017, 0x1003, struct.pack("<III", 2, 1, 1)),
        (0x0018, 0x1002, struct.pack("<IHHHH", 3, 1, 1, 1, 0)),
        (0x8001, 0x1F, outlook.wide("氏名の欄")),
        (0x3A1C, 0x1F, outlook.wide("090-1234-5678")),
        (0x1013, 0x102, "<html><body>会員の皆様</body></html>".encode("cp932")),
        (0x8055, 0x102, outlook.one_off("佐藤花子", "hanako@example.jp")),
    )
    row = outlook.properties((0x3001, 0x1E, "鈴木".encode("cp932")), (0x39FE, 0x1E, b"suzuki@example.jp\0"))
    data = outlook.tnef(
        outlook.attribute(1, 0x9003, 6, found), outlook.attribute(1, 0x9004, 6, struct.pack("<I", 1) + row)
    )
    said = texts(data)
    assert said[(HEADERS,)].split("\n") == [
        "携帯電話: 090-1234-5678", "氏名の欄", "佐藤花子 hanako@example.jp", "鈴木 suzuki@example.jp",
    ]  # fmt: skip
    assert said[(HTML,)] == "会員の皆様"
    assert kinds(data) == []


def test_winmail_with_a_message_inside_and_rich_text() -> None:
    inner = outlook.tnef(outlook.attached("名簿.csv", make.csv()))
    message = bytes.fromhex("0703020000000000c000000000000046") + inner
    data = outlook.tnef(
        outlook.attribute(1, 0x9003, 6, outlook.properties((0x1009, 0x102, outlook.lzfu(b"{\\rtf1 hello there}")))),
        outlook.attribute(2, 0x9002, 6, bytes(14)),
        outlook.attribute(2, 0x9005, 6, outlook.properties((0x3701, 0x0D, message), (0x3707, 0x1F, outlook.wide("転送")))),
    )  # fmt: skip
    assert texts(data)[("(rtf)",)].strip("\0\n") == "hello there"
    paths = [out.path[1:] for out in make.opened(data) if isinstance(out, PartInfo)]
    assert ("転送", "名簿.csv") in paths


@pytest.mark.parametrize(
    "data",
    [
        outlook.tnef(outlook.attribute(1, 0x800C, 2, b"hello\0"))[:-6],
        outlook.tnef(outlook.attribute(1, 0x9004, 6, b"\xff\xff\xff\xff")),  # so many recipients, says the count
        outlook.tnef(outlook.attribute(1, 0x9003, 6, outlook.properties((0x3001, 0x77, b"")))),
        outlook.tnef() + b"something else that follows",
    ],
)
def test_a_damaged_winmail_is_told(data: bytes) -> None:
    assert kinds(data) == [ProblemKind.DAMAGED]


def test_msg_with_recipients_files_and_a_message_inside() -> None:
    name, recipient, attachment = outlook.stream, "__recip_version1.0_#00000000", "__attach_version1.0_#00000000"
    inside = ("__attach_version1.0_#00000001", "__substg1.0_3701000D")
    data = outlook.msg(
        {
            (name(0x0037, 0x1E),): "表とソの件".encode("cp932"),
            (name(0x1000, 0x1F),): outlook.wide("本文"),
            (name(0x1009, 0x102),): outlook.lzfu(b"{\\rtf1 rich}"),
            (name(0x3A1B, 0x101F, 0),): outlook.wide("03-1234-5678"),
            (name(0x3A1B, 0x101F),): bytes(4),
            (recipient, name(0x3001, 0x1F)): outlook.wide("山田 太郎"),
            (recipient, name(0x39FE, 0x1F)): outlook.wide("taro@example.jp"),
            (attachment, name(0x3701, 0x102)): outlook.LONG_CSV,
            (attachment, name(0x3707, 0x1F)): outlook.wide("名簿.csv"),
            (attachment, name(0x3001, 0x1F)): outlook.wide("案内.csv"),
            (inside[0], name(0x3001, 0x1F)): outlook.wide("転送"),
            (*inside, "__properties_version1.0"): bytes(24),
            (*inside, name(0x1000, 0x1F)): outlook.wide("中の本文"),
        }
    )
    said = texts(data, "a.msg")
    assert said[(HEADERS,)] == "Subject: 表とソの件\n電話: 03-1234-5678\n山田 太郎 taro@example.jp"
    assert said[(BODY,)] == "本文"
    assert said[("転送", BODY)] == "中の本文"
    assert said[("(rtf)",)].strip("\0\n") == "rich"
    paths = [out.path[1:] for out in make.opened(data, "a.msg") if isinstance(out, PartInfo)]
    assert ("名簿.csv",) in paths
    assert ("案内.csv",) in paths
    assert sum(len(item.rows) for item in make.leaves(data) if isinstance(item, Table)) == 201
    assert kinds(data) == []


def test_msg_with_an_attachment_that_is_elsewhere() -> None:
    data = outlook.msg({("__attach_version1.0_#00000000", outlook.stream(0x3707, 0x1F)): outlook.wide("共有.xlsx")})
    assert kinds(data) == [ProblemKind.NOT_READ]


def test_messages_inside_each_other_end_at_the_limit() -> None:
    path = ("__attach_version1.0_#00000000", "__substg1.0_3701000D") * 12
    data = outlook.msg({(*path[: 2 * n], "__properties_version1.0"): bytes(32) for n in range(1, 13)})
    assert ProblemKind.TOO_DEEP in kinds(data)


def test_compressed_rich_text() -> None:
    packed = (
        struct.pack("<II4sI", 0, 9, b"LZFu", 0)
        + b"\x02a"
        + struct.pack(">H", 207 << 4 | 6)
        + struct.pack(">H", 216 << 4)
    )
    assert inflated(packed.replace(b"\x02a", b"\x06a")) == b"a" * 9  # a run that overlaps what it writes
    assert inflated(struct.pack("<II4sI", 0, 5, b"MELA", 0) + b"plain") == b"plain"
    for broken in (b"", packed[:16], b"\0" * 20, struct.pack("<II4sI", 0, 9, b"LZFu", 0) + b"\x01\xff\xff"):
        with pytest.raises(ValueError, match=r"."):
            inflated(broken)
