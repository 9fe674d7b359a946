"""Address cards of the own staff go out with a clean mailing; those of customers, and a whole staff list, do not."""

import pytest

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.model import Action, Envelope
from mailguard.policy import Policy, judge, thresholds
from mailguard.unpack.budget import Limits

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


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{0}\r\nORG:株式会社ことぶき\r\nTEL;TYPE=WORK:075-221-000{2}\r\nEMAIL:{1}@{3}\r\n{4}END:VCARD\r\n"
PLACE = "ADR;TYPE={}:;;橋弁慶町12-3;中京区;京都府京都市;604-8151;日本\r\n"


def mailed(engine, number, domain, sender, more="", own=()):
    """Cards sent by somebody at `sender` under the strict policy, by an organisation that wrote nothing (or `own`) into [own]."""
    reader, digester = engine
    people = enumerate(zip(NAMES[:number], PEOPLE, strict=False))
    text = "".join(CARD.format(who, local, at, domain, more) for at, (who, local) in people)
    head = f'From: news@{sender}\r\nTo: b@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/vcard; charset=utf-8; name="staff.vcf"\r\n'
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(domains=own), digester)
    inspection = reader.mail(f"{head}Content-Disposition: attachment; filename=staff.vcf\r\n\r\n{text}".encode())
    return judge(Envelope("bounce@esp.example.net", ("b@example.com",)), inspection, policy).action


@pytest.mark.parametrize("sender", ["example.co.jp", "news.example.co.jp"])
@pytest.mark.parametrize("more", ["", PLACE.format("WORK"), "TITLE:主任\r\n"])
def test_cards_at_the_senders_domain_pass_without_own_domains(engine, sender, more):
    assert mailed(engine, 5, "example.co.jp", sender, more) is Action.PASS


@pytest.mark.parametrize(
    ("number", "domain", "sender", "more"),
    [
        (6, "example.co.jp", "example.co.jp", ""),  # a list of the staff
        (3, "example.com", "example.co.jp", ""),  # of customers
        (3, "example.co.jp", "example.org", ""),
        (3, "sales.example.co.jp", "example.co.jp", ""),
        (3, "gmail.com", "gmail.com", ""),  # where anybody has an address
        (3, "x.plala.or.ne.jp", "x.plala.or.ne.jp", ""),
        (3, "stu.example.ac.jp", "example.ac.jp", ""),
        (1, "example.co.jp", "example.co.jp", PLACE.format("HOME")),
        (1, "example.co.jp", "example.co.jp", "ADR:;;橋弁慶町12-3;中京区;京都府京都市;604-8151;日本\r\n"),
        (1, "example.co.jp", "example.co.jp", "BDAY:1980-01-02\r\n"),
        (1, "example.co.jp", "example.co.jp", "EMAIL;TYPE=HOME:hanako@example.com\r\n"),
        (1, "example.co.jp", "example.co.jp", "NOTE:連絡先 090-1234-5678\r\n"),
    ],
)
def test_cards_of_others_or_with_more_than_work_are_held(engine, number, domain, sender, more):
    assert mailed(engine, number, domain, sender, more) is Action.HOLD


def test_a_birth_date_is_private_on_a_card_of_the_own_domains_too(engine):
    assert mailed(engine, 1, "example.co.jp", "example.org", own=("example.co.jp",)) is Action.PASS
    assert mailed(engine, 1, "example.co.jp", "example.org", "BDAY:1980-01-02\r\n", ("example.co.jp",)) is Action.HOLD
