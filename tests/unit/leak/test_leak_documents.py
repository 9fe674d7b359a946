"""What the papers of a case say: nine items, who is told, and when nobody need be. All data is made up."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailguard.config import COMMISSION, Receiver, ReportSection
from mailguard.errors import RefusedError
from mailguard.leak import Case, Mailing, documents, written
from mailguard.leak.case import Event
from mailguard.leak.items import TITLES
from mailguard.leak.words import ACTIONS, KINDS, PROBLEMS, STATES, reason
from mailguard.lifecycle import HoldState
from mailguard.model import Finding, Inspection, Kind, PartInfo, Problem, ProblemKind
from mailguard.policy import Report
from mailguard.store.proof import Break, Fault, Head
from mailguard.web.texts.ja import TEXTS

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CLIENT = Receiver(id="client", name="株式会社見本", kind="client", address=("東京都千代田区見本1-1",))
ASSESSOR = Receiver(id="assessor", name="審査機関", persons=1)


def finding(kind=Kind.NAME, distinct=3719, key=b"leaf"):
    return Finding("r", kind, ("会員.csv",), "列", distinct, distinct, ("山〇〇郎",), key=key)


def mailing(name="H-1", persons=3719, reached=3510, findings=None, problems=(), **more):
    findings = (finding(), finding(Kind.ADDRESS, 1740)) if findings is None else findings
    facts = {
        "source": "会員メール配信 (members)", "subject": "冬の*最新*情報", "state": "承認済み", "reasons": ("attachment_findings",),
        "inspection": Inspection(findings=findings, problems=problems), "exact": True, "households": 1740, "messages": 5212,
        "doubtful": 0, "not_reached": 1702, "waiting": 0, "seen": AT, "first_at": AT, "last_at": AT.replace(hour=3),
        "events": (Event(AT, "佐藤 一郎", "承認", "確認した"),),
    }  # fmt: skip
    return Mailing(name, persons=persons, reached=reached, **facts | more)


def case(*mailings, settings=None, **more):
    return Case(
        mailings or (mailing(),),
        date(2026, 11, 20),
        AT,
        settings or ReportSection(),
        Report(),
        Head(9, "a" * 64),
        **more,
    )


def lines(document, number):
    (section,) = (section for section in document.sections if section.number == number)
    return {line.label: line.text for line in section.lines}


def said(document):
    return written([document], "json")


def test_nine_items_with_the_facts_and_what_only_people_know():
    report, letter = documents(case())
    assert [section.title for section in report.sections if section.number] == list(TITLES)
    outline = lines(report, 1)
    assert outline["届いた宛先数"] == "3,510件(中継サーバーが受理した数)"
    assert outline["届いていない宛先数"] == "1,702件"
    assert outline["発生日時"] == "2026-11-20 10:00:00 から 2026-11-20 12:00:00 まで"
    assert lines(report, 2)["項目"] == "氏名、住所"
    assert lines(report, 3)["本人の数"] == "3,719人"
    assert "佐藤 一郎 が承認。理由「確認した」" in lines(report, 4)["H-1"]
    assert all(
        "(記入)" in said(replace(report, sections=(one,))) for one in report.sections if one.number not in {0, 2, 3, 9}
    )
    assert [section.number for section in letter.sections if section.number] == [1, 2, 4, 5, 9]
    assert "佐藤" not in said(letter)


def test_the_deadlines_are_those_of_the_receiver():
    settings = ReportSection(receivers=(COMMISSION, CLIENT, ASSESSOR))
    commission, client, assessor, _ = documents(case(settings=settings))
    assert "2026年12月21日(月)まで" in said(commission)
    assert "2027年1月18日(月)まで(60日以内" in said(commission)
    assert client.to == ("株式会社見本 御中", "東京都千代田区見本1-1")
    assert "26条1項ただし書" in said(client)
    assert "確報" not in {line.label for line in client.sections[1].lines}
    assert "報告先の定め" in said(assessor)


def test_a_wrongful_purpose_is_a_ground_and_has_sixty_days():
    few = mailing(persons=3, findings=(finding(distinct=3),))
    assert documents(case(few))[0].kind == "not_due"
    (report, _) = documents(case(few, wrongful=True))
    deadlines = {line.label: line.text for line in report.sections[1].lines}
    assert deadlines["確報"].startswith("2027年1月18日(月)まで(60日以内")
    assert report.kind == "report"


def test_who_is_told_from_one_person_on_is_told_without_a_ground_of_the_law():
    few = mailing(persons=1, findings=(finding(distinct=1),))
    settings = ReportSection(receivers=(COMMISSION, ASSESSOR))
    assert [document.receiver for document in documents(case(few, settings=settings))] == ["assessor", ""]
    assert [document.receiver for document in documents(case(few, settings=settings), "commission")] == [
        "commission",
        "",
    ]


def test_an_outsourcer_tells_its_client_in_place_of_the_commission():
    settings = ReportSection(outsourcer=True, receivers=(COMMISSION, CLIENT))
    assert [document.receiver for document in documents(case(settings=settings))] == ["client", ""]


def test_a_public_body_reports_from_a_hundred_persons_by_its_own_article():
    few = mailing(persons=101, findings=(finding(distinct=101),))
    assert documents(case(few))[0].kind == "not_due"
    report = documents(case(few, settings=ReportSection(public_body=True)))[0]
    assert report.kind == "report"
    assert "個人情報保護法68条1項・施行規則43条" in said(report)


def test_the_possible_maximum_is_called_so():
    one, other = mailing(), mailing("H-2", persons=10, findings=(finding(key=b"other"),))
    again = mailing("H-3")
    assert lines(documents(case(one, again))[0], 3)["本人の数"] == "3,719人"
    assert lines(documents(case(one, again, other))[0], 3)["本人の数"].startswith("最大 3,729人")
    assert lines(documents(case(replace(one, exact=False)))[0], 3)["本人の数"].startswith("最大 3,719人")
    assert lines(documents(case(replace(one, counting=True)))[0], 3)["集計"]


def test_what_nobody_could_look_into_is_reported_to_be_judged():
    report = documents(
        case(mailing(persons=0, findings=(), problems=(Problem(("a.zip",), ProblemKind.DAMAGED, key=b"k"),)))
    )[0]
    assert report.kind == "report"
    assert "報告の要否を判断してください" in said(report)
    assert "壊れている" in lines(report, 2)["中身を確認できない添付"]


def test_nothing_left_is_said_and_why_no_report_is_due():
    kept = mailing(reached=0, not_reached=5212, state="却下(未送信)", first_at=None, last_at=None)
    (proof,) = documents(case(kept))
    assert proof.kind == "not_left"
    assert "送信していません" in said(proof)
    assert "委員会への報告は不要" in said(proof)
    assert "改ざんなし" in said(proof)
    (waiting,) = documents(case(replace(kept, waiting=2)))
    assert "止めない限り送信されます" in said(waiting)
    assert "不要" not in said(waiting)
    assert "承認されると送信されます" in said(documents(case(replace(kept, undecided=True)))[0])
    assert "H-2(却下(未送信)): どの宛先にも送信していません" in said(
        documents(case(mailing(), replace(kept, id="H-2")))[0]
    )


def test_a_record_that_was_tampered_with_proves_nothing():
    kept = mailing(reached=0, not_reached=1, first_at=None, last_at=None)
    (proof,) = documents(case(kept, broken=Break(Fault.CHANGED, 3, 3)))
    assert "証明になりません" in said(proof)
    assert "不要" not in said(proof)


def test_who_may_have_it_counts_as_left():
    doubt = mailing(reached=0, doubtful=2)
    report = documents(case(doubt))[0]
    assert report.kind == "report"
    assert lines(report, 1)["届いた可能性のある宛先数"].startswith("2件")


def test_high_grade_encryption_must_be_claimed_and_be_true():
    locked = mailing(persons=0, findings=(), problems=(Problem(("a.zip",), ProblemKind.ENCRYPTED, key=b"k"),))
    assert documents(case(locked))[0].kind == "report"
    (paper,) = documents(case(locked, encrypted=True))
    assert paper.kind == "not_due"
    assert "高度な暗号化" in said(paper)
    opened = replace(locked, inspection=replace(locked.inspection, parts=(PartInfo(("b.zip",), "", 1, opened="mail"),)))
    assert documents(case(opened, encrypted=True))[0].kind == "report"
    assert documents(case(mailing(), encrypted=True))[0].kind == "report"


def test_nobody_to_be_told_is_written_down_with_its_reason():
    paper, _ = documents(case(mailing(persons=2, findings=(finding(distinct=2),))))
    assert paper.kind == "not_due"
    assert "報告対象の事由に当たりません" in said(paper)


def test_a_receiver_that_is_not_there():
    with pytest.raises(RefusedError, match="No such receiver"):
        documents(case(), "police")


def test_text_is_never_markup():
    found = documents(case(mailing(subject="<b>[a](b)*", events=(Event(AT, "佐藤", "承認", "<script>\n# x"),))))
    markdown, page = written(found, "md"), written(found, "html")
    assert r"\<b\>\[a\](b)\*" in markdown
    assert "\n# x" not in markdown
    assert "<b>[" not in page
    assert "<script>" not in page
    assert "<mark>(記入)</mark>" in page
    assert "size: A4" in page
    assert "width=device-width" in page
    linked = written(found, "html", sheet="/paper.css", back="/holds/H-1", back_text="戻る")
    assert '<link rel="stylesheet" href="/paper.css">' in linked
    assert "<style>" not in linked
    assert json.loads(written(found, "json"))[0]["to"] == ["個人情報保護委員会 御中"]


def test_every_code_has_words():
    assert set(KINDS) == set(Kind)
    assert set(PROBLEMS) == set(ProblemKind)
    assert set(STATES) == set(HoldState)
    assert {key.removeprefix("action.") for key in TEXTS if key.startswith("action.hold.")} <= set(ACTIONS)
    assert reason("problem_encrypted") == "中身を確認できない添付(暗号化されている)"
    assert reason("body_persons") == "本文に複数の人の個人情報"
    assert reason("visible_addresses").startswith("宛先欄")
    assert reason("of_tomorrow") == "of_tomorrow"


@pytest.mark.parametrize(
    ("values", "fact"),
    [
        ({"outsourcer": True}, 'needs a receiver with kind = "client"'),
        ({"receivers": (COMMISSION, COMMISSION)}, "same id"),
        ({"receivers": ()}, "at least 1"),
    ],
)
def test_receivers_that_do_not_fit_are_refused(values, fact):
    with pytest.raises(ValueError, match=fact):
        ReportSection(**values)
