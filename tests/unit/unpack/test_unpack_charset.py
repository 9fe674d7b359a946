"""Bytes become the right text, whatever is declared."""

import itertools

import charset_samples
import pytest

from mailguard.unpack import charset

NAMES = "氏名,住所\n髙橋 一郎,東京都港区①－２㈱～\n"
HALF = "ﾔﾏﾀﾞ ﾀﾛｳ 山田"


@pytest.mark.parametrize(
    "declared", ["", "utf-8", "iso-2022-jp", "shift_jis", "us-ascii", "no-such-charset", "latin-1"]
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be", "euc_jp"])
def test_the_bytes_decide_and_not_the_declaration(codec: str, declared: str) -> None:
    text = NAMES.replace("髙", "高").replace("①－２㈱～", "") if codec == "euc_jp" else NAMES
    assert charset.decode(text.encode(codec), declared) == text


@pytest.mark.parametrize(
    "text", ["山田太郎", "佐藤", "田中花子,03-1234-5678", "表示", "ソフト", "ﾔﾏﾀﾞ ﾀﾛｳ", "㈱髙﨑①～－"]
)
@pytest.mark.parametrize("codec", ["cp932", "utf-8"])
def test_a_few_bytes_are_enough(text: str, codec: str) -> None:
    assert charset.decode(text.encode(codec)) == text


@pytest.mark.parametrize("place", [0, 2500, 5000])
def test_one_name_in_five_kilobytes_of_ascii(place: int) -> None:
    text = "a" * place + "山田太郎" + "b" * (5000 - place)
    assert charset.decode(text.encode("cp932")) == text


def test_euc_with_nec_characters() -> None:
    data = "山田".encode("euc_jp") + b"\xad\xa1\xad\xea" + "太郎商店".encode("euc_jp")
    assert charset.decode(data) == "山田①㈱太郎商店"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("山田太郎".encode("iso2022_jp"), "山田太郎"),
        (b"\x1b$B;3ED-!-j\x1b(B", "山田①㈱"),
        (b"\x1b(I\x54\x4f\x40\x5e\x1b(B x", "ﾔﾏﾀﾞ x"),
        (b"\x1b$B;3ED\x1b(B " + "太郎".encode("cp932"), "山田 太郎"),
        (b"\x1b$B;3ED", "山田"),
    ],
    ids=["plain", "NEC row 13", "half-width kana", "cp932 between", "left open"],
)
def test_iso_2022_jp_as_it_really_comes(data: bytes, text: str) -> None:
    assert charset.decode(data, "iso-2022-jp") == text


def test_other_writing_by_its_declaration() -> None:
    assert (
        charset.decode("Grüße aus Köln, schöne Straße".encode("latin-1"), "iso-8859-1")
        == "Grüße aus Köln, schöne Straße"
    )
    assert charset.decode("Привет, как дела сегодня".encode("koi8-r"), "koi8-r") == "Привет, как дела сегодня"
    assert charset.decode(b"+XHF1MA-", "utf-7") == "山田"


def test_no_charset_turns_one_kanji_into_another() -> None:
    assert charset.decode("髙".encode("cp932"), "shift_jis_2004") == "髙"


@pytest.mark.parametrize("name", ["Windows-31J", "x-sjis", '"Shift_JIS"', "MS932"])
def test_names_that_mail_gives_to_cp932(name: str) -> None:
    # Without its declaration it would be read as EUC-JP, 「慊」.
    assert charset.decode("ﾘﾄ".encode("cp932"), name) == "ﾘﾄ"


def test_codecs_that_are_no_charset_are_unknown() -> None:
    data = "ﾘﾄ".encode("cp932")
    assert {charset.decode(data, name) for name in ("rot13", "zlib", "x\0y", "")} == {"慊"}


def test_what_is_no_writing_shows() -> None:
    assert charset.unreadable("山田太郎\r\n\t") == 0
    assert charset.unreadable("\x01\ue000\ufffda") == 0.75


@pytest.mark.parametrize(
    ("bad", "codec", "declared"),
    [
        case
        for case in itertools.product(
            [b"\xff", b"\x81", b"\xfd\xfd"],
            ["cp932", "utf-8", "euc_jp"],
            ["", "cp1252", "gb18030", "big5", "cp949", "utf-16"],
        )
        if case
        != (b"\xfd\xfd", "euc_jp", "gb18030")  # no bad byte: a character of GB 18030, as every pair of EUC-JP is
    ],
)
def test_a_bad_byte_costs_no_more_than_its_surroundings(bad: bytes, codec: str, declared: str) -> None:
    data = ("氏名,電話\r\n" + "山田 太郎,090-1234-5678\r\n佐藤 花子,03-1234-5678\r\n" * 20).encode(codec)
    for place in (0, 5, 60, len(data) // 2, len(data)):
        for tail in (b"", b"\n"):
            text = charset.decode(data[:place] + bad + data[place:] + tail, declared)
            assert text.count("太郎") >= 19, text[:40]


def test_western_text_is_never_read_as_utf16() -> None:
    text = "Grüße an Häuser: a@example.com 12\r\n" * 12
    for tail in ("", "x"):
        assert "a@example.com" in charset.decode((text + tail).encode("latin-1"))


def test_the_matrix_of_encodings_lengths_gaiji_and_half_width_kana() -> None:
    samples = list(charset_samples.matrix(seed=1, rounds=3))
    wrong = [sample for sample in samples if charset.decode(sample.data) != sample.text]
    assert len(wrong) <= len(samples) * 0.005, wrong[:3]


@pytest.mark.parametrize("declared", ["", "iso-2022-jp", "Shift_JIS"])
def test_names_of_cp932_that_are_also_a_letter_of_utf8(declared: str) -> None:
    for text in ("德永", "齊田", "a" * 6_000 + ",德永\r\n"):  # 힉i, ꏓc
        assert charset.decode(text.encode("cp932"), declared) == text


@pytest.mark.parametrize("text", ["ﾔﾏﾀﾞ ﾀﾛｳ", "佐藤 花子,ｻﾄｳ ﾊﾅｺ", "a" * 5_000 + "瀨 久美子,ｼﾐｽﾞ ｸﾐｺ"])
def test_half_width_kana_of_euc_jp_are_no_kanji(text: str) -> None:
    assert charset.decode(charset_samples.euc_jp(text)) == text


@pytest.mark.parametrize("text", ["〜 ", "「", "々,", "【】"])
def test_signs_of_euc_jp_are_no_half_width_kana(text: str) -> None:
    assert charset.decode(text.encode("euc_jp")) == text


@pytest.mark.parametrize("text", ["実質", "自社車", "社員車両", "質実"])
def test_kanji_of_cp932_are_no_half_width_kana(text: str) -> None:
    assert charset.decode(text.encode("cp932")) == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["佐々木 陽葵", "吉田 愛", "村上 明日香"])
def test_utf16_without_a_mark_that_is_all_ascii_bytes(text: str, codec: str) -> None:
    assert charset.decode(text.encode(codec)) == text


@pytest.mark.parametrize("text", ["\x02name\x03ab", "a\0b\0", "GS\x1dRS\x1e12", "1,2\x00\r\n" * 9])
def test_ascii_with_controls_stays_ascii(text: str) -> None:
    assert charset.decode(text.encode()) in {text, text.replace("\0", "")}


def test_writing_of_others_in_utf8() -> None:
    for text in ("서울특별시", "ภาษาไทย", "Łódź, Gdańsk", "Ω – “ok”", "𠮷田", "😀"):
        assert charset.decode(text.encode()) == text


@pytest.mark.parametrize("codec", ["cp932", "utf-8"])
def test_mail_that_declares_iso_2022_jp_and_is_not(codec: str) -> None:
    text = "㈱髙﨑①～－ の件、山田様\r\n"
    assert charset.decode(text.encode(codec), "iso-2022-jp") == text


def test_twenty_bytes_of_cp932() -> None:
    data = "山田太郎,港区芝1\n".encode("cp932")
    assert (len(data), charset.decode(data)) == (17, "山田太郎,港区芝1\n")
