"""What is only monitored on the list, and a false positive on the form."""

from dataclasses import dataclass, field

import pytest
from web_world import PASSWORD, form
from web_world import field as value

from mailguard.config import Web
from mailguard.routes import Routes
from mailguard.store.watched_mailings import WatchedMail
from mailguard.store.watching import Watched
from mailguard.web import create_app


def monitoring(world):
    @dataclass
    class Monitoring:
        monitor: bool = True
        routes: Routes = field(default_factory=Routes)

    world.app = lambda **web: create_app(world.store, config=Web(**web), clock=world.clock, policy=Monitoring)
    return world


def test_nothing_is_said_where_nothing_is_monitored(world):
    page = world.client("sato").get("/holds").text
    assert "監視のみ" not in page


@pytest.mark.parametrize(
    ("language", "banner", "today"),
    [("ja", "監視のみで動作中です。", "本日 2通"), ("en", "Monitor-only: nothing is held.", "2 messages today")],
)
def test_the_list_says_that_monitoring_is_on_and_how_many_would_have_been_held(world, language, banner, today):
    world.store.watching.count_all([Watched("members", ("attachment_findings",)), Watched("", ("body_persons",))])
    page = monitoring(world).client("sato", language=language).get("/holds").text
    assert banner in page
    assert today in page
    assert "会員メール配信" in page


def test_a_source_that_is_only_monitored_is_counted_without_the_banner(world):
    world.store.watching.count_all([Watched("members", ("attachment_findings",))])
    world.clock.on(days=1)
    page = world.client("sato").get("/holds").text
    assert "監視のみで動作中" not in page
    assert "本日 0通" in page
    assert "2026-11-16" in page
    world.clock.on(days=14)
    assert "監視のみ" not in world.client("sato").get("/holds").text


def test_a_false_positive_is_offered_kept_by_rule_and_shown_next_time(world):
    hold, client = world.admit(), world.client("sato")
    assert "誤検知" in client.get(f"/holds/{hold}").text
    values = form(client, hold, reason="商品名だけ", cap="1", cap_again="1", false_positive="yes")
    assert client.post(f"/holds/{hold}/approve", data=values).status_code == 303
    assert {counted.rule: counted.holds for counted in world.store.false_positives.by_rule()} == {
        "table_email": 1, "table_name": 1, "table_phone": 1,
    }  # fmt: skip
    other = world.admit(key=b"two")
    assert "table_phone: 誤検知 1件" in client.get(f"/holds/{other}").text
    assert "table_phone: 1 false positive<" in world.client("sato", language="en").get(f"/holds/{other}").text


def test_without_the_mark_nothing_is_counted_and_a_refused_form_keeps_it(world):
    hold, client = world.admit(), world.client("sato")
    values = form(client, hold, reason="商品名だけ", cap="1", cap_again="2", false_positive="yes")
    refused = client.post(f"/holds/{hold}/approve", data=values)
    assert refused.status_code == 422
    assert "checked>" in refused.text
    values = form(client, hold, reason="確認した", cap="1", cap_again="1")
    assert client.post(f"/holds/{hold}/approve", data=values).status_code == 303
    assert world.store.false_positives.by_rule() == []


def test_the_api_takes_the_mark_too(world):
    hold, client = world.admit(), world.client("sato")
    token = client.post("/api/login", json={"login": "sato", "password": PASSWORD}).json()
    body = {"revision": 1, "choice": "approve", "reason": "x", "cap": 1, "false_positive": True}
    answer = client.post(
        f"/api/holds/{hold}/decision", json=body, headers={"Authorization": f"Bearer {token['token']}"}
    )
    assert answer.status_code == 200, answer.text
    assert world.store.false_positives.by_rule()


MAIL = WatchedMail("冬のスキー", b"s", 3, 1_738, True, 900, (("name", 1_738),), ("encrypted",), b"one")


def monitored(world):
    world.store.watching.count_all([Watched("members", ("attachment_findings",), MAIL)])
    return world.store.watched_mailings.days()[0].id


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_navigation_leads_to_what_would_have_been_held_and_on_to_its_details(world, language):
    assert 'href="/monitored"' not in world.client("sato").get("/holds").text
    key = monitored(world)
    client = world.client("kansa", language=language)
    assert client.get("/holds").text.count('href="/monitored"') == 2
    page = client.get("/monitored?days=90").text
    assert f'href="/monitored/{key}"' in page
    one = client.get(f"/monitored/{key}").text
    for text in ("冬のスキー", "会員メール配信", "1,738", f'action="/monitored/{key}/report"'):
        assert text in one
    assert client.get("/monitored/W-NOBODY").status_code == 404


def test_a_draft_about_what_was_monitored_is_made_by_its_form(world):
    key = monitored(world)
    client = world.client("sato")
    sent = {"csrf": value(client.get(f"/monitored/{key}").text), "known": "2026-11-16", "form": "html"}
    answer = client.post(f"/monitored/{key}/report", data=sent)
    assert (answer.status_code, "監視のみ" in answer.text, f"/monitored/{key}" in answer.text) == (200, True, True)
    assert client.post(f"/monitored/{key}/report", data=sent | {"csrf": "forged"}).status_code == 403
    assert client.get(f"/monitored/{key}/report").headers["location"] == f"/monitored/{key}"


def test_who_does_not_read_the_record_or_does_not_see_the_source_has_no_such_page(world):
    key = monitored(world)
    operator = world.client("tanaka")
    assert 'href="/monitored"' not in operator.get("/holds").text
    assert [operator.get(url).status_code for url in ("/monitored", f"/monitored/{key}")] == [403, 403]
    world.person("client", "顧客 花子", "approver", organisation="B商会")
    client = world.client("client")
    assert key not in client.get("/monitored").text
    assert client.get(f"/monitored/{key}").status_code == 404
