"""What the store remembers of the runs of a mailing."""

from mailguard.model import TRAITS, Run

SERIES = ("ski", b"series")


def run(number=1, *, leaf=None, to=1):
    leaves = frozenset() if leaf is None else frozenset([leaf])
    return Run(leaves, leaves, frozenset([b"sender"]), frozenset(["name"]), messages=number, recipients=to)


def test_what_comes_without_a_long_break_is_one_run_and_after_it_another(stage):
    runs = stage.store.runs
    runs.note_all({SERIES: run(3, to=4), ("ski", b"other"): run()})
    stage.clock.forward(hours=2)
    runs.note_all({SERIES: run(2, leaf=b"leaf", to=6)})
    assert runs.earlier("ski", [b"series"]) == []  # it goes on
    stage.clock.forward(days=7)
    runs.note_all({SERIES: run(1)})
    (found,) = runs.earlier("ski", [b"series"])
    assert (found.messages, found.recipients, found.leaves, found.kinds) == (5, 10, {b"leaf"}, {"name"})
    stage.reopen()
    assert stage.store.runs.earlier("ski", [b"none", b"series"]) == [found]
    assert stage.store.runs.earlier("else", [b"series"]) == []


def test_a_run_keeps_no_more_than_some_digests_and_is_forgotten_in_time(stage):
    for number in range(TRAITS + 10):
        stage.store.runs.note_all({SERIES: run(leaf=b"%d" % number)})
    stage.clock.forward(days=1)
    (found,) = stage.store.runs.earlier("ski", [b"series"])
    assert (len(found.leaves), found.messages) == (TRAITS, TRAITS + 10)
    assert stage.store.runs.forget() == 0
    stage.clock.forward(days=401)
    assert stage.store.runs.forget() == 1
