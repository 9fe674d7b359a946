"""What the page and the API say about the law, in both languages."""

from dataclasses import replace

import msgspec
import pytest
from web_world import ENCRYPTED, INSPECTION, LIST

from mailguard.config import Own, Web
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.model import Finding, Inspection, Kind
from mailguard.policy import Policy, Report, thresholds
from mailguard.web import create_app


def shown(world, inspection, language="ja"):
    return world.client("sato", language=language).get(f"/holds/{world.admit(inspection)}").text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "ja",
            "本人数が最大3,719人で1,000人を超えるおそれがあるため、漏えいした場合は個人情報保護委員会への報告が必要です",
        ),
        ("en", "Possible maximum of 3,719 persons, more than 1,000: a leak would have to be reported to the Personal"),
    ],
)
def test_a_possible_maximum_is_called_so(world, language, said):
    assert said in shown(world, replace(INSPECTION, persons_exact=False), language)


@pytest.mark.parametrize(
    ("language", "purpose", "none"),
    [
        ("ja", "不正の目的によるおそれ", "機械が判断できる事由には当たりません"),
        ("en", "wrongful purpose", "none of the grounds"),
    ],
)
def test_a_purpose_is_left_to_people_and_nothing_met_is_said(world, language, purpose, none):
    page = shown(world, replace(INSPECTION, persons=3), language)
    assert purpose in page
    assert none in page


@pytest.mark.parametrize(
    ("number", "said"), [(2, "マイナンバーを含みます"), (101, "マイナンバーが100人分を超えるため")]
)
def test_my_number_is_named_apart(world, number, said):
    found = Finding("n", Kind.MY_NUMBER, LIST, "列", number, number, (), key=b"leaf")
    assert said in shown(world, Inspection(findings=(found,), persons=2))


def test_what_was_not_inspected_is_not_known(world):
    page = shown(world, ENCRYPTED)
    assert "中身を確認できない添付があり、判断できません" in page
    assert "最大の人数で考えます" in page


def test_the_api_tells_the_same_for_programs(world):
    legal = world.client("sato").get(f"/api/holds/{world.admit()}").json()["legal"]
    assert legal["reportable"] is True
    assert legal["grounds"][3] == {
        "ground": "many_persons", "met": True, "count": 3719, "more_than": 1000, "exact": True,
    }  # fmt: skip
    assert legal["grounds"][2]["met"] is None


def test_the_thresholds_are_those_of_the_policy_in_force(world):
    limits = msgspec.structs.replace(thresholds(shipped_dir() / "policy.toml"), report=Report(persons=5000))
    policy = Policy.build(limits, Own(), Digester(b"k" * 32))
    hold = world.admit()
    world.app = lambda **web: create_app(world.store, config=Web(**web), clock=world.clock, policy=lambda: policy)
    assert "個人情報保護委員会への報告が必要です" not in world.client("sato").get(f"/holds/{hold}").text
