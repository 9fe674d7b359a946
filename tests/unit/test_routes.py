"""Routes: which one fits, what several ask for together, what is missing, when people are told, and what a bad file says."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from mailguard.config import Config
from mailguard.errors import ConfigError
from mailguard.model import SourceMode
from mailguard.policy import Ground
from mailguard.routes import Facts, Missing, Moment, Needs, Requirement, Routes, Step, moments, routes
from mailguard.routes.route import Escalation, GroundName
from mailguard.service.scanning import rules_dir

CLIENT = """
[[route]]
name = "多数"
when = { persons = 1_001 }
[route.then]
approvals = 2
from = [{ organisation = "委託元" }]
business_days = 2

[[route]]
name = "宛先多数"
when = { recipients = 500, sources = ["mailer"] }
then = { approvals = 3, business_days = 5, reminders = ["4h"] }
"""
OPENED = datetime(2027, 4, 1, tzinfo=UTC)


@pytest.fixture
def read(tmp_path):
    def made(text):
        path = tmp_path / "routes.toml"
        path.write_text(text, "utf-8")
        return routes(path, reasons={"problem_encrypted", "attachment_findings"})

    return made


def test_the_shipped_example_is_read():
    found = routes(rules_dir(Config()) / "routes-example.toml", reasons={"problem_encrypted"})
    assert [route.name for route in found.routes] == ["1,000人超", "要配慮個人情報", "中身を確認できない添付"]


def test_without_routes_one_approval_is_enough():
    needs = Routes().needs(Facts(persons=100_000))
    assert needs == Needs()
    assert needs.missing([]) == Missing(1)
    assert not needs.missing(["anything"])
    assert needs.missing([""], least=2) == Missing(1)  # what lifecycle asks for comes on top


def test_two_of_one_organisation_do_not_stand_for_one_of_another(read):
    needs = read(CLIENT).needs(Facts(persons=1_001))
    assert (needs.names, needs.least, needs.business_days) == (("多数",), 2, 2)
    assert needs.missing([]) == Missing(2, (("委託元", 1),))
    assert needs.missing([""]) == Missing(1, (("委託元", 1),))
    assert needs.missing(["", "自社"]) == Missing(1, (("委託元", 1),))
    assert needs.missing(["委託元"]) == Missing(1)
    assert not needs.missing(["自社", " 委託元 "])
    assert read(CLIENT).needs(Facts(persons=1_000)).names == ()


def test_an_organisation_is_the_same_in_any_width_and_case():
    needs = Needs(requirements=(Requirement(organisation="Client A"),))
    assert not needs.missing(["ＣＬＩＥＮＴ　Ａ"])
    assert needs.missing(["Client B"])
    assert Needs(requirements=(Requirement(organisation=""),)).missing(["somebody's"])


def test_all_that_fit_count_and_the_strictest_holds(read):
    needs = read(CLIENT).needs(Facts(sources=("mailer",), persons=2_000, recipients=500))
    assert (needs.names, needs.least, needs.business_days, needs.reminders) == (("多数", "宛先多数"), 3, 2, ("4h",))
    assert needs.missing(["", "", ""]) == Missing(1, (("委託元", 1),))


def test_a_route_that_only_lacks_recipients_is_a_step(read):
    needs = read(CLIENT).needs(Facts(sources=("mailer",), recipients=1))
    assert (needs.least, needs.at(499).least) == (1, 1)
    assert (needs.at(500).least, needs.at(500).names, needs.at(500).steps) == (
        3,
        ("宛先多数",),
        (Step(0, needs.steps[0].needs, 1_001),),
    )
    assert needs.at(500, 1_001).names == ("多数", "宛先多数")
    assert [step.persons for step in read(CLIENT).needs(Facts(sources=("other",), recipients=1)).steps] == [1_001]


@pytest.mark.parametrize(
    ("when", "fitting", "other"),
    [
        ('sources = ["a", "b"]', {"sources": ("x", "b")}, {"sources": ("x",)}),
        ('modes = ["every_mailing"]', {"mode": SourceMode.EVERY_MAILING}, {}),
        ("declared = false", {"declared": False}, {}),
        ("persons = 5", {"persons": 5}, {"persons": 4}),
        ('kinds = ["card", "my_number"]', {"kinds": {"card"}}, {"kinds": {"name"}}),
        ('grounds = ["special_care"]', {"grounds": {"special_care"}}, {"grounds": {"unknown"}}),
        ('grounds = ["unknown"]', {"grounds": {"unknown"}}, {}),
        ('reasons = ["problem_encrypted"]', {"reasons": ("problem_encrypted",)}, {"reasons": ("attachment_findings",)}),
        ('reasons = ["problem_*"]', {"reasons": ("problem_encrypted",)}, {"reasons": ("attachment_findings",)}),
        ('persons = 5\nkinds = ["card"]', {"persons": 5, "kinds": {"card"}}, {"persons": 5}),
    ],
)
def test_a_route_fits_when_every_key_does(read, when, fitting, other):
    found = read(f'[[route]]\nname = "x"\n[route.when]\n{when}\n[route.then]\napprovals = 2\n')
    assert found.needs(Facts(**fitting)).names == ("x",)
    assert found.needs(Facts(**other)).names == ()


def test_a_route_without_a_condition_always_fits(read):
    assert read('[[route]]\nname = "x"\nthen = { approvals = 2 }').needs(Facts()).least == 2


def test_the_grounds_are_those_that_the_machine_can_know():
    assert {*get_args(GroundName)} == {*map(str, Ground), "unknown"} - {str(Ground.WRONGFUL_PURPOSE)}


class ByTheClock:
    def share(self, start, end, share):
        return start + (end - start) * share

    def before(self, end, span):
        return end - span


def test_people_are_told_at_shares_of_the_time_and_hours_before_its_end():
    end = OPENED + timedelta(hours=10)
    assert moments(Needs(), OPENED, end, ByTheClock()) == (
        Moment(OPENED + timedelta(hours=5)),
        Moment(OPENED + timedelta(hours=8)),
    )
    to = Escalation(at=0.9, role="administrator")
    needs = Needs(reminders=("1h", "20h", 0.5), escalations=(to,))
    told = moments(needs, OPENED, end, ByTheClock())
    assert [one.at - OPENED for one in told] == [timedelta(hours=5), timedelta(hours=9), timedelta(hours=9)]
    assert [one.to for one in told] == [None, None, to]
    assert moments(Needs(reminders=()), OPENED, end, ByTheClock()) == ()


ONE = '[[route]]\nname = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("route", "not valid TOML"),
        ("", "missing required field `route`"),
        ("rout = []", "unknown field `rout`"),
        ("route = 3", "route: Expected `array`"),
        ("[[route]]\nthen = { approvals = 2 }", "route number 1: .*missing required field `name`"),
        (ONE, 'route "x": .*missing required field `then`'),
        (ONE + "then = {}", 'route "x": then: asks for nothing'),
        (ONE + "then = { approvels = 2 }", 'route "x": then: .*unknown field `approvels`'),
        (ONE + "then = { approvals = 10 }", 'route "x": then.approvals: Expected `int` <= 9'),
        (ONE + "then = { approvals = 0 }", "then.approvals: Expected `int` >= 1"),
        (
            ONE + 'then = { approvals = 1, from = [{ organisation = "a" }, { organisation = "b" }] }',
            "from asks for 2 approvals, approvals says 1.*could never be met",
        ),
        (
            ONE + 'then = { from = [{ organisation = "a", count = 9 }, { count = 9, organisation = "b" }] }',
            "18 .*9 are",
        ),
        (
            ONE + 'then = { from = [{ organisation = "a b" }, { organisation = "ＡＢ" }] }',
            "names the organisation 'ab' twice",
        ),
        (ONE + 'then = { from = [{ role = "operator" }] }', "then.from.*Invalid enum value 'operator'"),
        (ONE + "then = { reminders = [1.0] }", r"then.reminders\[0\]: "),
        (ONE + 'then = { reminders = ["4 hours"] }', r"then.reminders\[0\]: "),
        (ONE + "then = { business_days = 0 }", "then.business_days"),
        (ONE + "then = { escalate_to = [{}] }", "names nobody"),
        (ONE + 'then = { escalate_to = [{ login = "a", role = "auditor" }] }', "login stands alone"),
        (
            ONE + 'then = { checklist = [{ id = "a", ja = "x", en = "x" }, { id = "a", ja = "y", en = "y" }] }',
            "'a' twice",
        ),
        (ONE + "when = { kinds = [] }\nthen = { approvals = 2 }", "kinds is empty: this route would never hold"),
        (
            ONE + 'when = { kinds = ["cards"] }\nthen = { approvals = 2 }',
            r"when.kinds\[0\]: Invalid enum value 'cards'",
        ),
        (ONE + 'when = { grounds = ["wrongful_purpose"] }\nthen = { approvals = 2 }', "when.grounds"),
        (ONE + 'when = { reasons = ["typo"] }\nthen = { approvals = 2 }', "'typo' is no reason code"),
        (ONE + 'when = { reasons = ["typo_*"] }\nthen = { approvals = 2 }', "no reason code"),
        (ONE + "then = { approvals = 2 }\n" + ONE + "then = { approvals = 3 }", 'route "x": another one has this name'),
        (
            ONE
            + 'then = { checklist = [{ id = "a", ja = "x", en = "x" }] }\n[[route]]\nname = "y"\n'
            + 'then = { checklist = [{ id = "a", ja = "y", en = "y" }] }',
            'route "y": then.checklist: .a. has another text',
        ),
    ],
)
def test_a_bad_file_says_place_fact_and_remedy(read, text, said):
    with pytest.raises(ConfigError, match=said) as error:
        read(text)
    assert "routes.toml: " in str(error.value)
    assert str(error.value).endswith(("shows every key.", "Correct that line."))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read .*holds\.routes"):
        routes(tmp_path / "none.toml")
