"""Files of data, made up here: dbf, SQLite, property lists, JSON, SQL dumps, XML."""

import json
import plistlib
import sqlite3
from collections.abc import Iterator

PEOPLE = [
    {"氏名": "佐藤花子", "電話番号": "090-1111-2222"},
    {"氏名": "鈴木一郎", "電話番号": "090-1111-3333"},
    {"氏名": "高橋表", "電話番号": "090-1111-4444"},
]
HEADER = list(PEOPLE[0])
ROWS = [list(one.values()) for one in PEOPLE]


def dbf(codec: str = "cp932", deleted: int = -1, sort: bytes = b"C") -> bytes:
    names, widths = [name.encode(codec)[:10] for name in HEADER], (20, 20)
    fields = b"".join(
        name.ljust(11, b"\0") + sort + bytes(4) + bytes([width]) + bytes(15)
        for name, width in zip(names, widths, strict=True)
    )
    records = b"".join(
        (b"*" if number == deleted else b" ")
        + b"".join(cell.encode(codec).ljust(width) for cell, width in zip(row, widths, strict=True))
        for number, row in enumerate(ROWS)
    )
    end = 32 + len(fields) + 1
    head = bytes([3, 126, 4, 1]) + len(ROWS).to_bytes(4, "little") + end.to_bytes(2, "little")
    return head + (41).to_bytes(2, "little") + bytes(20) + fields + b"\r" + records + b"\x1a"


def sqlite(*statements: str, values: tuple[object, ...] = ()) -> bytes:
    database = sqlite3.connect(":memory:")
    try:
        database.execute('CREATE TABLE "会員" ("氏名", "電話番号")')
        database.executemany('INSERT INTO "会員" VALUES (?, ?)', ROWS)
        for statement in statements:
            database.execute(statement, values)
        database.commit()
        return database.serialize()
    finally:
        database.close()


SQL = (
    "-- 控え\nCREATE TABLE `会員` (`氏名` text, `電話番号` text);\nINSERT INTO `会員` (`氏名`, `電話番号`) VALUES "
    "('佐藤花子','090-1111-2222'),\n('鈴木一郎','090-1111-3333');\ninsert into `会員` (`氏名`, `電話番号`) values ('高橋表', '090-1111-4444');\n"
)
XML = "<?xml version='1.0' encoding='Shift_JIS'?><名簿>" + "".join(
    f"<会員 電話番号='{phone}'><氏名>{name}</氏名></会員>" for name, phone in ROWS
)


def samples() -> Iterator[tuple[str, bytes]]:
    yield "dBASE (dbf)", dbf()
    yield "SQLite", sqlite()
    yield "Property lists (plist)", plistlib.dumps(PEOPLE, fmt=plistlib.FMT_BINARY)
    yield "JSON, JSON Lines, GeoJSON", json.dumps(PEOPLE).encode()
    yield "SQL dumps", SQL.encode("cp932")
    yield "XML", f"{XML}</名簿>".encode("cp932")
