"""Persons and households of tables as offices write them: what is counted, and what is nobody."""

import csv
import io

import pytest

FAMILIES = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田"]
GIVENS = ["太郎", "花子", "健一", "直美", "翔太", "美咲", "大輔", "恵子", "拓也", "由美", "和也", "真理子"]
FAMILY_KANA = ["サトウ", "スズキ", "タカハシ", "タナカ", "イトウ", "ワタナベ", "ヤマモト", "ナカムラ", "コバヤシ", "カトウ", "ヨシダ", "ヤマダ"]  # fmt: skip
GIVEN_KANA = ["タロウ", "ハナコ", "ケンイチ", "ナオミ", "ショウタ", "ミサキ", "ダイスケ", "ケイコ", "タクヤ", "ユミ", "カズヤ", "マリコ"]  # fmt: skip
MANY = len(FAMILIES)
NAMES = [f"{family}　{given}" for family, given in zip(FAMILIES, GIVENS, strict=True)]
CHILDREN = [*GIVENS[5:], *GIVENS[:5]]
PHONES = [f"090-31{number:02}-4{number:02}7" for number in range(MANY)]
MAILS = [f"m{number}x@mail.example.jp" for number in range(MANY)]
ADDRESSES = [f"新潟県長岡市大手通2丁目{number + 1}-7" for number in range(MANY)]


@pytest.fixture
def counted(engine):
    def read(rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        found = engine.file("list.csv", text.getvalue().encode())
        return found.persons, found.households, found.persons_exact

    return read


def table(header, *columns):
    return [header, *map(list, zip(*columns, strict=True))]


LIST = table(["氏名", "電話", "メール"], NAMES, PHONES, MAILS)


@pytest.mark.parametrize(
    "whose",
    [
        ("参加者姓", "参加者名", "付添姓", "付添名"),
        ("代表姓", "代表名", "お子様氏", "お子様名"),
        ("Name1", "Name2", "Name3", "Name4"),
    ],
)
def test_halves_of_two_names_are_two_persons(counted, whose):
    rows = table([*whose, "電話"], FAMILIES, CHILDREN, FAMILIES, GIVENS, PHONES)
    assert counted(rows) == (2 * MANY, MANY, True)


def test_a_child_by_given_name_only_is_a_person(counted):
    rows = table(["保護者(姓)", "保護者(名)", "お子様(名)", "電話"], FAMILIES, GIVENS, CHILDREN, PHONES)
    assert counted(rows) == (2 * MANY, MANY, True)


@pytest.mark.parametrize(("left", "right"), [("氏名1", "氏名2"), ("Name1", "Name2"), ("", "")])
def test_content_tells_halves_of_names(counted, left, right):
    rows = table([left, right, "電話"], FAMILIES, GIVENS, PHONES)
    assert counted(rows if left else rows[1:]) == (MANY, MANY, True)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 3, 0, 1), (0, 2, 1, 3)])
def test_halves_with_furigana_and_no_header_are_one_person(counted, order):
    halves = [FAMILIES, GIVENS, FAMILY_KANA, GIVEN_KANA]
    rows = table([], *(halves[index] for index in order), PHONES)[1:]
    assert counted(rows) == (MANY, MANY, True)


WHOLE, SURNAMES = ["石井 誠", "上野 浩", "内田 亮"], ["石井", "上野", "内田"]


@pytest.mark.parametrize(
    ("title", "clerks"),
    [
        *((title, clerks) for title in ("担当者", "営業担当", "受付者") for clerks in (WHOLE, SURNAMES)),
        ("連絡員氏名", WHOLE),  # over surnames alone an unknown title says nothing
    ],
)
def test_staff_are_counted_once_a_name(counted, title, clerks):
    rows = table(["氏名", "電話", title], NAMES, PHONES, clerks * 4)
    assert counted(rows) == (MANY + 3, MANY + 3, True)


@pytest.mark.parametrize(
    "footer",
    [
        ["合計", "", "12名"],
        ["小計"],
        ["以上"],
        ["（以下余白）"],
        ["※取扱注意"],
        ["記入者：石井"],
        ["登録者数", "12"],
        ["1組"],
        ["総計 12件"],
    ],
)
def test_totals_and_remarks_are_nobody(counted, footer):
    assert counted([*LIST, footer]) == (MANY, MANY, True)


def test_a_name_in_doubt_is_counted_and_said_to_be(counted):
    assert counted([*LIST, ["佐藤花子（2回目）"]]) == (MANY + 1, MANY + 1, False)


@pytest.mark.parametrize(
    "row",
    [
        LIST[0],
        ["name", "tel", "mail"],
        ["VARCHAR", "VARCHAR", "VARCHAR"],
        ["全角", "半角数字", "半角英数"],
        ["例 山〇太〇", "000-0000-0000", "xxx@example.com"],
    ],
)
def test_rows_under_the_header_may_be_hints(counted, row):
    assert counted([LIST[0], row, *LIST[1:]]) == (MANY, MANY, True)


def test_a_header_on_every_page_is_nobody(counted):
    assert counted([*LIST[:7], LIST[0], *LIST[7:]]) == (MANY, MANY, True)


@pytest.mark.parametrize(
    "titles", [["A", "B", "C"], ["F1", "F2", "F3"], ["field1", "field2", "field3"], ["列1", "列2", "列3"]]
)
def test_titles_without_meaning_are_nobody(counted, titles):
    assert counted([titles, *LIST[1:]]) == (MANY, MANY, True)


@pytest.mark.parametrize("again", ["サトウ タロウ", "ｻﾄｳ ﾀﾛｳ", "Sato Taro", "佐藤"])
def test_the_reading_or_the_surname_again_is_the_same_person(counted, again):
    rows = [
        ["氏名", "フリガナ", "電話"],
        ["佐藤 太郎", "サトウ タロウ", PHONES[0]],
        ["鈴木 花子", "スズキ ハナコ", PHONES[1]],
    ]
    assert counted([*rows, [again, "", PHONES[0]]]) == (2, 2, True)
    assert counted([*rows, [again, "", ""]])[2] is False


def test_a_guardian_by_surname_beside_the_child_is_somebody_else(counted):
    rows = table(["保護者氏名", "お子様氏名", "電話"], FAMILIES, NAMES, PHONES)
    assert counted(rows)[0] == 2 * MANY


@pytest.mark.parametrize("between", ["・", " ", "と", "、"])
def test_several_children_in_one_cell(counted, between):
    cells = [
        f"{first}{between}{second}" for first, second in zip(CHILDREN, [*CHILDREN[3:], *CHILDREN[:3]], strict=True)
    ]
    assert counted(table(["保護者氏名", "お子様", "電話"], NAMES, cells, PHONES)) == (3 * MANY, MANY, True)


def test_two_full_names_in_one_cell(counted):
    cells = [
        f"{family} {given}・{family} {child}" for family, given, child in zip(FAMILIES, GIVENS, CHILDREN, strict=True)
    ]
    assert counted(table(["氏名", "電話"], cells, PHONES)) == (2 * MANY, MANY, True)


def test_foreign_names_are_not_parted(counted):
    names = ["マリア・サントス", "ジョン・スミス", "グエン・ティ・ホア"]
    assert counted(table(["氏名", "電話"], names, PHONES[:3])) == (3, 3, True)


@pytest.mark.parametrize("cell", ["本人", "同左", "左記", "上記", "〃", "父", "配偶者"])
def test_words_for_somebody_else_are_no_names(counted, cell):
    assert counted(table(["氏名", "世帯主氏名", "電話"], NAMES, [cell] * MANY, PHONES)) == (MANY, MANY, True)


@pytest.mark.parametrize(
    "mail",
    [
        "nomail@x.example",
        "none@none.jp",
        "xxx@xxx.xx",
        "dummy@x.example",
        "test@test.com",
        "noreply@x.example",
        "a@a.a",
    ],
)
def test_mailboxes_of_nobody_tie_nobody(counted, mail):
    assert counted(table(["氏名", "電話", "メール"], FAMILIES[:8], PHONES[:8], [mail] * 8))[1] == 8


def test_made_up_phones_tie_nobody(counted):
    for phone in ("090-1234-5678", "03-1234-5678"):
        assert (
            counted(table(["氏名", "電話", "メール"], [f"佐藤 {given}" for given in GIVENS], [phone] * MANY, MAILS))[1]
            == MANY
        )


def test_colleagues_under_one_switchboard_are_no_household(counted):
    assert counted(table(["氏名", "電話", "メール"], NAMES[:9], ["03-5544-1200"] * 9, MAILS[:9])) == (9, 9, True)
    family = [f"佐藤 {given}" for given in GIVENS[:9]]
    assert counted(table(["氏名", "電話", "メール"], family, ["03-5544-1200"] * 9, MAILS[:9])) == (9, 1, True)


def test_each_of_two_contacts_in_a_cell_ties(counted):
    rows = [["氏名", "電話", "メール"], ["佐藤 太郎", f"{PHONES[0]}/{PHONES[1]}", f"{MAILS[0]}, {MAILS[1]}"]]
    assert counted([*rows, ["佐藤 花子", PHONES[1], ""], ["佐藤 美咲", "", MAILS[1]]]) == (3, 1, True)


@pytest.mark.parametrize(
    "other",
    ["長岡市大手通2-1-7 若葉荘101", "新潟県長岡市大手通2丁目1-7若葉荘#101", "新潟県長岡市大手通2-1-7 若葉荘 Room 101"],
)
def test_notations_of_one_address_tie(counted, other):
    rows = [["氏名", "電話", "住所"], ["佐藤 太郎", PHONES[0], "新潟県長岡市大手通2丁目1番7号 若葉荘101号室"]]
    assert counted([*rows, ["佐藤 花子", PHONES[1], other]]) == (2, 1, True)


def test_an_empty_form_names_nobody(engine):
    found = engine.file("form.csv", "氏名,\n住所,〒\n電話,\nメール,\n".encode())
    assert (found.findings, found.persons) == ((), 0)
