"""What a page carries for its scripts: read in an attached page, linear in time."""

import pytest
import unpack_samples as make

from mailguard.model import HTML, Table, Text


def told(page: str, name: str = "page.html") -> str:
    leaves = make.leaves(f"<html><body><p>お知らせ</p>{page}</body></html>".encode(), name, media_type="text/html")
    texts = [item.text for item in leaves if isinstance(item, Text)]
    return "\n".join([*texts, *(" ".join(row) for item in leaves if isinstance(item, Table) for row in item.rows)])


PAGES = [
    "<div data-name='佐藤 花子' data-phone='090-1234-5678'></div>",
    """<div data-user='{"name":"佐藤 花子","tel":"090-1234-5678"}'></div>""",
    """<div data-user='{"name":"\\u4f50\\u85e4 \\u82b1\\u5b50","tel":"090-1234-5678"}'></div>""",
    """<script type="application/json">{"name":"佐藤 花子","tel":"090-1234-5678"}</script>""",
    """<script type="application/ld+json">{"name":"\\u4f50\\u85e4 花子","tel":"090-1234-5678"}</script>""",
    """<script>window.list = [{"name":"佐藤 花子","tel":"090-1234-5678"}];</script>""",
    """<script>a = {b: 1}; show({"name":"佐藤 花子","tel":"090-1234-5678"});</script>""",
    """<script>a = {"b": 1}; list = [{name: '佐藤 花子', tel: "090-1234-5678"}]</script>""",
    """<script>list.push({name: `\\u4f50\\u85e4 花子`, tel: "090-1234-5678"})</script>""",
]


@pytest.mark.parametrize("page", PAGES)
def test_data_of_an_attached_page_is_read(page: str) -> None:
    said = told(page)
    assert "佐藤 花子" in said
    assert "090-1234-5678" in said


@pytest.mark.parametrize("page", PAGES)
def test_data_of_a_page_too_deep_for_the_parser_is_read(page: str) -> None:
    if "<script" in page:
        assert "佐藤 花子" in told("<b>" * 3000 + page)


@pytest.mark.parametrize("page", PAGES)
def test_the_body_of_a_mail_is_read_as_it_is_shown(page: str) -> None:
    assert told(page, HTML) == "お知らせ"


@pytest.mark.parametrize(
    "page",
    ["<td data-id='12' data-color='#fff'>x</td>", "<script>var a = {b: 'c'}; if (a) { f(1) }</script>"],
)
def test_what_pages_need_to_work_is_no_text(page: str) -> None:
    assert told(page).split() in (["お知らせ"], ["お知らせ", "x"])


@pytest.mark.parametrize("piece", ["= {", '"\\', "'\\'", "`", "={[", "あ'", "<script>"])
def test_hostile_scripts_end(piece: str) -> None:
    assert "お知らせ" in told(f"<script>あ{piece * 50_000}</script>")
