"""Files in which nothing is written, and readers that say nothing: the one passes, the other never does."""

import office_samples as office
import ole_samples as ole
import openpyxl
import pytest
import unpack_samples as make

from mailguard.model import PartInfo, Problem, ProblemKind, Text
from mailguard.unpack import text
from mailguard.unpack.opening import Leaf


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(make.saved(openpyxl.Workbook()), "a.xlsx", id="xlsx"),
        pytest.param(office.docx(""), "a.docx", id="docx"),
        pytest.param(office.odf("text", ""), "a.odt", id="odt"),
        pytest.param(office.odf("spreadsheet", ""), "a.ods", id="ods"),
        pytest.param(ole.xls([]), "a.xls", id="xls"),
        pytest.param(ole.doc([("", True)]), "a.doc", id="doc"),
        pytest.param(rb"{\rtf1 }", "a.rtf", id="rtf"),
        pytest.param(make.pdf(""), "a.pdf", id="pdf"),
        pytest.param(b"<html><body><hr></body></html>", "a.html", id="html"),
        pytest.param(b"BEGIN:VCARD\r\nEND:VCARD\r\n", "a.vcf", id="vcf"),
        pytest.param(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "a.ics", id="ics"),
        pytest.param(b"{}", "a.json", id="json"),
        pytest.param(b"<a><b/></a>", "a.xml", id="xml"),
    ],
)
def test_a_file_in_which_nothing_is_written_says_so(data, name) -> None:
    items = [out.item for out in make.opened(data, name) if isinstance(out, Leaf)]
    assert any(isinstance(item, Text) for item in items)
    assert not any(isinstance(item, Problem) for item in items)


def test_a_reader_that_says_nothing_did_not_read(monkeypatch) -> None:
    monkeypatch.setattr(text, "open_part", lambda *_: iter(()))
    assert [(item.kind, item.detail) for item in make.leaves("山田".encode())] == [
        (ProblemKind.NOT_READ, "nothing is found in it")
    ]


@pytest.mark.parametrize(
    ("data", "inline", "why"),
    [
        pytest.param(make.png(200, 200), False, "icon", id="icon"),
        pytest.param(make.png(300, 300), True, "inline", id="shown in the body"),
        pytest.param(make.png(300, 300), False, "", id="picture"),
        pytest.param(ole.ole(**{"VBA/dir": b"x", "PROJECT": b"z"}), False, "macros", id="macros"),
        pytest.param(make.csv(), False, "", id="list"),
    ],
)
def test_what_passes_unread_says_why(data, inline, why) -> None:
    (info, *_) = (out for out in make.opened(data, inline=inline) if isinstance(out, PartInfo))
    assert info.passed == why
