"""Bounces are owed in the transaction that ends a message, and only for what a release itself failed to send."""

from dataclasses import replace
from datetime import timedelta

import pytest
from stage import ACCEPTED, REFUSED, WAITING

from mailguard.lifecycle import MessageState


def approved(
    stage, staff, *, options=(), mail_from="shop@example.co.jp", to=("a@example.jp", "b@example.jp"), data=None
):
    message = stage.message("m", to=to, mail_from=mail_from, data=data)
    envelope = replace(message.envelope, rcpt_options=options, mail_options=("ENVID=x", "RET=FULL"))
    hold_id = stage.admit(staff[3], replace(message, envelope=envelope)).hold_id
    stage.decide(hold_id, staff[1])
    return stage.store.releases.claim(lease_seconds=60)


def owed(stage):
    return stage.store.releases.bounces.pending()


def test_who_was_refused_or_given_up_is_owed_to_the_sender(stage, staff):
    claim = approved(stage, staff, to=("a@example.jp", "b@example.jp", "c@example.jp"))
    stage.record(claim, ACCEPTED, REFUSED, WAITING, give_up=True)
    stage.reopen()  # a crash right after the final state
    [bounce] = owed(stage)
    assert (bounce.message_id, bounce.mail_from) == ("m", "shop@example.co.jp")
    assert [one.address for one in bounce.recipients] == ["b@example.jp", "c@example.jp"]
    assert bounce.mail_options == ("ENVID=x", "RET=FULL")
    assert bounce.arrived_at == stage.clock()
    assert bounce.header.startswith(b"From: shop@example.co.jp\r\nTo: a@example.jp")
    assert bounce.header.endswith(b"boundary=b")
    assert '"bounced":2' in stage.store.audit.rows(1, 0, "m")[0].detail


def test_nobody_is_owed_when_the_relay_took_it(stage, staff):
    assert stage.record(approved(stage, staff), ACCEPTED, ACCEPTED) is MessageState.RELEASED
    assert owed(stage) == []


def test_the_null_sender_never_gets_one(stage, staff):
    assert stage.record(approved(stage, staff, mail_from=""), REFUSED, REFUSED) is MessageState.FAILED
    assert owed(stage) == []


@pytest.mark.parametrize(
    ("options", "who"),
    [
        ((("NOTIFY=NEVER",), ("notify=never",)), []),
        ((("NOTIFY=NEVER",), ("NOTIFY=SUCCESS,FAILURE",)), ["b@example.jp"]),
        ((("NOTIFY=DELAY",), ()), ["b@example.jp"]),
        ((("ORCPT=rfc822;x",),), ["a@example.jp", "b@example.jp"]),
    ],
)
def test_notify_is_respected(stage, staff, options, who):
    stage.record(approved(stage, staff, options=options), REFUSED, REFUSED)
    assert [one.address for bounce in owed(stage) for one in bounce.recipients] == who


def test_it_is_due_until_settled_and_then_gone(stage, staff):
    stage.record(approved(stage, staff), REFUSED, REFUSED)
    bounces, [bounce] = stage.store.releases.bounces, owed(stage)
    bounces.failed(bounce.id, stage.clock() + timedelta(minutes=1))
    assert owed(stage) == []
    stage.clock.forward(minutes=1)
    [again] = owed(stage)
    assert again.attempts == 1
    bounces.sent(again.id)
    bounces.sent(again.id)
    bounces.failed(again.id, stage.clock())
    assert owed(stage) == []
    assert stage.actions("m").count("bounce.sent") == 1
    if stage.url.startswith("sqlite"):
        with stage.raw() as raw:
            assert raw.execute("SELECT sealed FROM bounces").fetchall() == [(None,)]
        raw.close()


def test_one_that_is_given_up_is_recorded(stage, staff):
    stage.record(approved(stage, staff), REFUSED, REFUSED)
    stage.store.releases.bounces.failed(owed(stage)[0].id, None)
    assert stage.actions("m")[0] == "bounce.dropped"
    assert owed(stage) == []


def test_a_huge_header_comes_back_in_part(stage, staff):
    data = b"X-Long: " + b"a" * 100 + b"\r\n" + b"X: y\r\n" * 20_000 + b"\r\nbody\r\n"
    stage.record(approved(stage, staff, data=data), REFUSED, REFUSED)
    [bounce] = owed(stage)
    assert 60_000 < len(bounce.header) <= 65_536
    assert bounce.header.endswith(b"X: y")


def test_nothing_of_it_lies_in_the_clear(stage, staff):
    stage.record(approved(stage, staff), REFUSED, REFUSED)
    if stage.url.startswith("sqlite"):
        with stage.raw() as raw:
            assert b"example" not in raw.execute("SELECT sealed FROM bounces").fetchone()[0]
        raw.close()


def test_a_lost_reply_is_recorded_with_counts(stage, staff):
    claim = approved(stage, staff)
    stage.lose(claim, 0, 1)
    row = stage.store.audit.rows(1, 0, "m")[0]
    assert (row.action, row.actor) == ("message.may_have_been_sent", "relay")
    assert '"recipients":2' in row.detail


def test_one_that_cannot_be_opened_does_not_keep_the_others_back(stage, staff):
    from sqlalchemy import update

    from mailguard.store.schema import bounces

    stage.record(approved(stage, staff), REFUSED, REFUSED)
    second = stage.message("good", to=("c@example.jp",))
    stage.admit(staff[3], second)
    stage.record(stage.store.releases.claim(lease_seconds=60), REFUSED)
    with stage.store.holds._database.write() as tx:
        tx.execute(update(bounces).where(bounces.c.message_id == "m").values(sealed=b"altered"))
    assert [bounce.message_id for bounce in owed(stage)] == ["good"]
    assert "bounce.dropped" in stage.actions("m")
    assert [bounce.message_id for bounce in owed(stage)] == ["good"]
