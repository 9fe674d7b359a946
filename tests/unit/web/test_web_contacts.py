"""Published contacts on the page and by the API."""

from dataclasses import replace

from web_world import INSPECTION, form

from mailguard.model import Finding, Kind

PHONE = Finding("phone", Kind.PHONE, ("a.csv",), "1", 1, 1, ("03-****-**00",), (b"p" * 16,), key=b"leaf")
FOUND = replace(INSPECTION, findings=(PHONE,), subject_key=b"shop")


def ask(client, hold, **values):
    sent = form(client, hold, ref="0.0", reason="会社のサイト") | values
    return client.post(f"/holds/{hold}/contacts", data=sent)


def test_one_asks_another_agrees_and_a_third_ends_it(world):
    hold, operator, approver = world.admit(FOUND), world.client("tanaka"), world.client("sato")
    assert "公開連絡先として登録" in operator.get(f"/holds/{hold}").text
    answer = ask(operator, hold)
    assert answer.status_code == 303
    page = operator.get(answer.headers["location"]).text
    assert "同意待ち" in page
    assert "03-****-**00" in page
    assert "/agree" not in page
    page = approver.get("/contacts").text
    entry = world.store.public_contacts.all()[0].id
    token = form(approver, hold)["csrf"]
    assert f'action="/contacts/{entry}/agree"' in page
    assert approver.post(f"/contacts/{entry}/agree", data={"csrf": ""}).status_code == 403
    assert approver.post(f"/contacts/{entry}/agree", data={"csrf": token}).status_code == 303
    assert world.store.public_contacts.latest() == {b"p" * 16}
    assert approver.post(f"/contacts/{entry}/end", data={"csrf": token}).status_code == 303
    assert "終了" in approver.get("/contacts").text
    assert world.store.public_contacts.latest() == frozenset()


def test_refusals_are_explained(world):
    hold, approver = world.admit(FOUND), world.client("sato")
    assert ask(approver, hold, reason=" ").status_code == 422
    assert ask(approver, hold, ref="9.9").status_code == 422
    assert ask(approver, hold, revision="7").status_code == 409
    assert ask(approver, hold, csrf="forged").status_code == 403
    ask(approver, hold)
    entry = world.store.public_contacts.all()[0].id
    answer = approver.post(f"/contacts/{entry}/agree", data={"csrf": form(approver, hold)["csrf"]})
    assert answer.status_code == 403
    assert "別の承認者の同意が必要です" in answer.text


def test_who_may_not_ask_sees_no_form(world):
    hold = world.admit(FOUND)
    assert f"/holds/{hold}/contacts" not in world.client("kansa").get(f"/holds/{hold}").text


def test_programs_do_the_same(world):
    hold, first, second = world.admit(FOUND), world.client(), world.client()
    for client, person in ((first, world.approver), (second, world.second)):
        client.headers["Authorization"] = f"Bearer {world.store.sessions.create(person.id, 1)}"
    path = f"/api/holds/{hold}/contacts"
    assert first.get(path).json() == {
        "offers": [{"ref": "0.0", "kind": "phone", "shown": "03-****-**00"}],
        "contacts": [],
    }
    asked = first.post(path, json={"revision": 1, "ref": "0.0", "reason": "site"}).json()["id"]
    assert first.post(f"/api/public-contacts/{asked}/agree").status_code == 403
    assert second.post(f"/api/public-contacts/{asked}/agree").status_code == 200
    (entry,) = first.get("/api/public-contacts").json()["contacts"]
    assert (entry["state"], entry["agreed_by"], entry["hold"]) == ("allowed", "鈴木 次郎", hold)
    assert second.delete(f"/api/public-contacts/{asked}").status_code == 200
    assert first.get("/api/public-contacts").json()["contacts"][0]["state"] == "over"
