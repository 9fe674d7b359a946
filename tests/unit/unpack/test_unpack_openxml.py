"""Word and PowerPoint files: wherever something is written, it is read; and bombs are named."""

import office_samples as office
import pytest
import unpack_samples as make

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import encrypted_office
from mailguard.unpack.budget import Budget, Limits

ROWS = [["氏名", "電話番号"], ["山田 太郎", "090-1234-5678"]]
HEAD = "<w:document xmlns:w='x'>"


def text(data: bytes) -> str:
    return "\n".join(item.text for item in make.leaves(data) if isinstance(item, Text))


def kinds(data: bytes) -> list[ProblemKind]:
    return [item.kind for item in make.leaves(data) if isinstance(item, Problem)]


def test_a_document_is_its_text_and_its_tables() -> None:
    data = office.docx(office.paragraph("前") + office.table(ROWS) + office.paragraph("後"))
    assert make.leaves(data) == [
        Text(("file",), "前\n後"), Table(("file",), ROWS)
    ]  # fmt: skip


def test_runs_are_one_word_and_what_stands_apart_is_not_glued_to_it() -> None:
    body = (
        "<w:p><w:r><w:t>山</w:t></w:r><w:ins><w:r><w:t>田</w:t></w:r></w:ins><w:del><w:r><w:delText>佐藤</w:delText></w:r></w:del>"
        "<w:r><w:ruby><w:rt><w:r><w:t>たろう</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>太郎</w:t></w:r></w:rubyBase></w:ruby></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>様</w:t></w:r></w:p>"
    )
    assert text(office.docx(body)) == "山田太郎様\n佐藤\nたろう"


def test_a_text_box_comes_once_and_a_fallback_that_says_something_else_too() -> None:
    def box(choice: str, fallback: str) -> str:
        inside = "<w:txbxContent>{}</w:txbxContent>"
        return (
            f"<w:p><w:r><w:t>外</w:t><mc:AlternateContent><mc:Choice>{inside.format(office.paragraph(choice))}</mc:Choice><mc:Fallback>"
            f"<v:textbox>{inside.format(office.paragraph(fallback))}</v:textbox></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        )

    assert text(office.docx(box("中", "中"))) == "外\n中"
    assert text(office.docx(box("中", "別"))) == "外\n中\n別"


def test_a_table_in_a_fallback_comes_once() -> None:
    inner = office.table(ROWS)
    body = (
        f"<mc:AlternateContent><mc:Choice>{inner}</mc:Choice><mc:Fallback>{inner}</mc:Fallback></mc:AlternateContent>"
    )
    assert [item for item in make.leaves(office.docx(body)) if isinstance(item, Table)] == [Table(("file",), ROWS)]


def test_cells_that_reach_over_columns_and_rows() -> None:
    def cell(text: str, properties: str) -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{office.paragraph(text)}</w:tc>"

    body = (
        "<w:tbl><w:tr>" + cell("広", '<w:gridSpan w:val="2"/>') + cell("右", "") + "</w:tr><w:tr>"
        + cell("組", '<w:vMerge w:val="restart"/>') + cell("a", "") + cell("b", "") + "</w:tr><w:tr>"
        + cell("", "<w:vMerge/>") + cell("c", "") + cell("d", "") + "</w:tr></w:tbl>"
    )  # fmt: skip
    tables = [item.rows for item in make.leaves(office.docx(body)) if isinstance(item, Table)]
    assert tables == [[["広", "", "右"], ["組", "a", "b"], ["組", "c", "d"]]]


def test_a_table_around_others_is_layout() -> None:
    body = f"<w:tbl><w:tr><w:tc>{office.table(ROWS)}</w:tc></w:tr></w:tbl>"
    assert [item.rows for item in make.leaves(office.docx(body)) if isinstance(item, Table)] == [ROWS]


def test_a_frame_of_one_cell_is_writing_and_so_is_a_long_cell() -> None:
    (found,) = make.leaves(office.docx(office.table([["山田 太郎 様"], ["090-1234-5678"]])))
    assert found.text == "山田 太郎 様\n090-1234-5678"
    long = "長い文。" * 30
    found, table = make.leaves(office.docx(office.table([["備考", long]])))
    assert (found.text, table.rows) == (long, [["備考", long]])


def test_headers_notes_comments_properties_and_links_are_read() -> None:
    relation = '<Relationships xmlns="r"><Relationship Id="r1" Type="t/hyperlink" Target="mailto:a%40example.com" TargetMode="External"/></Relationships>'
    core = '<c xmlns:dc="dc"><dc:creator>高橋 一郎</dc:creator><dc:description>説明</dc:description></c>'
    members = {
        "word/header1.xml": office.word(office.paragraph("頭")),
        "word/footnotes.xml": office.word(office.paragraph("脚注")),
        "word/comments.xml": office.word(f"<w:comment w:author='鈴木'>{office.paragraph('注釈')}</w:comment>"),
        "word/charts/chart1.xml": "<c><cat><v>図中</v></cat></c>",
        "word/_rels/document.xml.rels": relation,
        "word/settings.xml": office.word('<w:docVar w:name="x" w:val="変数"/>'),
        "docProps/core.xml": core,
        "customXml/item1.xml": "<list><row name='佐藤 花子'>会員</row></list>",
    }
    found = text(office.docx(office.paragraph("本文"), members))
    assert found.startswith("本文\f")
    words = ("頭", "脚注", "注釈", "図中", "a@example.com", "変数", "説明", "佐藤 花子", "会員")
    assert [word for word in words if word not in found] == []
    assert "高橋" not in found
    assert "鈴木" not in found


def test_slides_come_in_their_order_with_tables_and_notes() -> None:
    rows = "".join("<a:tr>" + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in row) + "</a:tr>" for row in ROWS)  # fmt: skip
    notes = office.slide("<a:p><a:r><a:t>発表者の覚え</a:t></a:r></a:p>")
    data = office.pptx(
        [str(number) for number in range(1, 12)],
        {"ppt/notesSlides/notesSlide1.xml": notes, "ppt/slides/slide12.xml": office.slide(f"<a:tbl>{rows}</a:tbl>")},
    )
    found, table = make.leaves(data)
    assert found.text.startswith("\f".join(map(str, range(1, 12))) + "\f")
    assert "発表者の覚え" in found.text
    assert table.rows == ROWS


def test_field_codes_show_links_and_old_furigana() -> None:
    def field(code: str, shown: str) -> str:
        return (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            + "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in code.split("|"))
            + f'<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{shown}</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )

    link = field(' HYPERLINK "mailto:|b@example.com" ', "連絡先")
    ruby = field(r" EQ \* jc2 \o\ad(\s\up 9(やまだ),山田)", "")
    body = f"<w:p>{link}<w:r><w:t>、</w:t></w:r>{ruby}<w:r><w:t>様</w:t></w:r></w:p>"
    assert text(office.docx(body)) == "連絡先、山田様\nb@example.com\nやまだ"
    assert text(office.docx(f"<w:p>{field(' PAGE ', '1')}</w:p>")) == "1"


def test_files_inside_are_opened() -> None:
    inner = make.saved(make.workbook())
    data = office.docx(
        office.paragraph("x"),
        {"word/embeddings/sheet.xlsx": inner, "word/afchunk.htm": b"<html><body>chunk</body></html>", "word/media/a.png": make.png(300, 300)},
    )  # fmt: skip
    items = make.leaves(data)
    assert Table(("file", "sheet.xlsx", "会員"), make.ROWS) in items
    assert Text(("file", "afchunk.htm"), "chunk") in items
    assert [item.path for item in items if isinstance(item, Problem)] == [("file", "a.png")]


def test_fonts_and_previews_are_no_content_and_what_only_says_so_is() -> None:
    body = office.paragraph("x")
    assert kinds(office.docx(body, {"word/fonts/font1.odttf": bytes(range(256)) * 4})) == []
    assert kinds(office.docx(body, {"docProps/thumbnail.png": make.png(300, 300)})) == []
    assert len(make.leaves(office.docx(body, {"word/fonts/font1.odttf": make.csv()}))) == 2


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ('<!DOCTYPE l [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + HEAD + "<w:t>&c;</w:t></w:document>", ProblemKind.DAMAGED),
        ('<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + HEAD + "<w:t>&a;</w:t></w:document>", ProblemKind.DAMAGED),
        ('<!DOCTYPE l SYSTEM "file:///etc/hostname">' + HEAD + "<w:t>&a;</w:t></w:document>", ProblemKind.DAMAGED),
        (HEAD + "<w:p>" * 300 + "</w:p>" * 300 + "</w:document>", ProblemKind.TOO_DEEP),
        (HEAD + "<w:t>" + "田" * 600_000 + "</w:t></w:document>", ProblemKind.RATIO),
        (HEAD + "<w:t>山田</w:t>", ProblemKind.DAMAGED),
        ("", ProblemKind.DAMAGED),
    ],
    ids=["entities", "a file of this machine", "declared elsewhere", "deep", "long", "cut off", "nothing"],
)  # fmt: skip
def test_bombs_and_damage_are_named(document: str, kind: ProblemKind) -> None:
    data = office.docx("", {"word/document.xml": document}) if document else office.package(
        {"[Content_Types].xml": "<Types/>", "word/document.xml": ""}
    )  # fmt: skip
    assert kinds(data) == [kind]


def test_text_up_to_the_damage_is_read() -> None:
    assert text(office.docx("", {"word/document.xml": HEAD + "<w:t>山田</w:t>"})) == "山田"


def test_an_encrypted_document_is_opened_by_a_password_that_fits() -> None:
    data = office.encrypted(office.docx(office.table(ROWS), office.LONG), "ひみつ")
    assert kinds(data) == [ProblemKind.ENCRYPTED]
    budget = Budget(Limits(), len(data), passwords=("wrong", "ひみつ"))
    (part,) = encrypted_office.open_part(Part(("file",), data), budget)
    assert Table(("file",), ROWS) in make.leaves(part.data)


def test_a_workbook_with_the_password_that_every_excel_knows_is_opened() -> None:
    data = office.encrypted(make.saved(make.workbook()), "VelvetSweatshop")
    assert make.leaves(data) == [Table(("file", "会員"), make.ROWS)]
