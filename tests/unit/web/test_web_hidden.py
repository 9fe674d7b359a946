"""What an approver of another client gets of stops, lists of who was reached, reports, contacts and the stop list: nothing."""

from dataclasses import replace

import pytest
from web_world import BASE, INSPECTION, field

from mailguard.model import Finding, Kind
from mailguard.store.watched_mailings import WatchedMail
from mailguard.store.watching import Watched

NUMBER = Finding("phone", Kind.PHONE, ("a.csv",), "1", 1, 1, ("03-****-**00",), (b"p" * 16,), key=b"leaf")
PHONE = replace(INSPECTION, findings=(NUMBER,))


@pytest.fixture
def stranger(world):
    """Of client B, while everything here is of the own company."""
    world.person("client", "委託元 太郎", "approver", organisation="B商会")
    return world.client("client")


def test_stops_of_others_are_not_there(world, stranger):
    hold_id = world.admit()
    stop = world.store.stops.stop_source(world.approver.id, "members", "宛先の取り違え")
    for path in ("/stops", "/holds"):
        text = stranger.get(path).text
        assert "宛先の取り違え" not in text
        assert "members" not in text
    assert stranger.get("/api/stops").json() == {"stops": []}
    assert "members" in world.client("sato").get("/stops").text
    token = {"csrf": field(stranger.get("/stops").text)}
    for action in ("ask", "agree"):
        assert stranger.post(f"/stops/{stop.id}/{action}", data=token | {"reason": "x"}).status_code == 404
    for scope in ({"source": "members"}, {"scope": "campaign", "hold": hold_id}):
        assert stranger.post("/stops/begin", data=token | scope | {"reason": "x"}).status_code == 422
    assert len(world.store.stops.active()) == 1


def test_nothing_is_told_by_the_api(world, stranger):
    hold_id = world.admit(PHONE)
    world.store.watching.count_all([Watched("members", ("x",), WatchedMail.of(PHONE, 1))])
    [mailing] = world.store.watched_mailings.days()
    world.store.stop_list.add(world.approver.id, address="a@example.com")
    asked = world.store.public_contacts
    ref = asked.offers(hold_id)[0].ref
    asked.ask(hold_id, ref, world.approver.id, revision=world.store.holds.get(hold_id).row.revision, reason="公開")
    for path in (
        f"/api/reach?hold={hold_id}",
        f"/api/reach?campaign={hold_id}",
        f"/api/holds/{hold_id}/contacts",
        f"/api/holds/{hold_id}/report",
        f"/api/monitored/{mailing.id}/report",
    ):
        assert stranger.get(path).status_code == 404, path
    assert stranger.get("/api/monitored").json() == {"mailings": []}
    assert stranger.get("/api/public-contacts").json() == {"contacts": []}
    assert hold_id not in stranger.get("/contacts").text
    told = stranger.get("/api/stop-list").json()
    assert (told["entries"], told["files"], told["days"]) == ([], [], [])
    own = world.client("sato")
    assert own.get(f"/api/holds/{hold_id}/contacts").json()["contacts"]
    assert own.get("/api/monitored").json()["mailings"]
    assert own.get("/api/stop-list").json()["entries"]


def test_a_client_adds_no_entry_for_the_mail_of_others(world, stranger):
    body = {"address": "a@example.com"}
    headers = {"X-CSRF-Token": field(stranger.get("/stops").text), "Origin": BASE}
    answer = stranger.post("/api/stop-list", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "stop_list_scope")
    assert world.store.stop_list.entries() == []


def test_a_deputy_has_the_button_of_the_absent_approver(world):
    deputy, hold_id = world.person("kanri", "管理 花子", "administrator"), world.admit(PHONE)
    contacts = world.store.public_contacts
    contacts.ask(hold_id, contacts.offers(hold_id)[0].ref, world.approver.id, revision=1, reason="公開")
    page = world.client("kanri")
    assert "/agree" not in page.get("/contacts").text
    world.store.deputies.add(world.second.id, deputy.id, "2026-11-16", "2026-11-16", "test")
    assert "/agree" in page.get("/contacts").text
    assert "/agree" not in world.client("sato").get("/contacts").text
