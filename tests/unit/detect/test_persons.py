"""Persons and households, counted as the law does."""

from hypothesis import given
from hypothesis import strategies as st

from mailguard.detect.persons import SHARED, Count, Record, count

FATHER, MOTHER, CHILD, NEIGHBOUR = 1, 2, 3, 4
PHONE, MAIL, ADDRESS = 101, 102, 103


def test_one_row_may_name_several_persons_of_one_household():
    assert count([Record((FATHER, CHILD), (PHONE,))]) == Count(2, exact=True, households=1)


def test_the_same_name_in_the_same_household_is_one_person():
    assert count([Record((FATHER,), (PHONE,)), Record((FATHER, CHILD), (PHONE, MAIL))]) == Count(
        2, exact=True, households=1
    )


def test_the_same_name_in_two_households_is_two_persons():
    assert count([Record((FATHER,), (PHONE,)), Record((FATHER,), (MAIL,))]) == Count(2, exact=True, households=2)


def test_contacts_tie_across_rows_even_when_no_two_rows_share_all():
    rows = [Record((FATHER,), (PHONE, MAIL)), Record((MOTHER,), (MAIL, ADDRESS)), Record((CHILD,), (ADDRESS,))]
    assert count(rows) == Count(3, exact=True, households=1)


def test_a_switchboard_ties_nobody():
    rows = [Record((name,), (PHONE, 1000 + name)) for name in range(SHARED + 1)]
    assert count(rows).households == SHARED + 1
    assert count(rows[:-1]).households == 1


def test_equal_names_without_any_contact_are_counted_at_most_and_said_to_be_so():
    assert count([Record((FATHER,), ()), Record((FATHER,), ())]) == Count(2, exact=False, households=2)
    assert count([Record((FATHER,), ()), Record((MOTHER,), ())]) == Count(2, exact=True, households=2)


def test_without_a_name_an_identifier_is_a_person():
    rows = [Record((), (MAIL,), (9,)), Record((), (MAIL,), (9,)), Record((), (PHONE,), (8,))]
    assert count(rows) == Count(2, exact=True, households=2)


def test_a_nameless_row_of_a_known_household_is_nobody_new():
    assert count([Record((FATHER,), (MAIL,)), Record((), (MAIL,), (9,))]) == Count(1, exact=True, households=1)


def test_a_name_in_running_text_is_nobody_new_when_a_table_has_it():
    rows = [Record((FATHER,), (), loose=True), Record((FATHER,), (PHONE,))]
    assert count(rows) == Count(1, exact=False, households=1)


records = st.builds(
    Record,
    names=st.lists(st.integers(0, 5), max_size=3).map(tuple),
    ties=st.lists(st.integers(10, 15), max_size=3).map(tuple),
    idents=st.lists(st.integers(20, 25), max_size=2).map(tuple),
)


@given(st.lists(records, max_size=30))
def test_order_does_not_matter_and_repeating_the_file_counts_tied_persons_once(rows):
    assert count(rows) == count(rows[::-1])
    tied = [row for row in rows if row.ties]
    assert count(tied * 2).persons == count(tied).persons


@given(st.lists(records, max_size=30))
def test_never_more_households_than_persons(rows):
    result = count(rows)
    assert result.households <= result.persons <= sum(max(1, len(row.names)) for row in rows)
