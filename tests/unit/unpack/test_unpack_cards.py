"""Address cards and address books become one row a person."""

import base64
import time

import pytest
import unpack_samples as make

from mailguard.model import Part, Problem, ProblemKind, Table, Text

CARD = """BEGIN:VCARD
VERSION:3.0
N:佐藤;花子;;;
FN:佐藤 花子
X-PHONETIC-LAST-NAME:サトウ
X-PHONETIC-FIRST-NAME:ハナコ
ORG:株式会社みらい;営業部
TITLE:主任
TEL;TYPE=CELL:090-3123-4510
item1.TEL;TYPE=HOME:03-3462-1111
EMAIL;TYPE=INTERNET:hana@example.com
ADR;TYPE=HOME:;;大手通2丁目1-7;長岡市;新潟県;940-0062;日本
BDAY:1980-01-02
NOTE:長い\\nメモ\\, 二
 行目
UID:0901234567
REV:20260101T000000Z
END:VCARD
"""


def quoted(text, codec="utf-8"):
    return "".join(f"={byte:02X}" for byte in text.encode(codec))


def packed(text):
    return base64.b64encode(text.encode()).decode()


def table(data, name="file.vcf"):
    [found] = make.leaves(data, name)
    assert isinstance(found, Table)
    return [dict(zip(found.rows[0], row, strict=True)) for row in found.rows[1:]]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "utf-16", "iso2022_jp"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_card_is_a_row(codec, end):
    assert table(CARD.replace("\n", end).encode(codec)) == [
        {
            "氏名": "佐藤 花子",
            "フリガナ": "サトウ ハナコ",
            "会社名": "株式会社みらい 営業部",
            "役職": "主任",
            "電話番号": "090-3123-4510",
            "電話番号2": "03-3462-1111",
            "メールアドレス": "hana@example.com",
            "郵便番号": "940-0062",
            "住所": "新潟県長岡市大手通2丁目1-7",
            "備考": "日本\n長い\nメモ, 二行目",
            "生年月日": "1980-01-02",
        }
    ]


def test_several_cards_are_several_rows():
    other = CARD.replace("佐藤", "鈴木").replace("花子", "一郎")
    assert [row["氏名"] for row in table((CARD + "\n" + other + CARD).encode())] == [
        "佐藤 花子",
        "鈴木 一郎",
        "佐藤 花子",
    ]


def test_a_card_of_an_old_telephone_is_decoded():
    card = (
        f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{quoted('佐藤', 'cp932')};=\r\n"
        f"{quoted('花子', 'cp932')}\r\nSOUND;X-IRMC-N;CHARSET=SHIFT_JIS:ｻﾄｳ;ﾊﾅｺ;;;\r\nTEL;CELL:09031234510\r\n"
        f"NOTE;CHARSET=UTF-8;QUOTED-PRINTABLE:{quoted('折り返し')}\r\nORG;ENCODING=BASE64:{packed('みらい')}\r\nEND:VCARD\r\n"
    )
    assert table(card.encode("cp932")) == [
        {"氏名": "佐藤 花子", "フリガナ": "ｻﾄｳ ﾊﾅｺ", "電話番号": "09031234510", "備考": "折り返し", "会社名": "みらい"}
    ]


def test_a_card_of_version_4_is_read():
    card = 'BEGIN:VCARD\nVERSION:4.0\nFN:佐藤 花子\nTEL;VALUE=uri;TYPE="voice,home":tel:+81-90-3123-4510\nRELATED;VALUE=text:母 佐藤 京子\nEND:VCARD\n'
    assert table(card.encode()) == [{"氏名": "佐藤 花子", "電話番号": "+81-90-3123-4510", "備考": "母 佐藤 京子"}]


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ("N:佐藤;花子\nFN:Hanako Sato", {"氏名": "佐藤 花子", "フリガナ": "Hanako Sato"}),
        ("N:Sato;Hanako\nFN:Hanako Sato", {"氏名": "Hanako Sato"}),
        ("N:佐藤;花子\nFN:営業窓口", {"氏名": "佐藤 花子", "氏名の別表記": "営業窓口"}),
        ("FN:佐藤花子\nFN:鈴木花子", {"氏名": "佐藤花子", "備考": "鈴木花子"}),
        ("N:佐藤;花子", {"氏名": "佐藤 花子"}),
        ("N:\nEMAIL:a@example.com", {"メールアドレス": "a@example.com"}),
    ],
)
def test_a_name_stands_once(fields, row):
    assert table(f"BEGIN:VCARD\n{fields}\nEND:VCARD\n".encode()) == [row]


def test_what_is_in_no_card_is_text():
    items = make.leaves((CARD + "鈴木 一郎 090-3123-4511\n").encode(), "file.vcf")
    assert [item.text for item in items if isinstance(item, Text)] == ["鈴木 一郎 090-3123-4511"]


@pytest.mark.parametrize(
    "value", ["PHOTO;ENCODING=b;TYPE=PNG:{}", "PHOTO:data:image/png;base64,{}", "X-FILE;BASE64:{}"]
)
def test_a_file_in_a_card_is_opened(value):
    card = f"BEGIN:VCARD\nFN:佐藤\n{value.format(base64.b64encode(make.zipped({'a.csv': make.csv()})).decode())}\nEND:VCARD\n"
    assert make.ROWS in [item.rows for item in make.leaves(card.encode(), "file.vcf") if isinstance(item, Table)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [("NOTE;ENCODING=B:あ", ProblemKind.DAMAGED), ("NOTE;ENCODING=X-OWN:abc", ProblemKind.NOT_READ)],
)
def test_what_cannot_be_decoded_is_a_problem(line, kind):
    items = make.leaves(f"BEGIN:VCARD\nFN:佐藤\n{line}\nEND:VCARD\n".encode(), "file.vcf")
    assert [item.kind for item in items if isinstance(item, Problem)] == [kind]


ENTRY = f"""dn:: {packed("cn=佐藤 花子,mail=hana@example.com")}
objectclass: mozillaAbPersonAlpha
givenName:: {packed("花子")}
sn:: {packed("佐藤")}
cn:: {packed("佐藤 花子")[:9]}
 {packed("佐藤 花子")[9:]}
mail: hana@example.com
mozillaSecondEmail: hana2@example.com
modifytimestamp: 0901234567
mobile: 090-3123-4510
mozillaHomeStreet:: {packed("大手通2丁目1-7")}
mozillaHomeLocalityName:: {packed("長岡市")}
mozillaHomeState:: {packed("新潟県")}
mozillaHomePostalCode: 940-0062
description: note
"""


@pytest.mark.parametrize("head", ["", "version: 1\n\n", "# comment\n\n"])
def test_an_entry_is_a_row(head):
    items = make.leaves((head + ENTRY).encode(), "book.ldif")
    [found] = [item for item in items if isinstance(item, Table)]
    assert dict(zip(*found.rows, strict=True)) == {
        "氏名": "佐藤 花子",
        "住所": "新潟県長岡市大手通2丁目1-7",
        "メールアドレス": "hana@example.com",
        "メールアドレス2": "hana2@example.com",
        "電話番号": "090-3123-4510",
        "郵便番号": "940-0062",
        "備考": "note",
    }


def test_an_entry_of_a_directory_is_a_row():
    entry = "dn: uid=a,dc=example\ncn: Hanako Sato\ncn: 佐藤 花子\nsn: Sato\ntelephoneNumber: 03-3462-1111\no: Mirai\n"
    [row] = table((entry).encode(), "book.ldif")
    assert row == {"氏名": "佐藤 花子", "電話番号": "03-3462-1111", "会社名": "Mirai", "備考": "Hanako Sato\nSato"}


def test_links_and_pictures_of_an_entry():
    entry = f"dn: cn=佐藤花子\njpegPhoto:: {base64.b64encode(make.zipped({'a.csv': make.csv()})).decode()}\nkey:< file:///etc/passwd\n"
    items = make.leaves(entry.encode(), "book.ldif")
    assert make.ROWS in [item.rows for item in items if isinstance(item, Table)]
    assert [item.kind for item in items if isinstance(item, Problem)] == [ProblemKind.NOT_READ]


@pytest.mark.parametrize(
    "text",
    ["BEGIN:VCARD\n" + ";" * 200_000, "BEGIN:VCARD\nA" + ';"' * 100_000, "BEGIN:VCARD\nN;QUOTED-PRINTABLE:=\n" * 20_000,
     "dn: a\n" + "a;" * 100_000, "#\n" * 100_000 + "dn", "dn: a\nb:: " + "=" * 100_000],
)  # fmt: skip
def test_time_is_linear(text):
    started = time.process_time()
    make.leaves(text.encode(), "file")
    assert time.process_time() - started < 3


def test_a_part_is_never_lost():
    assert all(isinstance(item, Part | Table | Text | Problem) for item in make.leaves(b"BEGIN:VCARD", "x.vcf"))
