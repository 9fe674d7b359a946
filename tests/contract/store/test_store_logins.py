"""SMTP logins: names sealed, guessing throttled, every change seen."""

import threading

import pytest

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.store.throttle import FAILURES, WINDOW

PASSWORD = "correct horse battery"
HERE = "192.0.2.1"


@pytest.fixture
def logins(stage):
    stage.store.logins.add("Mailer", PASSWORD, actor="cli")
    return stage.store.logins


def test_a_login_is_verified_by_its_password(stage, logins):
    assert logins.verify("mailer", PASSWORD, HERE)
    assert not logins.verify("mailer", PASSWORD + "!", HERE)
    assert not logins.verify("somebody", PASSWORD, HERE)
    login = logins.all()[0]
    assert (login.name, login.enabled) == ("Mailer", True)
    actions = [row.action for row in stage.store.audit.rows(10, 0, login.id)]
    assert actions == ["smtp_login.refused", "smtp_login.accepted", "smtp_login.added"]


def test_every_change_is_seen_and_a_disabled_login_is_none(logins):
    first = logins.stamp("MAILER")
    logins.set_password("mailer", "another long password", actor="cli")
    second = logins.stamp("mailer")
    assert first != second
    assert not logins.verify("mailer", PASSWORD, HERE)
    logins.disable("mailer", actor="cli")
    assert logins.stamp("mailer") is None
    assert logins.stamp("somebody") is None
    assert not logins.verify("mailer", "another long password", HERE)
    logins.set_password("mailer", PASSWORD, actor="cli")
    assert logins.verify("mailer", PASSWORD, HERE)
    assert logins.stamp("mailer") not in {first, second, None}


def test_guessing_is_throttled_and_leaves_the_page_alone(stage, logins):
    stage.person("mailer")
    for _ in range(FAILURES):
        assert not logins.verify("mailer", "wrong", HERE)
    with pytest.raises(RefusedError) as caught:
        logins.verify("mailer", PASSWORD, HERE)
    assert caught.value.code == "throttled"
    stage.store.people.authenticate("mailer", "wrong", HERE)  # another door, another count
    stage.clock.forward(seconds=WINDOW.total_seconds() + 1)
    assert logins.verify("mailer", PASSWORD, HERE)


def test_a_success_takes_the_failures_back(logins):
    for _ in range(2):
        for _ in range(FAILURES - 1):
            assert not logins.verify("mailer", "wrong", HERE)
        assert logins.verify("mailer", PASSWORD, HERE)


def test_the_name_is_not_in_the_database(stage, logins):
    from sqlalchemy import select

    from mailguard.store.schema import logins as table

    with stage.store._database.read() as tx:
        row = tx.execute(select(table)).one()
    assert b"ailer" not in row.sealed + row.login_key
    assert row.password.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), ("a\nb", PASSWORD), ("x" * 256, PASSWORD), ("a", "short")]
)
def test_what_cannot_be_a_login_is_refused(logins, name, password):
    with pytest.raises(RefusedError):
        logins.add(name, password, actor="cli")


def test_names_are_taken_once_and_must_be_known(logins):
    with pytest.raises(ConflictError):
        logins.add(" mailer ", PASSWORD, actor="cli")
    with pytest.raises(NotFoundError):
        logins.disable("nobody", actor="cli")


def test_parallel_guesses_cannot_slip_through(logins):
    answers = []

    def guess():
        try:
            answers.append(logins.verify("mailer", "wrong", HERE))
        except RefusedError:
            answers.append(None)

    threads = [threading.Thread(target=guess) for _ in range(FAILURES + 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(False) <= FAILURES
