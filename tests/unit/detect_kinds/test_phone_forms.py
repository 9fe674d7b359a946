"""Every way a phone number is written, and what only looks like one. All numbers are made up."""

import pytest

from mailguard.detect.folding import fold, fold_cell
from mailguard.detect.phone import toll_free
from mailguard.model import Kind

DASHES = "-‐‑‒–—―−─━ー－ｰ﹣﹘˗⁃"
FORMS = [
    *(f"090{dash}1234{dash}5678" for dash in DASHES),
    *(f"０３{dash}１２３４{dash}５６７８" for dash in DASHES),
    "03-1234-5678", "(03)1234-5678", "（０３）１２３４－５６７８", "03(1234)5678", "03（1234）5678", "03 1234 5678", "03.1234.5678", "03 - 1234 - 5678",
    "045-123-4567", "(045) 123-4567", "0463-12-3456", "0463(12)3456", "(0463)12-3456", "04992-2-1234", "04992(2)1234", "01267-2-1234",
    "060-1234-5678", "070-1234-5678", "080-1234-5678", "090-1234-5678", "09012345678", "０９０１２３４５６７８", "090 1234 5678", "090.1234.5678",
    "(090)1234-5678", "090(1234)5678", "090-12345678", "0901234-5678", "050-3123-4567", "05031234567", "090・1234・5678", "090~1234~5678", "090～1234～5678",
    "090_1234_5678", "090/1234/5678", "090一1234一5678", "090 – 1234 – 5678", "090-123-45678", "[090]1234-5678", "〔03〕1234-5678",
    "+81-90-1234-5678", "+81 90-1234-5678", "+81 90 1234 5678", "+819012345678", "+81(0)90-1234-5678", "+81 (0)90-1234-5678", "+81-(0)90-1234-5678",
    "+81 (0) 90 1234 5678", "(+81)90-1234-5678", "(+81) 90-1234-5678", "＋８１－９０－１２３４－５６７８", "+81.90.1234.5678", "+81 3-1234-5678", "+81-3-1234-5678",
    "+81 (90) 1234-5678", "0081-90-1234-5678", "010-81-90-1234-5678", "+81/90/1234/5678",
    "〇九〇ー一二三四ー五六七八", "〇九〇-一二三四-五六七八", "〇三（一二三四）五六七八", "〇九〇一二三四五六七八", "零九零-一二三四-五六七八", "〇四五・一二三・四五六七",
    "〇九〇―一二三四―五六七八", "○九○ー一二三四ー五六七八",
    "0120-123-456", "0120-12-3456", "0120(123)456", "(0120)123-456", "0800-123-4567", "0570-012-345", "0570-01-2345", "0120123456", "０１２０－１２３－４５６",
]  # fmt: skip
BESIDE = [
    "TEL:03-1234-5678", "TEL.03-1234-5678", "Tel. 03-1234-5678", "TEL03-1234-5678", "☎03-1234-5678", "℡０３−１２３４−５６７８", "T:03-1234-5678", "電話 03-1234-5678",
    "03-1234-5678(代)", "03-1234-5678（代表）", "03-1234-5678（内線123）", "03-1234-5678 内線123", "03-1234-5678内線 4567", "03-1234-5678 (内)123", "03-1234-5678 ext. 123",
    "03-1234-5678 ext123", "03-1234-5678ext.123", "03-1234-5678 x123", "03-1234-5678x123", "03-1234-5678 内線：12", "03-1234-5678(直通)", "090-1234-5678(携帯)", "090-1234-5678（母）",
    "自宅 03-1234-5678", "携帯:090-1234-5678", "携帯090-1234-5678", "自宅：0463-12-3456", "(自宅)0463-12-3456", "（携帯）090-1234-5678", "Mobile: 090-1234-5678", "Phone 09012345678",
]  # fmt: skip
PAIRS = [
    "03-1234-5678/090-1234-5678",
    "03-1234-5678 / 090-1234-5678",
    "03-1234-5678、090-1234-5678",
    "03-1234-5678,090-1234-5678",
    "03-1234-5678\n090-1234-5678",
    "03-1234-5678・090-1234-5678",
    "03-1234-5678 090-1234-5678",
    "03-1234-5678；090-1234-5678",
    "09012345678/08012345678",
]
NONE = [
    "P-0312-3456-7890", "SKU-03-1234-5678", "A090-1234-5678", "ABC0312345678", "090-1234-567", "090-1234-56789", "03-1234-567", "1090-1234-5678", "03-12345-67890",
    "259-1113", "100-0001", "〒100-0001", "2023-10-31", "2023/10/31", "2023.10.31", "20231031", "2023-10-31 12:34:56", "03-04-2023", "04/05/2023", "R5.10.31", "10:30-12:00",
    "￥1,234,567", "1,234,567円", "1234567890", "12,345,678,901", "0.1234567890", "3.14159265358979", "1.234.567.890", "-1234567890", "1e10",
    "https://example.jp/?id=0312345678", "https://example.jp/09012345678", "https://example.jp/a/090-1234-5678", "http://example.com/03-1234-5678.html", "www.example.jp/tel/0312345678/",
    "35.0912345678", "35.681236, 139.767125", "35.6812360,139.7671250", "139.09012345678", "N35-12-34 E139-12-34",
    "ISBN 978-4-06-519981-0", "978-4-06-519981-0", "ISBN4-06-519981-7", "4901234567894", "49012345", "0123456789012", "4-90-1234-56789-4", "ISSN 0386-1234",
    "192.168.10.1", "10.0.0.1:8080", "255.255.255.255", "2001:db8::1", "1.2.3.4", "v1.23.456", "1.0.0-beta.12", "0.10.2.1234", "10.15.7",
    "1234-5678-9012-3456", "0123-4567-8901-2345", "12-3456789", "1234-567890", "0001-2345-6789", "000-00001-00002", "T1234567890123", "No.0012345678", "注文番号 0312345678",
    "会員番号 0312345678", "伝票番号:0312345678", "1234567890123", "00012345678", "0000000000", "00-00", "0-0-0", "1-2-3", "12-34-56", "01-02-03", "1丁目2番3号",
    "110", "119", "118", "171", "188", "#7119", "#9110", "104番", "117", "24時間365日", "0円", "0120", "090", "03", "03-", "+81", "+1 650 253 0000", "+44 20 7946 0958",
    "8:00～20:00", "2023年10月31日", "100%", "10,000,000", "0.5-1.5", "1/2", "3x4", "090-", "0-1-2-3", "ＡＢＣ−０３−１２３４−５６７８Ｘ", "9784065199810", "MAC 00-1B-44-11-3A-B7",
    "00:1B:44:11:3A:B7", "123e4567-e89b-12d3-a456-426614174000", "d0312345678", "0x0312345678", "0312345678個", "A-0463-12-3456", "0463-12-3456-7", "20-1234-5678", "ZIP 0600000",
    "一二三四五六七八九十", "二〇二三年十月三十一日", "〇〇〇〇様", "三〇二号室", "〇一二三四五六七八九〇一二三",
]  # fmt: skip


def figures(text):
    return "".join(char for char in fold(text).text if char.isdecimal() or char in "〇零○一二三四五六七八九")


def found(detectors, text):
    folded = fold(text)
    spans = detectors.of(Kind.PHONE).find(folded.text)
    return [text[slice(*folded.original(span.start, span.end))] for span in spans]


@pytest.mark.parametrize("text", FORMS)
def test_a_phone_in_text_is_found_whole(detectors, text):
    for sentence in (f"連絡先は{text}です。", f"電話：{text}", f"TEL {text} まで", f"{text}\n"):
        [span] = found(detectors, sentence) or [""]
        assert figures(text).replace("一", "") in figures(span).replace("一", ""), sentence


@pytest.mark.parametrize("text", [*FORMS, *BESIDE, *PAIRS])
def test_a_phone_in_a_cell(detectors, text):
    assert detectors.of(Kind.PHONE).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize("text", BESIDE)
def test_a_phone_with_words_beside_it(detectors, text):
    assert len(found(detectors, text)) == 1


@pytest.mark.parametrize("text", PAIRS)
def test_two_phones_are_two(detectors, text):
    assert len(found(detectors, text)) == 2


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_like_a_phone(detectors, text):
    assert found(detectors, text) == []
    assert found(detectors, f"これは{text}です") == []
    assert detectors.of(Kind.PHONE).cell(fold_cell(text)) < 0.5


@pytest.mark.parametrize(
    "text",
    ["9012345678", "312345678", "463123456", "5031234567", "9012345678.0", "90-1234-5678", "3-1234-5678", "463-12-3456", "819012345678"],
)  # fmt: skip
def test_a_lost_zero_counts_under_a_header_only(detectors, text):
    assert 0.35 <= detectors.of(Kind.PHONE).cell(fold_cell(text)) < 0.5
    assert found(detectors, text) == []


@pytest.mark.parametrize("text", ['="09012345678"', "'09012345678", "'090-1234-5678"])
def test_cells_that_keep_their_zero_from_excel(detectors, text):
    assert detectors.of(Kind.PHONE).cell(fold_cell(text)) >= 0.5


@pytest.mark.parametrize(
    ("number", "free"),
    [
        ("0120-123-456", True),
        ("0120123456", True),
        ("120123456", True),
        ("+81 120-123-456", True),
        ("0800-123-4567", True),
        ("8001234567", True),
        ("0570-012-345", True),
        ("110", True),
        ("#7119", True),
        ("090-1234-5678", False),
        ("080-1123-4567", False),
        ("03-1234-5678", False),
        ("0125-12-3456", False),
        ("", False),
    ],
)
def test_toll_free_and_short_numbers_are_an_organisations(number, free):
    assert toll_free(number) is free


@pytest.mark.parametrize("text", ["03-0123-4567", "06-0123-4567", "04-0123-4567", "(03)0123-4567"])
def test_a_number_that_nobody_has_is_written_as_a_phone_all_the_same(detectors, text):
    assert detectors.of(Kind.PHONE).cell(text) >= 0.5


@pytest.mark.parametrize(
    "text",
    ["No. 06-2023-0012", "No.06-2023-0012", "№ 06-2023-0012", "許可番号 第06-2023-0012号", "受付番号 0123-45-6789", "注文番号：03-2020-1234"],
)  # fmt: skip
def test_what_an_office_numbers_is_no_phone(detectors, text):
    assert found(detectors, text) == []


@pytest.mark.parametrize(
    "text",
    ["電話No.06-6203-0012", "Tel.No.03-3123-4567", "TEL No. 06-6203-0012", "登録 03-3123-4567", "080〜1234〜5678"],
)
def test_numbers_called_phones_stay_phones(detectors, text):
    assert len(found(detectors, text)) == 1
