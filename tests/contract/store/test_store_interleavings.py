"""Random interleavings of messages, decisions, returns, stops, changes, crashes and duplicate submissions, against a ledger.

The ledger knows who took part in each message, who approved what, and what a next hop got. Whatever the order: no message goes
without the approvals of its route, nobody's approval counts for what he sent himself, no cap is exceeded, what is submitted
twice while it is held goes once, nothing goes while it is stopped, no password or route comes into force without a second
person's consent, and the record verifies.
"""

import contextlib
import shutil
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from moves import Moves
from staff_moves import PEOPLE
from stage import Stage

from mailguard.lifecycle import Choice

APPROVERS = PEOPLE[1:]  # sato2 is sato's second login, hana is of the client
SENDERS = ("shop", "sato", "kato")
small, which = st.integers(0, 2), st.integers(0, 5)
people, approvers = st.sampled_from(PEOPLE), st.sampled_from(APPROVERS)
TOGETHER = (*[Choice.APPROVE] * 5, Choice.REJECT, Choice.RETURN, Choice.ANSWER, Choice.WITHDRAW)
# So often each is drawn: what brings mail on its way comes more often than what stops it.
MOVES = (
    (
        8,
        "arrive",
        small,
        small,
        st.integers(1, 4),
        st.sampled_from(SENDERS),
        st.sampled_from(["", "", "", "", "again", "retry"]),
    ),
    (1, "decide", which, people, st.sampled_from([Choice.APPROVE, *Choice]), st.integers(1, 12), st.booleans()),
    (2, "decide", which, approvers, st.just(Choice.APPROVE), st.integers(6, 30), st.just(True)),
    (4, "agree", which, st.lists(people, min_size=2, max_size=3, unique=True), st.integers(6, 30)),
    (3, "look", which, people, st.sampled_from([False, False, True])),
    (4, "together", people, st.booleans(), st.sampled_from([0, 0, 9, 30]), st.sampled_from(TOGETHER)),
    (
        6,
        "release",
        st.integers(1, 4),
        st.sampled_from(["accepted", "accepted", "accepted", "refused", "crash", "lost"]),
    ),
    (5, "dot", st.booleans()),
    (1, "stop", approvers, st.booleans()),
    (1, "stop_mailing", approvers, which),
    (3, "through", approvers, which, st.booleans()),
    (3, "resume", people, st.booleans()),
    (2, "forward", st.sampled_from([1, 60, 3_600, 86_400])),
    (1, "file", small, people),
    (1, "operate", st.sets(people, min_size=1, max_size=2)),
    (1, "appoint", people, st.sampled_from(["approver", "approver", "auditor"])),
    (2, "stand_in", approvers, people),
    (1, "ask", st.booleans(), people, small, st.booleans()),
    (1, "consent", people, st.sampled_from([True, True, False])),
    (1, "crash"),
)
drawn = [st.tuples(st.just(name), *facts) for often, name, *facts in MOVES for _ in range(often)]
operations = st.integers(0, len(drawn) - 1).flatmap(drawn.__getitem__)


# What is too rare to wait for; each fails when the rule that it is named for is taken out.
SERIES = {
    "sent twice": [("arrive", 0, 0, 2, "shop", ""), ("arrive", 0, 0, 1, "shop", "again"), ("agree", 0, ["sato"], 6)],
    "operator of then": [
        ("arrive", 0, 0, 1, "shop", ""), ("operate", {"kato"}), ("appoint", "tanaka", "approver"),
        ("agree", 0, ["tanaka"], 6),
    ],
    "second login": [("arrive", 2, 0, 1, "shop", ""), ("agree", 0, ["sato", "sato2"], 6), ("release", 1, "accepted")],
    "client": [("arrive", 0, 2, 1, "shop", ""), ("agree", 0, ["sato", "suzuki"], 6), ("release", 1, "accepted")],
    "snapshot": [
        ("arrive", 0, 0, 1, "shop", ""), ("look", 0, "sato", False), ("arrive", 0, 1, 1, "shop", ""),
        ("together", "sato", True, 0, Choice.APPROVE),
    ],
    "shared cap": [
        ("arrive", 0, 0, 2, "shop", ""), ("arrive", 0, 1, 2, "shop", ""), ("look", 0, "sato", False),
        ("together", "sato", True, 9, Choice.APPROVE), ("release", 2, "accepted"),
        *[move for number in (0, 1, 0) for move in [("arrive", 0, number, 3, "shop", ""), ("dot", True)]],
    ],
    "asked together": [
        ("arrive", 0, 0, 2, "shop", ""), ("arrive", 0, 1, 2, "shop", ""), ("look", 0, "sato", False),
        ("together", "sato", True, 0, Choice.RETURN), ("together", "sato", True, 0, Choice.APPROVE),
        ("look", 0, "tanaka", True), ("together", "sato", False, 0, Choice.APPROVE), ("release", 1, "accepted"),
        ("together", "tanaka", True, 0, Choice.ANSWER), ("look", 0, "sato", False),
        ("together", "sato", True, 0, Choice.APPROVE), ("release", 2, "accepted"),
    ],
    "time of an approval": [
        ("arrive", 0, 0, 1, "shop", ""), ("agree", 0, ["sato"], 6), ("release", 1, "accepted"), ("forward", 86_400),
        ("arrive", 0, 0, 1, "shop", ""), ("dot", True),
    ],
    "filed in advance": [
        ("file", 0, "tanaka"), ("agree", 0, ["sato"], 9), ("arrive", 0, 0, 1, "shop", ""), ("forward", 60),
        ("arrive", 0, 0, 2, "shop", ""), ("dot", True),
    ],
    "deputy": [
        ("stand_in", "sato", "tanaka"), ("arrive", 2, 0, 1, "shop", ""), ("agree", 0, ["tanaka", "sato"], 6),
        ("release", 1, "accepted"),
    ],
    "through a stop": [
        ("arrive", 0, 0, 1, "shop", ""), ("agree", 0, ["sato"], 6), ("stop", "sato", False),
        ("through", "suzuki", 0, False), ("through", "sato", 0, True), ("release", 1, "accepted"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_what_is_rare(stage, series):
    Moves(stage).play(series)


def test_nothing_goes_without_the_approvals_it_needs_whatever_the_order(tmp_path):
    made = tmp_path / "made"
    Moves(Stage(f"sqlite:///{made / 'mailguard.db'}", made)).close()
    numbers = count()

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(operations, min_size=20, max_size=40))
    def played(series):
        folder = tmp_path / str(next(numbers))
        shutil.copytree(made, folder)
        with contextlib.closing(Moves(Stage(f"sqlite:///{folder / 'mailguard.db'}", folder))) as moves:
            moves.play(series)
        shutil.rmtree(folder)

    played()


def test_the_same_on_a_server(request, tmp_path):
    server, numbers = request.getfixturevalue("postgresql"), count()

    @settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(operations, min_size=20, max_size=40))
    def played(series):
        url = server.database()
        with contextlib.closing(Moves(Stage(url, tmp_path / str(next(numbers))))) as moves:
            moves.play(series)
        server.drop(url)

    played()
