"""What somebody opens of a hold is recorded before it is shown, and clear values are for who may approve."""

import dataclasses

import pytest

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import Choice
from mailguard.model import PartInfo
from mailguard.store import kept_messages
from mailguard.store.part_views import Look

PARTS = (PartInfo(("(body)",), "text/plain", 2, key=b"b" * 16), PartInfo(("list.csv",), "text/csv", 9, key=b"c" * 16))


@pytest.fixture
def hold(stage, staff):
    arrival = stage.arrival(staff[3])
    arrival = dataclasses.replace(arrival, inspection=dataclasses.replace(arrival.inspection, parts=PARTS))
    return stage.store.holds.admit(arrival).hold_id


def open_part(stage, hold_id, person, kind=Look.UNMASKED, part=1, revision=1, reason="a name looks wrong"):
    return stage.store.part_views.open(hold_id, part, person.id, kind, revision=revision, reason=reason)


def refused(*arguments, **wish):
    with pytest.raises(RefusedError) as error:
        open_part(*arguments, **wish)
    return error.value.code


def test_an_approver_gets_the_mails_and_the_look_is_recorded(stage, staff, hold):
    opened = open_part(stage, hold, staff[1])
    assert opened.info == PARTS[1]
    assert opened.contents == (stage.message("m1").content,)
    open_part(stage, hold, staff[1], Look.DOWNLOADED, reason="compare")
    assert stage.actions(hold) == ["part.downloaded", "part.unmasked", "hold.opened"]
    seen = [(one.part, one.kind, one.person_name, one.reason) for one in stage.store.part_views.of(hold)]
    assert seen == [
        (1, "unmasked", "sato Yamada", "a name looks wrong"), (1, "downloaded", "sato Yamada", "compare")
    ]  # fmt: skip
    lines = [(line.item, line.value) for line in stage.store.dossiers.take([hold], "cli") if line.section == "閲覧"]
    assert lines == [
        ("部分 2 伏せ字なしで表示 (版 1)", "a name looks wrong"), ("部分 2 取り出し (版 1)", "compare")
    ]  # fmt: skip
    assert all("looks wrong" not in row.detail for row in stage.store.audit.rows(99, 0))


@pytest.mark.parametrize("role", ["operator", "auditor", "administrator"])
def test_others_see_no_clear_values_and_the_attempt_is_recorded(stage, staff, hold, role):
    # An operator of the source; one of another does not even see the hold.
    person = staff[0] if role == "operator" else stage.person("x", role)
    assert refused(stage, hold, person) == "not_approver"
    assert stage.actions(hold) == ["hold.refused", "hold.opened"]
    assert stage.store.part_views.of(hold) == []


def test_an_approver_who_is_operator_of_the_source_does_not_either(stage, staff):
    both = stage.person("both")
    arrival = stage.arrival(stage.source(both, name="other"))
    arrival = dataclasses.replace(arrival, inspection=dataclasses.replace(arrival.inspection, parts=PARTS))
    assert refused(stage, stage.store.holds.admit(arrival).hold_id, both) == "own_source"


def test_a_look_needs_a_reason_a_part_and_the_revision_that_is_shown(stage, staff, hold):
    assert refused(stage, hold, staff[1], reason=" ") == "unmask_reason"
    for part in (-1, 2):
        with pytest.raises(NotFoundError):
            open_part(stage, hold, staff[1], part=part)
    with pytest.raises(ConflictError):
        open_part(stage, hold, staff[1], revision=2)
    assert stage.store.part_views.of(hold) == []


def test_what_is_deleted_cannot_be_opened(stage, staff, hold):
    stage.decide(hold, staff[1], Choice.REJECT)
    stage.clock.forward(days=8)
    assert stage.store.holds.purge_due() == 1
    assert refused(stage, hold, staff[1], revision=2) == "bytes_gone"


def test_looking_at_masks_is_recorded_once_for_each_person_and_revision(stage, staff, hold):
    for _ in range(2):
        assert stage.store.part_views.viewed(hold, 1, staff[1].id) == PARTS[1]
    stage.store.part_views.viewed(hold, 1, staff[2].id)
    assert stage.actions(hold) == ["part.viewed", "part.viewed", "hold.opened"]
    stage.admit(staff[3], evidence=(b"leaf", b"more"))
    stage.store.part_views.viewed(hold, 1, staff[1].id)
    assert [one.revision for one in stage.store.part_views.of(hold)] == [1, 1, 2]


def test_a_message_is_chosen_and_the_record_says_which(stage, staff, hold):
    for number in range(8):
        stage.admit(staff[3], stage.message(f"later{number}"))
    views = stage.store.part_views
    assert len(open_part(stage, hold, staff[1]).contents) == 5
    stage.admit(staff[3], stage.message("new"), evidence=(b"leaf", b"other"))
    revision = stage.row(hold).revision
    several = views.open(hold, 1, staff[1].id, Look.UNMASKED, revision=revision, reason="x")
    assert (len(several.contents), several.key) == (6, PARTS[1].key)  # the one that brought something new, too
    opened = views.open(hold, 1, staff[1].id, Look.UNMASKED, revision=revision, reason="x", message="later7")
    assert (opened.contents, opened.key) == ((stage.message("later7").content,), b"")
    assert [one.message for one in views.of(hold)] == ["", "", "later7"]
    assert '"message":"later7"' in stage.store.audit.rows(1, 0, hold)[0].detail.replace(" ", "")
    assert "later7" in [line for line in stage.store.dossiers.take([hold], "cli") if line.section == "閲覧"][-1].item
    with pytest.raises(RefusedError) as gone:
        views.open(hold, 1, staff[1].id, Look.UNMASKED, revision=revision, reason="x", message="nobody")
    assert gone.value.code == "bytes_gone"


def test_the_messages_to_choose_from_are_bounded_and_masked(stage, staff, hold, monkeypatch):
    monkeypatch.setattr(kept_messages, "CHOICES", 4)
    for number in range(6):
        stage.admit(staff[3], stage.message(f"later{number}", to=("taro@example.jp", "b@example.jp")))
    stage.admit(staff[3], stage.message("new"), evidence=(b"leaf", b"other"))
    found = stage.store.part_views.messages(hold, staff[1].id)
    assert [(one.id, one.recipients, one.brought) for one in found[:2]] == [("m1", 1, True), ("later0", 2, False)]
    assert [one.id for one in found[2:]] == ["new"]
    assert all("taro@" not in one.address and one.address for one in found)
    with pytest.raises(NotFoundError):
        stage.store.part_views.messages(hold, stage.person("x", organisation="B商会").id)
