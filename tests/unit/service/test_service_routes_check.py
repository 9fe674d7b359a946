"""`mailguard config check` on routes: what is in force, and what nobody could meet. The database is only looked at."""

from datetime import UTC, datetime

import pytest

from mailguard.config import Config, Holds
from mailguard.model import Source
from mailguard.service.checkup import findings
from mailguard.service.clock import now
from mailguard.service.finding import Weight
from mailguard.store import open_store

ROUTES = """
[[route]]
name = "多数"
when = { sources = ["mailer", "gone"] }
[route.then]
from = [{ organisation = "委託元", count = 2 }]
escalate_to = [{ login = "SATO" }, { login = "nobody" }, { role = "auditor", organisation = "委託元" }]
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "routes.toml").write_text(ROUTES, "utf-8")
    return Config(data_dir=tmp_path / "data", holds=Holds(routes=str(tmp_path / "routes.toml")))


def said(config):
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    return [one for one in findings(config, lambda: clock) if one.place.startswith("holds.routes")]


def staffed(config):
    with open_store(config.database_url, config.data_dir, now, holds=Holds()) as store:
        for login, organisation in (("sato", ""), ("kato", "委託元"), ("gone", "委託元")):
            store.people.add(
                login=login, name=login, email="", role="approver", password=None, organisation=organisation, actor="t"
            )
        store.people.disable("gone", "t")
        store.sources.add(Source("mailer", "x"), "t")


def test_nothing_is_said_without_a_file(tmp_path):
    assert said(Config(data_dir=tmp_path)) == []


def test_a_broken_file_is_a_failure(config, tmp_path):
    (tmp_path / "routes.toml").write_text("broken", "utf-8")
    [one] = said(config)
    assert (one.weight, "routes.toml: not valid TOML" in one.fact) == (Weight.FAILED, True)


def test_before_the_first_start_only_the_file_is_read(config):
    [one] = said(config)
    assert one.fact.endswith("routes.toml: 多数")
    assert not config.data_dir.exists()


def test_a_route_that_nobody_could_meet_is_a_warning(config):
    staffed(config)
    before = (config.data_dir / "mailguard.db").read_bytes()
    _, *warnings = said(config)
    assert all(one.weight is Weight.WARNING and 'route "多数"' in one.place for one in warnings)
    facts = [one.fact for one in warnings]
    assert len(facts) == 4
    assert "no sending system is called gone" in facts[0]
    assert "needs 2 of organisation '委託元', 1 are enabled: its holds could only be rejected" in facts[1]
    assert "reaches nobody (nobody)" in facts[2]
    assert "reaches nobody (auditor, 委託元)" in facts[3]
    assert (config.data_dir / "mailguard.db").read_bytes() == before


def test_people_that_cannot_be_read_are_said(config):
    staffed(config)
    (config.data_dir / "mailguard.key").unlink()
    _, warning = said(config)
    assert "not compared with people and sources" in warning.fact
    assert "mailguard.key: missing" in warning.fact
