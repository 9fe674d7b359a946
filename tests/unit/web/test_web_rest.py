"""What waits and why; the late question; the switch of all releases."""

import pytest
from web_world import field

from mailguard import config
from mailguard.lifecycle import HoldState, RecipientState
from mailguard.store.views import Outcome


@pytest.fixture
def late(world):
    """An approved hold that was not sent in time and was asked about."""
    hold = world.admit(messages=2)
    world.approve(hold)
    world.clock.on(hours=13)
    world.store.releases.ask_late(12)
    return hold


def post(client, url, page, **values):
    html = client.get(page).text
    revision = {"revision": field(html, "revision")} if 'name="revision"' in html else {}
    return client.post(url, data={"csrf": field(html), **revision, **values})


def test_an_approver_is_asked_and_answers(world, late):
    client = world.client("sato")
    page = client.get(f"/holds/{late}").text
    assert "遅れて配信しますか" in page
    assert "2通(宛先2件)がまだ送信されていません" in page
    answer = post(client, f"/holds/{late}/late", f"/holds/{late}", reason="今日中なら差し支えない")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/holds/{late}?done=late")
    page = client.get(answer.headers["location"]).text
    assert "遅れて配信します。" in page
    assert "遅れて配信しますか" not in page
    assert "2通が順番を待っています" in page
    assert world.store.releases.claim(lease_seconds=60, late_hours=12) is not None


def test_an_operator_may_only_stop(world, late):
    client = world.client("tanaka")
    page = client.get(f"/holds/{late}").text
    assert "あなたは判断できません" in page
    assert "送信担当者です" in page
    assert f'action="/holds/{late}/late"' not in page
    refused = post(client, f"/holds/{late}/late", f"/holds/{late}", reason="x")
    assert refused.status_code == 403
    stopped = post(client, f"/holds/{late}/stop", f"/holds/{late}", reason="日付が過ぎた")
    assert stopped.headers["location"].endswith("?done=stopped")
    assert world.store.holds.get(late).row.state is HoldState.WITHDRAWN
    page = client.get(f"/holds/{late}").text
    assert "送信の進み具合" in page
    assert "残りの送信を取りやめ" in page
    assert "日付が過ぎた" in page


def test_a_reason_is_needed_and_an_old_page_decides_nothing(world, late):
    client = world.client("sato")
    assert post(client, f"/holds/{late}/late", f"/holds/{late}", reason=" ").status_code == 422
    html = client.get(f"/holds/{late}").text
    values = {"csrf": field(html), "revision": field(html, "revision"), "reason": "よい"}
    post(world.client("suzuki"), f"/holds/{late}/late", f"/holds/{late}", reason="よい")
    answer = client.post(f"/holds/{late}/stop", data=values)
    assert answer.status_code == 409
    assert "鈴木 次郎さんが「遅れて配信」としました" in answer.text


def test_without_its_token_no_form_counts(world, late):
    client = world.client("sato")
    for url in (f"/holds/{late}/late", f"/holds/{late}/stop", "/release/pause", "/release/resume"):
        assert client.post(url, data={"csrf": "x", "revision": 1, "reason": "x"}).status_code == 403
    assert world.store.switch.state() is None


def test_the_hold_says_why_it_waits(world):
    hold = world.admit(messages=2)
    world.approve(hold)
    claim = world.store.releases.claim(lease_seconds=60)
    reply = Outcome(0, RecipientState.WAITING, "451 4.7.1 customer1@example.com: try later")
    world.store.releases.record(claim.token, [reply], world.clock())
    world.store.switch.pause(world.second.id, "中継サーバーの入れ替え")
    client = world.client("sato")
    client._transport._app = world.app(release=config.Release(hours="12:00-20:00", per_minute=30))
    page = client.get(f"/holds/{hold}").text
    assert "鈴木 次郎さんがすべての送信を停止しました" in page
    assert "送信時間外です。11/16 12:00に送信を始めます" in page
    assert "451 4.7.1" in page
    assert "customer1@" not in page
    assert "すべての送信を停止しています" in page
    assert "中継サーバーの入れ替え" in page


def test_pause_and_resume_on_the_page(world):
    client = world.client("sato")
    assert "すべての送信を停止する" in client.get("/release").text
    assert post(client, "/release/pause", "/release", reason="").status_code == 422
    assert post(client, "/release/pause", "/release", reason="確認中").headers["location"] == "/release?done=paused"
    page = client.get("/release").text
    assert "すべての送信を停止しています" in page
    assert "確認中" in page
    assert "すべての送信を停止しています" in client.get("/holds").text
    assert post(client, "/release/pause", "/release", reason="もう一度").status_code == 409
    assert post(client, "/release/resume", "/release").status_code == 303
    assert "すべての送信を停止しています" not in client.get("/holds").text
    assert "佐藤 一郎さんが再開" in client.get("/release").text


@pytest.mark.parametrize("login", ["tanaka", "kansa"])
def test_who_may_not_switch_sees_no_button(world, login):
    client = world.client(login)
    page = client.get("/release").text
    assert 'action="/release/pause"' not in page
    assert "承認者と管理者だけです" in page
    assert post(client, "/release/pause", "/release", reason="x").status_code == 403
    assert world.store.switch.state() is None


def test_the_api_says_and_does_the_same(world, late):
    client = world.client()
    token = client.post("/api/login", json={"login": "sato", "password": "correct horse battery"}).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    assert client.get("/api/release").json()["messages"] == 2
    paused = client.post("/api/release", json={"action": "pause", "reason": "確認中"}).json()
    assert (paused["paused"], paused["pause"]["reason"]) == (True, "確認中")
    assert client.post("/api/release", json={"action": "pause", "reason": "x"}).status_code == 409
    assert client.post("/api/release", json={"action": "resume"}).json()["paused"] is False
    hold = client.get(f"/api/holds/{late}").json()
    assert (hold["rest"]["messages"], hold["rest"]["may_deliver_late"], hold["rest"]["may_stop"]) == (2, True, True)
    body = {"revision": hold["revision"], "choice": "deliver_late", "reason": "よい"}
    after = client.post(f"/api/holds/{late}/rest", json=body).json()
    assert after["rest"]["asked_at"] is None
    assert client.post(f"/api/holds/{late}/rest", json=body).status_code == 409
