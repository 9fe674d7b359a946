from dataclasses import replace

import pytest
from web_world import ENCRYPTED, INSPECTION, LIST

from mailguard.lifecycle import Choice, RecipientState
from mailguard.model import Finding, Inspection, Kind, PartInfo, Problem, ProblemKind
from mailguard.store.views import Outcome

XSS = "<script>alert(1)</script>"


def test_the_list_shows_each_number_with_its_word(world):
    hold = world.admit(messages=3)
    page = world.client("sato").get("/holds").text
    for text in (
        hold,
        "会員メール配信",
        "冬のスキースクール最新情報",
        "本人数",
        "3,719人分",
        "宛先数",
        "3件",
        "通数",
        "3通",
        "承認待ち",
    ):
        assert text in page
    assert "3,719人分(1,740世帯)の個人情報が見つかりました" in page


def test_pending_comes_before_what_is_decided(world):
    old = world.admit()
    world.approve(old)
    new = world.admit(ENCRYPTED, key=b"two", evidence=b"locked", reasons=("problem_encrypted",))
    page = world.client("sato").get("/holds").text
    assert page.index(new) < page.index(old)
    assert "添付の中身を確認できません(暗号化)" in page
    assert "不明" in page


def test_the_list_is_filtered_by_state(world):
    hold = world.admit()
    client = world.client("sato")
    assert hold in client.get("/holds?state=pending").text
    rejected = client.get("/holds?state=rejected").text
    assert hold not in rejected
    assert "「却下」の保留はありません。" in rejected
    assert client.get("/holds?state=nonsense").status_code == 422


def test_receiving_is_said_for_a_minute(world):
    world.admit(messages=2)
    client = world.client("sato")
    assert "受信中 2通" in client.get("/holds").text
    world.clock.on(seconds=61)
    assert "受信中" not in client.get("/holds").text


def test_fewer_than_two_approvers_is_a_red_banner(world):
    client = world.client("sato")
    assert "有効な承認者が" not in client.get("/holds").text
    world.store.people.disable("suzuki", world.approver.id)
    assert "有効な承認者が1人しかいません。" in client.get("/holds").text


def test_the_hold_says_why_in_one_sentence_and_what_the_law_says(world):
    page = world.client("sato").get(f"/holds/{world.admit()}").text
    assert "添付「list.zip › 会員.csv」に3,719人分(1,740世帯)の個人情報が見つかりました" in page
    assert "1,000人を超えるため、漏えいした場合は個人情報保護委員会への報告が必要です" in page
    for text in ("山〇〇郎", "090-****-1234", "列 子の氏名", "氏名 3,732件", "519 KB", "本文", "1,740世帯"):
        assert text in page


@pytest.mark.parametrize(("persons", "said"), [(1000, False), (1001, True)])
def test_the_law_begins_with_1001_persons(world, persons, said):
    page = world.client("sato").get(f"/holds/{world.admit(replace(INSPECTION, persons=persons))}").text
    assert ("1,000人を超えるため" in page) is said


def test_a_few_persons_with_cards_are_reportable_too(world):
    card = Finding("card", Kind.CARD, LIST, "列 カード", 2, 2, ("4***********1111",), key=b"leaf")
    page = world.client("sato").get(f"/holds/{world.admit(Inspection(findings=(card,), persons=2, households=0))}").text
    assert "カード番号や口座番号を含むため" in page
    assert "2人分の個人情報" in page


def test_an_inexact_count_is_said_to_be_the_maximum(world):
    page = world.client("sato").get(f"/holds/{world.admit(replace(INSPECTION, persons_exact=False))}").text
    assert "最大3,719人分" in page


def test_a_problem_is_explained_at_its_part(world):
    hold = world.admit(ENCRYPTED, reasons=("problem_encrypted",), evidence=b"locked")
    page = world.client("sato").get(f"/holds/{hold}").text
    assert "添付「見積.zip」の中身を確認できません(暗号化)" in page
    assert "中身を確認できない添付" in page
    assert "パスワード付きのファイルを送ること自体は、よくある方法です" in page
    assert "不明" in page


def test_a_list_by_its_name_is_told_where_nothing_else_can_be(world):
    locked = (
        Problem(("案内.zip",), ProblemKind.ENCRYPTED, key=b"a"),
        Problem(("名簿.zip",), ProblemKind.ENCRYPTED, key=b"b", listing=True),
    )
    hold = world.admit(Inspection(problems=locked), reasons=("problem_encrypted",), evidence=b"locked")
    page = world.client("sato").get(f"/holds/{hold}").text
    assert "名簿とみられる添付「名簿.zip」ほか1か所の中身を確認できません(暗号化)" in page
    assert page.count("ファイル名から、人の名簿とみられます") == 1
    shown = world.client("sato").get(f"/api/holds/{hold}").json()
    assert "'listing': True" in str(shown)


@pytest.mark.parametrize("kind", list(ProblemKind))
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_problem_has_words(world, kind, language):
    hold = world.admit(Inspection(problems=(Problem(("a",), kind, key=b"leaf"),)), reasons=(f"problem_{kind}",))
    assert world.client("sato", language=language).get(f"/holds/{hold}").status_code == 200


def test_a_reason_without_finding_is_told_in_words(world):
    client = world.client("sato")
    hold = world.admit(Inspection(subject="お知らせ"), reasons=("every_mailing",))
    assert "配信ごとに承認が必要な送信システムです" in client.get(f"/holds/{hold}").text
    hold = world.admit(Inspection(), reasons=("a_reason_of_tomorrow",), key=b"two", evidence=b"e")
    assert "a_reason_of_tomorrow" in client.get(f"/holds/{hold}").text


def test_names_from_a_mail_never_become_markup(world):
    finding = Finding("r", Kind.NAME, (XSS,), XSS, 1, 1, (XSS,), key=b"leaf")
    inspection = Inspection(
        findings=(finding,),
        problems=(Problem((f"{XSS}.zip",), ProblemKind.DAMAGED, XSS, key=b"x"),),
        parts=(PartInfo((XSS,), XSS, 1),),
        subject=XSS,
        persons=1,
    )
    hold = world.admit(inspection)
    client = world.client("sato")
    for path in ("/holds", f"/holds/{hold}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_an_operator_sees_why_not_and_who_can(world):
    page = world.client("tanaka").get(f"/holds/{world.admit()}").text
    assert "あなたはこの送信システムの送信担当者です" in page
    assert "佐藤 一郎" in page
    assert "鈴木 次郎" in page
    assert "承認して送信" not in page
    assert "/approve" not in page


def test_the_auditor_reads_the_record_and_cannot_decide(world):
    page = world.client("kansa").get(f"/holds/{world.admit()}").text
    assert "承認できるのは承認者だけです。" in page
    assert "承認記録" in page
    assert "/approve" not in page


def test_an_operator_does_not_see_the_record(world):
    assert 'id="audit"' not in world.client("tanaka").get(f"/holds/{world.admit()}").text


def test_the_page_is_in_english_for_an_english_browser(world):
    page = world.client("sato", language="en").get(f"/holds/{world.admit()}").text
    assert "Attachment “list.zip › 会員.csv”: personal data of 3,719 persons (1,740 households) found" in page
    assert '<html lang="en">' in page


def test_the_release_shows_the_relays_own_reply(world):
    hold = world.admit(messages=2)
    world.approve(hold)
    first = world.store.releases.claim(lease_seconds=60)
    reply = "550 5.1.1 no such user <b>here</b>"
    world.store.releases.record(first.token, [Outcome(0, RecipientState.REFUSED, reply)], None)
    second = world.store.releases.claim(lease_seconds=60)
    world.store.releases.record(second.token, [Outcome(0, RecipientState.ACCEPTED, "250 2.0.0 queued as 4F2K")], None)
    page = world.client("sato").get(f"/holds/{hold}").text
    assert "250 2.0.0 queued as 4F2K" in page
    assert "550 5.1.1 no such user &lt;b&gt;here&lt;/b&gt;" in page
    assert "一部送信" in page
    assert "customer1@example.com" not in page


def test_recipients_are_shown_page_by_page(world):
    hold = world.admit(messages=60)
    world.approve(hold)
    client = world.client("sato")
    first, second = client.get(f"/holds/{hold}").text, client.get(f"/holds/{hold}?page=2").text
    assert "1〜50件目 / 60件" in first
    assert "51〜60件目 / 60件" in second
    assert f"/holds/{hold}?page=2#replies" in first


def test_an_expired_hold_says_it_was_never_sent(world):
    hold = world.admit()
    world.clock.on(days=10)
    world.store.holds.expire_due()
    page = world.client("sato").get(f"/holds/{hold}").text
    assert "期限切れ(未送信)" in page
    assert "承認して送信" not in page


def test_a_rejected_hold_counts_what_came_later(world):
    hold = world.admit()
    row = world.store.holds.get(hold).row
    world.store.holds.decide(
        hold, revision=row.revision, choice=Choice.REJECT, person_id=world.approver.id, reason="添付が違う"
    )
    world.admit(messages=2)
    page = world.client("sato").get(f"/holds/{hold}").text
    assert "2通を保管しています(送信されません)" in page
    assert "添付が違う" in page


def test_who_was_shown_a_hold_is_recorded_once_for_each_revision(world):
    hold = world.admit()
    client = world.client("sato")
    for _ in range(2):
        client.get(f"/holds/{hold}")
    world.client("kansa").get(f"/holds/{hold}")
    rows = [row for row in world.store.audit.rows(99, 0, hold) if row.action == "hold.viewed"]
    assert [(row.actor, row.detail) for row in rows] == [
        (world.auditor.id, '{"revision":1}'),
        (world.approver.id, '{"revision":1}'),
    ]
