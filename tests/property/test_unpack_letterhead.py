"""The header block of a mailing, read once: the same as each block read by itself."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.unpack import letterhead
from mailguard.unpack.budget import Limits
from mailguard.unpack.mail import split

LINES = (
    b"To: a@example.jp", b"to:b@example.jp ", b"TO : c@example.jp", b'To: "a, b" <q@example.jp>, d@example.jp', b"To:", b"To:  ",
    b"To: =?utf-8?B?5bGx55Sw?= <y@example.jp>", b"To: a@example.jp,\r\n b@example.jp", b"To:\r\n e@example.jp", b"To: \xe5\xb1\xb1 <z@example.jp>",
    b"Date: Tue, 31 Oct 2023 10:00:00 +0900", b"date:\tTue", b"Date: \x1b$B;3\x1b(B", b"Message-ID: <1@example.jp>", b"Message-Id: x\r\n\ty",
    b"Subject: To: a@example.jp", b"Subject: =?utf-8?B?5bGx55Sw?=", b"X-Note: \xe5\xb1\xb1", b"X-Note: a\r\n To: f@example.jp", b"From: n@example.jp",
    b"Cc: g@example.jp", b"Resent-To: h@example.jp", b"no field", b"Content-Type: text/plain", b"To: " + b"x" * 400, b"Date: \r",
)  # fmt: skip
BLOCKS = st.lists(st.sampled_from(LINES), max_size=7)


def _plain(content: bytes, limits: Limits):
    short, letterhead._SHORT = letterhead._SHORT, -1
    try:
        return split(content, limits)
    finally:
        letterhead._SHORT = short


@settings(max_examples=500, deadline=None)
@given(
    BLOCKS,
    st.sampled_from([b"\r\n", b"\n"]),
    st.sampled_from([b"", b"\r\n\r\nbody\r\n", b"\r\n"]),
    st.sampled_from([Limits(), Limits(header_bytes=20), Limits(header_block_bytes=60)]),
)
@example([b"To: a@example.jp", b"To: b@example.jp"], b"\r\n", b"\r\n\r\nx", Limits())
@example([b"To: a@example.jp", b"To: \xe5\xb1\xb1 <z@example.jp>"], b"\r\n", b"\r\n\r\nx", Limits())
@example([b"Date: \xe5", b"Date: x"], b"\r\n", b"\r\n\r\nx", Limits())
def test_a_block_known_in_part_reads_as_it_reads_alone(lines, end, below, limits):
    content = end.join(lines) + below
    assert split(content, limits) == _plain(content, limits)


def test_the_mails_of_a_mailing_share_what_was_read():
    letterhead._known.cache_clear()
    for number in range(5):
        head = b"From: n@example.jp\r\nTo: %d@example.jp\r\nDate: %d\r\nMessage-ID: <%d>\r\nSubject: x\r\n\r\n" % (
            (number,) * 3
        )
        mail = split(head, Limits())
        assert mail.to == (("", f"{number}@example.jp"),)
        assert mail.date == str(number)
    assert letterhead._known.cache_info().misses == 1
