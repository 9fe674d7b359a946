"""Campaigns on the page and in the API: one card, one page, one decision on exactly what was shown."""

import re

import pytest
from web_world import field

from mailguard.lifecycle import HoldState


def mailing(world, count=3, **facts):
    return [world.admit(key=b"key %d" % number, evidence=b"leaf %d" % number, **facts) for number in range(count)]


def campaign_of(world):
    (row,) = world.store.campaigns.recent()
    return row.id


def form(client, campaign, **values):
    html = client.get(f"/campaigns/{campaign}").text
    found = {"csrf": field(html), "snapshot": field(html, "snapshot"), "code": "own_data", "room": "received"}
    return found | {"reason": "本人宛てであることを確認した"} | values


def test_a_mailing_of_many_holds_is_one_card_and_one_hold_is_itself(world):
    ids = mailing(world)
    client = world.client("sato")
    html = client.get("/holds").text
    assert f"/campaigns/{campaign_of(world)}" in html
    assert not any(hold_id in html for hold_id in ids)
    assert f"/campaigns/{campaign_of(world)}" in client.get(f"/holds/{ids[0]}").text
    world.clock.on(hours=20)
    alone = world.admit(key=b"alone")
    client = world.client("sato")
    html = client.get("/holds").text
    assert f"/holds/{alone}" in html
    assert "/campaigns/" not in client.get(f"/holds/{alone}").text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_shows_totals_samples_and_all_holds_page_by_page(world, language):
    ids = mailing(world, 60)
    html = world.client("sato", language=language).get(f"/campaigns/{campaign_of(world)}").text
    assert all(hold_id in html for hold_id in (ids[0], ids[30], ids[59], *ids[:50]))
    assert "山〇〇子" in html
    second = world.client("sato").get(f"/campaigns/{campaign_of(world)}?page=2").text
    assert ids[55] in second


@pytest.mark.parametrize(("choice", "state"), [("approve", HoldState.APPROVED), ("reject", HoldState.REJECTED)])
def test_the_snapshot_is_decided(world, choice, state):
    ids = mailing(world)
    campaign, client = campaign_of(world), world.client("sato")
    answer = client.post(f"/campaigns/{campaign}/{choice}", data=form(client, campaign, code=""))
    assert answer.status_code == 303, answer.text
    assert {world.store.holds.get(hold_id).row.state for hold_id in ids} == {state}
    assert client.get(answer.headers["location"]).status_code == 200


def test_a_number_is_a_cap_for_all_and_must_be_there(world):
    ids = mailing(world)
    campaign, client = campaign_of(world), world.client("sato")
    assert client.post(f"/campaigns/{campaign}/approve", data=form(client, campaign, room="up_to")).status_code == 422
    low = form(client, campaign, room="up_to", cap="2")
    assert client.post(f"/campaigns/{campaign}/approve", data=low).status_code == 422
    client.post(f"/campaigns/{campaign}/approve", data=form(client, campaign, room="up_to", cap="９"))
    assert {world.store.holds.get(hold_id).cap for hold_id in ids} == {9}


def test_what_changed_meanwhile_is_said_and_nothing_is_decided(world):
    ids = mailing(world)
    campaign, client = campaign_of(world), world.client("sato")
    old = form(client, campaign)
    mailing(world, 4)
    answer = client.post(f"/campaigns/{campaign}/approve", data=old)
    assert answer.status_code == 409
    assert "新しい保留 1件" in answer.text
    assert {world.store.holds.get(hold_id).row.state for hold_id in ids} == {HoldState.PENDING}


def test_an_operator_takes_all_of_a_mailing_back_in_one_step(world):
    ids = mailing(world)
    campaign, client = campaign_of(world), world.client("tanaka")
    data = form(client, campaign, code="send_again", reason="")
    del data["room"]
    assert client.post(f"/campaigns/{campaign}/withdraw", data=data | {"code": ""}).status_code == 422
    answer = client.post(f"/campaigns/{campaign}/withdraw", data=data)
    assert answer.headers["location"].endswith("?done=withdrawn")
    assert "取り下げました" in client.get(answer.headers["location"]).text
    assert {world.store.holds.get(hold_id).row.state for hold_id in ids} == {HoldState.WITHDRAWN}
    assert client.post(f"/campaigns/{campaign}/withdraw", data=data).status_code == 409
    world.clock.on(hours=20)
    for number in range(3):
        world.admit(key=b"other %d" % number, evidence=b"other %d" % number)
    later = next(row.id for row in world.store.campaigns.recent((HoldState.PENDING,)))
    approver = world.client("sato")
    assert "/withdraw" not in approver.get(f"/campaigns/{later}").text
    refused = approver.post(f"/campaigns/{later}/withdraw", data=form(approver, later, code="send_again"))
    assert refused.status_code == 403
    assert world.store.campaigns.get(later).pending == 3


def test_a_mailing_is_returned_with_a_question_and_answered_in_one_step(world):
    ids = mailing(world)
    campaign, approver, operator = campaign_of(world), world.client("sato"), world.client("tanaka")
    question = form(approver, campaign, code="to_confirm", reason="宛先は合っていますか")
    answer = approver.post(f"/campaigns/{campaign}/return", data=question)
    assert answer.headers["location"].endswith("?done=returned")
    shown = approver.get(answer.headers["location"]).text
    for text in (
        "質問を送りました",
        "宛先は合っていますか",
        "送信担当者の回答を待っています",
        "承認待ちの保留はありません",
    ):
        assert text in shown
    assert "/answer" not in shown
    page = operator.get(f"/campaigns/{campaign}").text
    assert "承認者から質問があります" in page
    data = {"csrf": field(page), "snapshot": field(page, "snapshot"), "reason": "合っています"}
    assert operator.post(f"/campaigns/{campaign}/answer", data=data | {"reason": " "}).status_code == 422
    assert operator.post(f"/campaigns/{campaign}/answer", data=data).headers["location"].endswith("?done=answered")
    assert {world.store.holds.get(hold_id).row.state for hold_id in ids} == {HoldState.PENDING}
    assert operator.post(f"/campaigns/{campaign}/answer", data=data).status_code == 409


def test_a_mailing_is_returned_and_answered_by_the_api(world):
    mailing(world)
    campaign = campaign_of(world)

    def client(person):
        found = world.client()
        found.headers["Authorization"] = f"Bearer {world.store.sessions.create(person.id, 10)}"
        return found

    path = f"/api/campaigns/{campaign}"
    approver, operator = client(world.approver), client(world.operator)
    wish = {
        "snapshot": approver.get(path).json()["snapshot"]["token"],
        "choice": "return",
        "reason": "なぜですか",
        "code": "other",
    }
    asked = approver.post(f"{path}/decision", json=wish).json()
    assert asked["decided"]["states"] == {"returned": 3}
    returned = operator.get(path).json()["returned"]
    assert (returned["holds"], returned["questions"][0]["reason"]) == (3, "なぜですか")
    wish = {"snapshot": returned["token"], "choice": "answer", "reason": "依頼がありました"}
    assert operator.post(f"{path}/decision", json=wish).json()["decided"]["states"] == {"pending": 3}


def test_an_operator_and_a_forged_form_decide_nothing(world):
    mailing(world)
    campaign = campaign_of(world)
    assert "/approve" not in world.client("tanaka").get(f"/campaigns/{campaign}").text
    client = world.client("sato")
    assert client.post(f"/campaigns/{campaign}/approve", data=form(client, campaign, csrf="x")).status_code == 403
    assert world.store.campaigns.get(campaign).pending == 3


def test_nobody_sees_it_without_a_login_and_an_unknown_one_is_not_found(world):
    mailing(world)
    assert world.client().get(f"/campaigns/{campaign_of(world)}").status_code == 303
    assert world.client().get("/api/campaigns").status_code == 401
    assert world.client("sato").get("/campaigns/C-0000000000").status_code == 404
    assert world.client("sato").get("/api/campaigns/C-0000000000").status_code == 404


def test_the_api_lists_shows_and_decides(world):
    ids = mailing(world)
    token = world.store.sessions.create(world.approver.id, 10)
    client = world.client()
    client.headers["Authorization"] = f"Bearer {token}"
    (row,) = client.get("/api/campaigns").json()["campaigns"]
    assert (row["holds"], row["messages"], row["states"]) == (3, 3, {"pending": 3})
    path = f"/api/campaigns/{row['id']}"
    one = client.get(path).json()
    assert one["snapshot"]["holds"] == 3
    assert [hold["id"] for hold in client.get(f"{path}/holds").json()["holds"]] == ids
    body = {"snapshot": one["snapshot"]["token"], "choice": "approve", "code": "own_data", "reason": "確認した"}
    assert client.post(f"{path}/decision", json=body | {"snapshot": "x"}).status_code == 409
    assert client.post(f"{path}/decision", json=body | {"more": 1}).status_code == 422
    done = client.post(f"{path}/decision", json=body).json()
    assert done["decided"] == {"states": {"approved": 3}, "cap": None}
    assert done["states"] == {"approved": 3}
    assert re.fullmatch(r"C-[0-9A-Z]{10}", done["id"])


def test_its_page_stops_the_mailing_and_leads_to_its_record(world):
    ids = mailing(world)
    campaign, client = campaign_of(world), world.client("sato")
    page = client.get(f"/campaigns/{campaign}").text
    for form_ in ("html", "csv"):
        assert f'href="/api/campaigns/{campaign}/record?form={form_}"' in page
    stop = {"csrf": field(page), "scope": "campaign", "hold": field(page, "hold"), "reason": "別のリスト"}
    assert client.post("/stops/begin", data=stop).status_code == 303
    assert world.store.stops.over(ids[2])[0].hold_id == ids[0]
    page = client.get(f"/campaigns/{campaign}").text
    assert ('name="scope" value="campaign"' in page, 'href="/stops"' in page) == (False, True)
    record = client.get(f"/api/campaigns/{campaign}/record?form=csv")
    assert "attachment" in record.headers["content-disposition"]
    assert all(hold_id in record.text for hold_id in ids)
    assert "別のリスト" in record.text
    operator = world.client("tanaka")
    assert "/record" not in operator.get(f"/campaigns/{campaign}").text
    assert operator.get(f"/api/campaigns/{campaign}/record").json()["code"] == "not_auditor"
    assert client.get("/api/campaigns/C-NOBODY/record").status_code == 404
