"""Many holds read together: the same as one by one, by as many statements for hundreds of them as for two."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event, select

from mailguard.errors import NotFoundError
from mailguard.lifecycle import Choice
from mailguard.model import PartInfo, Source
from mailguard.routes import Route, Routes, Ruling, Then, When
from mailguard.store import queries, reach, routing, standing
from mailguard.store.part_views import Look
from mailguard.store.reach import About
from mailguard.store.schema import holds

RULING = Ruling(
    Routes((Route("二人", Then(approvals=2), When(persons=5)), Route("多数", Then(approvals=3), When(recipients=9))))
)


def admit(stage, source, number, *, persons=3, subject=b"subject", to=("taro@example.jp",)):
    leaf = b"leaf %d" % number
    arrival = stage.arrival(
        source, stage.message(to=to), key=leaf, evidence=(leaf,), persons=persons, subject_key=subject
    )
    shown = replace(arrival.inspection, parts=(PartInfo(("list.csv",), "text/csv", 9, key=leaf),))
    return stage.store.holds.admit(replace(arrival, inspection=shown, ruling=RULING)).hold_id


def together(stage, person, cap=None):
    campaign = stage.store.campaigns.recent()[0].id
    token = stage.store.campaigns.snapshot(campaign, person.id).token
    wish = {"choice": Choice.APPROVE, "person_id": person.id, "reason": "looked at it"}
    stage.store.campaigns.decide(campaign, snapshot=token, cap=cap, **wish)
    return campaign


@pytest.fixture
def mixed(stage, staff):
    """Holds of one mailing: approved together, alone, and once of two; rejected; waiting; and one of an unknown system."""
    tanaka, sato, suzuki, ski = staff
    ids = [admit(stage, ski, number, persons=1) for number in range(3)]
    together(stage, sato, cap=5)
    ids += [admit(stage, ski, number, persons=7) for number in range(3, 7)]
    stage.decide(ids[3], sato)
    stage.decide(ids[4], sato)
    stage.decide(ids[4], suzuki, cap=3)
    stage.decide(ids[5], suzuki, Choice.REJECT)
    ids.append(admit(stage, Source("from:ski", "?", (tanaka.id,), declared=False), 8))
    ids.append(admit(stage, ski, 9, subject=b"other"))
    stage.store.part_views.viewed(ids[0], 0, sato.id)
    wish = {"revision": stage.row(ids[6]).revision, "reason": "sample"}
    stage.store.part_views.open(ids[6], 0, suzuki.id, Look.UNMASKED, **wish)
    return ids


def test_many_are_as_each_alone(stage, staff, mixed, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 4)
    views = list(stage.store.holds.views(mixed))
    assert views == [stage.store.holds.get(hold_id) for hold_id in mixed]
    assert [view.routed.approvals for view in views] == [2, 2, 2, 3, 2, 2, 2, 2, 1]
    assert [len(view.routed.approved) for view in views] == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    with stage.store._database.read() as tx:
        rows = tx.execute(select(holds)).all()
        approved = [row for row in rows if row.state == "approved"]
        sums = routing.ApprovedReaches(tx, [row.id for row in approved])
        assert [sums.of(row) for row in approved] == [routing.approved_reach(tx, row) for row in approved]
        crews = standing.crews(tx, rows)
        assert {row.id: standing.crew(tx, row) for row in rows} == crews
        sent = standing.sent_by(tx, rows, crews)
        assert {row.id: standing.sending(tx, row, []) for row in rows} == sent
    looks = stage.store.part_views.of_all(mixed)
    assert {hold_id: stage.store.part_views.of(hold_id) for hold_id in mixed if hold_id in looks} == looks
    assert [look.person_name for hold_id in (mixed[0], mixed[6]) for look in looks[hold_id]] == [
        "sato Yamada",
        "suzuki Yamada",
    ]


def test_who_does_not_see_one_of_them_gets_none(stage, staff, mixed):
    other = stage.person("other", organisation="B商会")
    assert list(stage.store.holds.views([], other.id)) == []
    for ids, viewer in ((mixed, other.id), ([*mixed, "H-0"], None)):
        with pytest.raises(NotFoundError):
            list(stage.store.holds.views(ids, viewer))


def test_who_was_reached_is_listed_hold_by_hold(stage, staff, mixed, monkeypatch):
    whole = stage.store.reach.take(About(holds=tuple(mixed)), "cli", clear=True, reason="asked")
    monkeypatch.setattr(reach, "PAGE", 2)
    assert stage.store.reach.take(About(holds=tuple(mixed)), "cli", clear=True, reason="asked").rows == whole.rows
    assert [row.hold_id for row in whole.rows] == mixed
    assert {(row.address, row.clear) for row in whole.rows} == {("taro@example.jp", True)}


@contextmanager
def heard(stage):
    """The SELECTs that are said meanwhile."""
    engine, said = stage.store._database._kind.engine, []

    def hear(connection, cursor, statement, parameters, context, many):
        said.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_the_record_of_a_mailing_takes_no_statement_for_each_hold(stage, staff):
    said = []
    for subject, count in ((b"few", 2), (b"more", 4)):
        for number in range(count):
            admit(stage, staff[3], number + 10 * count, persons=1, subject=subject)
        campaign = together(stage, staff[1])
        with heard(stage) as statements:
            lines = stage.store.campaign_dossiers.take(campaign, "cli")
        assert len({line.hold for line in lines} - {"", campaign}) == count
        said.append(len(statements))
    assert said[0] == said[1]
