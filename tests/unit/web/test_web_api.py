import pytest
from web_world import PASSWORD, field

from mailguard.lifecycle import HoldState


@pytest.fixture
def bearer(world):
    def log_in(login):
        client = world.client()
        del client.headers["Origin"]
        answer = client.post("/api/login", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200
        assert not client.cookies
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    return log_in


def decision(**values):
    return {"revision": 1, "choice": "approve", "reason": "確認した", "cap": 1} | values


def revision(world, hold):
    return world.store.holds.get(hold).row.revision


def test_a_program_sees_holds_and_approves(world, bearer):
    hold, client = world.admit(), bearer("sato")
    (row,) = client.get("/api/holds").json()["holds"]
    assert (row["id"], row["persons"], row["households"], row["recipients"], row["messages"]) == (
        hold,
        3719,
        1740,
        1,
        1,
    )
    view = client.get(f"/api/holds/{hold}").json()
    assert view["may_decide"] is True
    assert view["findings"][0]["samples"] == ["山〇〇子", "林〇"]
    assert "digests" not in str(view)
    answer = client.post(f"/api/holds/{hold}/decision", json=decision(revision=view["revision"]))
    assert answer.status_code == 200
    assert answer.json()["state"] == "approved"
    assert client.get(f"/api/holds/{hold}/recipients").json()["recipients"][0]["state"] == "waiting"


@pytest.mark.parametrize("choice", ["approve", "reject"])
def test_an_operator_is_refused_with_a_stable_code(world, bearer, choice):
    hold = world.admit()
    answer = bearer("tanaka").post(
        f"/api/holds/{hold}/decision", json=decision(choice=choice, revision=revision(world, hold))
    )
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "own_source"
    assert answer.json()["text"]
    assert world.store.holds.get(hold).row.state is HoldState.PENDING


def test_who_is_not_logged_in_hears_401(world):
    hold, client = world.admit(), world.client()
    for answer in (
        client.get("/api/holds"),
        client.get(f"/api/holds/{hold}"),
        client.post(f"/api/holds/{hold}/decision", json=decision()),
        client.get("/api/holds", headers={"Authorization": "Bearer forged"}),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "login_needed"


def test_a_wrong_password_is_401_and_many_are_429(world):
    client = world.client()
    body = {"login": "sato", "password": "wrong password"}
    assert [client.post("/api/login", json=body).status_code for _ in range(6)] == [401] * 5 + [429]


def test_a_cookie_needs_the_token_in_a_header(world):
    hold, client = world.admit(), world.client("sato")
    csrf = field(client.get("/holds").text)
    body, path = decision(revision=revision(world, hold)), f"/api/holds/{hold}/decision"
    assert client.post(path, json=body).status_code == 403
    assert client.post(path, json=body, headers={"X-CSRF-Token": "forged"}).status_code == 403
    foreign = {"X-CSRF-Token": csrf, "Origin": "https://evil.example"}
    assert client.post(path, json=body, headers=foreign).json()["code"] == "forged"
    assert client.post(path, json=body, headers={"X-CSRF-Token": csrf}).status_code == 200


def test_a_stale_revision_is_409(world, bearer):
    hold = world.admit()
    stale = revision(world, hold)
    world.approve(hold)
    answer = bearer("suzuki").post(f"/api/holds/{hold}/decision", json=decision(revision=stale, choice="reject"))
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"
    assert "佐藤 一郎" in answer.json()["text"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"reason": ""}, "reason_missing"),
        ({"cap": None}, "cap_missing"),
        ({"cap": 0}, "invalid"),
        ({"cap": -1}, "invalid"),
        ({"cap": 1_000_000_001}, "invalid"),
        ({"cap": 10**30}, "invalid"),
        ({"cap": 10**30, "choice": "reject"}, "invalid"),
        ({"cap": "1"}, "invalid"),
        ({"choice": "release"}, "invalid"),
        ({"revision": "1"}, "invalid"),
        ({"surprise": 1}, "invalid"),
    ],
)
def test_wrong_input_is_422(world, bearer, values, code):
    hold = world.admit(messages=2)
    answer = bearer("sato").post(
        f"/api/holds/{hold}/decision", json=decision(revision=revision(world, hold), cap=2) | values
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert world.store.holds.get(hold).row.state is HoldState.PENDING


def test_a_cap_below_the_recipients_is_422(world, bearer):
    hold = world.admit(messages=2)
    answer = bearer("sato").post(f"/api/holds/{hold}/decision", json=decision(revision=revision(world, hold), cap=1))
    assert (answer.status_code, answer.json()["code"]) == (422, "cap_too_low")


def test_broken_json_and_unknown_holds_are_problem_details(world, bearer):
    client = bearer("sato")
    broken = client.post("/api/holds/H-X/decision", content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 422
    for path in ("/api/holds/H-0000000000", "/api/nothing"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_logout_ends_the_token(world, bearer):
    client = bearer("sato")
    assert client.post("/api/logout").status_code == 200
    assert client.get("/api/holds").status_code == 401


def test_no_api_browser_is_served(world):
    client = world.client("sato")
    assert {client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


def test_the_record_is_for_those_who_may_read_it(world, bearer):
    hold = world.admit()
    page = bearer("kansa").get(f"/api/holds/{hold}/record?form=html")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "本人数" in page.text
    refused = bearer("tanaka").get(f"/api/holds/{hold}/record")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_auditor")
    assert [row.actor for row in world.store.audit.rows(9, 0, hold) if row.action == "hold.exported"] == [
        world.auditor.id
    ]
