"""The stop list and who was spared, on every database."""

import json

import pytest

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.stoplist import Block, Scope, Sender, keys_of
from mailguard.store.suppressions import Spared

ALL = Sender(frozenset({"ski"}), declared=True, from_domains=frozenset())


def named(stage, address, sender=ALL):
    return stage.store.stop_list.latest().names(keys_of(address, stage.store.digester), sender)


def test_entries_are_added_found_listed_and_removed(stage, staff):
    tanaka, sato, _, _ = staff
    lists = stage.store.stop_list
    assert not named(stage, "taro@example.jp")
    entry = lists.add(tanaka.id, address="Taro@example.jp", sources=["ski", "!invoices"], reason="電話で申し出")
    assert named(stage, "taro@example.jp")
    assert not named(stage, "taro@example.jp", Sender(frozenset({"other"}), declared=True, from_domains=frozenset()))
    stage.reopen()
    lists = stage.store.stop_list
    [there] = lists.entries()
    assert (there, there.shown) == (entry, "T***@e***.jp")
    assert lists.add(sato.id, address="taro@example.jp", sources=["!invoices", "ski"]).id == entry.id
    with pytest.raises(RefusedError, match="take somebody off"):
        lists.remove(tanaka.id, entry.id)
    lists.remove(sato.id, entry.id)
    assert not named(stage, "taro@example.jp")
    with pytest.raises(NotFoundError):
        lists.remove(sato.id, entry.id)
    assert stage.actions(entry.id) == ["stop_list.removed", "stop_list.added"]
    assert "example.jp" not in str(stage.store.audit.rows(1000, 0))


def test_who_may_not_add_and_what_is_no_entry(stage):
    auditor = stage.person("kato", "auditor")
    for actor, facts, code in (
        (auditor.id, {"address": "taro@example.jp"}, "not_stop_list"),
        ("cli", {"address": "taro"}, "stop_list_bad"),
        ("cli", {"address": "taro@example.jp", "domain": "example.jp"}, "stop_list_bad"),
        ("cli", {}, "stop_list_bad"),
    ):
        with pytest.raises(RefusedError) as error:
            stage.store.stop_list.add(actor, **facts)
        assert error.value.code == code


def test_a_file_takes_the_place_of_what_it_was(stage):
    lists, digester = stage.store.stop_list, stage.store.digester
    before = lists.latest()
    assert lists.latest() is before
    taro, jiro = (Block.of(Scope(), keys_of(f"{name}@example.jp", digester)[:1]) for name in ("taro", "jiro"))
    lists.take_file("/a.csv", lists.content_key(b"1"), [taro])
    assert named(stage, "taro@example.jp")
    assert lists.has_file("/a.csv", lists.content_key(b"1"))
    lists.take_file("/a.csv", lists.content_key(b"2"), [jiro])
    assert not named(stage, "taro@example.jp")
    assert named(stage, "jiro@example.jp")
    assert [(file.path, file.entries) for file in lists.files()] == [("/a.csv", 1)]
    assert lists.keep_files(["/a.csv"]) == 0
    assert lists.keep_files([]) == 1
    lose(stage)
    assert not named(stage, "jiro@example.jp")
    assert lists.files() == []


def lose(stage, *, waits=False):
    """Ask for what files have lost, as the service does."""
    (order,) = stage.store.stop_list.to_lose()
    change = stage.store.changes.submit("config", order)
    assert bool(change) is waits
    return change


def take(stage, *numbers, path="/a.csv"):
    """A file with these people; what it has lost and what stays."""
    lists, digester = stage.store.stop_list, stage.store.digester
    keys = [keys_of(f"taro{number}@example.jp", digester)[0] for number in numbers]
    kept = lists.take_file(path, lists.content_key(repr(numbers).encode()), [Block.of(Scope(), keys)])
    assert stage.store.audit.check() is None
    return kept


def on_list(stage, *numbers):
    return [named(stage, f"taro{number}@example.jp") for number in numbers]


def test_a_few_entries_a_day_leave_a_file_and_what_goes_beyond_stays_until_consent(stage, staff):
    lists, changes = stage.store.stop_list, stage.store.changes
    take(stage, *range(100))
    assert take(stage, *range(15, 100)) == 0
    assert take(stage, *range(21, 101)) == 6  # 21 on this day; what is new counts at once
    assert on_list(stage, 14, 15, 20, 21, 100) == [False, True, True, True, True]
    assert [(file.entries, file.kept) for file in lists.files()] == [(86, 6)]
    change = lose(stage, waits=True)
    assert (change.kind, change.asked_by) == ("stop_list.lose", "config")
    assert [(fact.name, fact.before, fact.after) for fact in change.facts] == [
        ("stop_list.file", "/a.csv", "/a.csv"), ("stop_list.entries", "86", "80")
    ]  # fmt: skip
    with pytest.raises(ConflictError, match=change.id):
        lose(stage, waits=True)
    stage.clock.forward(days=1)
    assert take(stage, *range(31, 101)) == 6  # another day, another few; these wait as before
    changes.agree(change.id, staff[1].id)
    assert on_list(stage, 20, 30, 31) == [False, False, True]
    assert [(file.entries, file.kept) for file in lists.files()] == [(70, 0)]
    assert lists.to_lose() == []
    assert stage.store.audit.check() is None
    counted = [json.loads(row.detail) for row in stage.store.audit.rows(9, 0, "") if row.action == "stop_list.read"]
    assert [(one["lost"], one["kept"]) for one in counted] == [(10, 6), (0, 6), (15, 0), (0, 0)]


def test_of_a_large_file_a_share_may_go(stage, staff):
    take(stage, *range(2000))
    assert take(stage, *range(40, 2000)) == 0
    assert take(stage, *range(41, 2000)) == 1


def test_an_emptied_file_and_one_that_is_not_named_any_more_stay(stage, staff):
    lists = stage.store.stop_list
    take(stage, *range(30))
    assert take(stage) == 30
    assert on_list(stage, 0, 29) == [True, True]
    first = lose(stage, waits=True)
    assert take(stage, *range(29)) == 1  # what comes back is no loss any more
    second = lose(stage, waits=True)
    with pytest.raises(ConflictError):
        stage.store.changes.agree(first.id, staff[1].id)
    assert stage.store.changes.get(first.id).state == "expired"
    stage.store.changes.refuse(second.id, staff[1].id)
    with pytest.raises(ConflictError, match="was refused"):
        lose(stage)
    assert lists.keep_files([]) == 1
    assert lists.keep_files([]) == 0
    assert on_list(stage, 0, 29) == [True, True]
    assert stage.store.audit.check() is None
    stage.store.changes.agree(lose(stage, waits=True).id, staff[1].id)
    assert (on_list(stage, 0, 29), lists.files()) == ([False, False], [])
    assert stage.store.audit.check() is None


def test_without_two_approvers_it_goes_at_once(stage):
    take(stage, *range(30))
    assert take(stage) == 30
    lose(stage)
    assert on_list(stage, 0, 29) == [False, False]


def test_what_was_asked_for_is_not_what_is_kept_now(stage, staff):
    take(stage, *range(30))
    take(stage)
    (order,) = stage.store.stop_list.to_lose()
    take(stage, 0)
    with pytest.raises(ConflictError, match="has changed since"):
        stage.store.changes.submit("config", order)


def test_operators_hear_of_it_once_a_day_with_the_number_of_then(stage, staff):
    source, spared = staff[3], stage.store.suppressions
    spared.record(Spared("m1", source, ("taro@example.jp", "TARO@example.jp")))
    spared.record(Spared("m1", source, ("taro@example.jp",)))
    spared.record(Spared("m2", source, ("taro@example.jp", "jiro@example.jp"), "release"))
    assert stage.store.notices.pending() == []
    stage.clock.forward(minutes=11)
    [notice] = stage.store.notices.pending()
    assert (notice.person.login, notice.event, notice.recipients, notice.messages) == ("tanaka", "suppressed", 3, 2)
    stage.store.notices.failed(notice.id, stage.clock())
    stage.store.notices.sent(notice.id)
    spared.record(Spared("m3", source, ("taro@example.jp",)))
    stage.clock.forward(minutes=11)
    assert stage.store.notices.pending() == []
    assert [(day.source_id, day.recipients, day.messages) for day in spared.days()] == [("ski", 4, 3)]
    assert {(key, how) for key, how, _ in spared.of("taro@example.jp")} == {
        ("m1", "intake"), ("m2", "release"), ("m3", "intake"),
    }  # fmt: skip
    stage.clock.forward(days=1)
    spared.record(Spared("m4", source, ("taro@example.jp",)))
    stage.clock.forward(days=2)
    assert len(stage.store.notices.pending()) == 1
    assert spared.purge(1) == 5
    assert spared.days() == []


def test_an_undeclared_source_is_told_to_the_approvers(stage, staff):
    from mailguard.store.register import UNDECLARED

    stage.store.suppressions.record(Spared("m1", UNDECLARED, ("taro@example.jp",)))
    stage.clock.forward(minutes=11)
    assert stage.heard("suppressed") == ["sato", "suzuki"]


def test_a_recipient_that_is_listed_while_the_mail_is_held(stage, staff):
    _, sato, _, source = staff
    hold_id = stage.admit(source, stage.message(to=("taro@example.jp", "jiro@example.jp"))).hold_id
    stage.decide(hold_id, sato)
    claim = stage.store.releases.claim(lease_seconds=60)
    assert claim.source_id == "ski"
    assert stage.record(claim, RecipientState.SUPPRESSED, RecipientState.ACCEPTED) is MessageState.RELEASED
    progress = stage.store.holds.get(hold_id).progress
    assert progress.recipients == {RecipientState.SUPPRESSED: 1, RecipientState.ACCEPTED: 1}


def test_a_mail_that_nobody_is_left_for_is_withdrawn(stage, staff):
    _, sato, _, source = staff
    stage.decide(stage.admit(source).hold_id, sato)
    claim = stage.store.releases.claim(lease_seconds=60)
    assert stage.record(claim, RecipientState.SUPPRESSED) is MessageState.WITHDRAWN
    assert stage.heard("failed") == []
