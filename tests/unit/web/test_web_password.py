"""The own password, on the page and by the API; a given one opens nothing else."""

from web_world import PASSWORD, field, log_in

from mailguard.store import orders
from mailguard.store.passwords import hashed

GIVEN, OWN = "made at the machine", "chosen by the person"


def given(world):
    """Suzuki has a password that somebody else made."""
    change = world.store.changes.submit("cli", orders.GivePassword(world.second.id, hashed(GIVEN)))
    world.store.changes.agree(change.id, world.approver.id)


def post(page, **values):
    return page.post("/password", data={"csrf": field(page.get("/password").text), **values})


def test_a_person_changes_the_own_password_and_stays_logged_in_here(world):
    page, other = world.client("sato"), world.client("sato")
    assert "パスワードの変更" in page.get("/holds").text
    for values, code, text in (
        ({"old": "guess", "new": OWN, "again": OWN}, 403, "いまのパスワードが違います"),
        ({"old": PASSWORD, "new": OWN, "again": OWN + "x"}, 403, "2回で違います"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, 403, "短すぎます"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, 403, "いまと違う"),
    ):
        answer = post(page, **values)
        assert (answer.status_code, text in answer.text) == (code, True)
    assert page.post("/password", data={"old": PASSWORD, "new": OWN, "again": OWN, "csrf": "x"}).status_code == 403
    answer = post(page, old=PASSWORD, new=OWN, again=OWN)
    assert answer.headers["location"] == "/password?done=1"
    assert "パスワードを変更しました" in page.get("/password?done=1").text
    assert other.get("/holds").status_code == 303
    assert log_in(world.client(), "sato", OWN).headers["location"] == "/holds"


def test_a_given_password_opens_nothing_but_the_page_where_another_is_chosen(world):
    given(world)
    hold, page = world.admit(), world.client()
    assert log_in(page, "suzuki", GIVEN).status_code == 303
    for path in ("/holds", f"/holds/{hold}", "/changes", "/stops"):
        assert page.get(path).headers["location"] == "/password"
    assert page.post("/changes/C-1/agree", data={}).headers["location"] == "/password"
    assert "ほかの人が決めたパスワード" in page.get("/password").text
    assert post(page, old=GIVEN, new=OWN, again=OWN).headers["location"] == "/holds"
    assert page.get(f"/holds/{hold}").status_code == 200
    assert log_in(world.client(), "suzuki", GIVEN).status_code == 401


def test_the_same_by_the_api(world):
    given(world)
    api = world.client()
    token = api.post("/api/login", json={"login": "suzuki", "password": GIVEN}).json()["token"]
    api.headers["Authorization"] = f"Bearer {token}"
    refused = api.get("/api/holds")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_given")
    refused = api.post("/api/password", json={"old": "guess", "new": OWN})
    assert (refused.status_code, refused.json()["code"]) == (403, "password_wrong")
    token = api.post("/api/password", json={"old": GIVEN, "new": OWN}).json()["token"]
    assert api.get("/api/holds").status_code == 401
    api.headers["Authorization"] = f"Bearer {token}"
    assert api.get("/api/holds").status_code == 200


def test_who_was_given_a_password_can_log_out(world):
    given(world)
    page = world.client()
    log_in(page, "suzuki", GIVEN)
    answer = page.post("/logout", data={"csrf": field(page.get("/password").text)})
    assert answer.headers["location"] == "/login?out=1"


def test_nobody_hands_in_a_hash_by_the_api(world):
    kanri = world.client(world.person("kanri", "管理 花子", "administrator").login)
    kanri.headers["X-CSRF-Token"] = field(kanri.get("/deputies").text)
    wish = {"kind": "person.password", "fields": {"person_id": world.second.id, "secret": hashed(GIVEN)}}
    assert kanri.post("/api/changes", json=wish).status_code == 422


def test_a_change_of_a_password_says_what_it_is(world):
    world.store.changes.submit("cli", orders.GivePassword(world.second.id, hashed(GIVEN)))
    shown = world.client("sato").get("/changes").text
    for text in ("パスワードの再設定", "鈴木 次郎", "一度限りのもの", "コマンド"):
        assert text in shown
    assert "argon2" not in shown
