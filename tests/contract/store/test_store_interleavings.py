"""Random interleavings of messages, decisions, returns, stops, changes, crashes and duplicate submissions, against a model.

The model knows who took part in each message, who approved what, and what a next hop got. Whatever the order: no message goes
without the approvals it needs, nobody's approval counts for what he sent himself, no cap is exceeded, nothing goes while it is
stopped, no password or route comes into force without a second person's consent, and the record verifies.
"""

import contextlib
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from stage import Stage

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState, IllegalTransitionError, RecipientState
from mailguard.model import Source
from mailguard.store import orders
from mailguard.store.reservations import Leaving
from mailguard.store.schema import people
from mailguard.store.settings import Content
from mailguard.store.views import Clearance, Outcome

PEOPLE = ("tanaka", "sato", "suzuki", "kato")  # tanaka operates ski, kato operates own and approves
APPROVERS = ("sato", "suzuki", "kato")
SENDERS = ("shop", "sato", "kato")
OPERATES = {"ski": {"tanaka"}, "own": {"kato"}}
REFUSALS = (RefusedError, ConflictError, NotFoundError, IllegalTransitionError)

small = st.integers(0, 2)
operations = st.one_of(
    st.tuples(st.just("arrive"), small, small, st.integers(1, 3), st.sampled_from(SENDERS), st.booleans()),
    st.tuples(st.just("arrive"), small, small, st.integers(1, 3), st.sampled_from(SENDERS), st.booleans()),
    st.tuples(
        st.just("decide"),
        st.integers(0, 5),
        st.sampled_from(PEOPLE),
        st.sampled_from([Choice.APPROVE, Choice.APPROVE, Choice.APPROVE, *Choice]),
        st.integers(1, 12),
        st.booleans(),
    ),
    st.tuples(st.just("decide"), st.integers(0, 5), st.sampled_from(APPROVERS), st.just(Choice.APPROVE), st.integers(6, 30), st.just(True)),
    st.tuples(st.just("release"), st.sampled_from(["accepted", "refused", "crash", "lost"])),
    st.tuples(st.just("release"), st.just("accepted")),
    st.tuples(st.just("stop"), st.sampled_from(APPROVERS), st.booleans()),
    st.tuples(st.just("stop_mailing"), st.sampled_from(APPROVERS), st.integers(0, 5)),
    st.tuples(st.just("dot"), st.booleans()),
    st.tuples(st.just("dot"), st.booleans()),
    st.tuples(st.just("resume"), st.sampled_from(PEOPLE), st.booleans()),
    st.tuples(st.just("forward"), st.sampled_from([1, 60, 3_600, 86_400])),
    st.tuples(st.just("ask"), st.booleans(), st.sampled_from(PEOPLE), small, st.booleans()),
    st.tuples(st.just("consent"), st.sampled_from(PEOPLE), st.sampled_from([True, True, False])),
    st.tuples(st.just("crash")),
)  # fmt: skip


def routed(number):
    """Settings with routes of their own."""
    return Content("", monitor=False, own={}, retention={}, routes=f"# {number}", rules={}).text


@dataclass
class Model:
    """What went out, and what it stood on."""

    stage: Stage
    people: dict = field(default_factory=dict)
    sources: list = field(default_factory=list)
    messages: dict = field(default_factory=dict)  # id → (source, sender, recipients)
    approvals: dict = field(default_factory=lambda: defaultdict(dict))  # hold → person → cap, of this revision
    caps: dict = field(default_factory=dict)  # hold → cap, once it is approved
    vouched: dict = field(default_factory=dict)  # hold → who approved it
    senders: dict = field(default_factory=lambda: defaultdict(set))  # hold → who sent its mail
    sent: dict = field(default_factory=lambda: defaultdict(set))  # hold → pairs that a next hop may have
    leaving: list = field(default_factory=list)  # under an approval, before their final dot
    last: str = ""
    asked: dict = field(default_factory=dict)  # change → (whose password, it) or ("", routes)
    force: dict = field(default_factory=dict)  # what was consented to: whose password, "" for routes → it

    def __post_init__(self):
        stage = self.stage
        for login in PEOPLE:
            known = stage.store.people.by_login(login)
            self.people[login] = known or stage.person(login, "operator" if login == "tanaka" else "approver")
        if not stage.store.sources.all():
            stage.source(self.people["tanaka"], name="ski", logins=("ski",))
            stage.source(self.people["kato"], name="own", logins=("own",))
        self.sources = [*stage.store.sources.all(), Source("", "?", declared=False)]
        stage.store.settings.take_first(routed(0))

    # What happens

    def arrive(self, source, content, recipients, sender, again):
        """A message as the pipeline treats it: under an approval, or held."""
        where = self.sources[source]
        to = tuple(f"r{number}@example.jp" for number in range(recipients))
        name = self.last if again and self.last else None
        message = self.stage.message(name, to, f"{sender}@example.co.jp")
        if name:  # the same submission again
            source_id, sender, recipients, content = self.messages[name]
            where = next(one for one in self.sources if one.id == source_id)
            to = tuple(f"r{number}@example.jp" for number in range(recipients))
            message = self.stage.message(name, to, f"{sender}@example.co.jp")
        self.last = message.id
        self.messages[message.id] = where.id, sender, recipients, content
        leaf = f"leaf {content}".encode()
        arrival = self.stage.arrival(where, message, evidence=(leaf,), key=where.id.encode() + leaf)
        reservation = self.stage.store.holds.reserve(arrival)
        if reservation is None:
            self.senders[self.stage.store.holds.admit(arrival).hold_id].add(sender)
            return
        self.leaving.append(Leaving(reservation, arrival))

    def dot(self, confirms):
        """The content of the oldest message under an approval is out; may its final dot follow?"""
        if not self.leaving:
            return
        one, holds = self.leaving.pop(0), self.stage.store.holds
        message = one.arrival.message
        if holds.may_leave([one]) == [True]:
            self.goes(one.reservation.hold_id, message.id, range(one.reservation.recipients))
            if confirms:  # else the process dies before it can
                holds.confirm(one.reservation, one.reservation.recipients)
            return
        holds.give_back(one.reservation)
        self.senders[holds.admit(one.arrival).hold_id].add(self.messages[message.id][1])

    def decide(self, which, login, choice, cap, fresh):
        rows = self.stage.store.holds.recent(limit=10)
        if not rows:
            return
        row = rows[which % len(rows)]
        revision = row.revision if fresh else max(1, row.revision - 1)
        person = self.people[login].id
        try:
            state = self.stage.store.holds.decide(
                row.id, revision=revision, choice=choice, person_id=person, reason="seen, and in words", cap=cap
            )
        except REFUSALS:
            return
        assert fresh or row.revision == 1
        if choice is not Choice.APPROVE:
            return
        self.approvals[row.id, revision][login] = cap
        if state is HoldState.APPROVED:
            void = self.senders[row.id] | OPERATES.get(row.source_id, set())
            valid = {who: cap for who, cap in self.approvals[row.id, revision].items() if who not in void}
            self.vouched[row.id], self.caps[row.id] = set(valid), min(valid.values())

    def release(self, outcome):
        """One round of the release worker."""
        claim = self.stage.store.releases.claim(lease_seconds=60)
        if claim is None:
            return
        if self.stage.store.releases.clearance([claim.token])[claim.token] is not Clearance.GO:
            return
        if outcome != "refused":
            self.goes(claim.hold_id, claim.message_id, [position for position, _ in claim.waiting])
        if outcome in {"crash", "lost"}:
            return
        state = RecipientState.ACCEPTED if outcome == "accepted" else RecipientState.REFUSED
        said = [Outcome(position, state, "said") for position, _ in claim.waiting]
        self.stage.store.releases.record(claim.token, said, None)

    def stop_mailing(self, login, which):
        rows = self.stage.store.holds.recent(limit=10)
        with contextlib.suppress(*REFUSALS):
            if rows:
                self.stage.store.stops.stop_campaign(self.people[login].id, rows[which % len(rows)].id, "stop")

    def stop(self, login, everything):
        person, stops = self.people[login].id, self.stage.store.stops
        try:
            stops.stop_all(person, "stop") if everything else stops.stop_source(person, "ski", "stop")
        except REFUSALS:
            return

    def resume(self, login, agree):
        person, stops = self.people[login].id, self.stage.store.stops
        for stop in stops.active()[:1]:
            asked = stop.asked_by
            try:
                stops.agree_end(person, stop.id) if agree else stops.ask_end(person, stop.id, "go on")
            except REFUSALS:
                return
            assert not agree or asked not in {"", person}

    def forward(self, seconds):
        self.stage.clock.forward(seconds=seconds)
        self.stage.store.holds.expire_due()

    def crash(self):
        self.leaving.clear()
        self.stage.reopen()

    def ask(self, password, login, number, alone):
        """The machine wants a password for somebody or other routes; or a person wants it alone."""
        person, key = self.people[login].id, login if password else ""
        value = f"secret {number}" if password else routed(number)
        order = orders.GivePassword(person, value) if password else orders.TakeSettings(value)
        try:
            change = self.stage.store.changes.submit(person if alone else "cli" if password else "config", order)
        except REFUSALS:
            return
        assert not alone
        self.asked[change.id] = key, value

    def consent(self, login, agree):
        changes, person = self.stage.store.changes, self.people[login].id
        for change in [one for one in changes.all() if one.state == "waiting"][:1]:
            try:
                (changes.agree if agree else changes.refuse)(change.id, person)
            except REFUSALS:
                return
            key, value = self.asked[change.id]
            assert login in APPROVERS
            assert key != login
            if agree:
                self.force[key] = value

    # What must hold

    def in_force(self):
        """As the database has it."""
        with self.stage.store._database.read() as tx:
            secrets = {row.id: row.password for row in tx.execute(select(people))}
        found = {login: secrets[person.id] for login, person in self.people.items() if secrets[person.id]}
        content = self.stage.store.settings.in_force().text
        return found | ({"": content} if content != routed(0) or "" in self.force else {})

    def goes(self, hold_id, message_id, positions):
        """The next hop gets it now."""
        source_id, sender, _, _ = self.messages[message_id]
        row = self.stage.row(hold_id)
        assert row.state is HoldState.APPROVED
        able = self.vouched[hold_id] - {sender} - OPERATES.get(row.source_id, set())
        assert len(able) >= (1 if source_id else 2)
        for stop in self.stage.store.stops.active():
            assert stop.source_id not in {"", source_id}
        self.sent[hold_id] |= {(message_id, position) for position in positions}
        assert len(self.sent[hold_id]) <= self.caps[hold_id]

    def play(self, series):
        for name, *facts in series:
            getattr(self, name)(*facts)
        assert self.in_force() == self.force
        assert self.stage.store.audit.verify() is None

    def close(self):
        self.stage.store.close()


def test_nothing_goes_without_the_approvals_it_needs_whatever_the_order(tmp_path):
    made = tmp_path / "made"
    Model(Stage(f"sqlite:///{made / 'mailguard.db'}", made)).stage.store.close()
    numbers = count()

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(operations, min_size=5, max_size=40))
    def played(series):
        folder = tmp_path / str(next(numbers))
        shutil.copytree(made, folder)
        with contextlib.closing(Model(Stage(f"sqlite:///{folder / 'mailguard.db'}", folder))) as model:
            model.play(series)
        shutil.rmtree(folder)

    played()


def test_the_same_on_a_server(request, tmp_path):
    server, numbers = request.getfixturevalue("postgresql"), count()

    @settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(operations, min_size=15, max_size=40))
    def played(series):
        url = server.database()
        with contextlib.closing(Model(Stage(url, tmp_path / str(next(numbers))))) as model:
            model.play(series)
        server.drop(url)

    played()
