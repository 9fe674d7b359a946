"""Address cards of the own staff go out with a clean mailing; those of customers, and a whole staff list, do not."""

import pytest

from mailguard.config import Own
from mailguard.detect import Detector
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.model import Action, Envelope
from mailguard.policy import Policy, judge, thresholds
from mailguard.unpack import Limits

NAMES = ("佐藤花子", "鈴木一郎", "高橋美咲", "田中健太", "伊藤さくら", "渡辺大輔", "山本葵")
PEOPLE = ("hanako.sato", "i.suzuki", "misaki", "k.tanaka", "sakura", "daisuke", "aoi")


@pytest.fixture(scope="module")
def engine():
    digester = Digester(b"k" * 32)
    return Engine(Detector.build(shipped_dir(), digester), digester, Limits()), digester


def cards(number, domain, name="staff.vcf"):
    people = zip(NAMES[:number], PEOPLE, strict=False)
    one = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{0}\r\nTEL:090-1234-567{2}\r\nEMAIL:{1}@{3}\r\nEND:VCARD\r\n"
    return name, "".join(one.format(who, local, at, domain) for at, (who, local) in enumerate(people)).encode()


def action(engine, name, data, own=("example.co.jp",)):
    reader, digester = engine
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(domains=own), digester)
    return judge(Envelope("news@example.co.jp", ("b@example.com",)), reader.file(name, data), policy).action


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_few_cards_of_the_own_staff_pass(engine, number):
    assert action(engine, *cards(number, "example.co.jp")) is Action.PASS


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (cards(3, "example.com"), ("example.co.jp",)),  # of customers
        (cards(3, "example.co.jp"), ()),  # nobody said whose domain it is
        (cards(6, "example.co.jp"), ("example.co.jp",)),  # a list of the staff
        ((cards(2, "example.co.jp")[0], cards(2, "example.co.jp")[1] + cards(2, "example.com")[1]), ("example.co.jp",)),
        (
            ("staff.csv", "氏名,メール\n佐藤花子,a@example.co.jp\n鈴木一郎,b@example.co.jp\n".encode()),
            ("example.co.jp",),
        ),
    ],
)
def test_what_only_resembles_them_is_held(engine, given, own):
    assert action(engine, *given, own) is Action.HOLD
