"""What HTML says elsewhere than in its visible text."""

import base64
import time
from urllib.parse import quote

import pytest
import unpack_samples as make

from mailguard.model import BODY, HTML, Problem, ProblemKind, Table, Text


def read(page: str, name: str = HTML) -> str:
    first = make.leaves(f"<html><body>{page}</body></html>".encode(), name, media_type="text/html")[0]
    assert isinstance(first, Text)
    return first.text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<a href='tel:090-1234-5678'>山田 太郎</a><br>次", "山田 太郎 090-1234-5678\n次"),
        ("<a href='TEL:+81-90-1234-5678;ext=1'>山田</a>", "山田 +81-90-1234-5678"),
        ("<a href='tel:0312345678'>03-1234-5678</a>", "03-1234-5678"),
        ("<a href='tel:+81312345678'>03（1234）5678</a>", "03（1234）5678"),
        ("<a href='mailto:a%40example.com'>山田</a>", "山田 a@example.com"),
        ("<a href='mailto:a@example.com'>a@example.com</a>", "a@example.com"),
        (
            "<a href='mailto:?bcc=a@example.com,b@example.com&body=x%20y'>山田</a>",
            "山田 a@example.com,b@example.com x y",
        ),
        ("<a href='https://example.com/?u=09012345678&e=a@example.com'>詳しく</a>", "詳しく"),
        ("山田<img alt='ロゴ 佐藤' src='https://example.com/a'>太郎<p>次", "山田太郎\nロゴ 佐藤\n次"),
        ("<p title='佐藤 花子'>x</p>", "佐藤 花子\nx"),
        ("<input value='佐藤 花子'><input type=hidden value='090'>", "佐藤 花子\n090"),
        ("<select><option value='090'>佐藤</option></select>", "佐藤\n090"),
        ("<textarea>佐藤\n花子</textarea>", "佐藤\n花子"),
        ("<pre>佐藤  花子\n鈴木</pre>", "佐藤 花子\n鈴木"),
        ("<iframe srcdoc='&lt;p&gt;佐藤&lt;/p&gt;'></iframe>", "佐藤"),
        ("<p style='display:none'>佐藤</p><template>花子</template>", "佐藤\n花子"),
        (
            "x<script>佐藤</script><style>花子</style><p onclick='鈴木' style='高橋' class='田中' data-x='伊藤'>y",
            "x\ny",
        ),
    ],
)
def test_words_outside_the_visible_text(page: str, text: str) -> None:
    got = [line.strip() for line in read(page).split("\n")]
    assert sorted(got) == sorted(text.split("\n"))


@pytest.mark.parametrize(
    ("style", "line"),
    [
        pytest.param("p::after{content:'佐藤 花子'}", "佐藤 花子", id="content"),
        pytest.param('p:before { CONTENT : "佐藤" " 花子" ; }', "佐藤 花子", id="pieces"),
        pytest.param(r"p::after{content:'\4F50\85E4 \82B1 \5B50'}", "佐藤花子", id="code points"),
        pytest.param("p::after{content:'佐藤\\\n花子'}", "佐藤花子", id="a string over two lines"),
        pytest.param("p{--name:'佐藤 花子'} p::after{content:var(--name)}", "佐藤 花子", id="variable"),
        pytest.param("ul{list-style:'佐藤 花子'}", "佐藤 花子", id="sign of a list"),
        pytest.param("p::after{content:/* ' */'佐藤 花子'}", "佐藤 花子", id="beside a comment"),
        pytest.param("p::before{content:'/*'} p::after{content:'佐藤 花子'}", "佐藤 花子", id="marks of a comment"),
        pytest.param("p::after{content:'佐藤 花子", "佐藤 花子", id="cut off"),
        pytest.param("@media screen{p::after{content:attr(data-who)}}", "鈴木 一郎", id="attribute"),
    ],
)
def test_what_a_style_writes_on_the_page_is_read(style: str, line: str) -> None:
    page = f"<html><head><style>{style}</style></head><body><p data-who='鈴木 一郎'>x</p></body></html>".encode()
    for name in ("a.html", BODY):
        texts = [item.text for item in make.leaves(page, name, media_type="text/html") if isinstance(item, Text)]
        assert line in "\n".join(texts).split("\n")


@pytest.mark.parametrize(
    "style",
    [
        "p{font-family:'佐藤 明朝'}",
        "p{background:url('佐藤.png')}",
        r"p::after{content:'\f101'}",
        "p{quotes:'「' '」'}",
        "@import '佐藤.css';",
    ],
)
def test_what_a_style_does_not_write_is_not_read(style: str) -> None:
    page = f"<html><head><style>{style}</style></head><body><p data-who='鈴木 一郎'>x</p></body></html>".encode()
    assert make.leaves(page, BODY, media_type="text/html")[0].text == "x"


def test_variables_in_attributes_and_pages_without_a_tree_are_read_too() -> None:
    assert "佐藤 花子" in read("<p style=\"--name:'佐藤 花子'\">x")
    deep = "<div>" * 300 + "<style>p::after{content:'佐藤 花子'}</style>x"
    assert "佐藤 花子" in make.leaves(f"<html>{deep}".encode(), "a.html")[0].text


def test_a_description_of_the_page_is_read() -> None:
    page = b"<html><head><meta name=viewport content=wide><meta name=description content='\xe4\xbd\x90\xe8\x97\xa4'></head><body>x</body></html>"
    assert "佐藤" in make.leaves(page, "a.html")[0].text
    assert "wide" not in make.leaves(page, "a.html")[0].text


def test_comments_are_read_in_attached_files_only() -> None:
    page = (
        "<p>x</p><!-- <table><tr><td>佐藤</td></tr></table><style>p{}</style> --><!--[if mso]><p>鈴木</p><![endif]-->"
    )
    assert read(page) == "x"
    text = read(page, "a.html")
    assert "佐藤" in text
    assert "鈴木" in text
    assert "p{}" not in text


@pytest.mark.parametrize("deep", ["", "<div>" * 5_000])
@pytest.mark.parametrize(
    "head", ["data:text/csv;charset=Shift_JIS;base64,", "data:application/octet-stream;base64,", " DATA:text/plain,"]
)
def test_a_file_in_a_data_uri_is_opened(head: str, deep: str) -> None:
    packed = base64.b64encode(make.csv()).decode() if "base64" in head else quote(make.csv("utf-8"))
    page = f"<html><body>{deep}<a href='{head}{packed}'>x</a><a href='{head}{packed}'>y</a></body></html>"
    items = make.leaves(page.encode(), HTML, media_type="text/html")
    tables = [item for item in items if isinstance(item, Table)]
    assert [item.path for item in tables] == [(HTML, "(data)"), (HTML, "(data) (2)")]
    assert tables[0].rows == make.ROWS


def test_a_picture_in_a_data_uri_is_shown_within_the_page() -> None:
    uri = "data:image/png;base64," + base64.b64encode(make.png(300, 300)).decode()
    page = f"<html><body><img src='{uri}'></body></html>".encode()
    assert make.leaves(page, HTML, media_type="text/html") == []
    page = page.replace(uri.encode(), b"data:application/x;base64," + base64.b64encode(bytes(range(256)) * 3))
    problems = [item for item in make.leaves(page, HTML, media_type="text/html") if isinstance(item, Problem)]
    assert [problem.kind for problem in problems] == [ProblemKind.UNKNOWN_FORMAT]


def test_attributes_are_read_where_the_parser_gives_up() -> None:
    text = read("<div>" * 5_000 + "<img alt='佐藤 花子'><a href='tel:0901'>x</a>")
    assert "佐藤 花子" in text
    assert "0901" in text


def test_table_cells_hold_what_is_visible() -> None:
    row = "<tr><td>山田<img alt='x'></td><td><a href='tel:0901'>電話</a></td></tr>"
    (table,) = [
        item for item in make.leaves(f"<html><table>{row * 3}</table>".encode(), BODY) if isinstance(item, Table)
    ]
    assert table.rows == [["山田", "電話"]] * 3


@pytest.mark.parametrize(
    "unit",
    [
        "<a href='tel:1'>x",
        "<img alt='a'>",
        "<a href='mailto:a@b'><b>",
        "alt='",
        "<!-- x",
        "<style>content:'x\"/*",
        "<style>content:\\",
    ],
)
def test_time_is_linear(unit: str) -> None:
    begin = time.process_time()
    make.leaves(b"<html><body>" + unit.encode() * 30_000, "a.html")
    assert time.process_time() - begin < 5


def _rows(html: str) -> list[list[str]]:
    [table] = [item for item in make.leaves(f"<p>x</p>{html}".encode(), "page.html") if isinstance(item, Table)]
    return table.rows


def test_a_cell_over_several_rows_stands_in_each() -> None:
    rows = _rows(
        "<table><tr><th>組</th><th>氏名</th></tr><tr><td rowspan=3>1組</td><td>佐藤</td></tr>"
        "<tr><td>鈴木</td></tr><tr><td>高橋</td></tr><tr><td>2組</td><td>田中</td></tr></table>"
    )
    assert rows == [["組", "氏名"], ["1組", "佐藤"], ["1組", "鈴木"], ["1組", "高橋"], ["2組", "田中"]]


def test_a_cell_over_several_columns_keeps_the_others_in_place() -> None:
    rows = _rows(
        "<table><tr><td colspan=2>連絡先</td><td>備考</td></tr><tr><td>電話</td><td rowspan=2>メール</td><td>x</td></tr>"
        "<tr><td>03</td><td>y</td></tr><tr><td>a</td></tr></table>"
    )
    assert rows == [["連絡先", "", "備考"], ["電話", "メール", "x"], ["03", "メール", "y"], ["a"]]


@pytest.mark.parametrize("span", ["rowspan=65534 colspan=65534", "rowspan=0 colspan=-1", "rowspan='９' colspan=x"])
def test_spans_are_no_bomb(span: str) -> None:
    cells = f"<td {span}>山田</td>" * 300
    started = time.process_time()
    items = make.leaves(f"<table>{f'<tr>{cells}</tr>' * 100}</table>".encode(), "page.html")
    assert time.process_time() - started < 5
    assert any("山田" in item.text for item in items if isinstance(item, Text))
