"""Lists pasted into a text: one person a line, however the fields are parted."""

import pytest

from mailguard.model import BODY, Text

NAMES = ["佐藤 花子", "鈴木 一郎", "高橋 健太", "田中 美咲", "伊藤 直樹", "渡辺 裕子"]
KANA = ["サトウ ハナコ", "スズキ イチロウ", "タカハシ ケンタ", "タナカ ミサキ", "イトウ ナオキ", "ワタナベ ユウコ"]
PHONES = [f"090-3123-45{number}" for number in range(10, 16)]
MAILS = [f"m{number}x@mail.example.jp" for number in range(6)]


def filled(form):
    rows = zip(NAMES, KANA, PHONES, MAILS, strict=True)
    return "\n".join(form.format(name=n, kana=k, phone=p, mail=m) for n, k, p, m in rows)


@pytest.mark.parametrize(
    "form", ["{name},{phone},{mail}", "{name}\t{phone}\t{mail}", "| {name} | {phone} | {mail} |", "{name};{phone};{mail}",
             "{name}　　　{phone}　　{mail}", "{name}      {phone}   {mail}", "{name}／{phone}／{mail}"],
)  # fmt: skip
def test_parted_fields_are_a_table(engine, form):
    found = engine.file("list.txt", f"名簿です。\n\n{filled(form)}\n\n以上\n".encode())
    assert (found.persons, found.persons_exact, found.households) == (6, True, 6)


@pytest.mark.parametrize(
    "form", ["{name} {phone}", "{name}（{kana}） {phone}", "{name}様({kana})", "{kana}({name}) {phone}", "{name}/{kana} {phone}"]
)  # fmt: skip
def test_furigana_beside_a_name_is_nobody_else(engine, detector, form):
    text = f"名簿です。\n\n{filled(form)}\n\n以上\n"
    assert engine.file("list.txt", text.encode()).persons == 6
    assert len(detector.text(Text((BODY,), text), b"").people) == 6


def test_two_names_in_a_line_are_two_persons(engine):
    text = "\n".join(f"{one} {other}" for one, other in zip(NAMES, ["ジョン・スミス"] * 6, strict=True))
    assert engine.file("list.txt", text.encode()).persons == 7


@pytest.mark.parametrize("gap", ["   ", "／"])
def test_shops_in_a_body_are_no_persons(detector, gap):
    towns = ["四条", "梅田", "神南", "栄", "天神"]
    rows = [
        gap.join([f"ことぶき商店 {town}店", f"京都市中京区橋弁慶町{n}-3", f"075-221-000{n}"])
        for n, town in enumerate(towns, 1)
    ]
    evidence = detector.text(Text((BODY,), "店舗のご案内です。\n\n" + "\n".join(rows) + "\n"), b"")
    assert [person for person in evidence.people if not person.organisation] == []
