import pytest
from web_world import BASE, PASSWORD, field, log_in


def test_nobody_sees_a_hold_without_login(world):
    hold = world.admit()
    client = world.client()
    for path in ("/holds", f"/holds/{hold}"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/login?next={path}"


def test_login_leads_back_to_the_page_that_was_asked_for(world):
    hold = world.admit()
    answer = log_in(world.client(), "sato", next=f"/holds/{hold}")
    assert answer.headers["location"] == f"/holds/{hold}"


@pytest.mark.parametrize(
    "goal", ["https://evil.example/", "//evil.example", "/\\evil.example", "/holds\\@evil", "javascript:x"]
)
def test_login_never_leads_to_another_site(world, goal):
    assert log_in(world.client(), "sato", next=goal).headers["location"] == "/holds"


@pytest.mark.parametrize(("login", "password"), [("sato", "wrong password"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_login_sound_the_same(world, login, password):
    answer = log_in(world.client(), login, password)
    assert answer.status_code == 401
    assert "ログイン名またはパスワードが違います" in answer.text


def test_a_disabled_person_cannot_log_in_and_is_logged_out(world):
    client = world.client("sato")
    world.store.people.disable("sato", world.second.id)
    assert client.get("/holds").status_code == 303
    assert log_in(world.client(), "sato").status_code == 401


def test_many_failures_are_throttled_with_a_remedy(world):
    client = world.client()
    for _ in range(5):
        log_in(client, "sato", "wrong password")
    answer = log_in(client, "sato")
    assert answer.status_code == 429
    assert "15分ほど待って" in answer.text


@pytest.mark.parametrize("way", ["page", "api"])
def test_failures_lock_the_network_they_come_from_and_not_the_person(world, way):
    def tried(address, password):
        client = world.client(address=address)
        if way == "page":
            return log_in(client, "sato", password).status_code
        return client.post("/api/login", json={"login": "sato", "password": password}).status_code

    for _ in range(5):
        assert tried("198.51.100.7", "wrong password") == 401
    assert tried("198.51.100.8", PASSWORD) == 429
    assert tried("192.0.2.1", PASSWORD) == (303 if way == "page" else 200)


def test_the_session_is_new_at_login_and_the_old_one_ends(world):
    client = world.client("sato")
    old = client.cookies["session"]
    log_in(client, "suzuki")
    assert client.cookies["session"] != old
    assert world.store.sessions.get(old) is None


def test_a_planted_session_cookie_is_never_taken_over(world):
    client = world.client()
    client.cookies.set("session", "planted")
    log_in(client, "sato")
    values = {cookie.value for cookie in client.cookies.jar if cookie.name == "session"}
    assert world.store.sessions.get("planted") is None
    assert len(values - {"planted"}) == 1


def test_the_cookie_by_tls_is_secure_and_bound_to_the_host(world):
    base = "https://guard.example.co.jp"
    answer = log_in(world.client(base=base, url=base), "sato")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-session="))
    for attribute in ("HttpOnly", "SameSite=strict", "Secure", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"]


def test_login_without_its_form_token_is_refused(world):
    client = world.client()
    client.get("/login")
    for token in ("", "forged"):
        answer = client.post("/login", data={"login": "sato", "password": PASSWORD, "csrf": token})
        assert answer.status_code == 403
        assert "session" not in client.cookies


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8081", ""])
def test_login_from_another_origin_is_refused(world, origin):
    client = world.client()
    form = {"login": "sato", "password": PASSWORD, "csrf": field(client.get("/login").text)}
    assert client.post("/login", data=form, headers={"Origin": origin}).status_code == 403
    assert client.post("/login", data=form, headers={"Origin": BASE}).status_code == 303


def test_logout_ends_the_session_in_the_store(world):
    client = world.client("sato")
    token = client.cookies["session"]
    assert client.get("/logout").status_code == 405
    assert client.post("/logout", data={"csrf": "forged"}).status_code == 403
    assert world.store.sessions.get(token)
    answer = client.post("/logout", data={"csrf": field(client.get("/holds").text)})
    assert answer.headers["location"] == "/login?out=1"
    assert world.store.sessions.get(token) is None
    assert "ログアウトしました" in client.get("/login?out=1").text


def test_a_session_ends_by_time(world):
    client = world.client("sato")
    world.clock.on(hours=11)
    assert client.get("/holds").status_code == 303


def test_a_link_from_webmail_takes_one_step_from_our_own_page(world):
    hold = world.admit()
    client = world.client()
    answer = client.get(f"/holds/{hold}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert f'content="0;url=/holds/{hold}"' in answer.text
    assert "会員メール配信" not in answer.text


@pytest.mark.parametrize(
    ("accept", "word"),
    [
        ("ja", "ログイン名"),
        ("en-US,en;q=0.9", "Login name"),
        ("fr", "ログイン名"),
        ("en;q=0.3, ja;q=0.8", "ログイン名"),
        ("en;q=x", "ログイン名"),
    ],
)
def test_language_by_the_browser(world, accept, word):
    assert word in world.client(language=accept).get("/login").text


def test_language_by_the_person_and_by_choice(world):
    world.person("smith", "Ann Smith", "approver", language="en")
    client = world.client("smith")
    assert "No hold is pending." in client.get("/holds").text
    assert client.get("/language/ja?back=//evil.example").headers["location"] == "/holds"
    assert "承認待ちの保留はありません。" in client.get("/holds").text
