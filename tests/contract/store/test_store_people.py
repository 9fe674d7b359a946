import pytest
from stage import PASSWORD

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.model import Source, SourceMode
from mailguard.store.register import UNDECLARED

HERE = "192.0.2.1"


def test_a_person_comes_back_as_added(stage):
    person = stage.person("sato")
    assert stage.store.people.get(person.id) == stage.store.people.by_login(" SATO ") == person
    assert stage.store.people.all() == [person]
    assert stage.store.people.by_login("nobody") is None


def test_a_login_belongs_to_one_person(stage):
    stage.person("sato")
    with pytest.raises(ConflictError):
        stage.person("Sato")


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"role": "root"}, "bad_role"), ({"password": "short"}, "password_short"), ({"login": " "}, "login_missing")],
)
def test_an_unusable_person_is_refused(stage, facts, code):
    with pytest.raises(RefusedError) as refused:
        stage.person(**{"login": "sato", **facts})
    assert refused.value.code == code
    assert stage.store.people.all() == []


def test_only_the_right_password_of_an_enabled_person_logs_in(stage):
    person = stage.person("sato", password=PASSWORD)
    people = stage.store.people
    assert people.authenticate("sato", PASSWORD, HERE) == person
    assert people.authenticate("sato", PASSWORD + "x", HERE) is None
    assert people.authenticate("nobody", PASSWORD, HERE) is None
    people.disable("sato", "test")
    assert people.authenticate("sato", PASSWORD, HERE) is None


@pytest.mark.parametrize("login", ["sato", "nobody"])
def test_guessing_is_throttled_for_known_and_unknown_logins(stage, login):
    stage.person("sato", password=PASSWORD)
    for _ in range(5):
        assert stage.store.people.authenticate(login, "wrong", HERE) is None
    with pytest.raises(RefusedError) as refused:
        stage.store.people.authenticate(login, PASSWORD, HERE)
    assert refused.value.code == "throttled"
    stage.clock.forward(minutes=15)
    assert (stage.store.people.authenticate(login, PASSWORD, HERE) is not None) is (login == "sato")


def test_a_session_ends_with_its_time_its_password_or_its_person(stage):
    person = stage.person("sato", password=PASSWORD)
    sessions = stage.store.sessions
    token = sessions.create(person.id, 1)
    assert sessions.get(token).person == person
    assert sessions.get(token).csrf == sessions.get(token).csrf != sessions.get(sessions.create(person.id, 1)).csrf
    assert sessions.get("forged") is None
    stage.clock.forward(hours=1)
    assert sessions.get(token) is None
    token = sessions.create(person.id, 1)
    stage.store.people.choose_password(person.id, PASSWORD, PASSWORD * 2, HERE)
    assert sessions.get(token) is None
    token = sessions.create(person.id, 1)
    sessions.delete(token)
    sessions.delete(token)
    assert sessions.get(token) is None
    token = sessions.create(person.id, 1)
    stage.store.people.disable("sato", "test")
    assert sessions.get(token) is None


def test_changing_an_unknown_person_is_an_error(stage):
    with pytest.raises(NotFoundError):
        stage.store.people.disable("nobody", "test")


def test_a_source_is_recognised_by_login_then_network(stage):
    tanaka = stage.person("tanaka", "operator")
    login = stage.source(tanaka, name="a", logins=("bulk",))
    wide = stage.source(tanaka, name="b", networks=("10.0.0.0/8",))
    narrow = stage.source(tanaka, name="c", networks=("10.1.0.0/16",))
    domain = stage.source(tanaka, name="d", from_domains=("example.co.jp",))
    match = stage.store.sources.match
    assert stage.store.sources.all() == [login, wide, narrow, domain]
    assert match(login="BULK", client="10.1.0.1", from_domains=["example.co.jp"]) == login
    assert match(login=None, client="10.1.0.1", from_domains=["example.co.jp"]) == narrow
    assert match(login="other", client="::ffff:10.2.0.1", from_domains=[]) == wide
    assert match(login=None, client="", from_domains=["example.com"]) == UNDECLARED


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        (SourceMode.FINDINGS, SourceMode.FINDINGS),
        (SourceMode.MONITOR, SourceMode.FINDINGS),
        (SourceMode.EVERY_MAILING, SourceMode.EVERY_MAILING),
        (SourceMode.NO_ATTACHMENTS, SourceMode.NO_ATTACHMENTS),
    ],
)
def test_a_from_domain_excludes_operators_and_declares_nothing(stage, mode, seen):
    tanaka = stage.person("tanaka", "operator")
    stage.source(tanaka, name="d", from_domains=("example.co.jp",), mode=mode)
    found = stage.store.sources.match(login=None, client="192.0.2.1", from_domains=["EXAMPLE.co.jp"])
    assert (found.declared, found.operators, found.mode) == (False, (tanaka.id,), seen)
    assert found.id not in {"", "d"}  # never under an approval of the source it claims to be


def test_several_from_domains_exclude_the_operators_of_all_and_take_the_strictest_mode(stage):
    tanaka, sato = stage.person("tanaka", "operator"), stage.person("sato")
    stage.source(tanaka, name="a+b", from_domains=("a.example",), mode=SourceMode.MONITOR)
    stage.source(sato, tanaka, name="c", from_domains=("b.example",), mode=SourceMode.NO_ATTACHMENTS)
    stage.source(sato, name="d", from_domains=("d.example",), mode=SourceMode.EVERY_MAILING)
    match = stage.store.sources.match
    found = match(login=None, client="", from_domains=["b.example", "a.example"])
    assert (found.declared, set(found.operators)) == (False, {tanaka.id, sato.id})
    assert found.mode is SourceMode.NO_ATTACHMENTS
    assert match(login=None, client="", from_domains=["d.example", "b.example"]).mode is SourceMode.EVERY_MAILING
    assert found == match(login=None, client="", from_domains=["a.example", "b.example"])


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (Source("ski", "again"), ConflictError),
        (Source("b", "b", logins=("BULK",)), ConflictError),
        (Source("b", "b", operators=("P-unknown",)), RefusedError),
        (Source("b", "b", networks=("nonsense",)), RefusedError),
        (Source("", "b"), RefusedError),
        (Source("from:ski", "b"), RefusedError),
    ],
)
def test_an_unusable_source_is_refused(stage, staff, source, error):
    with pytest.raises(error):
        stage.store.sources.add(source, "test")
    assert [known.id for known in stage.store.sources.all()] == ["ski"]
