"""Two submissions of one mail have the same content but for their boundaries, however these are declared."""

import time

import pytest

from mailguard.digest import Digester
from mailguard.pieces import cut
from mailguard.store.folding import canonical

LARGE = b"QUJD" * 2000 + b"\r\n"


def mail(boundary, declared=None, body=b"hello", head=b""):
    declared = declared or b'boundary="' + boundary + b'"'
    lines = [
        b"Subject: x", *([head] if head else []), b"Content-Type: multipart/mixed; " + declared, b"",
        b"--" + boundary, b"", body, b"--" + boundary, b"Content-Type: text/csv", b"", LARGE + b"--" + boundary + b"--", b"",
    ]  # fmt: skip
    return b"\r\n".join(lines)


def form(content):
    return canonical(cut(content, Digester(b"k" * 32)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (mail(b"one"), mail(b"two")),
        (mail(b"a+b(c)"), mail(b"=_[2]?")),
        (mail(b"one", b"boundary=one"), mail(b"two", b"boundary=two")),
        (mail(b"one", b'charset=x;\r\n\tBoundary = "one"'), mail(b"two", b'charset=x;\r\n\tBoundary = "two"')),
        (mail(b"one", b'BOUNDARY="ONE"; boundary="one"'), mail(b"two", b'BOUNDARY="TWO"; boundary="two"')),
    ],
)
def test_another_boundary_makes_no_other_mail(one, other):
    assert form(one) == form(other)


@pytest.mark.parametrize(
    "body",
    [b"one", b"--onerous", b"x--one", b"a b=one", b"Content-Type: text/plain; name=one"],
    ids=["word", "beginning", "inside", "parameter", "field"],
)
def test_what_is_no_boundary_stays_as_it_is(body):
    assert form(mail(b"one", body=body)) != form(mail(b"two", body=body.replace(b"one", b"two")))
    assert form(mail(b"one", body=body)) == form(mail(b"two", body=body))


def test_a_boundary_within_another_is_another():
    inner = b"Content-Type: multipart/alternative; boundary=%b\r\n\r\n--%b\r\n\r\nx\r\n--%b--"
    one, other = (mail(outer, body=inner.replace(b"%b", name)) for outer, name in ((b"a", b"a1"), (b"b", b"c")))
    assert form(one) == form(other)


def test_a_field_full_of_its_own_boundary_takes_no_time():
    field = b'Content-Type: multipart/mixed; boundary="a"' + b"\r\n a" * 200_000
    started = time.process_time()
    assert form(b"x: y\r\n" + field + b"\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n") is not None
    assert time.process_time() - started < 5
