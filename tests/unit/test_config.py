"""Configuration: every bad file fails for the stated reason, and the printed example is the defaults."""

from pathlib import Path

import pytest

from mailguard import config
from mailguard.errors import ConfigError

BAD = sorted((Path(__file__).parents[1] / "spec" / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_is_refused_with_place_fact_and_remedy(path):
    expected = path.read_text().splitlines()[0].removeprefix("# expect: ")
    with pytest.raises(ConfigError) as refused:
        config.load(path, {})
    text = str(refused.value)
    assert text.startswith(str(path))
    assert expected in text
    assert "Remove it" in text or "Correct" in text
    assert "Value error" not in text


def test_there_are_bad_files():
    assert len(BAD) >= 12


def test_the_example_is_the_defaults(tmp_path):
    path = tmp_path / "mailguard.toml"
    path.write_text(config.example())
    assert config.load(path, {}) == config.load(None, {})


def test_every_field_of_the_example_is_described():
    for field in config.Config.model_fields.values():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, config.Section):
            assert section.__doc__
            assert all(inner.description for inner in section.model_fields.values()), section
        else:
            assert field.description


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file\. Make one with `mailguard config example"):
        config.load(tmp_path / "none.toml", {})


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    path = tmp_path / "mailguard.toml"
    path.write_text('[relay]\nhost = "file"\nport = 26\n')
    monkeypatch.setenv("MAILGUARD_RELAY__HOST", "environment")
    loaded = config.load(path)
    assert (loaded.relay.host, loaded.relay.port) == ("environment", 26)


def test_an_unknown_variable_is_refused():
    with pytest.raises(ConfigError, match="MAILGUARD_RELAY__HOTS is not a setting"):
        config.load(None, {"MAILGUARD_RELAY__HOTS": "x"})


def test_the_database_lies_in_the_data_directory_unless_named(tmp_path):
    assert config.load(None, {}).database_url == "sqlite:///var/mailguard.db"
    path = tmp_path / "c.toml"
    path.write_text('[store]\nurl = "postgresql+psycopg://x"\n')
    assert config.load(path, {}).database_url == "postgresql+psycopg://x"


def test_a_secret_may_stand_in_a_file(tmp_path):
    secret = tmp_path / "relay"
    secret.write_text("made up\n")
    loaded = _relay_login(tmp_path, {"MAILGUARD_RELAY__PASSWORD_FILE": str(secret)})
    assert loaded.relay.password.get_secret_value() == "made up"
    assert "made up" not in repr(loaded)


def _relay_login(tmp_path, environ):
    path = tmp_path / "mailguard.toml"
    path.write_text('[relay]\nusername = "mailguard"\n')
    return config.load(path, environ)


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"MAILGUARD_RELAY__PASSWORD_FILE: .*none cannot be read"):
        _relay_login(tmp_path, {"MAILGUARD_RELAY__PASSWORD_FILE": str(tmp_path / "none")})


def test_a_secret_is_not_named_twice(tmp_path):
    environ = {"MAILGUARD_RELAY__PASSWORD_FILE": "x", "MAILGUARD_RELAY__PASSWORD": "y"}
    with pytest.raises(ConfigError, match="are both set"):
        _relay_login(tmp_path, environ)


def test_a_file_for_what_is_no_setting_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="MAILGUARD_RELAY__PASSWROD_FILE is not a setting"):
        _relay_login(tmp_path, {"MAILGUARD_RELAY__PASSWROD_FILE": "x"})


@pytest.mark.parametrize(
    ("text", "minutes"), [("08:00-20:00", (480, 1200)), ("00:00–24:00", (0, 1440)), ("", None), ("24:00-25:00", None)]
)
def test_release_hours_are_minutes_of_the_day(text, minutes):
    assert config.hours(text) == minutes
