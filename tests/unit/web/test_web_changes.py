"""Changes that need consent and deputies, on the page and by the API; what an approver of a client sees."""

import pytest
from web_world import field, form

from mailguard.lifecycle import HoldState
from mailguard.store import orders
from mailguard.store.settings import Content

DAYS = {"first": "2026-11-16", "last": "2026-11-20"}


@pytest.fixture
def kanri(world):
    return world.person("kanri", "管理 花子", "administrator")


def post(client, path, **values):
    return client.post(path, data={"csrf": field(client.get("/deputies").text), **values})


def test_a_deputy_is_asked_for_agreed_to_and_decides(world, kanri):
    asker, other = world.client("sato"), world.client("suzuki")
    waits = post(asker, "/deputies", absent=world.approver.id, deputy=kanri.id, **DAYS)
    assert waits.headers["location"] == "/deputies?done=waits"
    (change,) = world.store.changes.all()
    shown = asker.get("/changes").text
    for text in (
        "代理承認者の追加",
        "佐藤 一郎",
        "管理 花子",
        "2026-11-16 – 2026-11-20",
        "別の承認者の同意が必要",
        "申請を取り下げる",
    ):
        assert text in shown
    assert f"/changes/{change.id}/agree" not in shown
    assert post(asker, f"/changes/{change.id}/agree").status_code == 403
    assert world.store.deputies.current() == []
    assert f"/changes/{change.id}/agree" in other.get("/changes").text
    assert post(other, f"/changes/{change.id}/agree").headers["location"] == "/changes?done=agreed"
    assert post(other, f"/changes/{change.id}/refuse").status_code == 409
    assert "佐藤 一郎(代 管理 花子)" in other.get("/deputies").text

    hold_id = world.admit()
    page = world.client("kanri")
    answer = page.post(
        f"/holds/{hold_id}/approve",
        data=form(page, hold_id, reason="確認した", cap="1", cap_again="1", reason_code="recipient_itself"),
    )
    assert answer.headers["location"].endswith("done=approved"), answer.text
    assert page.get(f"/holds/{hold_id}").text.count("佐藤 一郎(代 管理 花子)") >= 2  # the decision and the record
    english = world.client("suzuki", language="en").get(f"/holds/{hold_id}").text
    assert "管理 花子 (deputy of 佐藤 一郎)" in english


def test_a_form_without_its_token_changes_nothing(world, kanri):
    change = world.store.changes.submit(kanri.id, orders.DisablePerson(world.operator.id))
    page = world.client("sato")
    for path in (f"/changes/{change.id}/agree", f"/changes/{change.id}/refuse", "/deputies"):
        assert page.post(path, data={"csrf": "forged"}).status_code == 403
    assert page.get(f"/changes/{change.id}/agree").headers["location"] == "/changes"
    assert world.store.changes.get(change.id).state == "waiting"


def test_the_pages_are_those_of_the_own_company(world):
    world.person("client", "委託元 太郎", "approver", organisation="A商会")
    for login in ("tanaka", "client"):
        page = world.client(login)
        assert "/changes" not in page.get("/holds").text
        assert page.get("/changes").status_code == page.get("/deputies").status_code == 403
    assert "/changes" in world.client("kansa").get("/holds").text


def test_changes_by_the_api(world, kanri):
    asker, other = world.client("kanri"), world.client("sato")
    for client in (asker, other):
        client.headers["X-CSRF-Token"] = field(client.get("/deputies").text)
    wish = {"kind": "person.role", "fields": {"person_id": world.operator.id, "role": "auditor"}}
    asked = asker.post("/api/changes", json=wish).json()["change"]
    assert asked["facts"][1] == {"name": "role", "before": "operator", "after": "auditor"}
    assert other.get("/api/changes").json()["changes"][0]["id"] == asked["id"]
    refused = asker.post(f"/api/changes/{asked['id']}", json={"choice": "agree"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_consenter")
    assert other.post(f"/api/changes/{asked['id']}", json={"choice": "agree"}).json()["state"] == "agreed"
    assert other.post(f"/api/changes/{asked['id']}", json={"choice": "refuse"}).status_code == 409
    assert world.store.people.get(world.operator.id).role == "auditor"
    for bad in (
        {"kind": "nonsense"},
        {"kind": "person.add", "fields": {}},
        {"kind": "settings.take", "fields": {"content": "{}"}},
    ):
        assert asker.post("/api/changes", json=bad).status_code == 422
    assert other.get("/api/deputies").json() == {"deputies": []}


def test_what_another_organisation_sends_is_not_there(world):
    world.person("client", "委託元 太郎", "approver", organisation="A商会")
    hold_id, page = world.admit(), world.client("client")
    assert hold_id not in page.get("/holds").text
    assert page.get(f"/holds/{hold_id}").status_code == 404
    assert page.get("/api/holds").json() == {"holds": []}
    for path in ("", "/recipients", "/record"):
        assert page.get(f"/api/holds/{hold_id}{path}").status_code == 404
    page.headers["X-CSRF-Token"] = field(page.get("/holds").text)
    decision = {"revision": 1, "choice": "reject", "reason": "x"}
    assert page.post(f"/api/holds/{hold_id}/decision", json=decision).status_code == 404
    assert world.store.holds.get(hold_id).row.state is HoldState.PENDING


def test_settings_that_wait_are_said_on_every_page_of_those_who_may_look(world):
    first, second = (Content(policy, False, {}, {}) for policy in ("all = false\n", "all = true\n"))
    world.store.settings.take_first(first.text)
    page = world.client("suzuki")
    assert "変更した設定が同意を待っています" not in page.get("/holds").text
    change = world.store.changes.submit("config", orders.TakeSettings(second.text))
    for path in ("/holds", "/stops", "/release", "/deputies", "/changes"):
        assert "変更した設定が同意を待っています" in page.get(path).text
    assert "Changed settings wait" in world.client("kansa", language="en").get("/holds").text
    assert "変更した設定" not in world.client("tanaka").get("/holds").text
    world.store.changes.agree(change.id, world.approver.id)
    assert "変更した設定が同意を待っています" not in page.get("/holds").text


def test_whether_settings_wait_is_remembered(world, monkeypatch):
    changes = world.store.changes
    changes._waits.seconds = 1e9
    assert not changes.settings_wait()
    with monkeypatch.context() as unread:
        unread.setattr(type(world.store._database), "read", None)
        assert not changes.settings_wait(), "it asked the database again"
    changes.submit("config", orders.TakeSettings(Content("", False, {}, {}).text))
    assert changes.settings_wait()
