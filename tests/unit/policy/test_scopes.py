"""What a policy makes of the same findings, by scope: relaxed beside strict, monitor-only, and the steps that explain it."""

from dataclasses import replace

import msgspec
import pytest

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.model import (
    BODY,
    FILE_NAME,
    HEADERS,
    Action,
    Envelope,
    Finding,
    Inspection,
    Kind,
    Person,
    Problem,
    ProblemKind,
    SourceMode,
)
from mailguard.policy import Policy, Standing, explain, judge, thresholds
from mailguard.policy.thresholds import Headers, Monitor, Scope

D = Digester(b"k" * 32)
FILE = ("チラシ.pdf",)
STRICT, RELAXED = (thresholds(shipped_dir() / name) for name in ("policy.toml", "policy-relaxed.toml"))
TO = Envelope("shop@example.co.jp", ("a@example.com", "b@example.net"))


def finding(kind, number=1, path=FILE, *, first=0, **more):
    digests = tuple(D.of(str(kind), str(value)) for value in range(first, first + number))
    return Finding(
        f"{kind}.x", kind, path, more.pop("where", "1行目"), number, number, (), digests, key=b"leaf", **more
    )


def people(number, path=FILE, *, identified=True, **more):
    return tuple(
        Person(path, f"{n}", (D.name(f"人{n}"),), identified=identified, key=b"leaf", **more) for n in range(number)
    )


def verdict(limits, *findings, people=(), mode=SourceMode.FINDINGS, monitor=False, **more):
    inspection = Inspection(findings=findings, people=people, **more)
    return judge(TO, inspection, Policy.build(limits, Own(), D, monitor=monitor), mode)


def test_a_flyer_with_the_phone_and_address_of_a_shop_passes_the_relaxed_policy_only():
    flyer = [finding(kind, organisation=True) for kind in (Kind.PHONE, Kind.ADDRESS, Kind.POSTAL_CODE, Kind.EMAIL)]
    assert verdict(RELAXED, *flyer).action is Action.PASS
    assert verdict(STRICT, *flyer).reasons == ("attachment_findings",)


def test_many_shops_pass_the_relaxed_policy_and_as_many_persons_do_not():
    assert verdict(RELAXED, finding(Kind.PHONE, 20, organisation=True)).action is Action.PASS
    assert verdict(RELAXED, finding(Kind.PHONE, 30, organisation=True)).action is Action.HOLD
    assert verdict(RELAXED, finding(Kind.PHONE, 20)).action is Action.HOLD


def test_a_few_contacts_pass_the_relaxed_policy_and_a_list_does_not():
    assert verdict(RELAXED, finding(Kind.NAME, 3), finding(Kind.PHONE, 3), people=people(3)).action is Action.PASS
    held = verdict(RELAXED, finding(Kind.NAME, 4), finding(Kind.PHONE, 4), people=people(4))
    assert (held.reasons, held.evidence) == (("attachment_persons",), (b"leaf",))


def test_a_list_cut_into_many_files_is_counted_together():
    pages = [finding(Kind.PHONE, 2, (f"{n}.pdf",), first=2 * n) for n in range(3)]
    assert verdict(RELAXED, *pages[:2]).action is Action.PASS
    assert verdict(RELAXED, *pages).reasons == ("attachment_findings",)
    assert verdict(RELAXED, *[replace(page, digests=pages[0].digests) for page in pages]).action is Action.PASS


def test_a_part_with_more_persons_than_are_listed_is_a_list():
    assert verdict(RELAXED, people=people(2), persons=900, crowded=(FILE,)).reasons == (
        "attachment_persons",
        "attachment_names",
    )


@pytest.mark.parametrize("kind", sorted(RELAXED.high_risk))
def test_one_high_risk_value_holds_under_every_policy(kind):
    assert verdict(RELAXED, finding(kind)).action is Action.HOLD
    assert verdict(RELAXED, finding(kind, path=(BODY,))).reasons == ("body_high_risk",)


def test_what_only_lists_have_has_numbers_of_its_own():
    assert verdict(RELAXED, finding(Kind.BIRTH_DATE, 1)).action is Action.PASS
    assert verdict(RELAXED, finding(Kind.BIRTH_DATE, 2)).action is Action.HOLD


def test_what_was_not_inspected_holds_under_every_policy():
    problem = Problem(FILE, ProblemKind.ENCRYPTED, key=b"leaf")
    assert verdict(RELAXED, problems=(problem,)).reasons == ("problem_encrypted",)


def test_the_name_of_a_file_counts_apart_where_the_policy_says_so():
    named = finding(Kind.NAME, where=FILE_NAME)
    assert verdict(RELAXED, named).action is Action.PASS
    assert verdict(RELAXED, finding(Kind.NAME, 2, where=FILE_NAME)).reasons == ("file_name_findings",)
    assert verdict(STRICT, named).reasons == ("attachment_findings",)


def test_kinds_confidence_and_the_header_block_can_have_limits_of_their_own():
    limits = msgspec.structs.replace(
        STRICT,
        attachment=Scope(values=1, ignore=frozenset({Kind.SEX}), confidence=0.9, kinds={Kind.PHONE: 3}),
        headers=Headers(visible_addresses=5, values=1),
    )
    assert verdict(limits, finding(Kind.SEX, 9)).action is Action.PASS
    assert verdict(limits, finding(Kind.NAME, confidence=0.8)).action is Action.PASS
    assert verdict(limits, finding(Kind.NAME, confidence=0.9)).action is Action.HOLD
    assert verdict(limits, finding(Kind.PHONE, 2)).action is Action.PASS
    assert verdict(limits, finding(Kind.PHONE, 3)).action is Action.HOLD
    assert verdict(limits, finding(Kind.PHONE, path=(HEADERS,))).reasons == ("header_findings",)
    assert verdict(STRICT, finding(Kind.PHONE, path=(HEADERS,))).action is Action.PASS


def test_persons_hold_an_attachment_even_where_no_finding_counts():
    limits = msgspec.structs.replace(STRICT, attachment=Scope(values=1, persons=2, ignore=frozenset({Kind.NAME})))
    held = verdict(limits, finding(Kind.NAME, 2), people=people(2))
    assert (held.reasons, held.evidence) == (("attachment_persons",), (b"leaf",))


@pytest.mark.parametrize("way", ["configuration", "policy", "source"])
def test_monitoring_lets_pass_and_says_what_would_have_been(way):
    watching = msgspec.structs.replace(STRICT, monitor=Monitor(all=True))
    result = verdict(
        watching if way == "policy" else STRICT,
        finding(Kind.NAME),
        monitor=way == "configuration",
        mode=SourceMode.MONITOR if way == "source" else SourceMode.FINDINGS,
    )
    assert (result.action, result.reasons, result.watched) == (Action.PASS, (), ("attachment_findings",))
    assert verdict(watching).watched == ()


def test_a_monitored_rule_kind_or_reason_holds_nothing_by_itself():
    phone, name = finding(Kind.PHONE), finding(Kind.NAME)
    for rule in ("phone.x", "phone", "attachment_findings"):
        limits = msgspec.structs.replace(STRICT, monitor=Monitor(rules=frozenset({rule})))
        result = verdict(limits, phone)
        assert (result.action, result.watched) == (Action.PASS, ("attachment_findings",))
        beside = verdict(limits, phone, name)
        assert beside.action is (Action.PASS if rule == "attachment_findings" else Action.HOLD)
        assert verdict(limits).watched == ()


def test_an_explanation_says_how_each_finding_stands_and_what_was_measured():
    own = Finding("p", Kind.PHONE, FILE, "1行目", 1, 1, (), (D.phone("03-1234-5678"),), key=b"leaf")
    limits = msgspec.structs.replace(
        STRICT, attachment=Scope(values=1, ignore=frozenset({Kind.SEX})), monitor=Monitor(rules=frozenset({"age"}))
    )
    found = (finding(Kind.NAME), own, finding(Kind.SEX), finding(Kind.AGE), finding(Kind.EMAIL, confidence=0.2))
    policy = Policy.build(limits, Own(phones=("03-1234-5678",)), D)
    told = explain(TO, Inspection(findings=found), policy)
    assert [weighed.standing for weighed in told.findings] == [
        Standing.COUNTS,
        Standing.OWN,
        Standing.IGNORED,
        Standing.MONITORED,
        Standing.UNSURE,
    ]
    held = [(step.code, step.measured, step.limit) for step in told.comparisons if step.holds]
    assert held == [("attachment_findings", 1, 1)]
    assert told.verdict == judge(TO, Inspection(findings=found), policy)
    assert not told.recipient
