"""Holds of one campaign with different checklists: decided together with the points of all of them."""

from dataclasses import replace

import pytest

from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.routes import Point, Route, Routes, Ruling, Then, When
from mailguard.store.saying import Said

WHO, BASIS, MANY = (Point(name, name.upper(), name) for name in ("who", "basis", "many"))
FEW = Routes((Route("all", Then(checklist=(WHO,))),))
MORE = Routes(
    (Route("all", Then(checklist=(WHO,))), Route("more", Then(checklist=(BASIS,)), When(persons=2))),
)
STEP = Routes((Route("step", Then(checklist=(MANY,)), When(recipients=100)),))


@pytest.fixture
def mailing(stage, staff):
    """Three holds of one campaign: of the first route, of both, of none."""

    def held(number, rules, persons):
        arrival = stage.arrival(staff[3], key=b"%d" % number, evidence=(b"leaf %d" % number,), persons=persons)
        return stage.store.holds.admit(replace(arrival, ruling=Ruling(rules))).hold_id

    return [held(1, FEW, 1), held(2, MORE, 2), held(3, Routes(), 1), held(4, STEP, 1)]


def decide(stage, person, *checked, cap=None, choice=Choice.APPROVE):
    campaigns = stage.store.campaigns
    (row,) = campaigns.recent()
    token = campaigns.snapshot(row.id, person.id).token
    said = Said(checked=checked)
    return campaigns.decide(
        row.id, snapshot=token, choice=choice, person_id=person.id, reason="seen", cap=cap, said=said
    )


def code_of(*arguments, **facts):
    with pytest.raises(RefusedError) as refused:
        decide(*arguments, **facts)
    return refused.value.code


def test_each_point_is_shown_once_with_the_holds_it_stands_for(stage, staff, mailing):
    (row,) = stage.store.campaigns.recent()
    shown = stage.store.campaigns.checklist(row.id, staff[1].id)
    assert [(one.point.id, one.point.required, one.holds, one.named) for one in shown] == [
        ("who", True, 2, tuple(mailing[:2])),
        ("basis", True, 1, (mailing[1],)),
        ("many", False, 1, (mailing[3],)),
    ]


def test_all_are_decided_together_when_every_required_point_is_ticked(stage, staff, mailing):
    assert code_of(stage, staff[1]) == "checklist"
    assert code_of(stage, staff[1], "who") == "checklist"
    assert code_of(stage, staff[1], "who", "basis", "made up") == "checklist_unknown"
    assert code_of(stage, staff[1], "who", "basis", cap=100) == "checklist"  # up to a cap that asks for more
    assert {stage.row(hold).state for hold in mailing} == {HoldState.PENDING}
    assert decide(stage, staff[1], "who", "basis").states == {HoldState.APPROVED: 4}
    ticked = [stage.store.holds.get(hold).decisions[0].checked for hold in mailing]
    assert ticked == [("who",), ("basis", "who"), (), ()]  # of each what it asks for


def test_a_rejection_needs_no_ticks(stage, staff, mailing):
    assert decide(stage, staff[1], choice=Choice.REJECT).states == {HoldState.REJECTED: 4}
    (row,) = stage.store.campaigns.recent((HoldState.REJECTED,))
    assert stage.store.campaigns.checklist(row.id, staff[1].id) == ()
