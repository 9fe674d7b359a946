"""Which approvals a hold needs, who has given one, which is missing: on the page and for programs, in both languages."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import asgi_client
import pytest
from web_world import BASE, INSPECTION, field

from mailguard import config
from mailguard.lifecycle import HoldState
from mailguard.model import Action, Envelope, Message, Verdict
from mailguard.pieces import cut
from mailguard.policy import Report
from mailguard.policy.thresholds import EarlierRuns
from mailguard.routes import Escalation, Point, Requirement, Route, Routes, Ruling, Then, When
from mailguard.store.arrival import Arrival
from mailguard.web import create_app

MANY = Route(
    "1,000人超",
    Then(
        approvals=2,
        of=(Requirement(organisation="委託元"),),
        escalate_to=(Escalation(role="administrator"),),
        checklist=(Point("who", "宛先は本人だけです", "Only their own data"),),
        note="契約第5条",
    ),
    When(persons=1_001),
)
CROWD = Route("宛先多数", Then(approvals=3), When(recipients=500))
BEARER = {"Authorization": "Bearer {}"}


@pytest.fixture
def hold(world):
    world.person("kato", "加藤 三郎", "approver", organisation="委託元")
    world.store.sources.change(replace(world.source, organisation="委託元"), "test")
    envelope = Envelope("news@example.co.jp", ("customer@example.com",), login="bulk")
    message = Message("m-1", envelope, b"Subject: x\r\n\r\nmade up\r\n", world.clock())
    verdict = Verdict(Action.HOLD, ("attachment_findings",), (b"leaf",))
    pieces = cut(message.content, world.store.digester)
    arrival = Arrival(message, pieces, world.source, INSPECTION, verdict, b"one")
    return world.store.holds.admit(replace(arrival, ruling=Ruling(Routes((MANY, CROWD))))).hold_id


def approve(client, hold, cap="9"):
    page = client.get(f"/holds/{hold}").text
    sent = {
        "csrf": field(page),
        "revision": field(page, "revision"),
        "reason": "確認",
        "checked": "who",
        "cap": cap,
        "cap_again": cap,
    }
    return client.post(f"/holds/{hold}/approve", data=sent)


def test_the_page_says_which_approval_is_missing_until_it_is_there(world, hold):
    sato, kato = world.client("sato"), world.client("kato")
    page = sato.get(f"/holds/{hold}").text
    assert "1,000人超のため2名の承認が必要です(あと2名:委託元1名ほか)" in page
    for said in ("契約第5条", "宛先は本人だけです", "承認上限が500件以上になると、「宛先多数」の承認も必要です。"):
        assert said in page
    assert "承認する(送信はまだです)" in page
    done = approve(sato, hold).headers["location"]
    page = sato.get(done).text
    assert "2名の承認が必要です(あと1名:委託元)" in page
    assert "承認済み: 佐藤 一郎" in page
    assert "承認する(送信はまだです)" in world.client("suzuki").get(f"/holds/{hold}").text  # hers would not suffice
    assert "承認して送信" in kato.get(f"/holds/{hold}").text
    approve(kato, hold)
    assert world.store.holds.get(hold).row.state is HoldState.APPROVED
    assert "あと" not in kato.get(f"/holds/{hold}").text.partition("期限")[0]


def test_the_page_in_english(world, hold):
    approve(world.client("sato"), hold)
    page = world.client("suzuki", language="en").get(f"/holds/{hold}").text
    assert "1,000人超: 2 approvals are needed (1 more: 委託元)" in page
    assert "Only their own data" in page
    assert "Approved by: 佐藤 一郎" in page


def test_a_large_cap_asks_for_more(world, hold):
    approve(world.client("sato"), hold, cap="500")
    page = world.client("suzuki").get(f"/holds/{hold}").text
    assert "1,000人超、宛先多数のため3名の承認が必要です(あと2名:委託元1名ほか)" in page


def test_programs_read_the_same(world, hold):
    approve(world.client("sato"), hold)
    route = world.client("suzuki").get(f"/api/holds/{hold}").json()["route"]
    assert route["routes"] == ["1,000人超"]
    assert route["text"].endswith("(あと1名:委託元)")
    assert (route["approvals"], route["from"]) == (2, [{"organisation": "委託元", "count": 1}])
    assert route["missing"] == {"approvals": 1, "from": [{"organisation": "委託元", "count": 1}]}
    assert [person["name"] for person in route["approved"]] == ["佐藤 一郎"]
    assert route["more_recipients"] == [{"recipients": 500, "routes": ["宛先多数"]}]
    assert [told["to"] for told in route["told"]] == [
        None,
        None,
        {"login": None, "role": "administrator", "organisation": None},
    ]


def test_a_hold_without_routes_says_nothing_of_them(world):
    hold = world.admit()
    assert "名の承認が必要です" not in world.client("sato").get(f"/holds/{hold}").text
    route = world.client("sato").get(f"/api/holds/{hold}").json()["route"]
    assert (route["routes"], route["text"], route["missing"]["approvals"]) == ([], "", 1)


@pytest.mark.parametrize(
    ("language", "said"), [("ja", "2026年11月16日 10:00に{}さんが「"), ("en", "16 Nov 2026, 10:00: ")]
)
def test_of_two_who_press_at_once_one_hears_who_was_first_and_when(world, language, said):
    hold = world.admit()
    clients = {name: world.client(name, language=language) for name in ("sato", "suzuki")}
    forms = {}
    for name, client in clients.items():
        page = client.get(f"/holds/{hold}").text
        forms[name] = {"csrf": field(page), "revision": "1", "reason": "x", "cap": "1", "cap_again": "1"}

    def press(name):
        choice = "approve" if name == "sato" else "reject"
        return clients[name].post(f"/holds/{hold}/{choice}", data=forms[name])

    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(clients, pool.map(press, clients), strict=True))
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    [winner] = [name for name, answer in answers.items() if answer.status_code == 303]
    [told] = [answer.text for answer in answers.values() if answer.status_code == 409]
    person = {"sato": "佐藤 一郎", "suzuki": "鈴木 次郎"}[winner]
    assert said.format(person) in told
    assert person in told
    api = clients[{"sato": "suzuki", "suzuki": "sato"}[winner]]
    body = {"revision": 1, "choice": "reject", "reason": "x"}
    problem = api.post(f"/api/holds/{hold}/decision", json=body, headers={"X-CSRF-Token": field(told)})
    assert problem.status_code == 409
    assert person in problem.json()["text"]
    assert said.format(person) in problem.json()["text"]


def test_a_campaign_shows_the_points_of_all_its_holds_and_for_which_they_stand(world, hold):
    envelope = Envelope("news@example.co.jp", ("other@example.com",), login="bulk")
    message = Message("m-2", envelope, b"Subject: x\r\n\r\nmade up, too\r\n", world.clock())
    verdict = Verdict(Action.HOLD, ("attachment_findings",), (b"other",))
    arrival = Arrival(message, cut(message.content, world.store.digester), world.source, INSPECTION, verdict, b"two")
    other = Route("本人宛て", Then(checklist=(Point("basis", "法的な根拠がある", "There is a legal basis"),)))
    world.store.holds.admit(replace(arrival, ruling=Ruling(Routes((other,)))))
    (row,) = world.store.campaigns.recent()
    page, api = world.client("sato"), world.client("sato", language="en")
    html = page.get(f"/campaigns/{row.id}").text
    assert html.count("宛先は本人だけです") == html.count("法的な根拠がある") == 1
    assert f"(保留1件: {hold})" in html
    assert "There is a legal basis" in api.get(f"/campaigns/{row.id}").text
    points = api.get(f"/api/campaigns/{row.id}").json()["checklist"]
    first = {name: points[0][name] for name in ("id", "required", "holds", "named")}
    assert first == {"id": "who", "required": True, "holds": 1, "named": [hold]}
    assert [one["id"] for one in points] == ["who", "basis"]
    sent = {"csrf": field(html), "snapshot": field(html, "snapshot"), "reason": "確認", "room": "received"}
    assert page.post(f"/campaigns/{row.id}/approve", data={**sent, "checked": ["who"]}).status_code in {403, 422}
    done = page.post(f"/campaigns/{row.id}/approve", data={**sent, "checked": ["who", "basis"]})
    assert done.headers["location"] == f"/campaigns/{row.id}?done=first"


def test_an_approval_that_nobody_can_give_is_said_in_red(world, hold):
    sato = world.client("sato")
    said = "必要な承認ができる承認者がいません(あと1名:委託元)"
    assert said not in sato.get(f"/holds/{hold}").text
    approve(sato, hold)
    world.store.people.disable("kato", "test")
    for login in ("sato", "suzuki", "tanaka"):
        page = world.client(login).get(f"/holds/{hold}").text
        assert said in page
        assert page.index("banner bad") < page.index(said)
    assert "Nobody can give the approvals" in world.client("sato", language="en").get(f"/holds/{hold}").text
    world.store.people.enable("kato", "test")
    assert said not in sato.get(f"/holds/{hold}").text


def test_a_route_without_its_approvers_is_said_on_every_page_of_the_own_company(world):
    policy = SimpleNamespace(
        monitor=False, routes=Routes((MANY,)), limits=SimpleNamespace(report=Report(), earlier_runs=EarlierRuns())
    )
    app = create_app(world.store, config=config.Web(), clock=world.clock, policy=lambda: policy)
    said = "承認ルート「1,000人超」に必要な承認者が足りません"
    world.person("hanako", "鈴木 花子", "approver", organisation="A商会")

    def page(login, path):
        client = asgi_client.client(app, BASE, "127.0.0.1", Origin=BASE)
        token = world.store.sessions.create(world.store.people.by_login(login).id, 10)
        client.cookies.set("session", token, domain="127.0.0.1", path="/")
        return client.get(path).text

    assert all(said in page("sato", path) for path in ("/holds", "/stops", "/requests"))
    assert said not in page("hanako", "/holds")  # which clients there are is not theirs to know
    world.person("kato", "加藤 三郎", "approver", organisation=" 委託元")
    assert said not in page("sato", "/holds")
