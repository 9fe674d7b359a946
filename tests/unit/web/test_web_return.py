"""Return, answer and withdraw on the page and by the API; reasons by preset."""

import pytest
from web_world import INSPECTION, form

from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Inspection
from mailguard.presets import PRESETS
from mailguard.store import checklist
from mailguard.store.checklist import Point

QUESTION, ANSWER = "この名簿は必要ですか", "必要です。全員の同意があります"


def state(world, hold):
    return world.store.holds.get(hold).row.state


def post(client, hold, verb, **values):
    return client.post(f"/holds/{hold}/{verb}", data=form(client, hold, **values))


def followed(client, answer):
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def test_a_question_goes_to_the_operator_and_the_answer_comes_back(world):
    hold, approver, operator = world.admit(), world.client("sato"), world.client("tanaka")
    page = followed(approver, post(approver, hold, "return", code="to_confirm", reason=QUESTION))
    assert "差し戻しました。" in page
    assert "送信担当者の回答を待っています" in page
    assert f'action="/holds/{hold}/approve"' not in page
    assert f'action="/holds/{hold}/answer"' not in page
    page = operator.get(f"/holds/{hold}").text
    assert QUESTION in page
    assert "取り下げ、添付を外して再送" in page
    assert page.index('href="#exchange"') < page.index('id="why"')  # on a telephone the form lies far below
    assert 'href="#exchange"' not in approver.get(f"/holds/{hold}").text
    page = followed(operator, post(operator, hold, "answer", reason=ANSWER))
    assert "回答しました。" in page
    page = approver.get(f"/holds/{hold}").text
    exchange = page[page.index('id="exchange"') : page.index('id="decide"')]
    assert exchange.index(QUESTION) < exchange.index(ANSWER)
    assert f'action="/holds/{hold}/approve"' in page
    assert state(world, hold) is HoldState.PENDING


@pytest.mark.parametrize("returned", [True, False])
def test_an_operator_withdraws(world, returned):
    hold, client = world.admit(), world.client("tanaka")
    if returned:
        post(world.client("sato"), hold, "return", code="to_confirm", reason=QUESTION)
    page = followed(client, post(client, hold, "withdraw", code="send_again"))
    assert "取り下げました。このメールは送信されません。" in page
    assert state(world, hold) is HoldState.WITHDRAWN


def test_an_approver_sees_no_form_to_withdraw_and_is_refused(world):
    hold, client = world.admit(), world.client("sato")
    assert f"/holds/{hold}/withdraw" not in client.get(f"/holds/{hold}").text
    answer = post(client, hold, "withdraw", code="send_again")
    assert answer.status_code == 403
    assert "送信担当者だけです" in answer.text
    assert state(world, hold) is HoldState.PENDING


@pytest.mark.parametrize("verb", ["return", "answer", "withdraw"])
def test_nothing_is_done_without_a_token(world, verb):
    hold, client = world.admit(), world.client("tanaka" if verb != "return" else "sato")
    assert post(client, hold, verb, csrf="", reason="x", code="other").status_code == 403
    assert client.get(f"/holds/{hold}/{verb}").status_code == 303
    assert state(world, hold) is HoldState.PENDING


def test_who_answers_too_late_hears_who_was_first_and_when(world):
    hold, client = world.admit(), world.client("tanaka")
    post(world.client("sato"), hold, "return", code="to_confirm", reason=QUESTION)
    sent = form(client, hold, reason=ANSWER)
    world.store.holds.decide(hold, revision=2, choice=Choice.ANSWER, person_id=world.operator.id, reason="first")
    answer = client.post(f"/holds/{hold}/answer", data=sent)
    assert answer.status_code == 409
    assert "2026年11月16日 10:00に田中 花子さんが「回答」としました。" in answer.text


def test_an_empty_question_is_refused_and_the_form_stays_open(world):
    hold, client = world.admit(), world.client("sato")
    answer = post(client, hold, "return", code="to_confirm", reason=" ")
    assert answer.status_code == 422
    assert '<details class="other" open>' in answer.text
    assert '<option value="to_confirm" selected>' in answer.text


def approve(client, hold, **values):
    return post(client, hold, "approve", cap="1", cap_again="1", **values)


def test_a_preset_alone_approves_little_and_the_record_of_provision_is_said(world):
    few = Inspection(persons=3, findings=INSPECTION.findings[:1], subject_key=b"few")
    hold, client = world.admit(few), world.client("sato")
    page = followed(client, approve(client, hold, code="third_party"))
    assert "29条の記録" in page[page.index('id="decisions"') :]
    assert world.store.holds.get(hold).decisions[0].code == "third_party"
    assert "短時間での承認" in page


def test_many_persons_need_words(world):
    hold, client = world.admit(), world.client("sato")
    answer = approve(client, hold, code="entrusted")
    assert answer.status_code == 422
    assert "説明に書いてください" in answer.text
    assert 'value="entrusted" required aria-describedby="hint_entrusted" checked' in answer.text
    assert approve(client, hold, code="entrusted", reason="契約書で確認した").status_code == 303


def test_what_would_have_to_be_reported_needs_words(world):
    from mailguard.model import Problem, ProblemKind

    closed = Inspection(problems=(Problem(("a.zip",), ProblemKind.ENCRYPTED, key=b"leaf"),), subject_key=b"closed")
    hold, client = world.admit(closed), world.client("sato")
    assert approve(client, hold, code="public").status_code == 422  # nobody can say
    assert state(world, hold) is HoldState.PENDING


def test_every_preset_is_offered(world):
    page = world.client("sato").get(f"/holds/{world.admit()}").text
    assert [code for code in PRESETS["approve"] if f'id="code_{code}"' not in page] == []
    for choice in ("reject", "return"):
        select = page[page.index(f'<select id="{choice}_code"') :]
        assert [code for code in PRESETS[choice] if f'value="{code}"' not in select[: select.index("</select>")]] == []


def test_a_checklist_is_ticked_point_by_point(world, monkeypatch):
    points = (Point("seen", "添付を開いた"), Point("asked", "<担当者>に確認した"))
    monkeypatch.setattr(checklist, "points", lambda *_: points)
    monkeypatch.setattr("mailguard.store.queries.points", lambda *_: points)
    hold, client = world.admit(), world.client("sato")
    assert "&lt;担当者&gt;に確認した" in client.get(f"/holds/{hold}").text
    answer = approve(client, hold, code="other", reason="見た", checked=["seen"])
    assert answer.status_code == 422
    assert "確認項目がそろっていません" in answer.text
    page = followed(client, approve(client, hold, code="other", reason="見た", checked=["seen", "asked"]))
    assert "asked、seen" in page


def api(client, hold, **body):
    return client.post(f"/api/holds/{hold}/decision", json=body)


def bearer(world, login):
    client = world.client()
    person = world.store.people.by_login(login)
    client.headers["Authorization"] = f"Bearer {world.store.sessions.create(person.id, 1)}"
    return client


def test_programs_return_answer_and_withdraw(world):
    hold, approver, operator = world.admit(), bearer(world, "sato"), bearer(world, "tanaka")
    answer = api(approver, hold, revision=1, choice="return", reason=QUESTION, code="to_confirm")
    assert (answer.status_code, answer.json()["state"], answer.json()["may_answer"]) == (200, "returned", False)
    shown = operator.get(f"/api/holds/{hold}").json()
    assert (shown["may_answer"], shown["may_withdraw"]) == (True, True)
    assert api(approver, hold, revision=2, choice="answer", reason="me").json()["code"] == "not_operator"
    shown = api(operator, hold, revision=2, choice="answer", reason=ANSWER).json()
    assert (shown["state"], shown["revision"], shown["may_answer"]) == ("pending", 3, False)
    assert api(approver, hold, revision=2, choice="reject", reason="x").status_code == 409
    shown = api(operator, hold, revision=3, choice="withdraw", code="send_again").json()
    assert shown["state"] == "withdrawn"
    said = [(one["choice"], one["code"]) for one in shown["decisions"]]
    assert said == [("return", "to_confirm"), ("answer", None), ("withdraw", "send_again")]


def test_a_program_gives_presets_and_ticks(world):
    hold, client = world.admit(), bearer(world, "sato")
    body = {"revision": 1, "choice": "approve", "cap": 1, "reason": "見た"}
    assert api(client, hold, **body, code="wrong").json()["code"] == "preset_unknown"
    assert api(client, hold, **body, code="entrusted", checked=["x"]).json()["code"] == "checklist_unknown"
    shown = api(client, hold, **body, code="entrusted").json()
    assert (shown["decisions"][0]["code"], shown["decisions"][0]["hasty"]) == ("entrusted", True)
