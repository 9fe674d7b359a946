from dataclasses import replace

import pytest
from web_world import INSPECTION, form

from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Run
from mailguard.traits import series


def state(world, hold):
    return world.store.holds.get(hold).row.state


def approve(client, hold, **values):
    sent = form(client, hold, reason="本文と添付を確認した", cap="2", cap_again="2") | values
    return client.post(f"/holds/{hold}/approve", data=sent)


def test_an_approver_approves_with_reason_and_confirmed_cap(world):
    hold, client = world.admit(messages=2), world.client("sato")
    answer = approve(client, hold)
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    assert "承認しました。送信を始めます。" in page
    assert "本文と添付を確認した" in page
    assert "承認上限 2件" in page
    assert "送信の進み具合" in page
    assert state(world, hold) is HoldState.APPROVED


def test_the_cap_is_preset_to_the_recipients_so_far(world):
    page = world.client("sato").get(f"/holds/{world.admit(messages=2)}").text
    assert 'value="2" aria-describedby="cap-help"' in page
    assert "まだ受信中です" in page


def test_an_approver_rejects_with_reason(world):
    hold, client = world.admit(), world.client("sato")
    answer = client.post(f"/holds/{hold}/reject", data=form(client, hold, reason="添付が違う"))
    assert answer.status_code == 303
    assert "却下しました。" in client.get(answer.headers["location"]).text
    assert state(world, hold) is HoldState.REJECTED


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"reason": " "}, "理由を入力してください。"),
        ({"reason": "x" * 2001}, "2,000文字まで"),
        ({"cap": "", "cap_again": ""}, "承認上限を1以上の数で"),
        ({"cap": "0", "cap_again": "0"}, "承認上限を1以上の数で"),
        ({"cap": "many", "cap_again": "many"}, "承認上限を1以上の数で"),
        ({"cap_again": ""}, "一致しません"),
        ({"cap_again": "3"}, "一致しません"),
        ({"cap": "1", "cap_again": "1"}, "いま保留している宛先数より少なく"),
    ],
)
def test_wrong_input_is_explained_and_decides_nothing(world, values, said):
    hold, client = world.admit(messages=2), world.client("sato")
    answer = approve(client, hold, **values)
    assert answer.status_code == 422
    assert said in answer.text
    assert state(world, hold) is HoldState.PENDING


def test_what_was_typed_is_kept_when_it_is_refused(world):
    hold, client = world.admit(messages=2), world.client("sato")
    answer = approve(client, hold, reason="<b>確認した</b>", cap_again="3")
    assert "&lt;b&gt;確認した&lt;/b&gt;</textarea>" in answer.text


def test_full_width_numbers_and_commas_are_numbers(world):
    hold, client = world.admit(), world.client("sato")
    assert approve(client, hold, cap="２,０００", cap_again="2000").status_code == 303
    assert world.store.holds.get(hold).cap == 2000


def test_a_rejection_without_reason_is_refused(world):
    hold, client = world.admit(), world.client("sato")
    answer = client.post(f"/holds/{hold}/reject", data=form(client, hold, reason=""))
    assert answer.status_code == 422
    assert '<details class="other" open>' in answer.text


@pytest.mark.parametrize(
    ("login", "why"),
    [("tanaka", "あなたはこの送信システムの送信担当者です"), ("kansa", "承認できるのは承認者だけです")],
)
@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_who_may_not_decide_hears_why_even_when_posting_anyway(world, login, why, verb):
    hold, client = world.admit(), world.client(login)
    sent = form(client, hold, revision="1", reason="急ぎ", cap="1", cap_again="1")
    answer = client.post(f"/holds/{hold}/{verb}", data=sent)
    assert answer.status_code == 403
    assert why in answer.text
    assert "佐藤 一郎" in answer.text
    assert state(world, hold) is HoldState.PENDING


def test_an_approver_who_is_operator_of_this_source_is_refused(tmp_path, world):
    both = world.person("ryoho", "両方 実", "approver")
    from dataclasses import replace

    source = replace(world.source, id="own", title="別の送信システム", operators=(both.id,), logins=("other",))
    world.store.sources.add(source, world.approver.id)
    world.source = source
    hold, client = world.admit(), world.client("ryoho")
    answer = client.post(
        f"/holds/{hold}/approve", data=form(client, hold, revision="1", reason="x", cap="1", cap_again="1")
    )
    assert answer.status_code == 403
    assert "送信担当者です" in answer.text


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_forged_token_decides_nothing(world, token):
    hold, client = world.admit(messages=2), world.client("sato")
    answer = approve(client, hold, csrf=token)
    assert answer.status_code == 403
    assert "別のサイトから送られた可能性" in answer.text
    assert state(world, hold) is HoldState.PENDING


def test_another_persons_token_decides_nothing(world):
    hold = world.admit(messages=2)
    other = form(world.client("suzuki"), hold)["csrf"]
    assert approve(world.client("sato"), hold, csrf=other).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_a_foreign_origin_decides_nothing(world, origin):
    hold, client = world.admit(messages=2), world.client("sato")
    sent = form(client, hold, reason="x", cap="2", cap_again="2")
    assert client.post(f"/holds/{hold}/approve", data=sent, headers={"Origin": origin}).status_code == 403
    assert state(world, hold) is HoldState.PENDING


def test_without_a_session_nothing_is_decided(world):
    hold = world.admit()
    answer = world.client().post(f"/holds/{hold}/approve", data={"revision": "1", "reason": "x", "cap": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login"
    assert state(world, hold) is HoldState.PENDING


def test_a_stale_page_says_who_decided_and_when(world):
    hold, client = world.admit(messages=2), world.client("sato")
    sent = form(client, hold, reason="x", cap="2", cap_again="2")
    row = world.store.holds.get(hold).row
    world.store.holds.decide(
        hold, revision=row.revision, choice=Choice.REJECT, person_id=world.second.id, reason="添付が違う"
    )
    answer = client.post(f"/holds/{hold}/approve", data=sent)
    assert answer.status_code == 409
    assert "2026年11月16日 10:00に鈴木 次郎さんが「却下」としました。" in answer.text
    assert "この保留の判断は終わっています。" in answer.text
    assert state(world, hold) is HoldState.REJECTED


def test_a_stale_page_after_new_evidence_shows_the_new_state(world):
    hold, client = world.admit(messages=2), world.client("sato")
    sent = form(client, hold, reason="x", cap="9", cap_again="9")
    world.admit(reasons=("attachment_findings", "body_persons"), evidence=b"another")
    assert world.store.holds.get(hold).row.revision > int(sent["revision"])
    answer = client.post(f"/holds/{hold}/approve", data=sent)
    assert answer.status_code == 409
    assert "新しい検出項目を含むメールが加わりました" in answer.text
    assert state(world, hold) is HoldState.PENDING


def test_a_stale_page_after_the_time_ran_out(world):
    hold, client = world.admit(messages=2), world.client("sato")
    sent = form(client, hold, reason="x", cap="2", cap_again="2")
    world.clock.on(days=10)
    world.store.holds.expire_due()
    client = world.client("sato")
    sent["csrf"] = form(client, hold)["csrf"]
    answer = client.post(f"/holds/{hold}/approve", data=sent)
    assert answer.status_code == 409
    assert "期限が切れました。送信されていません。" in answer.text


def test_an_undeclared_source_needs_two_different_approvers(undeclared):
    world = undeclared
    hold = world.admit(INSPECTION, messages=2)
    first, second = world.client("sato"), world.client("suzuki")
    assert "未登録の送信システムのため2名の承認が必要です(あと2名)" in first.get(f"/holds/{hold}").text
    answer = approve(first, hold)
    page = first.get(answer.headers["location"]).text
    assert "承認を記録しました。ほかの承認がそろうと送信されます。" in page
    assert "2名の承認が必要です(あと1名)" in page
    assert "承認済み: 佐藤 一郎" in page
    assert "ほかの承認を待っています" in page
    assert "/approve" not in page
    assert state(world, hold) is HoldState.PENDING
    assert approve(second, hold).status_code == 303
    assert state(world, hold) is HoldState.APPROVED


def test_a_reload_of_a_refused_form_leads_to_the_hold(world):
    hold = world.admit()
    assert world.client("sato").get(f"/holds/{hold}/approve").headers["location"] == f"/holds/{hold}"


def test_while_mail_still_comes_the_cap_is_that_of_the_earlier_run(world):
    inspection = replace(INSPECTION, subject_key=b"subject")
    runs = series(world.source, inspection, world.store.digester)
    earlier = Run(frozenset(), frozenset(), frozenset(), frozenset(), messages=2_000, recipients=2_000)
    world.store.runs.note_all({(world.source.id, key): earlier for key in runs})
    world.clock.on(days=7)
    hold, client = world.admit(inspection, messages=3), world.client("sato")
    page = client.get(f"/holds/{hold}").text
    assert 'id="cap" name="cap"' in page
    assert 'required value="2000"' in page
    assert "前回の宛先数 2,000件を入れてあります" in page
    world.clock.on(hours=1)  # nothing comes any more: only those received
    page = client.get(f"/holds/{hold}").text
    assert "前回の宛先数" not in page
    assert 'required value="3"' in page
