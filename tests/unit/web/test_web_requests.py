"""The page and the API of mailings filed in advance."""

import base64
from datetime import timedelta

from web_world import INSPECTION, field

from mailguard.model import Action, Verdict
from mailguard.web.site import local

EML = "Subject: 冬の案内\r\n\r\nこんにちは\r\n".encode()


def fields(world, **more):
    tokyo = world.clock() + timedelta(hours=9)
    begins, ends = (f"{tokyo + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for hours in (1, 9))
    return {
        "source": "members",
        "purpose": "会員部の依頼",
        "recipients": "２,０００",
        "begins": begins,
        "ends": ends,
    } | more


def csrf(client):
    return field(client.get("/requests").text)


def post(client, data, files):
    return client.post("/requests", data=data | {"csrf": csrf(client)}, files=files)


def test_an_operator_files_the_message_and_sees_it(world):
    client = world.client("tanaka")
    answer = post(client, fields(world), {"message": ("m.eml", EML, "message/rfc822")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/requests?done=filed")
    (one,) = world.store.requests.all()
    assert (one.recipients, one.purpose, one.begins_at) == (2000, "会員部の依頼", world.clock() + timedelta(hours=1))
    page = client.get("/requests").text
    assert "会員部の依頼" in page
    assert "内容を検査しています" in page
    due = world.store.requests.next()
    assert due.content == EML


def test_a_message_is_made_of_subject_text_and_files(world):
    client = world.client("tanaka")
    data = fields(world, subject="冬の案内\r\nBcc: x@example.com", text="こんにちは\n")
    answer = post(client, data, {"files": ("会員.csv", "氏名\r\n".encode("cp932"), "text/csv")})
    assert answer.status_code == 303
    content = world.store.requests.next().content
    assert b"\r\nBcc:" not in content
    assert base64.b64encode("氏名\r\n".encode("cp932")) in content


def test_what_is_missing_is_said_and_what_was_typed_stays(world):
    client = world.client("tanaka")
    answer = post(client, fields(world, recipients="たくさん"), {"message": ("m.eml", EML, "message/rfc822")})
    assert answer.status_code == 422
    assert "宛先数を1以上の数で" in answer.text
    assert "会員部の依頼" in answer.text
    assert post(client, fields(world, ends="x"), {"message": ("m.eml", EML, "message/rfc822")}).status_code == 422
    assert post(client, fields(world), {"message": ("m.eml", b"", "message/rfc822")}).status_code == 422
    assert world.store.requests.all() == []


def test_who_operates_nothing_has_no_form_and_files_nothing(world):
    client = world.client("sato")
    assert 'name="purpose"' not in client.get("/requests").text
    answer = post(client, fields(world), {"message": ("m.eml", EML, "message/rfc822")})
    assert answer.status_code == 403


def test_a_form_of_another_site_is_refused(world):
    client = world.client("tanaka")
    answer = client.post("/requests", data=fields(world) | {"csrf": "x"}, files={"message": ("m.eml", EML)})
    assert answer.status_code == 403
    assert world.store.requests.all() == []


def test_who_does_not_claim_to_be_somebody_sends_no_large_body(world):
    large = {"message": ("m.eml", b"x" * 100_000, "message/rfc822")}
    assert world.client().post("/requests", data={}, files=large).status_code == 413
    client = world.client("tanaka")
    assert post(client, fields(world), large).status_code == 303
    assert client.post("/holds/H-0000000000/reject", data={"reason": "x" * 100_000}).status_code == 413


def test_the_hold_says_what_was_asked_and_offers_its_cap(world):
    client = world.client("tanaka")
    post(client, fields(world), {"message": ("m.eml", EML, "message/rfc822")})
    (one,) = world.store.requests.all()
    world.store.requests.next()
    verdict = Verdict(Action.HOLD, ("attachment_findings",), (b"leaf",))
    hold_id = world.store.requests.settle(one.id, INSPECTION, verdict, b"key", b"mailing")
    page = world.client("sato").get(f"/holds/{hold_id}").text
    assert "会員部の依頼" in page
    assert 'value="2000"' in page
    assert "受信中" not in page
    assert "まだ1通も届いていません" in page
    english = world.client("sato", language="en").get(f"/holds/{hold_id}").text
    assert "No message has come yet" in english


def test_by_the_api(world):
    client = world.client("tanaka")
    begins, ends = (world.clock() + timedelta(hours=hours) for hours in (1, 2))
    body = {
        "source": "members", "purpose": "会員部の依頼", "recipients": 20, "begins": begins.isoformat(),
        "ends": ends.isoformat(), "message": base64.b64encode(EML).decode(),
    }  # fmt: skip
    headers = {"X-CSRF-Token": csrf(client)}
    made = client.post("/api/requests", json=body, headers=headers)
    assert made.status_code == 201
    assert (made.json()["hold"], made.json()["state"], made.json()["recipients"]) == (None, None, 20)
    assert client.get(f"/api/requests/{made.json()['id']}").json() == made.json()
    assert client.get("/api/requests").json() == {"requests": [made.json()]}
    for wrong, code in (({"message": "%"}, 422), ({"recipients": 0}, 422), ({"begins": "2026-11-24T10:00"}, 422)):
        assert client.post("/api/requests", json=body | wrong, headers=headers).status_code == code
    assert client.get("/api/requests/R-0000000000").status_code == 404
    assert world.client().get("/api/requests").status_code == 401


def test_a_login_leads_back_to_the_page_that_was_asked_for(world):
    for path in ("/requests", "/stops", "/holds", "/campaigns/C-0123456789"):
        assert local(path) == path
    for path in ("//elsewhere.example", "/campaigns/../x", "https://elsewhere.example/requests"):
        assert local(path) == "/holds"
