"""Policy files: what is shipped reads, what is broken is told by place, fact and remedy."""

import re

import pytest

from mailguard.detect.ruleset import shipped_dir
from mailguard.errors import ConfigError
from mailguard.model import Kind
from mailguard.policy import thresholds

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
        ("persons = 3", "persons = 'three'", "body.persons: Expected `int`, got `str`. Correct it"),
        ("persons = 3", "persons = 0", "body.persons: Expected `int` >= 1. Correct it"),
        ("persons = 3", "", "body.persons or body.names is missing"),
        ("values = 1", "", "attachment.values is missing"),
        ("values = 1", 'values = 1\nignore = ["card"]', "attachment.ignore names card, which is in high_risk"),
        ("values = 1", 'values = 1\nignore = ["cards"]', "attachment.ignore[0]: Invalid enum value 'cards'"),
        ("values = 1", "values = 1\nvalue = 1", "attachment: Object contains unknown field `value`"),
        ("confidence = 0.5", "confidence = 5", "confidence: Expected `float` <= 1.0"),
        ("confidence = 0.5", "", "missing required field `confidence`"),
        ("rules = []", 'rules = ["telephone"]', "monitor.rules: 'telephone' is no rule, kind or reason"),
        ("[attachment]", "[attachment", "not valid TOML"),
        ("persons = 1000", "persons = -1", "report.persons: Expected `int` >= 0"),
    ],
)
def test_a_broken_policy_is_refused_with_place_fact_and_remedy(tmp_path, old, new, said):
    assert old in STRICT
    broken = tmp_path / "policy.toml"
    broken.write_text(STRICT.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=re.escape(said)) as raised:
        thresholds(broken)
    assert str(raised.value).startswith(f"{broken}: ")
    assert "Correct " in str(raised.value)


def test_a_policy_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read .*policy\.file"):
        thresholds(tmp_path / "none.toml")


@pytest.mark.parametrize("rule", ["phone.toll_free", "postal_code", "body_names", "table.name", "problem_encrypted"])
def test_rules_kinds_and_reasons_can_be_monitored(tmp_path, rule):
    path = tmp_path / "policy.toml"
    path.write_text(STRICT.replace("rules = []", f'rules = ["{rule}"]'), "utf-8")
    assert thresholds(path).monitor.rules == {rule}
