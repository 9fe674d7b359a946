"""Bare newlines and leading dots, found fast: the same answers as byte by byte, over every block boundary."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.relay import wire
from mailguard.relay.wire import has_bare_newline, stuffed

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
lines = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\r\n.", b"x" * 5]), max_size=40).map(b"".join)


def plain(content):
    content += b"" if not content or content.endswith(b"\r\n") else b"\r\n"
    return re.sub(rb"(?:\A|(?<=\r\n))\.", b"..", content)


def check(content):
    assert has_bare_newline(content) is bool(_BARE.search(content))
    if _BARE.search(content):
        with pytest.raises(ValueError, match="bare"):
            stuffed(content)
    else:
        assert stuffed(content) == plain(content)


@given(lines)
def test_short(content):
    check(content)


@pytest.mark.parametrize("block", [8, 16, 64])
def test_in_blocks(block, monkeypatch):
    monkeypatch.setattr(wire, "_SMALL", 0)
    monkeypatch.setattr(wire, "_BLOCK", block)

    @given(lines.map(lambda content: content + b"xx"))
    def run(content):
        check(content)

    run()


@pytest.mark.parametrize("bad", [b"\r", b"\n", b"\n\r", b"\r\r\n", b"\r\n\n"])
@pytest.mark.parametrize("at", [0, 1, 5_000, 262_143, 262_144, 262_145, 700_000, None])
def test_one_bare_byte_in_a_large_message_is_found(bad, at):
    content = b"x" * 700_000
    at = len(content) if at is None else at
    assert has_bare_newline(content[:at] + bad + content[at:])
    assert not has_bare_newline(content[:at] + b"\r\n" + content[at:])


@pytest.mark.parametrize("at", [0, 5_000, 262_141, 262_142, 262_143, 262_144, 700_000])
def test_one_dotted_line_in_a_large_message_is_doubled(at):
    content = b"x" * 700_000
    assert stuffed(content[:at] + b"\r\n.\r\n" + content[at:]) == plain(content[:at] + b"\r\n.\r\n" + content[at:])


def test_nothing_is_copied_without_need():
    content = b"x" * 76 + b"\r\n"
    content *= 1_000
    assert stuffed(content) is content
