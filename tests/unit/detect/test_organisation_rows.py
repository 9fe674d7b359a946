"""Tables of shops: their contacts are nobody's. Tables of customers beside a shop are not such tables."""

import pytest

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.model import Action, Envelope, Kind
from mailguard.policy import Policy, judge, thresholds

PLACES = ("四条", "梅田", "神南", "天神", "大通", "三宮", "高松", "松山")
NUMBERS = range(len(PLACES))
SHOPS = "".join(f"{place}店,京都府京都市中京区橋弁慶町{n + 1}-2,075-221-00{n:02}\n" for n, place in enumerate(PLACES))


def csv(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def contacts(engine, data):
    return {finding.kind: finding.organisation for finding in engine.file("一覧.csv", data).findings}


@pytest.mark.parametrize("title", ["店舗名", "名称", "ショップ", "store_name", ""])
def test_contacts_of_shops_are_the_shops(engine, title):
    found = contacts(engine, csv(f"{title},住所,電話番号", SHOPS))
    assert found == {Kind.ADDRESS: True, Kind.PHONE: True}


def test_shops_without_a_header_are_known_by_their_names(engine):
    assert contacts(engine, csv(SHOPS)) == {Kind.ADDRESS: True, Kind.PHONE: True}


def test_a_shared_mailbox_is_a_shops_and_another_is_not(engine):
    rows = [f"{place}店,075-221-00{n:02},shop{n}@example.co.jp" for n, place in enumerate(PLACES)]
    assert contacts(engine, csv("店舗名,電話,メール", *rows))[Kind.EMAIL]
    theirs = [f"{place}店,075-221-00{n:02},hanako{n}@example.com" for n, place in enumerate(PLACES)]
    assert not contacts(engine, csv("店舗名,電話,メール", *theirs))[Kind.EMAIL]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("利用店舗,電話番号", "{place}店,075-221-00{n:02}"),
        ("勤務先,電話番号", "{place}商店,075-221-00{n:02}"),
        ("店舗名,会員電話番号", "{place}店,075-221-00{n:02}"),
        ("店舗名,電話番号", "{place}店,090-8123-00{n:02}"),
        ("店舗名,電話番号", "四条店,075-221-00{n:02}"),
        ("店舗名,電話番号,会員番号", "{place}店,075-221-00{n:02},1000{n}"),
        ("店舗名,電話番号,生年月日", "{place}店,075-221-00{n:02},1980/1/1{n}"),
        ("商品名,電話番号", "{place},075-221-00{n:02}"),
    ],
)
def test_contacts_of_persons_beside_a_shop_are_not_the_shops(engine, header, row):
    found = contacts(engine, csv(header, *[row.format(place=PLACES[n], n=n) for n in NUMBERS]))
    assert found
    assert not found[Kind.PHONE]


@pytest.fixture
def relaxed(engine, digester):
    policy = Policy.build(thresholds(shipped_dir() / "policy-relaxed.toml"), Own(), digester)

    def action(name, data):
        return judge(Envelope("a@example.co.jp", ("b@example.com",)), engine.file(name, data), policy).action

    return action


def test_the_relaxed_policy_passes_shops_and_postal_codes_of_towns(relaxed):
    towns = [f"604-81{n + 10},京都府,京都市中京区,{place}町" for n, place in enumerate(PLACES)]
    assert relaxed("店舗一覧.csv", csv("店舗名,住所,電話番号", SHOPS)) is Action.PASS
    assert relaxed("郵便番号.csv", csv("郵便番号,都道府県,市区町村,町域", *towns)) is Action.PASS


@pytest.mark.parametrize(
    ("title", "value"), [("会員番号", "1000{}"), ("電話番号", "090-8123-000{}"), ("氏名", "佐藤{}子")]
)
def test_the_relaxed_policy_holds_persons_beside_postal_codes(relaxed, title, value):
    rows = [f"{value.format('花春夏秋冬雪月'[n] if title == '氏名' else n)},604-81{n}0" for n in range(7)]
    assert relaxed("list.csv", csv(f"{title},郵便番号", *rows)) is Action.HOLD
