import pytest
from web_world import PASSWORD


@pytest.fixture
def bearer(world):
    def log_in(login):
        client = world.client()
        del client.headers["Origin"]
        answer = client.post("/api/login", json={"login": login, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    return log_in


def test_the_stop_list_by_the_api(world, bearer):
    operator, approver = bearer("tanaka"), bearer("sato")
    body = {"address": "taro@example.jp", "sources": ["!invoices"], "reason": "電話で申し出"}
    added = operator.post("/api/stop-list", json=body).json()
    assert (added["shown"], added["sources"], added["reason"]) == ("t***@e***.jp", ["!invoices"], "電話で申し出")
    view = approver.get("/api/stop-list").json()
    assert [entry["id"] for entry in view["entries"]] == [added["id"]]
    assert "taro" not in str(view)
    for broken, status, code in (({"address": "taro"}, 403, "stop_list_bad"), ({"adress": "x"}, 422, "invalid")):
        answer = operator.post("/api/stop-list", json=broken)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    refused = operator.delete(f"/api/stop-list/{added['id']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_stop_list_remove")
    change = approver.delete(f"/api/stop-list/{added['id']}").json()["change"]
    assert len(approver.get("/api/stop-list").json()["entries"]) == 1  # until somebody else consents
    world.store.changes.agree(change, world.second.id)
    assert approver.delete(f"/api/stop-list/{added['id']}").status_code == 404
    assert approver.post("/api/stop-list/spared", json={"address": "taro@example.jp"}).json() == {"messages": []}
    assert world.client().get("/api/stop-list").status_code == 401
