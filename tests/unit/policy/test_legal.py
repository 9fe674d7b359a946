"""The four grounds of a report, and My Number apart."""

import pytest

from mailguard.model import BODY, Finding, Inspection, Kind, Problem, ProblemKind
from mailguard.policy import Ground, Report, legal


def finding(kind, number=1, **more):
    return Finding("r", kind, ("a.csv",), "", number, number, (), **more)


def met(view):
    return {check.ground: check.met for check in (*view.grounds, view.my_number)}


def test_nothing_found_is_no_ground_and_a_purpose_is_never_decided():
    view = legal(Inspection(), Report())
    assert met(view) == {
        Ground.SPECIAL_CARE: False,
        Ground.FINANCIAL_DAMAGE: False,
        Ground.WRONGFUL_PURPOSE: None,
        Ground.MANY_PERSONS: False,
        Ground.MY_NUMBER: False,
    }
    assert view.reportable is False


@pytest.mark.parametrize(("persons", "expected"), [(1000, False), (1001, True)])
def test_more_than_a_thousand_persons(persons, expected):
    view = legal(Inspection(persons=persons), Report())
    assert met(view)[Ground.MANY_PERSONS] is expected
    assert view.reportable is expected
    assert legal(Inspection(persons=101), Report(persons=100)).reportable is True


def test_the_possible_maximum_counts_and_is_called_so():
    check = legal(Inspection(persons=1500, persons_exact=False), Report()).grounds[3]
    assert (check.met, check.count, check.exact) == (True, 1500, False)


def test_a_hold_that_has_grown_stands_in_for_its_first_inspection():
    assert legal(Inspection(persons=10), Report(), 3719, exact=True).reportable is True


@pytest.mark.parametrize(
    ("kind", "ground"),
    [
        (Kind.SPECIAL_CARE, Ground.SPECIAL_CARE),
        (Kind.CARD, Ground.FINANCIAL_DAMAGE),
        (Kind.BANK_ACCOUNT, Ground.FINANCIAL_DAMAGE),
    ],
)
def test_one_value_is_enough(kind, ground):
    view = legal(Inspection(findings=(finding(kind),), persons=1), Report())
    assert [known for known, is_met in met(view).items() if is_met] == [ground]
    none = Report(special_care=frozenset(), financial=frozenset())
    assert legal(Inspection(findings=(finding(kind),)), none).reportable is False


def test_the_account_to_pay_to_is_nobodys_damage():
    payee = finding(Kind.BANK_ACCOUNT, organisation=True)
    assert legal(Inspection(findings=(payee,)), Report()).reportable is False


def test_my_number_is_named_apart_with_a_number_of_its_own():
    few, many = (legal(Inspection(findings=(finding(Kind.MY_NUMBER, n),)), Report()) for n in (100, 101))
    assert (few.my_number.met, few.my_number.count) == (False, 100)
    assert many.my_number.met is True
    assert Ground.MY_NUMBER not in {check.ground for check in many.grounds}


def test_what_was_not_inspected_may_hold_anything():
    view = legal(Inspection(problems=(Problem((BODY,), ProblemKind.ENCRYPTED),)), Report())
    assert set(met(view).values()) == {None}
    assert view.reportable is None
    assert not view.grounds[3].exact
