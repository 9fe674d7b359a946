"""What was held and released is a run of its mailing, as what passed is: later mail is compared with all that left."""

from dataclasses import replace

import pytest
from stage import ACCEPTED, REFUSED, WAITING

from mailguard.model import Envelope, PartInfo, Run
from mailguard.traits import series, traits

FILE = PartInfo(("会員.csv",), "text/csv", 9, key=b"leaf")


def arrival(stage, source, *, to=("taro@example.jp", "hana@example.jp"), **facts):
    made = stage.arrival(source, stage.message(to=to, login="bulk"), **facts)
    return replace(made, inspection=replace(made.inspection, parts=(FILE,)))


def earlier(stage, arrival):
    """What a run that begins a day later is compared with."""
    stage.clock.forward(days=1)
    keys = series(arrival.source, arrival.inspection, stage.store.digester)
    return stage.store.runs.earlier(arrival.source.id, keys)


@pytest.fixture
def sent(stage, staff):
    """Hold, approve and release one mail; what became of its recipients."""

    def send(*states, **facts):
        mail = arrival(stage, staff[3], **facts)
        stage.decide(stage.store.holds.admit(mail).hold_id, staff[1])
        claim = stage.store.releases.claim(lease_seconds=60)
        stage.record(claim, *states, give_up=WAITING in states)
        return mail

    return send


def test_what_was_released_is_a_run_with_those_who_got_it(stage, sent):
    mail = sent(ACCEPTED, REFUSED)
    [run] = earlier(stage, mail)
    whole = traits(mail.message.envelope, mail.inspection, stage.store.digester)
    assert run == replace(whole, recipients=1, last_seen=run.last_seen)
    assert run.leaves == {b"leaf"}


@pytest.mark.parametrize(("states", "facts"), [((REFUSED, REFUSED), {}), ((ACCEPTED, ACCEPTED), {"rehearsal": True})])
def test_what_reached_nobody_and_test_mail_are_no_run(stage, sent, states, facts):
    assert earlier(stage, sent(*states, **facts)) == []


def test_what_passed_and_what_was_released_add_up(stage, sent):
    mail = sent(ACCEPTED, ACCEPTED)
    added = traits(Envelope("", ("x@example.jp",) * 5, login="bulk"), mail.inspection, stage.store.digester)
    keys = series(mail.source, mail.inspection, stage.store.digester)
    stage.store.runs.note_all({(mail.source.id, key): added for key in keys})
    [run] = earlier(stage, mail)
    assert (run.messages, run.recipients) == (2, 7)
    assert isinstance(run, Run)


def test_what_was_never_approved_is_no_run(stage, staff):
    mail = arrival(stage, staff[3])
    stage.store.holds.admit(mail)
    assert earlier(stage, mail) == []
