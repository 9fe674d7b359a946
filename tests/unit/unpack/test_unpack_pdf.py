"""PDF: what stands on the pages, beside them, and what cannot be read of them."""

import io
import zlib
from collections.abc import Callable

import pikepdf
import pytest
import unpack_samples as make
from pikepdf import Array, Dictionary, Name, String
from reportlab.lib import colors
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import CIDFont, UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, TableStyle
from reportlab.platypus import Table as Drawn

from mailguard.model import Problem, ProblemKind, Table, Text
from mailguard.unpack.budget import Limits

GOTHIC = "HeiseiKakuGo-W5"
ROWS = [["氏名", "電話番号", "住所"]] + [
    [f"{family} {given}", f"090-{1000 + number}-{2000 + number}", f"東京都千代田区丸の内{number % 9 + 1}-{number}-3"]
    for number, (family, given) in enumerate(
        (family, given)
        for family in ("佐藤", "鈴木", "高橋", "長谷川", "佐々木")
        for given in ("太郎", "花子", "一郎", "翔")
    )
]


@pytest.fixture(autouse=True)
def _font() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(GOTHIC))


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setFont(GOTHIC, 9)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def changed(change: Callable[[pikepdf.Pdf], None], text: str = "Hello") -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make.pdf(text))) as file:
        change(file)
        file.save(out)
    return out.getvalue()


def text_of(data: bytes) -> str:
    return "\n".join(item.text for item in make.leaves(data) if isinstance(item, Text))


def problems(data: bytes, limits: Limits | None = None) -> list[tuple[ProblemKind, str]]:
    return [(item.kind, item.detail) for item in make.leaves(data, limits=limits) if isinstance(item, Problem)]


def tables(data: bytes) -> list[list[list[str]]]:
    return [item.rows for item in make.leaves(data) if isinstance(item, Table)]


def ruled(rows: list[list[str]], *, lines: bool = True) -> bytes:
    buffer = io.BytesIO()
    style = [("FONT", (0, 0), (-1, -1), GOTHIC, 9)] + ([("GRID", (0, 0), (-1, -1), 0.5, colors.black)] if lines else [])
    SimpleDocTemplate(buffer, invariant=1).build([Drawn(rows, repeatRows=1, style=TableStyle(style))])
    return buffer.getvalue()


@pytest.mark.parametrize("lines", [True, False])
def test_a_table_over_several_pages_is_one_with_one_header(*, lines: bool) -> None:
    people = [ROWS[0], *ROWS[1:] * 4]
    assert tables(ruled(people, lines=lines)) == [people]


def test_a_table_drawn_column_by_column_is_read_across() -> None:
    def columns(canvas: Canvas) -> None:
        canvas.drawString(50, 820, "会員名簿")
        for number, left in enumerate((50, 150, 260)):
            for line, row in enumerate(ROWS):
                canvas.drawString(left, 780 - 12 * line, row[number])

    data = drawn(columns)
    assert tables(data) == [ROWS]
    assert text_of(data).startswith("会員名簿")
    assert "佐藤" not in text_of(data)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(turn: int) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setPageRotation(turn)
        width, height = canvas._pagesize
        canvas.translate(*{90: (width, 0), 180: (width, height), 270: (0, height)}[turn])
        canvas.rotate(turn)
        for line, row in enumerate(ROWS[:9]):
            for left, cell in zip((40, 130, 240), row, strict=True):
                canvas.drawString(left, 500 - 14 * line, cell)

    assert tables(drawn(page)) == [ROWS[:9]]


def test_a_cell_of_several_lines_stays_one_cell() -> None:
    rows = [[name, phone, f"{place}\nコーポ{number}号室"] for number, (name, phone, place) in enumerate(ROWS[1:8])]
    expected = [[name, phone, place.replace("\n", "")] for name, phone, place in rows]
    assert tables(ruled(rows)) == [expected]


def test_an_empty_cell_keeps_its_column() -> None:
    rows = [[*row] for row in ROWS[:10]]
    rows[4][1] = rows[6][2] = ""
    assert tables(ruled(rows)) == [rows]


def test_columns_of_prose_are_no_table() -> None:
    def columns(canvas: Canvas) -> None:
        for left in (50, 300):
            for line in range(30):
                canvas.drawString(left, 800 - 12 * line, "春の催しには、多くの方にお越しいただきました。")

    assert tables(drawn(columns)) == []


def test_few_lines_keep_their_gaps_as_tabs() -> None:
    def lines(canvas: Canvas) -> None:
        canvas.drawString(50, 800, "氏名")
        canvas.drawString(120, 800, "電話番号")
        canvas.drawString(50, 780, "佐藤 花子")
        canvas.drawString(120, 780, "090-1111-2222")

    assert "佐藤 花子\t090-1111-2222" in text_of(drawn(lines))


@pytest.mark.parametrize("cmap", ["90ms-RKSJ-H", "90pv-RKSJ-H", "EUC-H", "UniJIS-UCS2-H"])
def test_japanese_fonts_that_are_not_embedded(cmap: str) -> None:
    encoded = {"EUC-H": "euc_jp", "UniJIS-UCS2-H": "utf-16-be"}.get(cmap, "cp932")
    name, raw = f"Plain-{cmap}", "佐藤花子 090".encode(encoded)
    pdfmetrics.registerFont(CIDFont(GOTHIC, "UniJIS-UCS2-H"))

    def change(file: pikepdf.Pdf) -> None:
        descendant = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/HeiseiKakuGo-W5"), CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Japan1"), Supplement=2))  # fmt: skip
        font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name(f"/{name}"), Encoding=Name(f"/{cmap}"), DescendantFonts=Array([descendant]))  # fmt: skip
        page = file.pages[0]
        page.Resources.Font.J = file.make_indirect(font)
        page.Contents = file.make_stream(b"BT /J 12 Tf 50 700 Td <" + raw.hex().encode() + b"> Tj ET")

    data = changed(change)
    assert "佐藤花子 090" in text_of(data)
    assert problems(data) == []


def note(file: pikepdf.Pdf, **entries: object) -> None:
    page = file.pages[0]
    if "/Annots" not in page:
        page.Annots = Array([])
    page.Annots.append(file.make_indirect(Dictionary(Type=Name.Annot, Rect=Array([10, 10, 90, 30]), **entries)))


def with_notes(file: pikepdf.Pdf) -> None:
    note(file, Subtype=Name.Text, Contents=String("連絡は佐藤花子まで"), T=String("作成 次郎"), F=2)
    note(file, Subtype=Name.FreeText, Contents=String("欄外の書き込み"), DA=String("/Helv 9 Tf"))
    note(file, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("mailto:hanako@example.jp")))
    note(file, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://example.jp/?id=123456")))
    note(file, Subtype=Name.Link, A=Dictionary(S=Name.JavaScript, JS=String("app.alert('秘密の言葉')")))
    note(file, Subtype=Name.Highlight, Contents=String("ソ連の表".encode("cp932")))


@pytest.mark.parametrize(
    "said", ["連絡は佐藤花子まで", "欄外の書き込み", "hanako@example.jp", "秘密の言葉", "ソ連の表"]
)
def test_notes_links_and_scripts_are_read(said: str) -> None:
    assert said in text_of(changed(with_notes))


@pytest.mark.parametrize("unsaid", ["作成 次郎", "123456"])
def test_who_commented_and_plain_web_addresses_are_not(unsaid: str) -> None:
    assert unsaid not in text_of(changed(with_notes))


def with_form(file: pikepdf.Pdf) -> None:
    field = Dictionary(FT=Name.Tx, T=String("氏名"), V=String("佐藤花子"))
    choice = Dictionary(FT=Name.Ch, T=String("組"), Opt=Array([Array([String("a"), String("さくら組")])]))
    packets = Array([String("datasets"), file.make_stream(b"<data><tel>090-1111-2222</tel></data>")])
    file.Root.AcroForm = Dictionary(Fields=Array([file.make_indirect(field), file.make_indirect(choice)]), XFA=packets)


@pytest.mark.parametrize("said", ["氏名：佐藤花子", "さくら組", "090-1111-2222"])
def test_form_fields_are_read_without_being_shown(said: str) -> None:
    assert said in text_of(changed(with_form)) + str(tables(changed(with_form)))


def with_metadata(file: pikepdf.Pdf) -> None:
    file.docinfo["/Title"] = "会員の一覧"
    file.docinfo["/Author"] = "作成 次郎"
    xmp = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <r:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:rights="権利の説明"><dc:description><r:Alt><r:li>説明の文</r:li>
    </r:Alt></dc:description><dc:creator><r:Seq><r:li>作成 三郎</r:li></r:Seq></dc:creator></r:Description></r:RDF></x:xmpmeta>"""
    file.Root.Metadata = file.make_stream(xmp.encode(), Type=Name.Metadata, Subtype=Name.XML)
    with file.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("佐藤花子の章", 0))


@pytest.mark.parametrize("said", ["会員の一覧", "説明の文", "権利の説明", "佐藤花子の章"])
def test_titles_metadata_and_bookmarks_are_read(said: str) -> None:
    assert said in text_of(changed(with_metadata))


def test_who_made_it_is_not_read() -> None:
    assert "作成" not in text_of(changed(with_metadata))


def test_files_attached_to_the_document_and_to_notes_are_parts() -> None:
    def attach(file: pikepdf.Pdf) -> None:
        file.attachments["名簿.csv"] = pikepdf.AttachedFileSpec(file, make.csv(), filename="名簿.csv")
        inner = file.make_stream("佐藤,090-1111-2222\n鈴木,090-1111-3333\n".encode(), Type=Name.EmbeddedFile)
        spec = Dictionary(Type=Name.Filespec, UF=String("控え.csv"), EF=Dictionary(F=inner))
        note(file, Subtype=Name.FileAttachment, FS=spec)

    paths = [item.path for item in make.leaves(changed(attach)) if isinstance(item, Table)]
    assert sorted(paths) == [("file", "名簿.csv"), ("file", "控え.csv")]


def test_text_on_the_page_is_not_said_again() -> None:
    def say_again(file: pikepdf.Pdf) -> None:
        note(file, Subtype=Name.Text, Contents=String("Hello"))

    assert text_of(changed(say_again)).count("Hello") == 1


def test_a_stamp_is_part_of_the_page() -> None:
    def stamp(file: pikepdf.Pdf) -> None:
        look = file.make_stream(b"BT /F1 9 Tf 2 2 Td (stamped words) Tj ET", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 80, 20]), Resources=file.pages[0].Resources)  # fmt: skip
        note(file, Subtype=Name.Stamp, AP=Dictionary(N=look), F=4)

    assert "stamped words" in text_of(changed(stamp))


@pytest.mark.parametrize("mode", [0, 3, 7])
def test_text_that_nobody_sees_is_read(mode: int) -> None:
    def hide(canvas: Canvas) -> None:
        text = canvas.beginText(-500 if mode == 0 else 50, 800)
        text.setTextRenderMode(mode)
        text.textOut("佐藤花子")
        canvas.drawText(text)

    assert "佐藤花子" in text_of(drawn(hide))


def test_text_of_no_size_is_a_problem() -> None:
    def hide(canvas: Canvas) -> None:
        canvas.drawString(50, 800, "春の催し")
        canvas.setFont(GOTHIC, 0)
        canvas.drawString(50, 700, "佐藤花子")

    assert problems(drawn(hide)) == [(ProblemKind.NOT_READ, "page 1: letters of no size; pages not read: 1")]


def test_glyphs_without_a_character_map_are_a_problem() -> None:
    def unmap(file: pikepdf.Pdf) -> None:
        descendant = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.X, CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0))  # fmt: skip
        font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.X, Encoding=Name("/Identity-H"), DescendantFonts=Array([descendant]))  # fmt: skip
        page = file.pages[0]
        page.Resources.Font.J = file.make_indirect(font)
        page.Contents = file.make_stream(b"BT /J 12 Tf 50 700 Td <0123012401250126012701280129> Tj ET")

    assert [kind for kind, _ in problems(changed(unmap))] == [ProblemKind.NOT_READ]


def test_letters_in_a_pattern_are_a_problem() -> None:
    def fill(file: pikepdf.Pdf) -> None:
        page = file.pages[0]
        tile = file.make_stream(b"BT /F1 12 Tf (090-1111-2222) Tj ET", Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1, BBox=Array([0, 0, 100, 20]), XStep=100, YStep=20, Resources=Dictionary(Font=page.Resources.Font))  # fmt: skip
        page.Resources.Pattern = Dictionary(P=tile)
        page.Contents = file.make_stream(b"/Pattern cs /P scn 0 0 500 500 re f")

    assert problems(changed(fill)) == [(ProblemKind.NOT_READ, "letters or pictures in a pattern")]


def test_drawn_lines_alone_are_nothing_to_read() -> None:
    assert problems(drawn(lambda canvas: canvas.line(10, 10, 200, 200))) == []


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_a_pdf_locked_for_changes_only_is_read(revision: int) -> None:
    out = io.BytesIO()
    data = drawn(lambda canvas: canvas.drawString(50, 800, "佐藤花子"))
    with pikepdf.open(io.BytesIO(data)) as file:
        note(file, Subtype=Name.Text, Contents=String("欄外"))
        modern = revision >= 4
        file.save(out, encryption=pikepdf.Encryption(owner="o", R=revision, aes=modern, metadata=modern))
    assert {"佐藤花子", "欄外"} <= set(text_of(out.getvalue()).split())
    assert problems(out.getvalue()) == []


def test_contents_that_swell_are_a_problem() -> None:
    def swell(file: pikepdf.Pdf) -> None:
        bomb = zlib.compress(zlib.compress(b" " * 3_000_000))
        stream = file.make_stream(b"")
        stream.write(bomb, filter=Array([Name.FlateDecode, Name.FlateDecode]))
        file.pages[0].Contents = stream

    assert [kind for kind, _ in problems(changed(swell), Limits(member_bytes=1_000_000))] == [ProblemKind.RATIO]


def test_an_attached_file_that_swells_is_a_problem() -> None:
    def swell(file: pikepdf.Pdf) -> None:
        inner = file.make_stream(b"")
        inner.write(zlib.compress(b" " * 5_000_000), filter=Name.FlateDecode)
        note(
            file,
            Subtype=Name.FileAttachment,
            FS=Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary(F=inner)),
        )

    assert [kind for kind, _ in problems(changed(swell))] == [ProblemKind.RATIO]


def test_pages_beyond_the_limit_are_a_problem() -> None:
    assert (ProblemKind.TOO_BIG, "more than 2 pages") in problems(make.pdf("a", "b", "c"), Limits(pages=2))


def test_a_pdf_cut_off_is_damaged() -> None:
    assert [kind for kind, _ in problems(make.pdf("Hello")[:200])] == [ProblemKind.DAMAGED]


@pytest.mark.parametrize(("strokes", "held"), [(40, 0), (1_200, 1)])
def test_one_path_can_hold_a_page_of_letters(monkeypatch: pytest.MonkeyPatch, strokes: int, held: int) -> None:
    monkeypatch.setattr("mailguard.unpack.ocr.available", lambda budget: False)
    steps = b"".join(b"%d 10 20 30 %d 50 c " % (number % 300, number % 500) for number in range(strokes))

    def outline(file: pikepdf.Pdf) -> None:
        file.pages[0].Contents = file.make_stream(b"5 5 m " + steps + b" f")

    expected = [(ProblemKind.NOT_READ, "page 1: letters drawn as curves; pages not read: 1")] * held
    assert problems(changed(outline)) == expected
