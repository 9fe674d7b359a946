import pytest

from mailguard.detect.people_files import lists_people
from mailguard.model import BODY, Table, Text


@pytest.mark.parametrize(
    "name",
    [
        "会員名簿.csv", "顧客リスト.xlsx", "連絡網", "３年１組連絡網.pdf", "社員一覧.xls", "お客様情報_2023.zip", "参加者リスト（確定）.xlsx", "住所録.csv", "卒業生名簿", "履歴書_.pdf", "患者データ.csv", "町内会名簿.doc", "customer_list.csv", "CustomerList.csv", "member-data.zip",
        "employees_export.json", "meibo.csv", "kokyaku.csv", "address book.csv", "contacts.vcf", "ｶｲｲﾝ名簿.csv", "顧客マスタ.tsv", "保護者連絡先.xlsx", "緊急連絡先.xlsx", "利用者台帳.xlsx",
    ],
)  # fmt: skip
def test_a_list_of_people_by_its_name(name):
    assert lists_people((name,))
    assert lists_people(("送付.zip", name))


@pytest.mark.parametrize(
    "name",
    [
        "商品リスト.xlsx", "請求書.pdf", "会員規約.pdf", "名簿作成方法.pdf", "会員名簿_様式.xlsx", "顧客リスト_テンプレート.xlsx", "店舗一覧.csv", "チラシ.pdf", "会員特典のご案内.pdf", "顧客満足度調査.pptx", "user_manual.pdf", "members.html.j2", "利用者規約.docx", "議事録.docx", "report.csv",
        "社員旅行のご案内.pdf", "生徒募集.pdf", "価格表.xlsx", "template_member_list.csv", "在庫データ.csv", "",
    ],
)  # fmt: skip
def test_other_files(name):
    assert not lists_people((name,))


def test_such_a_name_makes_findings_surer(detector):
    rows = (
        ("住所", "数"),
        ("東京都千代田区1-1", "1"),
        ("なし", "2"),
        ("中央", "3"),
        ("中央区役所", "4"),
        ("同上", "5"),
    )
    [plain] = detector.table(Table(("数.csv",), rows), b"k").findings
    [listed] = detector.table(Table(("会員名簿.xlsx", "数"), rows), b"k").findings
    assert listed.confidence > plain.confidence
    assert listed.samples == plain.samples


@pytest.mark.parametrize(
    "text",
    [
        "高橋が来ます。\n電話 0312345678\n",
        "氏名,電話番号,住所\n山田太郎,312345678,京都市\n佐藤花子,612345678,なし\n鈴木一郎,752210000,\n",
    ],
    ids=["sentence", "list in a text"],
)
def test_such_a_name_makes_findings_in_text_surer_once(detector, text):
    plain = detector.text(Text(("案内.txt",), text), b"k").findings
    listed = detector.text(Text(("会員名簿.txt",), text), b"k").findings
    assert min(found.confidence for found in plain) <= 0.7
    assert [found.confidence for found in listed] == [min(1.0, round(f.confidence + 0.15, 2)) for f in plain]


def test_a_body_has_no_name(detector):
    text = "会員名簿.txt\n山田太郎様 090-1234-5678\n"
    assert {found.confidence for found in detector.text(Text((BODY,), text), b"k").findings} == {
        found.confidence for found in detector.text(Text(("a.txt",), text), b"k").findings
    }
