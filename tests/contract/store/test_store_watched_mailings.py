"""What monitoring let pass is summed by mailing and day: exact for one content, a maximum for many, bounded, sealed."""

from dataclasses import replace

import pytest

from mailguard.errors import NotFoundError
from mailguard.model import Finding, Inspection, Kind, Problem, ProblemKind
from mailguard.store import watched_mailings
from mailguard.store.watched_mailings import WatchedMail
from mailguard.store.watching import Watched

LIST = Inspection(
    findings=(
        Finding("r", Kind.NAME, ("a.csv",), "", 3732, 3719, ("山〇〇郎",), key=b"leaf"),
        Finding("r", Kind.PHONE, ("a.csv",), "", 2000, 1742, (), key=b"leaf"),
    ),
    problems=(Problem(("b.bin",), ProblemKind.DAMAGED, key=b"b"),),
    persons=3719,
    households=1740,
    subject="冬の〇〇",
    subject_key=b"subject",
)


def seen(inspection=LIST, source="ski", recipients=1, reasons=("attachment_findings",)):
    return Watched(source, reasons, WatchedMail.of(inspection, recipients))


def personal(number):
    findings = (Finding("r", Kind.NAME, ("a.csv",), "", 1, 1, (), key=b"%d" % number),)
    return replace(LIST, findings=findings, problems=(), persons=1, households=1)


def test_one_list_to_thousands_is_one_row_with_its_persons_once(stage):
    stage.store.watching.count_all([seen(), seen(recipients=3)])
    stage.clock.forward(minutes=5)
    stage.store.watching.count_all([seen(reasons=("visible_addresses",)), seen(source="")])
    undeclared, mailing = sorted(stage.store.watched_mailings.days(), key=lambda one: one.source_id)
    assert (undeclared.source_id, undeclared.messages) == ("", 1)
    assert (mailing.day, mailing.source_id, mailing.messages, mailing.recipients) == ("2027-04-28", "ski", 3, 5)
    assert (mailing.last_at - mailing.first_at).total_seconds() == 300
    summary = mailing.summary
    assert (summary.subject, summary.persons, summary.exact, summary.households) == ("冬の〇〇", 3719, True, 1740)
    assert summary.kinds == {"name": 3719, "phone": 1742}
    assert (summary.reasons, summary.problems) == (["attachment_findings", "visible_addresses"], ["damaged"])


def test_different_contents_add_up_to_the_most_there_may_be(stage, monkeypatch):
    monkeypatch.setattr(watched_mailings, "CONTENTS", 3)
    stage.store.watching.count_all([seen(personal(number)) for number in (1, 2, 2, 3, 1)])
    (mailing,) = stage.store.watched_mailings.days()
    assert (mailing.messages, mailing.summary.persons, mailing.summary.exact) == (5, 3, False)
    stage.store.watching.count_all([seen(personal(number)) for number in (4, 4, 1)])
    (mailing,) = stage.store.watched_mailings.days()
    assert mailing.summary.persons == 5  # the fourth is not remembered, and counts each time
    assert len(mailing.summary.contents) == 3


def test_mailings_of_a_day_are_bounded_and_the_next_day_begins_anew(stage, monkeypatch):
    monkeypatch.setattr(watched_mailings, "MAILINGS", 2)
    mails = [seen(replace(LIST, subject_key=b"%d" % number)) for number in range(5)]
    stage.store.watching.count_all(mails)
    assert sorted(one.messages for one in stage.store.watched_mailings.days()) == [1, 1, 3]
    stage.clock.forward(hours=14)
    stage.store.watching.count_all([seen()])
    assert stage.store.watched_mailings.days()[0].day == "2027-04-29"
    assert len(stage.store.watched_mailings.days()) == 4


def test_sums_are_kept_for_their_time_and_forgotten_with_a_row(stage):
    stage.store.watching.count_all([seen()])
    stage.clock.forward(days=10)
    assert stage.store.watched_mailings.purge(10) == 0
    stage.clock.forward(days=1)
    assert stage.store.watched_mailings.purge(10) == 1
    assert stage.store.watched_mailings.purge(10) == 0
    assert stage.actions() == ["watched.purged"]


def test_who_takes_one_for_a_report_is_recorded(stage):
    stage.store.watching.count_all([seen()])
    (mailing,) = stage.store.watched_mailings.days()
    assert stage.store.watched_mailings.take([mailing.id, mailing.id], "test", known="2027-04-28") == [mailing]
    assert stage.actions(mailing.id) == ["report.drafted"]
    with pytest.raises(NotFoundError):
        stage.store.watched_mailings.take([mailing.id, "W-0"], "test")
    assert stage.actions(mailing.id) == ["report.drafted"]
