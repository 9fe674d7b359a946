"""Drafts of a report from the page and by the API: for those who read the record, by form, recorded."""

import json
from datetime import date

import pytest
from web_world import BASE, ENCRYPTED, INSPECTION, PASSWORD, field

from mailguard import leak
from mailguard.config import COMMISSION, Receiver, ReportSection, Web
from mailguard.errors import NotFoundError
from mailguard.lifecycle import Choice, RecipientState
from mailguard.policy import Report
from mailguard.store.audit import CLI
from mailguard.store.views import Outcome
from mailguard.store.watched_mailings import WatchedMail
from mailguard.store.watching import Watched
from mailguard.web import create_app

ASSESSOR = Receiver(id="assessor", name="審査機関", persons=1)


@pytest.fixture
def sent(world):
    """Two messages, one of which went out before the rest was stopped."""
    hold = world.admit(messages=2)
    world.approve(hold)
    claim = world.store.releases.claim(lease_seconds=60)
    world.store.releases.record(claim.token, [Outcome(0, RecipientState.ACCEPTED, "250 ok")], None)
    revision = world.store.holds.get(hold).row.revision
    world.store.releases.decide_rest(
        hold, revision=revision, choice=Choice.STOP_REST, person_id=world.second.id, reason="誤った添付"
    )
    return hold


def with_receivers(world):
    settings = ReportSection(receivers=(COMMISSION, ASSESSOR), organisation="株式会社見本")
    world.app = lambda **web: create_app(world.store, config=Web(**web), clock=world.clock, reporting=settings)
    return world


def drafted(world):
    rows = world.store.audit.rows(limit=99, offset=0)
    return [(row.actor, row.subject, json.loads(row.detail)) for row in rows if row.action == "report.drafted"]


def ask(client, hold, **values):
    csrf = field(client.get(f"/holds/{hold}").text)
    return client.post(f"/holds/{hold}/report", data={"csrf": csrf, **values})


def test_the_form_leads_to_a_page_to_print_and_is_recorded(world, sent):
    client = with_receivers(world).client("sato")
    assert "漏えい等報告の下書き" in client.get(f"/holds/{sent}").text
    answer = ask(client, sent, known="2026-11-16")
    assert answer.status_code == 200
    assert "株式会社見本" in answer.text
    assert "届いた宛先数</b>: 1件" in answer.text
    assert "2026年12月15日(火)まで" in answer.text
    assert "審査機関 御中" in answer.text
    assert "<mark>(記入)</mark>" in answer.text
    assert "<style>" not in answer.text  # the page's policy would not run it
    assert "A4" in client.get("/paper.css").text
    assert "customer1" not in answer.text
    assert drafted(world) == [(world.approver.id, sent, {"known": "2026-11-16", "to": ""})]
    assert "漏えい等報告の下書きを作成" in client.get(f"/holds/{sent}").text


def test_one_receiver_as_markdown(world, sent):
    answer = ask(with_receivers(world).client("kansa"), sent, to="assessor", form="md")
    assert answer.headers["content-disposition"].endswith('"mailguard-report.md"')
    assert answer.text.startswith("# 漏えい等に関する報告(下書き)")
    assert "個人情報保護委員会 御中" not in answer.text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_who_does_not_read_the_record_drafts_nothing(world, sent, language):
    client = world.client("tanaka", language=language)
    assert "/report" not in client.get(f"/holds/{sent}").text
    token = client.post("/api/login", json={"login": "tanaka", "password": PASSWORD}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(f"/api/holds/{sent}/report", headers=headers).json()["code"] == "not_auditor"
    assert ask(client, sent).status_code == 403
    assert drafted(world) == []


def test_a_form_of_another_site_drafts_nothing(world, sent):
    client = world.client("sato")
    assert client.post(f"/holds/{sent}/report", data={"csrf": "x"}).status_code == 403
    assert drafted(world) == []
    back = client.get(f"/holds/{sent}/report")
    assert (back.status_code, back.headers["location"]) == (303, f"/holds/{sent}#leak")


@pytest.mark.parametrize(
    ("values", "status", "text"),
    [
        ({"known": "yesterday"}, 422, "2026-11-20 のように"),
        ({"known": "2030-01-01"}, 403, "まだ来ていない日"),
        ({"to": "police"}, 403, "その報告先は設定にありません"),
    ],
)
def test_what_cannot_be_drafted_is_said(world, sent, values, status, text):
    answer = ask(world.client("sato"), sent, **values)
    assert answer.status_code == status
    assert text in answer.text


def test_the_api_takes_several_holds_and_tells_programs(world, sent):
    other = world.admit(ENCRYPTED, key=b"two", evidence=b"locked")
    client = world.client("sato", base=BASE)
    answer = client.get(f"/api/holds/{sent}/report", params={"hold": other, "known": date(2026, 11, 16).isoformat()})
    report, letter = answer.json()
    assert (report["kind"], report["receiver"], letter["kind"]) == ("report", "commission", "notice")
    assert [section["number"] for section in report["sections"] if section["number"]] == list(range(1, 10))
    assert f"{other}(承認待ち(未送信))" in answer.text
    assert {subject for _, subject, _ in drafted(world)} == {sent, other}
    page = client.get(f"/api/holds/{sent}/report", params={"form": "html"})
    assert "<style>" in page.text
    assert client.get(f"/api/holds/{sent}/report", params={"known": "x"}).status_code == 422


def test_a_hold_that_never_left_has_its_proof_in_the_same_place(world):
    hold = world.admit()
    world.store.holds.decide(hold, revision=1, choice=Choice.REJECT, person_id=world.approver.id, reason="名簿")
    text = ask(world.client("sato"), hold).text
    assert "送信されていないことの記録(漏えいなし)" in text
    assert "委員会への報告は不要" in text


def test_what_monitoring_let_pass_is_reported_when_it_is_found_later(world):
    mail = WatchedMail.of(INSPECTION, 2)
    world.store.watching.count_all([Watched("members", ("attachment_findings",), mail)] * 2)
    client = world.client("kansa")
    (row,) = client.get("/api/monitored").json()["mailings"]
    assert (row["persons"], row["recipients"], row["messages"], row["source"]) == (3719, 4, 2, "members")
    report, _ = client.get(f"/api/monitored/{row['id']}/report").json()
    facts = {line["label"]: line["text"] for section in report["sections"] for line in section["lines"]}
    assert facts["本人の数"] == "3,719人"
    assert facts["届いた宛先数"].startswith("4件")
    assert facts["項目"] == "氏名、電話番号、メールアドレス"
    assert facts["送信システム"] == "会員メール配信 (members)"
    assert facts[row["id"]] == "監視のみの設定であったため、保留されずに送信された"
    assert [subject for _, subject, _ in drafted(world)] == [row["id"]]
    assert client.get("/api/monitored/W-0/report").status_code == 404
    assert world.client("tanaka").get("/api/monitored").status_code == 403


def test_a_mailing_of_many_holds_is_one_report(world, sent):
    world.admit(messages=1, key=b"three", evidence=b"other")
    campaign = world.store.campaigns.of(sent).id
    wish = leak.Wish([], campaigns=[campaign])
    case = leak.gathered(world.store, wish, ReportSection(), Report(), CLI, world.clock())
    assert [one.id for one in case.mailings] == [row.id for row in world.store.campaigns.holds(campaign)]
    assert sent in {subject for _, subject, _ in drafted(world)}
    with pytest.raises(NotFoundError):
        leak.gathered(world.store, leak.Wish([], campaigns=["C-0"]), ReportSection(), Report(), CLI, world.clock())
