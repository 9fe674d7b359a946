"""The stop list and who was spared, on every database."""

import pytest

from mailguard.errors import NotFoundError, RefusedError
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
    assert not named(stage, "jiro@example.jp")


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
