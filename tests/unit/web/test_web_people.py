"""People and sending systems on the page: what administrators ask for waits for consent, and others only read it."""

import re

import pytest
from web_world import field

from mailguard.model import Source, SourceMode


@pytest.fixture
def kanri(world):
    world.person("kanri", "管理 花子", "administrator")
    return world.client("kanri")


def post(client, path, **values):
    return client.post(path, data={"csrf": field(client.get("/people").text), **values})


def agree(world):
    (change,) = [one for one in world.store.changes.all() if one.state == "waiting"]
    return world.store.changes.agree(change.id, world.approver.id)


def source(world, key="shop"):
    return next((one for one in world.store.sources.all() if one.id == key), None)


def test_somebody_new_waits_for_consent_and_the_password_is_shown_once(world, kanri):
    about = {"login": "mori", "name": "森 花子", "email": "mori@example.co.jp", "role": "approver", "language": "en"}
    answer = post(kanri, "/people", **about)
    password = re.search(r"mori のはじめのパスワード: (\S+)", answer.text)[1]
    assert world.store.people.by_login("mori") is None
    assert password not in kanri.get("/people").text
    agree(world)
    person = world.store.people.by_login("mori")
    assert (person.name, person.role, person.language, person.given) == ("森 花子", "approver", "en", True)
    assert world.store.people.authenticate("mori", password, "127.0.0.1") == person


@pytest.mark.parametrize(
    ("form", "sent"), [("role", {"role": "auditor"}), ("organisation", {"organisation": "A商会"}), ("disable", {})]
)
def test_a_person_is_changed_by_consent(world, kanri, form, sent):
    person = world.person("mori", "森 花子", "operator")
    assert post(kanri, f"/people/{person.id}/{form}", **sent).headers["location"] == "/people?done=waits"
    assert world.store.people.get(person.id) == person
    agree(world)
    changed = world.store.people.get(person.id)
    assert (changed.role, changed.organisation, changed.enabled) != (person.role, person.organisation, person.enabled)
    if form == "disable":
        assert "無効" in kanri.get("/people").text
        post(kanri, f"/people/{person.id}/enable")
        agree(world)
        assert world.store.people.get(person.id).enabled


def test_a_login_that_is_taken_is_said_and_what_was_typed_stays(world, kanri):
    answer = post(kanri, "/people", login="sato", name="佐藤 次郎", role="operator")
    assert (answer.status_code, "ログイン名は使われている" in answer.text) == (409, True)
    assert 'value="佐藤 次郎"' in answer.text
    assert "はじめのパスワード" not in answer.text
    assert post(kanri, "/people", login="mori", name=" ", role="operator").status_code == 403
    assert post(kanri, "/people", login="mori", name="森", role="boss").status_code == 403


def test_a_sending_system_is_added_changed_and_removed_by_consent(world, kanri):
    about = {
        "id": "shop",
        "title": "店の案内",
        "mode": "every_mailing",
        "operators": [world.operator.id],
        "networks": "10.1.2.0/24\n10.1.3.0/24",
    }
    assert post(kanri, "/sources", **about).headers["location"] == "/sources?done=waits"
    assert source(world) is None
    agree(world)
    assert source(world) == Source(
        "shop", "店の案内", (world.operator.id,), SourceMode.EVERY_MAILING, networks=("10.1.2.0/24", "10.1.3.0/24")
    )
    page = kanri.get("/sources").text
    assert "店の案内" in page
    assert "10.1.3.0/24" in page
    assert "すべて保留" in page
    post(kanri, "/sources/change", **about | {"title": "店", "mode": "findings", "logins": "shop mailer\n"})
    agree(world)
    assert (source(world).title, source(world).mode, source(world).logins) == (
        "店",
        SourceMode.FINDINGS,
        ("shop mailer",),
    )
    post(kanri, "/sources/remove", source="shop")
    agree(world)
    assert source(world) is None


def test_what_a_sending_system_cannot_be_is_said_and_what_was_typed_stays(world, kanri):
    answer = post(kanri, "/sources", id="shop", title="店の案内", networks="10.1.2")
    assert (answer.status_code, "10.1.2.0/24 のように" in answer.text, 'value="店の案内"' in answer.text) == (
        403,
        True,
        True,
    )
    assert post(kanri, "/sources", id="shop", title="店", mode="pass_all").status_code == 422
    world.store.sources.add(Source("shop", "店", logins=("shop",)), "test")
    answer = post(kanri, "/sources", id="other", title="別", logins="SHOP")
    assert (answer.status_code, "ネットワークの送信システムがある" in answer.text) == (409, True)
    assert world.store.changes.all() == []


@pytest.mark.parametrize("page", ["/people", "/sources"])
def test_others_read_or_see_nothing(world, kanri, page):
    world.person("client", "委託元 太郎", "approver", organisation="A商会")
    for login in ("tanaka", "client"):
        assert world.client(login).get(page).status_code == 403
    reads = world.client("sato").get(page)
    assert (reads.status_code, "<details" in reads.text) == (200, False)
    assert "<form" not in reads.text.split("<main", 1)[1]
    assert "@" not in reads.text.split("<main", 1)[1]
    assert kanri.get(page, headers={"Accept-Language": "en"}).status_code == 200


def test_who_is_no_administrator_and_who_has_no_token_changes_nothing(world, kanri):
    page = world.client("sato")
    about = {"login": "mori", "name": "森", "role": "approver"}
    assert post(page, "/people", **about).status_code == 403
    assert post(page, "/sources", id="shop", title="店").status_code == 403
    for path in ("/people", f"/people/{world.operator.id}/disable", "/sources", "/sources/change", "/sources/remove"):
        assert kanri.post(path, data={"csrf": "forged", **about, "id": "shop", "title": "店"}).status_code == 403
    assert kanri.get(f"/people/{world.operator.id}/disable").headers["location"] == "/people"
    assert kanri.get("/sources/change").headers["location"] == "/sources"
    assert world.store.changes.all() == []
