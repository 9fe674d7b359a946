"""Policy files: what is shipped reads, what is broken is told by place, fact and remedy."""

import re

import pytest

from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.model import Envelope, Inspection, Kind
from mailguard.policy import Policy, explain, explaining, judge, judging, thresholds
from mailguard.policy.judging import judgement

STRICT = (shipped_dir() / "policy.toml").read_text("utf-8")


@pytest.mark.parametrize("name", ["policy.toml", "policy-relaxed.toml"])
def test_the_shipped_policies_read_and_monitor_nothing(name):
    limits = thresholds(shipped_dir() / name)
    assert Kind.MY_NUMBER in limits.high_risk
    assert not limits.monitor.all
    assert not limits.monitor.rules
    assert limits.report.persons == 1000


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("persons = 3", "persons = 'three'", ":18: body.persons: is str, not int. Correct it"),
        ("persons = 3", "persons = 0", ":18: body.persons: is no number >= 1. Correct it"),
        ("persons = 3", "", ":16: body: persons or names is missing"),
        ("values = 1", "", ":12: attachment: values is missing"),
        ("values = 1", 'values = 1\nignore = ["card"]', ":15: attachment.ignore: names card, which is in high_risk"),
        (
            "values = 1",
            'values = 1\nignore = ["cards"]',
            ":15: attachment.ignore[0]: 'cards' is no kind. Kinds are: name",
        ),
        ("values = 1", "values = 1\nvalue = 1", ":15: attachment: unknown key 'value'. Known are: values"),
        ("confidence = 0.5", "confidence = 5", ":5: confidence: is no number <= 1"),
        ("confidence = 0.5", "", ": confidence is missing"),
        ("rules = []", 'rules = ["telephone"]', ":41: monitor.rules: 'telephone' is no rule, kind or reason"),
        ("[attachment]", "[attachment", "not valid TOML"),
        ("[pictures]", "[pictres]", ":26: unknown key 'pictres'. Known are: confidence"),
        (
            "values = 1",
            "values = 1\n[attachment.kinds]\nfone = 2",
            ":16: attachment.kinds: 'fone' is no kind. Kinds are: name",
        ),
        ("values = 1", "values = 1\nkinds = { card = -2 }", ":15: attachment.kinds"),
        ("values = 1", "values = 1\nconfidence = 1.5", ":15: attachment.confidence: is no number <= 1"),
        ("persons = 1000", "persons = -1", ":45: report.persons: is no number >= 0"),
    ],
)
def test_a_broken_policy_is_refused_with_place_fact_and_remedy(tmp_path, old, new, said):
    assert old in STRICT
    broken = tmp_path / "policy.toml"
    broken.write_text(STRICT.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=re.escape(said)) as raised:
        thresholds(broken)
    assert str(raised.value).startswith(f"{broken}:")
    assert re.search("Correct |Known are|Kinds are", str(raised.value))


def test_a_policy_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read .*policy\.file"):
        thresholds(tmp_path / "none.toml")


@pytest.mark.parametrize("rule", ["phone.toll_free", "postal_code", "body_names", "table.name", "problem_encrypted"])
def test_rules_kinds_and_reasons_can_be_monitored(tmp_path, rule):
    path = tmp_path / "policy.toml"
    path.write_text(STRICT.replace("rules = []", f'rules = ["{rule}"]'), "utf-8")
    assert thresholds(path).monitor.rules == {rule}


def test_a_verdict_and_its_explanation_are_one_reckoning(monkeypatch):
    envelope, inspection = Envelope("a@example.jp", ("b@example.net",)), Inspection()
    policy = Policy(thresholds(shipped_dir() / "policy.toml"), Digester(b"k" * 32))
    made = []

    def judged(*given, **named):
        made.append(judgement(*given, **named))
        return made[-1]

    monkeypatch.setattr(judging, "judgement", judged)
    monkeypatch.setattr(explaining, "judgement", judged)
    judge(envelope, inspection, policy)
    told = explain(envelope, inspection, policy)
    assert [one.verdict for one in made] == [told.verdict, told.verdict]
    assert told.comparisons is made[1].comparisons
