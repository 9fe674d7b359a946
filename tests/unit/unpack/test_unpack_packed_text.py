"""Files that stand in a text by yEnc and BinHex: read, checked, and no way past the limits."""

import mail_samples as mails
import pytest
import unpack_samples as make

from mailguard.model import BODY, Problem, ProblemKind, Table, Text
from mailguard.unpack import binhex, yenc
from mailguard.unpack.budget import Limits

LIST = make.csv() * 3
NAME = "名簿.csv"
WAYS = {"yEnc": mails.yencoded, "BinHex": mails.binhexed}
EVERY = bytes(range(256)) * 3 + b"\x90" * 9 + b"a" * 300 + b"\x90\x90\x05"


def tables(data: bytes, **declared: object):
    return {item.path: item.rows[:3] for item in make.leaves(data, **declared) if isinstance(item, Table)}


@pytest.mark.parametrize("way", WAYS)
def test_a_list_is_read_alone_and_in_a_mail(way: str) -> None:
    packed = WAYS[way](NAME, LIST)
    assert tables(packed) == {("file", NAME): make.ROWS}
    inline = b"From: a@example.jp\r\nTo: b@example.jp\r\nSubject: x\r\n\r\nhello\r\n" + packed + b"bye\r\n"
    items = make.leaves(inline, media_type="message/rfc822")
    assert [item.path for item in items if isinstance(item, Table)] == [("file", BODY, NAME)]
    assert any(isinstance(item, Text) and "hello" in item.text and "bye" in item.text for item in items)


def test_every_byte_comes_back() -> None:
    packed = mails.yencoded("a", EVERY).split(b"\r\n", 1)[1].rpartition(b"=yend")[0]
    assert yenc.decoded(packed) == EVERY
    (file,) = binhex.files(mails.binhexed("a", EVERY, b"rs"), 10_000)
    assert (file.name, file.data, file.resources, file.fault) == ("a", EVERY, b"rs", "")


@pytest.mark.parametrize("way", WAYS)
def test_what_is_cut_off_or_altered_is_told_and_read(way: str) -> None:
    packed = WAYS[way](NAME, LIST)
    for broken in (packed[:-40], packed[:200] + (b"#" if packed[200:201] != b"#" else b"$") + packed[201:]):
        items = make.leaves(broken)
        assert any(isinstance(item, Problem) and item.kind is ProblemKind.DAMAGED for item in items)
        assert ("file", NAME) in {item.path for item in items if not isinstance(item, Problem)}


def test_one_piece_of_a_file_is_read_and_named() -> None:
    items = make.leaves(mails.yencoded(NAME, LIST, part=(1, 10_000)))
    assert [item.kind for item in items if isinstance(item, Problem)] == [ProblemKind.NOT_READ]
    assert any(isinstance(item, Table) for item in items)


def test_what_is_written_in_resources_is_read() -> None:
    items = make.leaves(mails.binhexed("a.txt", b"x", b"\0\1hidden words\0\2"))
    assert ("file", "a.txt (resources)") in {
        item.path for item in items if isinstance(item, Text) and item.text == "hidden words"
    }


def test_runs_do_not_swell_past_the_limits() -> None:
    items = make.leaves(mails.binhexed("a", b"a" * 200_000), limits=Limits(ratio_floor_bytes=1_000, ratio=20))
    assert [item.kind for item in items if isinstance(item, Problem)] == [ProblemKind.RATIO]
    (file,) = binhex.files(mails.binhexed("a", b"a" * 200_000), 1_000)
    assert len(file.data) <= 1_300
    assert file.fault
