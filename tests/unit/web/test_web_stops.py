"""Emergency stops on the page and by the API."""

import pytest
from web_world import BASE, field

from mailguard.store.audit import CLI


def post(client, url, page, **values):
    return client.post(url, data={"csrf": field(client.get(page).text), **values})


def test_an_approver_stops_everything_and_two_end_it(world):
    client = world.client("sato")
    assert "緊急停止中のものはありません" in client.get("/stops").text
    assert post(client, "/stops/begin", "/stops", scope="all", reason=" ").status_code == 422
    done = post(client, "/stops/begin", "/stops", scope="all", reason="宛先の取り違え")
    assert (done.status_code, done.headers["location"]) == (303, "/stops?done=stop_begun")
    for page in ("/holds", "/release", "/stops"):
        assert "緊急停止中です" in (text := client.get(page).text)
        assert "宛先の取り違え" in text
    assert post(client, "/stops/begin", "/stops", scope="all", reason="もう一度").status_code == 409
    [stop] = world.store.stops.active()
    assert post(client, f"/stops/{stop.id}/agree", "/stops").status_code == 409
    done = post(client, f"/stops/{stop.id}/ask", "/stops", reason="確認できた")
    assert done.headers["location"] == "/stops?done=stop_asked"
    assert "別の承認者の同意が必要です" in client.get("/stops").text
    assert f"/stops/{stop.id}/agree" not in client.get("/stops").text
    assert post(client, f"/stops/{stop.id}/agree", "/stops").status_code == 403
    assert world.store.stops.active()
    other = world.client("suzuki", language="en")
    assert "asked to go on" in other.get("/stops").text
    assert post(other, f"/stops/{stop.id}/agree", "/stops").headers["location"] == "/stops?done=stop_ended"
    text = client.get("/stops").text
    assert "佐藤 一郎さんと鈴木 次郎さんが再開" in text
    assert "緊急停止中です" not in text


def test_the_form_stops_the_source_that_was_chosen_and_else_everything(world):
    client = world.client("sato")
    assert '<option value="members">' in client.get("/stops").text
    for source, scope in (("members", "source"), ("", "all")):
        assert post(client, "/stops/begin", "/stops", source=source, reason="x").status_code == 303
        assert world.store.stops.active()[0].scope == scope
    assert post(client, "/stops/begin", "/stops", source="nobody", reason="x").status_code == 422


@pytest.mark.parametrize("login", ["tanaka", "kansa"])
def test_who_is_no_approver_sees_it_and_has_no_button(world, login):
    world.store.stops.stop_source(CLI, "members", "宛先の取り違え")
    client = world.client(login)
    text = client.get("/stops").text
    assert "送信システム「会員メール配信」" in text
    assert "<textarea" not in text
    token = field(text)  # of the form that logs out
    answer = client.post("/stops/begin", data={"csrf": token, "scope": "all", "reason": "x"})
    assert answer.status_code == 403
    assert len(world.store.stops.active()) == 1


def test_a_form_without_its_token_stops_nothing(world):
    client = world.client("sato")
    assert client.post("/stops/begin", data={"csrf": "x", "scope": "all", "reason": "x"}).status_code == 403
    assert client.get("/stops/begin").headers["location"] == "/stops"
    assert not world.store.stops.active()


def test_a_mailing_is_stopped_from_its_hold_and_let_through_by_two(world):
    hold = world.admit(messages=2)
    world.approve(hold)
    sato, suzuki, page = world.client("sato"), world.client("suzuki"), f"/holds/{hold}"
    assert "この配信を緊急停止する場合" in sato.get(page).text
    assert post(sato, "/stops/begin", page, scope="campaign", hold=hold, reason="取り違え").status_code == 303
    text = sato.get(page).text
    assert "佐藤 一郎さんが緊急停止しました(送信システム「会員メール配信」の1つの配信)" in text
    assert "この配信を緊急停止する場合" not in text
    assert post(sato, f"/stops/holds/{hold}/ask", page, reason=" ").status_code == 422
    done = post(sato, f"/stops/holds/{hold}/ask", page, reason="おわび")
    assert done.headers["location"] == f"{page}?done=let_asked"
    assert post(sato, f"/stops/holds/{hold}/agree", page).status_code == 403
    assert world.store.releases.claim(lease_seconds=60) is None
    assert "停止中の送信に同意する" in suzuki.get(page).text
    assert post(suzuki, f"/stops/holds/{hold}/agree", page).headers["location"] == f"{page}?done=let_through"
    text = suzuki.get(page).text
    assert "同意しました。この保留は送信されます" in text
    assert "2通が順番を待っています" in text
    assert world.store.releases.claim(lease_seconds=60) is not None


def test_the_api_does_the_same(world):
    sato, suzuki, operator = (world.client(login) for login in ("sato", "suzuki", "tanaka"))

    def call(client, path, **body):
        token = world.store.sessions.get(client.cookies["session"]).csrf
        return client.post(path, json=body, headers={"X-CSRF-Token": token, "Origin": BASE})

    hold = world.admit()
    world.approve(hold)
    assert call(operator, "/api/stops", scope="all", reason="x").json()["code"] == "not_stopper"
    assert call(sato, "/api/stops", scope="source", source="nobody", reason="x").status_code == 404
    stop = call(sato, "/api/stops", scope="source", source="members", reason="取り違え").json()
    assert (stop["scope"], stop["source"], stop["by"], stop["ended_at"]) == ("source", "members", "佐藤 一郎", None)
    assert sato.get(f"/api/holds/{hold}").json()["stops"] == [stop["id"]]
    assert call(sato, f"/api/holds/{hold}/let-through", action="ask", reason="おわび").status_code == 200
    assert call(sato, f"/api/holds/{hold}/let-through", action="agree").status_code == 403
    let = call(suzuki, f"/api/holds/{hold}/let-through", action="agree").json()["stops"]
    assert let == [{"stop": stop["id"], "asked_by": "佐藤 一郎", "agreed_by": "鈴木 次郎", "reason": "おわび"}]
    assert sato.get(f"/api/holds/{hold}").json()["stops"] == []
    path = f"/api/stops/{stop['id']}/end"
    assert call(sato, path, action="agree").status_code == 409
    assert call(sato, path, action="ask", reason="確認した").json()["end_asked_by"] == "佐藤 一郎"
    assert call(sato, path, action="agree").json()["code"] == "stop_asked"
    assert call(suzuki, path, action="agree").json()["ended_by"] == "鈴木 次郎"
    assert [one["id"] for one in operator.get("/api/stops").json()["stops"]] == [stop["id"]]


def test_who_was_reached_is_taken_from_the_hold_and_by_the_api(world):
    hold = world.admit(messages=2)
    world.approve(hold)
    sato = world.client("sato")
    assert f"/api/reach?hold={hold}&amp;form=csv" in sato.get(f"/holds/{hold}").text
    answer = sato.get("/api/reach", params={"hold": hold, "form": "csv"})
    assert answer.headers["content-disposition"].endswith('"mailguard-reached.csv"')
    assert "未送信(待ち),2" in answer.text
    assert "customer1@" not in answer.text
    token = world.store.sessions.get(sato.cookies["session"]).csrf
    head = {"X-CSRF-Token": token, "Origin": BASE}
    assert sato.post("/api/reach", json={"campaign": hold, "reason": "x"}).status_code == 403  # without its token
    assert sato.post("/api/reach", json={"campaign": hold}, headers=head).json()["code"] == "reach_reason_missing"
    shown = sato.post("/api/reach", json={"campaign": hold, "reason": "報告"}, headers=head).json()
    assert (shown["counts"], shown["total"], shown["masked"]) == ({"waiting": 2}, 2, 0)
    assert shown["recipients"][0]["address"] == "customer1@example.com"
    assert world.client("tanaka").get("/api/reach", params={"hold": hold}).status_code == 403
    assert sato.get("/api/reach", params={"hold": "H-NOBODY"}).status_code == 404


def test_an_approver_of_a_client_stops_no_mail_of_others_and_reads_no_reason(world):
    world.person("client", "顧客 花子", "approver", organisation="B商会")
    client = world.client("client")
    page = client.get("/stops").text
    assert ('action="/stops/begin"' in page, "refused" in page) == (False, False)
    world.store.stops.stop_all(world.approver.id, "A商会のリストの誤り")
    for url in ("/stops", "/holds"):
        page = client.get(url).text
        assert "緊急停止中" in page
        assert not any(word in page for word in ("A商会", "佐藤 一郎"))
    [stop] = client.get("/api/stops").json()["stops"]
    assert (stop["scope"], stop["reason"], stop["by"]) == ("all", None, None)
    answer = client.post(
        f"/api/stops/{stop['id']}/end", json={"action": "ask", "reason": "x"}, headers=csrf(world, client)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "stop_all_own")
    answer = client.post("/api/stops", json={"scope": "all", "reason": "x"}, headers=csrf(world, client))
    assert (answer.status_code, answer.json()["code"]) == (403, "stop_all_own")
    hidden = client.post(
        "/api/stops", json={"scope": "source", "source": "members", "reason": "x"}, headers=csrf(world, client)
    )
    assert hidden.status_code == 404


def csrf(world, client):
    token = client.cookies.get("session")
    return {"X-CSRF-Token": world.store.sessions.get(token).csrf}
