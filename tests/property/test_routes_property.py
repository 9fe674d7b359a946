"""Whoever approves: no set of approvers is enough that lacks one of what its route asks for, and needs are only ever raised."""

from hypothesis import given
from hypothesis import strategies as st

from mailguard.routes import Facts, Needs, Requirement, Route, Routes, Step, Then, When

ORGANISATIONS = ("", "自社", "委託元", "Client B")
organisations = st.lists(st.sampled_from(ORGANISATIONS), max_size=8)
requirements = st.dictionaries(st.sampled_from(ORGANISATIONS), st.integers(1, 3), max_size=3).map(
    lambda wanted: tuple(Requirement(organisation=name, count=count) for name, count in wanted.items())
)
plain = st.builds(
    Needs, approvals=st.integers(1, 4), requirements=requirements, business_days=st.none() | st.integers(1, 9)
)
needs = st.builds(
    Needs,
    approvals=st.integers(1, 4),
    requirements=requirements,
    steps=st.lists(st.builds(Step, st.integers(1, 9), plain), max_size=2).map(tuple),
)


@given(needs, organisations, st.integers(0, 2))
def test_enough_is_every_requirement_and_the_number(wanted, given_by, least):
    enough = len(given_by) >= max(wanted.approvals, least) and all(
        given_by.count(one.organisation) >= one.count for one in wanted.requirements
    )
    assert (not wanted.missing(given_by, least)) is enough


@given(plain, organisations)
def test_what_is_missing_is_exactly_what_makes_it_enough(wanted, given_by):
    missing = wanted.missing(given_by)
    named = [name for name, count in missing.organisations for _ in range(count)]
    rest = ["anybody"] * (missing.approvals - len(named))
    assert not wanted.missing([*given_by, *named, *rest])
    if missing:
        assert wanted.missing([*given_by, *named, *rest][:-1])


@given(needs, needs, organisations, st.integers(0, 10))
def test_two_needs_together_are_never_less_than_one(one, other, given_by, recipients):
    both = one.raised(other).at(recipients)
    parts = bool(one.at(recipients).missing(given_by)) or bool(other.at(recipients).missing(given_by))
    assert bool(both.missing(given_by)) is parts or both.least > max(one.least, other.least)
    assert bool(both.missing(given_by)) >= parts


@given(needs, organisations, st.integers(0, 10), st.integers(0, 10))
def test_more_recipients_and_fewer_approvers_never_make_it_easier(wanted, given_by, few, more):
    fewer, greater = sorted((few, more))
    if wanted.at(fewer).missing(given_by):
        assert wanted.at(greater).missing(given_by)
        assert wanted.at(fewer).missing(given_by[1:])


@given(st.integers(0, 3_000), organisations)
def test_the_story_of_a_list_of_more_than_a_thousand(persons, given_by):
    route = Route("多数", Then(approvals=2, of=(Requirement(organisation="委託元"),)), When(persons=1_001))
    missing = Routes((route,)).needs(Facts(persons=persons)).missing(given_by)
    enough = len(given_by) >= 2 and "委託元" in given_by if persons > 1_000 else bool(given_by)
    assert (not missing) is enough
