"""What tools, people and crashes do to a store, each move with what the ledger has to know of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from ledger import CLIENT, MANY_PERSONS, MANY_RECIPIENTS, Mail, Voice
from staff_moves import REFUSALS
from stage import content, inspection
from stop_moves import StopMoves

from mailguard.errors import NotFoundError
from mailguard.lifecycle import Choice, HoldState, RecipientState
from mailguard.model import Action, Verdict
from mailguard.routes import Requirement, Route, Routes, Ruling, Then, When
from mailguard.store.requests import Filing
from mailguard.store.reservations import Leaving
from mailguard.store.schema.emergency import Scope
from mailguard.store.views import Clearance, Outcome

RULING = Ruling(
    Routes(
        (
            Route("client", Then(approvals=2, of=(Requirement(organisation=CLIENT),)), When(persons=MANY_PERSONS)),
            Route("many", Then(approvals=2), When(recipients=MANY_RECIPIENTS)),
        )
    )
)
PERSONS = (3, 3, 2_000)  # in each content
MAILING = b"the mailing that was filed"


@dataclass
class Moves(StopMoves):
    """leaving: under an approval, before their final dot; looks: snapshots that somebody saw, with what was in them."""

    last: str = ""
    leaving: list = field(default_factory=list)
    looks: list = field(default_factory=list)

    # Mail

    def arrive(self, source, number, recipients, sender, again):
        """A message as the pipeline treats it: under an approval, or held. again: submitted twice; retry: the same one."""
        before = self.ledger.mails.get(self.last) if again else None
        where = next(one for one in self.sources if one.id == before.source) if before else self.sources[source]
        name = self.last if before and again == "retry" else f"m{next(self.stage.numbers)}"
        if before:
            _, recipients, sender, number, text = before.identity
        else:
            text = f"hi {name}"
        to = tuple(f"r{place}@example.jp" for place in range(recipients))
        data = content(to=to[0], text=text)
        message = self.stage.message(name, to, f"{sender}@example.co.jp", data=data)
        mail = Mail(name, where.id, sender, recipients, PERSONS[number], (where.id, recipients, sender, number, text))
        retried = name in self.ledger.mails
        self.ledger.mails[name], self.last = mail, name
        arrival = replace(self._arrival(where, message, number), ruling=RULING)
        reservation = self.stage.store.holds.reserve(arrival)
        if reservation is None:
            self._admit(arrival, known=retried)
            return
        if not retried:
            self.ledger.passes(reservation.hold_id, mail, self.stage.clock())
        self.leaving.append(Leaving(reservation, arrival))

    def _arrival(self, where, message, number):
        leaf = f"leaf {number}".encode()
        # What was filed in advance is bound to it, as the pipeline does.
        bound = (where.id, b"subject") in self.stage.store.requests.latest()
        evidence = (leaf, MAILING) if bound else (leaf,)
        return self.stage.arrival(
            where, message, evidence=evidence, key=where.id.encode() + b"".join(evidence), persons=PERSONS[number]
        )

    def _admit(self, arrival, *, known=False):
        admission, mail = self.stage.store.holds.admit(arrival), self.ledger.mails[arrival.message.id]
        if known:
            return
        if admission.outcome == "folded":
            self.ledger.folded(admission.hold_id, mail)
            return
        campaign, undecided = self._campaign(admission.hold_id), admission.outcome in {"opened", "joined"}
        if admission.outcome == "waiting":
            self.ledger.passes(admission.hold_id, mail, self.stage.clock())
        self.ledger.kept(admission.hold_id, mail, campaign, undecided=undecided)

    def _campaign(self, hold_id):
        return self.stage.store.campaigns.of(hold_id).id

    def dot(self, confirms):
        """The content of the oldest message under an approval is out; may its final dot follow?"""
        if not self.leaving:
            return
        one, holds = self.leaving.pop(0), self.stage.store.holds
        if holds.may_leave([one]) == [True]:
            self._goes(one.reservation.hold_id, one.arrival.message.id, range(one.reservation.recipients))
            if confirms:  # else the process dies before it can
                holds.confirm(one.reservation, one.reservation.recipients)
            return
        holds.give_back(one.reservation)
        self._admit(one.arrival)

    def release(self, rounds, outcome):
        """Some rounds of the release worker; what became of the last one."""
        for number in range(rounds):
            self._round(outcome if number == rounds - 1 else "accepted")

    def _round(self, outcome):
        releases = self.stage.store.releases
        claim = releases.claim(lease_seconds=60)
        if claim is None or releases.clearance([claim.token])[claim.token] is not Clearance.GO:
            return
        if outcome != "refused":
            self._goes(claim.hold_id, claim.message_id, [position for position, _ in claim.waiting])
        if outcome in {"crash", "lost"}:
            return
        state = RecipientState.ACCEPTED if outcome == "accepted" else RecipientState.REFUSED
        releases.record(claim.token, [Outcome(position, state, "said") for position, _ in claim.waiting], None)

    def _goes(self, hold_id, message_id, positions):
        assert self.stage.row(hold_id).state is HoldState.APPROVED
        active = self.stage.store.stops.active()
        stops = [(stop.id, None if stop.scope is Scope.ALL else stop.source_id) for stop in active]
        self.ledger.leaves(hold_id, message_id, positions, stops)

    # Decisions

    def decide(self, which, login, choice, cap, fresh):
        """Somebody decides one hold, as it is now or was."""
        row = self._hold(which)
        if row is None:
            return
        revision = row.revision if fresh else max(1, row.revision - 1)
        try:
            state = self.stage.store.holds.decide(
                row.id,
                revision=revision,
                choice=choice,
                person_id=self.people[login].id,
                reason="seen, and in words",
                cap=cap,
            )
        except REFUSALS:
            return
        assert fresh or row.revision == 1
        if choice is Choice.APPROVE:
            self._approves(row.id, revision, login)
            if state is HoldState.APPROVED:
                self.ledger.approved(row.id, revision, self.stage.clock())

    def agree(self, which, logins, cap):
        """One approver after the other approves the same hold."""
        for login in logins:
            self.decide(which, login, Choice.APPROVE, cap, fresh=True)

    def look(self, which, login, returned):
        """Somebody looks at the campaign of a hold: at what waits, or at what was returned."""
        row = self._hold(which)
        if row is None:
            return
        campaigns, campaign = self.stage.store.campaigns, self._campaign(row.id)
        try:
            person = self.people[login].id
            snapshot = campaigns.returned(campaign, person)[0] if returned else campaigns.snapshot(campaign, person)
        except NotFoundError:
            return
        state = HoldState.RETURNED if returned else HoldState.PENDING
        seen = {(one.id, one.revision) for one in campaigns.holds(campaign) if one.state is state}
        self.looks.append((login, campaign, snapshot.token, seen))

    def together(self, login, own, cap, choice):
        """Somebody decides what was looked at last: exactly that, or nothing."""
        looks = [look for look in self.looks if not own or look[0] == login]
        if not looks:
            return
        looker, campaign, token, seen = looks[-1]
        login = looker if own else login
        campaigns, before = self.stage.store.campaigns, self._said(campaign)
        try:
            campaigns.decide(
                campaign,
                snapshot=token,
                choice=choice,
                person_id=self.people[login].id,
                reason="in words",
                cap=cap or None,
            )
        except REFUSALS:
            return
        decided = {hold: said for hold, said in self._said(campaign).items() if said != before.get(hold)}
        assert {(hold, said[-1].revision) for hold, said in decided.items()} <= seen
        if choice is not Choice.APPROVE:
            return
        pool = len(self.ledger.pools) if cap else None
        if cap:
            self.ledger.pools[pool] = cap, set()
        received = sum(self.ledger.holds[hold].recipients for hold in decided)
        for hold, said in decided.items():
            self._approves(hold, said[-1].revision, login, pool)
            if self.stage.row(hold).state is HoldState.APPROVED:
                self.ledger.approved(hold, said[-1].revision, self.stage.clock(), received)

    def _said(self, campaign):
        holds = self.stage.store.holds
        return {
            hold: holds.get(hold).decisions for hold, book in self.ledger.holds.items() if book.campaign == campaign
        }

    def _approves(self, hold_id, revision, login, pool=None):
        said = self.stage.store.holds.get(hold_id).decisions[-1]
        assert said.person_id == self.people[login].id
        absent = next((name for name, person in self.people.items() if person.id == said.acting_for), login)
        self.ledger.approves(hold_id, revision, login, Voice(absent, said.cap, pool), self._today())

    def _hold(self, which):
        rows = self.stage.store.holds.recent(limit=10)
        return rows[which % len(rows)] if rows else None

    def file(self, number, login):
        """An operator files a mailing in advance; its sample is inspected."""
        requests, now = self.stage.store.requests, self.stage.clock()
        begins, ends = now + timedelta(minutes=1), now + timedelta(hours=30)
        try:
            filed = requests.file(self.people[login].id, Filing("ski", "冬の案内", 9, begins, ends, b"mail"))
        except REFUSALS:
            return
        evidence = (f"leaf {number}".encode(),)
        whole, verdict = inspection(PERSONS[number], evidence), Verdict(Action.HOLD, ("attachment",), evidence)
        hold_id = requests.settle(filed, whole, verdict, b"ski" + evidence[0] + MAILING, MAILING, RULING)
        self.ledger.filed(hold_id, self._campaign(hold_id), "ski", login, PERSONS[number], begins, ends)

    def crash(self):
        """The process is gone, and comes back."""
        self.leaving.clear()
        super().crash()

    def play(self, series):
        """One move after the other."""
        for name, *facts in series:
            getattr(self, name)(*facts)
        assert self.in_force() == self.force
        assert self.stage.store.audit.verify() is None

    def close(self):
        """Let go of the store."""
        self.stage.store.close()
