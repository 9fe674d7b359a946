"""A list in the source of a page where the page does not show it: read in files, and in bodies from three numbers on."""

import base64
from urllib.parse import quote

import pytest
import unpack_samples as make

from mailguard.model import HTML, Table, Text
from mailguard.unpack import html_hidden

PEOPLE = [f"山田 太郎{number} 090-1234-56{number:02d}" for number in range(12)]
ALL = " / ".join(PEOPLE)
SEEN = "090-1234-5607"
UTF8 = ALL.encode()


def page(inside: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body><p>お知らせ</p>{inside}</body></html>"


HIDDEN = {
    "comment": page(f"<!-- {ALL} -->"),
    "conditional comment": page(f"<!--[if mso]><table><tr><td>{'</td></tr><tr><td>'.join(PEOPLE)}</td></tr></table><![endif]-->"),
    "script": page(f"<script>var list = {PEOPLE}</script>"),
    "style": page("", f"<style>/* {ALL} */</style>"),
    "data- attributes": page("".join(f"<i data-x='{one}'></i>" for one in PEOPLE)),
    "classes": page("".join(f"<i class='{one}'></i>" for one in PEOPLE)),
    "meta": page("", "".join(f"<meta name=x content='{one}'>" for one in PEOPLE)),
    "instruction": page(f"<?php {ALL} ?>"),
    "document type": f'<!DOCTYPE html [<!ENTITY a "{ALL}">]>' + page("x"),
    "addresses of links": page("".join(f"<a href='http://x.example/{quote(one)}'>x</a>" for one in PEOPLE)),
    "behind the page": page("x") + ALL,
}  # fmt: skip
IN_FILES = {
    r"\u": page("<script>var a='" + "".join(f"\\u{ord(sign):04x}" for sign in ALL) + "'</script>"),
    r"\x": page("<script>var a='" + "".join(f"\\x{byte:02x}" for byte in UTF8) + "'</script>"),
    "codes": page("<script>var a=[" + ",".join(str(ord(sign)) for sign in ALL) + "]</script>"),
    "unescape": page(f"<script>document.write(unescape('{''.join(f'%{byte:02X}' for byte in UTF8)}'))</script>"),
    "atob": page(f"<script>document.write(atob('{base64.b64encode(UTF8).decode()}'))</script>"),
    "atob in pieces": page(
        "<script>document.write(atob('"
        + "'+'".join(base64.b64encode(UTF8).decode()[at : at + 40] for at in range(0, 900, 40))
        + "'))</script>"
    ),
}


def said(source: str, name: str, **declared: object) -> str:
    leaves = make.leaves(source.encode(), name, **declared)
    texts = [item.text for item in leaves if isinstance(item, Text)]
    return "\n".join([*texts, *(str(item.rows) for item in leaves if isinstance(item, Table))])


@pytest.mark.parametrize("place", HIDDEN)
def test_a_list_is_read_in_files_and_in_bodies(place: str) -> None:
    assert SEEN in said(HIDDEN[place], "a.html")
    assert SEEN in said(HIDDEN[place], HTML, media_type="text/html")


@pytest.mark.parametrize("place", IN_FILES)
def test_what_a_script_would_write_is_read_in_files(place: str) -> None:
    assert SEEN in said(IN_FILES[place], "a.html")


def test_two_numbers_of_a_template_are_not_read_in_a_body() -> None:
    body = page("<!-- 担当 山田 太郎 03-1234-5678 --><a href='https://x.example/?u=a%40example.jp'>x</a>")
    assert "山田" not in said(body, HTML, media_type="text/html")


def test_what_the_page_shows_is_not_told_twice() -> None:
    shown = page("<br>".join(PEOPLE))
    assert html_hidden.words(shown, " ".join(PEOPLE), 1) == ""
    assert said(shown, "a.html").count(SEEN) == 1


@pytest.mark.parametrize("piece", ["<", "\\x", "%E3", "&#", "1,", "0", "090-", "'+'", '"A'])
def test_time_is_linear(piece: str) -> None:
    source = "<script>" + piece * 100_000
    assert html_hidden.words(source, "", 3) == ""
    html_hidden.packed(source)


@pytest.mark.parametrize("declared", ["text/csv", "font/woff", "image/png"])
def test_a_list_in_the_address_of_a_style_is_a_file(declared: str) -> None:
    uri = f"data:{declared};base64,{base64.b64encode(UTF8).decode()}"
    for source in (
        page("", f"<style>a{{background:url({uri})}}</style>"),
        page(f"<p style=\"background:url('{uri}')\">x"),
    ):
        assert SEEN in said(source, HTML, media_type="text/html")


def test_pictures_and_fonts_in_styles_are_what_the_page_shows() -> None:
    for data in (make.png(20, 20), b"wOFF" + bytes(range(256)) * 4):
        uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        leaves = make.leaves(
            page("", f"<style>a{{background:url({uri})}}</style>").encode(), HTML, media_type="text/html"
        )
        assert [item.text for item in leaves] == ["お知らせ"]
