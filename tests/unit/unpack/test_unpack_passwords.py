"""Encrypted files with candidates: which open, which stay closed, and what is tried."""

import io
import struct
import time
import zipfile
from datetime import date

import encrypted
import office_samples
import py7zr
import pytest
import unpack_samples as make

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack
from mailguard.unpack.password_candidates import MOST, found, told
from mailguard.unpack.password_patterns import written


def leaves(data: bytes, *passwords: str, name: str = "名簿.zip"):
    budget = Budget(Limits(), len(data), passwords=passwords)
    items = [leaf.item for leaf in unpack(Part((name,), data), budget, make.digest) if isinstance(leaf, Leaf)]
    return items, budget.secrets.taken()


ZIPS = {
    "AES": encrypted.aes_zip,
    "ZipCrypto": encrypted.zipcrypto_zip,
    "ZipCrypto, sizes behind": lambda password: encrypted.zipcrypto_zip(password, streamed=True),
    "ZipCrypto, stored, sizes behind": lambda password: encrypted.zipcrypto_zip(password, streamed=True, stored=True),
}


@pytest.mark.parametrize("kind", ZIPS)
@pytest.mark.parametrize(("password", "codec"), [("Ab12#x9", "ascii"), ("会社名①26", "cp932"), ("会社名26", "utf-8")])
def test_a_zip_opens_with_the_candidate_that_fits(kind: str, password: str, codec: str) -> None:
    items, opened = leaves(ZIPS[kind](password.encode(codec)), "wrong", password, "other")
    assert items == [Table(("名簿.zip", "会員名簿.csv"), encrypted.ROWS)]
    assert opened == [(("名簿.zip",), password)]


@pytest.mark.parametrize("kind", ZIPS)
def test_a_zip_stays_closed_and_shows_its_names(kind: str) -> None:
    items, opened = leaves(ZIPS[kind](b"Ab12#x9"), *[f"wrong{number}" for number in range(250)])
    assert items == [Problem(("名簿.zip", "会員名簿.csv"), ProblemKind.ENCRYPTED, "a password is needed", items[0].key)]
    assert not opened


def test_a_wrong_password_that_passes_the_check_byte_opens_nothing() -> None:
    """One of 256 does: its bytes are not those of the checksum."""
    data = encrypted.zipcrypto_zip(b"right", stored=True)
    items, opened = leaves(data, *[f"{number:04d}" for number in range(300)])
    assert [item.kind for item in items] == [ProblemKind.ENCRYPTED]
    assert not opened


def test_what_was_altered_is_not_taken_for_opened() -> None:
    data = bytearray(encrypted.aes_zip(b"Ab12#x9"))
    data[data.find(b"PK\x01\x02") - 20] ^= 1
    items, _ = leaves(bytes(data), "Ab12#x9")
    assert [item.kind for item in items] == [ProblemKind.ENCRYPTED]


def test_a_volume_is_named_so() -> None:
    data = bytearray(make.zipped({"a.csv": make.csv()}))
    at = data.find(b"PK\x05\x06") + 4
    data[at : at + 4] = struct.pack("<2H", 1, 1)
    items, _ = leaves(bytes(data))
    assert any(isinstance(item, Problem) and "volume" in item.detail for item in items)


def test_a_pdf_opens_with_its_password_and_one_that_may_only_not_be_changed_without() -> None:
    items, opened = leaves(encrypted.pdf("hirake9"), "wrong", "hirake9", name="a.pdf")
    assert isinstance(items[0], Text)
    assert encrypted.ROWS[1][1] in items[0].text
    assert opened == [(("a.pdf",), "hirake9")]
    (closed,), _ = leaves(encrypted.pdf("hirake9"), "wrong", name="a.pdf")
    assert closed.kind is ProblemKind.ENCRYPTED
    (text,), opened = leaves(encrypted.pdf(""), name="a.pdf")
    assert isinstance(text, Text)
    assert not opened


def test_a_workbook_tells_what_opened_it() -> None:
    data = office_samples.encrypted(make.saved(make.workbook()) + bytes(8_000), "Ab12#x9")
    _, opened = leaves(data, "wrong", "Ab12#x9", name="a.xlsx")
    assert opened == [(("a.xlsx",), "Ab12#x9")]


def test_what_fitted_is_tried_first_and_the_time_is_bounded() -> None:
    budget = Budget(Limits(), 0, passwords=["a", "b", "c"])
    for word in budget.secrets.tries():
        if word == "b":
            budget.secrets.fits(("x",))
            break
    assert budget.passwords == ("b", "a", "c")
    budget.secrets._left = 0.01
    tried = []
    for word in budget.secrets.tries():
        tried.append(word)
        ends = time.process_time() + 0.02
        while time.process_time() < ends:
            pass
    assert tried == ["b"]
    assert budget.secrets.ended


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("先ほどお送りしたファイルのパスワードは「Ab12#x9」です。", "Ab12#x9"),
        ("解凍パスワード：ｔｅｓｔ１２３４", "test1234"),
        ("解凍PW\n\n  k8!mQz2p\n", "k8!mQz2p"),
        ("ﾊﾟｽﾜｰﾄﾞ: 9876", "9876"),
        ("Password: hunter2.", "hunter2"),
        ("Pass：会社名２０２６", "会社名2026"),
        ("PWは以下の通りです。\n■ abc:def123 ■", "abc:def123"),
        ("パスワード\n--------\nqwerasdf\n--------", "qwerasdf"),
        ("暗証番号は4桁で、7731 です", "7731"),
        ("【Zq9-xx】が解凍用のキーです", "Zq9-xx"),
        ("山田です。\nTk#2291x\nよろしく", "Tk#2291x"),
    ],
)
def test_the_password_is_among_the_first_candidates(text: str, password: str) -> None:
    assert password in found([text])[:6]


def test_candidates_are_few_and_texts_that_speak_of_none_are_told_apart() -> None:
    assert len(found(["パスワード " + " ".join(f"a{number}" for number in range(500))])) == MOST
    assert told("添付ファイルのパスワードをお送りします")
    assert told("ＰＷ：abc")
    assert not told("今月のお知らせをお届けします。\nhttps://example.jp/\n")


@pytest.mark.parametrize(
    "text", ["パスワード" + ":" * 40_000, "「パスワード" * 8_000, "-= " * 9_000 + "\nパスワード\n" + "-= " * 9_000]
)
def test_a_long_text_takes_no_long_time(text: str) -> None:
    started = time.process_time()
    found([text])
    assert time.process_time() - started < 0.5


def test_a_pattern_is_written_for_each_of_the_last_days() -> None:
    words = list(written(["fixed", "abc{mmdd}", "x{yyyymmdd}"], date(2026, 3, 2)))
    assert words[:3] == ["fixed", "abc0302", "x20260302"]
    assert "abc0228" in words
    assert words.count("fixed") == 1


@pytest.mark.parametrize("hidden", [False, True])
def test_a_7z_opens_with_the_candidate_that_fits(*, hidden: bool) -> None:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password="Ab12#x9", header_encryption=hidden) as archive:
        archive.writestr(encrypted.CSV, "会員名簿.csv")
    items, opened = leaves(out.getvalue(), "wrong", "Ab12#x9", name="名簿.7z")
    assert items == [Table(("名簿.7z", "会員名簿.csv"), encrypted.ROWS)]
    assert opened == [(("名簿.7z",), "Ab12#x9")]
    (closed,), opened = leaves(out.getvalue(), "wrong", name="名簿.7z")
    assert (closed.kind, closed.path[1:]) == (ProblemKind.ENCRYPTED, () if hidden else ("会員名簿.csv",))
    assert not opened


def test_a_zip_packed_with_lzma_is_read_all_the_same() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", encrypted.CSV)
        archive.writestr("b.csv", encrypted.CSV)
    items, _ = leaves(out.getvalue())
    assert items == [Table(("名簿.zip", name), encrypted.ROWS) for name in ("a.csv", "b.csv")]
