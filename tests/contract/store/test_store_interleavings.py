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
from hypothesis import HealthCheck, given, settings
from moves import Moves
from staff_moves import PEOPLE
from stage import Stage

from mailguard.lifecycle import Choice

APPROVERS = PEOPLE[1:]  # sato2 is sato's second login, hana is of the client
SENDERS = ("shop", "sato", "kato")
small, which = st.integers(0, 2), st.integers(0, 5)
people, approvers = st.sampled_from(PEOPLE), st.sampled_from(APPROVERS)
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
    (3, "look", which, people),
    (4, "together", people, st.booleans(), st.sampled_from([0, 0, 9, 30]), st.sampled_from([*[True] * 5, False])),
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


def test_nothing_goes_without_the_approvals_it_needs_whatever_the_order(tmp_path):
    made = tmp_path / "made"
    Moves(Stage(f"sqlite:///{made / 'mailguard.db'}", made)).close()
    numbers = count()

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
