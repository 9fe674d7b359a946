"""Published contacts are subtracted, and nothing that stands beside them."""

from dataclasses import replace

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.model import Action, Envelope, Finding, Inspection, Kind, Person
from mailguard.policy import Policy, Standing, explain, judge, thresholds

D = Digester(b"k" * 32)
PATH = ("a.csv",)
TO = Envelope("a@example.co.jp", ("b@example.com", "c@example.com"))
PHONE, SECOND = D.phone("03-1234-5678"), D.phone("03-8765-4321")
POLICY = replace(Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(), D), public=frozenset({PHONE}))


def found(kind, *digests, distinct=None, path=PATH, blocks=("1",)):
    return Finding("r", kind, path, "", 1, distinct or len(digests), (), digests, key=b"leaf", blocks=blocks)


def action(*findings, people=()):
    return judge(TO, Inspection(findings, people=people), POLICY).action


def test_a_published_contact_alone_passes():
    shop = Person(PATH, "1", contacts=(PHONE,), identified=True, key=b"leaf")
    assert action(found(Kind.PHONE, PHONE), people=(shop,)) is Action.PASS
    told = explain(TO, Inspection((found(Kind.PHONE, PHONE),)), POLICY)
    assert [one.standing for one in told.findings] == [Standing.PUBLIC]


def test_another_value_beside_it_holds():
    assert action(found(Kind.PHONE, PHONE, SECOND)) is Action.HOLD
    assert action(found(Kind.PHONE, PHONE, distinct=90)) is Action.HOLD


def test_a_name_beside_it_holds():
    name = D.name("山田太郎")
    person = Person(PATH, "1", (name,), (PHONE,), identified=True, key=b"leaf")
    assert action(found(Kind.PHONE, PHONE), found(Kind.NAME, name), people=(person,)) is Action.HOLD


def test_a_published_address_makes_no_card_one_of_the_staff():
    mail, name, card = D.email("info@example.com"), D.name("山田太郎"), ("a.vcf",)
    policy = replace(POLICY, public=frozenset({mail}))
    person = Person(card, "1", (name,), (mail,), emails=(mail,), identified=True, key=b"leaf")
    findings = (found(Kind.EMAIL, mail, path=card), found(Kind.NAME, name, path=card))
    assert judge(TO, Inspection(findings, people=(person,)), policy).action is Action.HOLD
