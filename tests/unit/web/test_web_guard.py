import asyncio
import logging

import pytest

from mailguard.errors import StoreError


@pytest.mark.parametrize("path", ["/login", "/holds", "/nothing", "/api/holds", "/static/style.css", "/static/nothing"])
def test_every_answer_carries_the_security_headers(world, path):
    headers = world.client().get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")


def test_no_page_needs_what_the_policy_forbids(world):
    hold = world.admit(messages=2)
    world.approve(hold)
    client = world.client("sato")
    for path in ("/login", "/holds", f"/holds/{hold}", f"/holds/{world.admit(key=b'two', evidence=b'e')}"):
        page = client.get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count("<script src=")


@pytest.mark.parametrize("path", ["/login", "/api/login"])
def test_a_large_body_is_refused_before_it_is_read(world, path):
    client = world.client()
    assert client.post(path, content=b"x" * 70_000).status_code == 413
    endless = (b"x" * 1_000 for _ in range(70))
    assert client.post(path, content=endless).status_code == 413


def test_a_body_that_never_ends_is_given_up(world, monkeypatch):
    from mailguard.web import guard

    monkeypatch.setattr(guard, "BODY_SECONDS", 0.01)

    async def receive():
        await asyncio.sleep(10)

    assert asyncio.run(guard._body(receive, large=False))[0] == 408


@pytest.mark.parametrize(("path", "kind"), [("/holds", "text/html"), ("/api/holds", "application/problem+json")])
def test_a_store_that_is_away_is_503_in_plain_words(world, monkeypatch, path, kind):
    client = world.client("sato")

    def away(*args, **more):
        raise StoreError("database is locked")

    monkeypatch.setattr(type(world.store.campaigns if path == "/holds" else world.store.holds), "recent", away)
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith(kind)
    assert "いま保存先に接続できません" in answer.text
    assert "locked" not in answer.text


@pytest.mark.parametrize("path", ["/holds", "/api/holds"])
def test_a_bug_is_500_with_a_number_and_without_a_traceback(world, monkeypatch, caplog, path):
    client = world.client("sato")

    def bug(*args, **more):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(world.store.campaigns if path == "/holds" else world.store.holds), "recent", bug)
    monkeypatch.setattr(logging.getLogger("mailguard"), "propagate", True)
    answer = client.get(path)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    error_id = caplog.records[-1].getMessage().partition("id=")[2]
    assert error_id in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_unknown_pages_and_holds_are_404_with_a_remedy(world):
    client = world.client("sato")
    for path in ("/nothing", "/holds/H-0000000000", "/holds/%3Cscript%3E"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "保留の一覧へ" in answer.text


def test_a_form_with_garbage_is_422(world):
    hold, client = world.admit(), world.client("sato")
    assert client.post(f"/holds/{hold}/approve", data={"revision": "one"}).status_code == 422


def test_no_person_stands_in_a_url(world):
    import re

    hold = world.admit(messages=2)
    world.approve(hold)
    page = world.client("sato").get(f"/holds/{hold}").text
    for url in re.findall(r'(?:href|action|src|data-url)="([^"]*)"', page):
        assert re.fullmatch(
            r"#\w+|/static/[\w.]+|/logout|/password|/contacts|/changes|/people|/sources|/deputies|/requests|/campaigns/\w-[0-9A-Z]+|/stops(/begin)?|/release(/pause|/resume)?|/holds(/H-[0-9A-Z]+(/late|/stop|/report|/parts/\d+)?)?(\?page=\d+)?(#\w+)?|/api/holds/H-[0-9A-Z]+/record\?form=html|/api/reach\?(hold|campaign)=H-[0-9A-Z]+&amp;form=csv|/language/\w+\?back=[\w/-]+",
            url,
        )


def test_half_a_form_is_no_form():
    from mailguard.web import guard

    messages = [
        {"type": "http.request", "body": b"revision=1&reason=o", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return messages.pop(0)

    assert asyncio.run(guard._body(receive, large=False))[0] == 400
