import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard import pieces as searches
from mailguard.digest import Digester
from mailguard.pieces import APART, BOUNDARIES, cut

DIGESTER = Digester(b"test key of thirty-two bytes ...")
ATTACHMENT = b"QUJD" * (APART // 4)


def mail(to: bytes, attachment: bytes = ATTACHMENT) -> bytes:
    return (
        b"To: " + to + b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
        b"--b\r\nContent-Type: text/csv\r\n\r\n" + attachment + b"\r\n--b--\r\n"
    )


def test_the_attachment_is_kept_apart_without_its_headers():
    pieces = cut(mail(b"a@example.com"), DIGESTER)
    assert [pieces.data(piece) for piece in pieces.apart] == [ATTACHMENT + b"\r\n"]
    assert b"text/csv" in pieces.skeleton(lambda _: b"<here>")
    assert pieces.skeleton(lambda _: b"<here>").endswith(b"\r\n\r\n<here>--b--\r\n")


def test_the_same_attachment_has_the_same_key_in_every_mail_and_another_one_another():
    keys = {cut(mail(to), DIGESTER).apart[0].key for to in (b"a@example.com", b"someone.else@example.com")}
    assert len(keys) == 1
    assert cut(mail(b"a@example.com", ATTACHMENT[:-1] + b"x"), DIGESTER).apart[0].key not in keys
    assert cut(mail(b"a@example.com"), Digester(b"another key")).apart[0].key not in keys


def test_what_is_small_stays():
    assert cut(mail(b"a@example.com", b"x" * (APART - 3)), DIGESTER).apart == ()


@pytest.mark.parametrize("block", [1 << 20, (1 << 20) - 1, (1 << 20) - 2, (1 << 20) + 1])
def test_a_boundary_line_across_two_blocks_of_the_search_is_seen(block):
    content = b"x" * block + b"\n--b" + b"y" * APART
    assert [piece.start for piece in cut(content, DIGESTER).apart] == [0, block + 1]


@pytest.mark.parametrize(("lines", "clean"), [(BOUNDARIES, True), (BOUNDARIES + 1, False)])
def test_a_mail_with_too_many_boundary_lines_is_not_clean(lines, clean):
    assert cut(b"\r\n--b" * lines, DIGESTER).clean is clean


@given(st.lists(st.sampled_from([b"\r\n", b"--", b"\n", b"-", b"x" * APART, b"y", b"\r\n\r\n"]), max_size=30))
def test_runs_put_together_are_the_content(chunks):
    content = b"".join(chunks)
    pieces = cut(content, DIGESTER)
    assert b"".join(pieces.data(piece) if piece else literal for literal, piece in pieces.runs()) == content
    assert all(b"\n--" not in pieces.data(piece) for piece in pieces.apart)


@given(st.lists(st.sampled_from([b"\r\n", b"-", b"--", b"x", b"\n", b"\n--"]), max_size=40))
def test_both_searches_find_the_same_lines(chunks):
    content = b"x" + b"".join(chunks)
    assert searches._found_one_by_one(content) == searches._found_in_blocks(content)


def test_both_searches_end_where_there_are_too_many_lines():
    content = b"\n--" * (BOUNDARIES + 5)
    assert len(searches._found_one_by_one(content)) == len(searches._found_in_blocks(content)) == BOUNDARIES + 1
