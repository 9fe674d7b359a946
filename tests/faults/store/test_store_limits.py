"""The largest settings that are taken do no harm, and what is beyond them is refused when it is read."""

import pytest
from pydantic import ValidationError
from stage import Stage

from mailguard import config
from mailguard.errors import ConfigError
from mailguard.lifecycle import Choice

SECTIONS = [field.annotation for field in config.Config.model_fields.values() if isinstance(field.annotation, type)]
DURATIONS = [
    (section, name)
    for section in SECTIONS
    if issubclass(section, config.Section)
    for name in section.model_fields
    if name.endswith(("_seconds", "_hours", "_days"))
]


def most(section, name):
    (bound,) = [rule.le for rule in section.model_fields[name].metadata if hasattr(rule, "le")]
    return bound


@pytest.mark.parametrize(("section", "name"), DURATIONS, ids=[name for _, name in DURATIONS])
def test_every_duration_has_an_end(section, name):
    bound = most(section, name)
    assert getattr(section(**{name: bound}), name) == bound
    for value in (bound + 1, float("inf"), float("-inf"), float("nan")):
        with pytest.raises(ValidationError):
            section(**{name: value})


def test_there_are_durations():
    assert len(DURATIONS) >= 12


def test_the_file_hears_what_is_wrong(tmp_path):
    path = tmp_path / "mailguard.toml"
    path.write_text("[retention]\nrejected_days = inf\n")
    with pytest.raises(ConfigError, match=r"retention\.rejected_days: .*finite number"):
        config.load(path, {})


def test_the_longest_times_break_nothing(tmp_path):
    settings = config.Holds(business_days=most(config.Holds, "business_days"))
    names = ("released_hours", "rejected_days", "expired_days")
    retention = config.Retention(**{name: most(config.Retention, name) for name in names})
    folder = tmp_path / "data"
    stage = Stage(f"sqlite:///{folder / 'mailguard.db'}", folder, settings=settings, retention=retention)
    sato = stage.person("sato")
    source = stage.source(stage.person("tanaka", "operator"))
    hold_id = stage.admit(source).hold_id
    stage.decide(hold_id, sato, Choice.REJECT)
    assert (stage.store.holds.expire_due(), stage.store.holds.purge_due()) == (0, 0)
    token = stage.store.sessions.create(sato.id, most(config.Web, "session_hours"))
    assert stage.store.sessions.get(token) is not None
    assert stage.actions(hold_id) == ["hold.rejected", "hold.opened"]
    stage.store.close()
