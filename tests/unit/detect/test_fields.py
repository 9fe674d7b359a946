"""Forms are records of persons, whatever stands between a label and its value."""

import time

import pytest
import row_files

from mailguard.detect.blocks import lines_of
from mailguard.detect.fields import Fields
from mailguard.model import BODY, Kind, Text

NAMES = ["佐藤 花子", "鈴木 一郎", "高橋 健太", "田中 美咲", "伊藤 直樹", "渡辺 裕子"]
PHONES = [f"090-3123-45{number}" for number in range(10, 16)]
MAILS = [f"m{number}x@mail.example.jp" for number in range(6)]
ADDRESSES = [f"新潟県長岡市大手通2丁目{number}-7" for number in range(1, 7)]
ALL = (6, True, 6)

FORMS = {
    "colon": "氏名：{name}\n電話：{phone}\n住所：{address}\n",
    "half-width colon": "お名前: {name}\nTEL: {phone}\nご住所: {address}\n",
    "no blank line": "氏名：{name}\n電話：{phone}",
    "brackets": "【氏名】{name}\n【電話番号】{phone}\n【メール】{mail}\n",
    "brackets and colon": "［お名前］：{name}\n［電話］：{phone}\n",
    "squares": "■氏名 {name}\n■電話番号 {phone}\n■住所 {address}\n",
    "bullets and dots": "・氏名……{name}\n・電話番号……{phone}\n",
    "dots apart": "・氏名 … {name}\n・電話番号 … {phone}\n",
    "Markdown": "- **氏名**: {name}\n- **電話**: {phone}\n",
    "squares and colon": "■氏名：{name}\n■電話：{phone}\n",
    "quoted": "> 氏名：{name}\n> 電話：{phone}\n>",
    "numbered": "1. 氏名：{name}\n2. 電話番号：{phone}\n3. ご要望：なし\n",
    "tabs": "氏名\t{name}\n電話番号\t{phone}\nメール\t{mail}\n",
    "two lines": "氏名\n{name}\n電話番号\n{phone}\nメール\n{mail}\n",
    "squares over two lines": "■お名前\n{name}\n■メールアドレス\n{mail}\n",
    "one line": "氏名：{name} 電話：{phone} 住所：{address}",
    "one line with commas": "氏名：{name}、電話：{phone}、メール：{mail}",
    "English": "Name: {name}\nTel: {phone}\nEmail: {mail}\n",
    "equal sign": "name={name}\ntel={phone}\n",
    "with other fields": "受付日時：2026/11/1 10:00\n氏名：{name}\n参加希望日：12月5日\n電話番号：{phone}\nご意見：とくになし\n",
}


def filled(form):
    rows = zip(NAMES, PHONES, MAILS, ADDRESSES, strict=True)
    return "\n".join(form.format(name=n, phone=p, mail=m, address=a) for n, p, m, a in rows)


def counted(inspection):
    return inspection.persons, inspection.persons_exact, inspection.households


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_form_is_a_record_in_a_file(engine, form):
    found = engine.file("申込.txt", filled(form).encode())
    assert counted(found) == ALL
    assert {finding.distinct for finding in found.findings if finding.kind in {Kind.NAME, Kind.PHONE}} == {6}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_form_is_a_record_in_a_body(detector, form):
    text = Text((BODY,), f"各位\n\n一覧をお送りします。\n\n{filled(form)}\n\n以上です。\n")
    evidence = detector.text(text, b"")
    assert len([record for record in evidence.records if record.names and not record.loose]) == 6
    assert all(person.identified for person in evidence.people)


@pytest.mark.parametrize("between", ["：", "\t", " … "])
def test_furigana_is_a_label_though_it_has_a_particle(detector, between):
    people = [("佐藤 花子", "さとう はなこ"), ("鈴木 一郎", "すずき いちろう"), ("喜屋武 みつ江", "きゃん みつえ")]
    text = "\n\n".join(
        f"お名前{between}{name}\nふりがな{between}{kana}\n電話{between}{phone}"
        for (name, kana), phone in zip(people, PHONES, strict=False)
    )
    evidence = detector.text(Text(("a.txt",), text), b"key")
    assert [(f.kind, f.count) for f in evidence.findings] == [(Kind.NAME, 3), (Kind.NAME_KANA, 3), (Kind.PHONE, 3)]
    assert not any(record.loose for record in evidence.records)


def test_a_family_in_one_form_is_a_household(engine):
    form = "保護者氏名：{name}\nお子様氏名：佐々木 {name}\n電話：{phone}\n住所：{address}\n"
    text = filled(form).replace("佐々木 佐藤", "佐藤").replace("佐々木 ", "")
    text = "\n".join(line + "次" if line.startswith("お子様") else line for line in text.split("\n"))
    assert counted(engine.file("申込.txt", text.encode())) == (12, True, 6)


def test_a_name_no_dictionary_knows_is_read_by_its_label(engine):
    text = filled(FORMS["colon"]) + "\n氏名：四月一日 円\n電話：090-3123-4599\n\n氏名：東 関とめ\n電話：090-3123-4598\n"
    assert counted(engine.file("申込.txt", text.encode())) == (8, True, 8)


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".xlsx"])
def test_labels_in_the_first_column_are_no_data(engine, suffix):
    rows = [
        row
        for n, p, m in zip(NAMES, PHONES, MAILS, strict=True)
        for row in (["氏名", n], ["電話", p], ["メール", m], [])
    ]
    assert counted(engine.file("form" + suffix, row_files.file(suffix, rows))) == ALL


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_one_person_a_column(engine, suffix):
    rows = [["氏名", *NAMES], ["電話番号", *PHONES], ["住所", *ADDRESSES]]
    assert counted(engine.file("turned" + suffix, row_files.file(suffix, rows))) == ALL


def test_a_filled_in_sheet_is_one_person(engine):
    rows = [
        ["申込書"],
        [],
        ["氏名", NAMES[0], "生年月日", "1980/1/2"],
        ["住所", ADDRESSES[0]],
        ["電話", PHONES[0], "メール", MAILS[0]],
    ]
    found = engine.file("申込書.xlsx", row_files.file(".xlsx", rows))
    assert counted(found) == (1, True, 1)
    kinds = {Kind.NAME, Kind.BIRTH_DATE, Kind.ADDRESS, Kind.PHONE, Kind.EMAIL}
    assert kinds <= {finding.kind for finding in found.findings}


def test_what_stands_beside_a_form_is_read_too(engine):
    rows = [
        ["氏名", NAMES[0]],
        ["電話", PHONES[0]],
        [],
        ["氏名", "電話番号"],
        *map(list, zip(NAMES[1:], PHONES[1:], strict=True)),
    ]
    assert engine.file("both.xlsx", row_files.file(".xlsx", rows)).persons == 6


@pytest.mark.parametrize(
    "rows",
    [
        [["参加申込書"], ["氏名", ""], ["電話番号", ""], ["住所", "〒"]],
        [["項目", "説明"], ["氏名", "全角20文字以内"], ["電話番号", "ハイフンなし"], ["住所", "番地まで入力"]],
    ],
)
def test_an_empty_form_is_nobody(engine, rows):
    found = engine.file("様式.xlsx", row_files.file(".xlsx", rows))
    assert (found.persons, found.findings) == (0, ())


def test_a_new_block_is_new_evidence_of_a_body(detector):
    def keys(count):
        text = "\n\n".join(f"氏名：{n}\n電話：{p}" for n, p in zip(NAMES[:count], PHONES, strict=False))
        return {finding.key for finding in detector.text(Text((BODY,), f"一覧です。\n\n{text}\n"), b"").findings}

    assert keys(6) - keys(5)


@pytest.mark.parametrize(
    "text", ["氏名:" * 20_000, "名 " * 50_000, "【氏名" * 20_000, "■" * 100_000, "氏名\t" * 20_000, "1." * 50_000]
)
def test_time_is_linear(detector, text):
    fields: Fields = detector._fields
    started = time.process_time()
    fields.in_lines(lines_of(text))
    assert time.process_time() - started < 2
