"""The operator presses "send" again while the mailing is held: the same mail is kept and released once."""

import pytest

from mailguard.lifecycle import Choice

AGAIN = 'boundary="{b}"'


def mail(number=1, *, text="ご案内です。", extra="", boundary="b1", file=b"QUJD" * 2000 + b"\r\n", subject="ski"):
    head = (
        f"Received: from a by b; id {number}\r\nMessage-ID: <{number}@a.example>\r\nDate: Wed, 28 Apr 2027 10:0{number}:00 +0900\r\n"
        f"From: shop@example.co.jp\r\nSubject: {subject}\r\nX-Job-Send-ID: {number}\r\n\tmore {number}\r\n{extra}"
        f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"\r\n\r\n'
    )
    body = f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--{boundary}\r\nContent-Type: text/csv\r\n\r\n"
    return head.encode() + body.encode() + file + f"--{boundary}--\r\n".encode()


def admit(stage, source, data, to=("taro@example.jp",), **facts):
    return stage.admit(source, stage.message(data=data, to=to), **facts)


def test_the_same_mail_again_is_counted_and_released_once(stage, staff):
    _, sato, _, ski = staff
    first = admit(stage, ski, mail(1))
    again = admit(stage, ski, mail(2, boundary="other"))
    assert (again.hold_id, again.outcome) == (first.hold_id, "folded")
    row, campaign = stage.row(first.hold_id), stage.store.campaigns.of(first.hold_id)
    assert (row.messages, row.recipients, row.revision) == (1, 1, 1)
    assert (campaign.messages, campaign.folded) == (1, 1)
    assert "message.folded" in stage.actions()
    stage.decide(first.hold_id, sato)
    assert stage.store.releases.claim(lease_seconds=60) is not None
    assert stage.store.releases.claim(lease_seconds=60) is None
    assert stage.store.audit.verify() is None


@pytest.mark.parametrize(
    "other",
    [
        {"data": {"text": "ご案内でした。"}},
        {"data": {"file": b"QUJE" * 2000 + b"\r\n"}},
        {"data": {"subject": "sky"}},
        {"data": {"extra": "Reply-To: other@example.co.jp\r\n"}},
        {"data": {"text": "nul \0"}},
        {"to": ("jiro@example.jp",)},
        {"to": ("taro@example.jp", "jiro@example.jp")},
        {"key": b"other"},
        {"evidence": (b"leaf", b"more")},
        {"reasons": ("attachment", "body")},
    ],
    ids=str,
)
def test_what_differs_is_never_folded(stage, staff, other):
    ski = staff[3]
    admit(stage, ski, mail(1))
    data = mail(2, **other.get("data", {}))
    facts = {name: value for name, value in other.items() if name != "data"}
    assert admit(stage, ski, data, **facts).outcome in {"joined", "opened"}
    assert sum(row.messages for row in stage.store.holds.recent()) == 2


def test_the_words_of_a_body_are_no_boundaries(stage, staff):
    ski = staff[3]
    admit(stage, ski, mail(1, text="Content-Type: boundary=one"))
    assert admit(stage, ski, mail(1, text="Content-Type: boundary=two")).outcome == "joined"


def test_two_that_come_together_are_one_and_order_of_recipients_is_nothing(stage, staff):
    ski, pair = staff[3], ("taro@example.jp", "jiro@example.jp")
    arrivals = [
        stage.arrival(ski, stage.message(data=mail(number), to=to)) for number, to in enumerate((pair, pair[::-1]))
    ]
    assert [answer.outcome for answer in stage.store.holds.admit_all(arrivals)] == ["opened", "folded"]


@pytest.mark.parametrize(
    ("choice", "outcome"), [(Choice.APPROVE, "waiting"), (Choice.REJECT, "closed"), (Choice.RETURN, "folded")]
)
def test_after_a_decision_it_is_judged_as_usual(stage, staff, choice, outcome):
    _, sato, _, ski = staff
    hold_id = admit(stage, ski, mail(1)).hold_id
    stage.decide(hold_id, sato, choice)
    assert admit(stage, ski, mail(2)).outcome == outcome


def test_somebody_who_sends_it_again_took_part(stage, staff):
    _, sato, _, ski = staff
    hold_id = admit(stage, ski, mail(1)).hold_id
    again = stage.message(data=mail(2), mail_from="sato@example.co.jp")
    assert stage.admit(ski, again).outcome == "folded"
    assert stage.store.holds.may_decide(hold_id, sato.id) == "own_address"
