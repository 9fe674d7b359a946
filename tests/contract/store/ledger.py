"""What must hold of everything that goes out, kept beside a store and without asking it for its opinion.

In: what happened, in its order: mail that came, decisions that were taken, changes of people. Out: an AssertionError when
something goes that may not. Knows the rules as they are written for people, and nothing of how the store keeps them.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CLIENT = "委託元"
MANY_PERSONS, MANY_RECIPIENTS = 1_001, 12
HOURS = timedelta(hours=24)  # that an approval lets later mail pass


@dataclass(frozen=True)
class Mail:
    """One submission. identity: equal for what reads the same and goes to the same recipients."""

    id: str
    source: str
    sender: str
    recipients: int
    persons: int
    identity: tuple


@dataclass(frozen=True)
class Voice:
    """One approval: whose right was used, up to how many recipients, and in which pool."""

    authority: str
    cap: int
    pool: int | None = None


@dataclass
class Book:
    """One hold. own: who operated its source while it was there, or asked for it; vouched: whose approvals made it approved."""

    source: str
    campaign: str
    own: set = field(default_factory=set)
    senders: set = field(default_factory=set)
    persons: int = 0
    recipients: int = 0
    kept: Counter = field(default_factory=Counter)  # identity → messages kept before anybody decided
    voices: dict = field(default_factory=dict)  # revision → login → Voice
    vouched: dict = field(default_factory=dict)  # login → Voice
    least: int = 0
    client: bool = False
    cap: int = 0
    begins: datetime | None = None
    until: datetime | None = None
    sent: set = field(default_factory=set)  # (message, position) that a next hop may have


@dataclass
class Ledger:
    """operators: of each source by login; roles, organisations: of people by login."""

    operators: dict
    roles: dict
    organisations: dict
    deputies: set = field(default_factory=set)  # (absent, deputy, day)
    mails: dict = field(default_factory=dict)
    holds: dict = field(default_factory=dict)
    pools: dict = field(default_factory=dict)  # number → (cap, holds)
    dates: dict = field(default_factory=dict)  # of a request's hold: from, to
    through: set = field(default_factory=set)  # (stop, hold) that two people let through
    asked: dict = field(default_factory=dict)  # the same → who wants it

    # What happens

    def kept(self, hold, mail, campaign, *, undecided):
        """A message stays with a hold, and waits there."""
        book = self.holds.setdefault(
            hold, Book(mail.source, campaign, self._selves(self.operators.get(mail.source, ())))
        )
        book.recipients += mail.recipients
        book.persons = max(book.persons, mail.persons)
        if undecided:
            book.senders.add(mail.sender)
            book.kept[mail.identity] += 1
            assert book.kept[mail.identity] == 1, "the same mail is kept twice"

    def folded(self, hold, mail):
        """A message is not kept, for the hold has it."""
        book = self.holds[hold]
        book.senders.add(mail.sender)
        assert book.kept[mail.identity] == 1, "a mail is folded that the hold does not have"

    def filed(self, hold, campaign, source, login, persons, begins, ends):
        """A mailing was filed in advance."""
        self.holds[hold] = Book(source, campaign, self._selves({*self.operators[source], login}), persons=persons)
        self.dates[hold] = begins, ends

    def operates(self, source, logins):
        """Other people operate a source from now on."""
        for book in self.holds.values():
            if book.source == source:
                book.own |= self._selves(logins | self.operators[source])
        self.operators[source] = set(logins)

    def approves(self, hold, revision, login, voice, today):
        """Somebody approved; the hold may be approved by that."""
        book = self.holds[hold]
        assert self.roles[voice.authority] == "approver"
        assert voice.authority == login or (voice.authority, login, today) in self.deputies
        assert not self._selves({login, voice.authority}) & (book.own | book.senders), "somebody approves own mail"
        assert self.sees(voice.authority, book.source)
        assert voice.cap >= book.recipients
        book.voices.setdefault(revision, {})[login] = voice

    def approved(self, hold, revision, now, received=0):
        """Now it is approved: by enough, of whom it takes. received: recipients of all that is decided together."""
        book = self.holds[hold]
        able = {login: one for login, one in book.voices[revision].items() if self.roles[one.authority] == "approver"}
        book.vouched = self._without(able, book.own | book.senders)
        book.cap = min(one.cap for one in book.vouched.values())
        others = [one for one in self._campaign(book) if one is not book and one.vouched]
        reach = max(book.cap, book.recipients, received) + sum(one.recipients for one in others if not received)
        persons = book.persons + sum(one.persons for one in others)
        book.client = persons >= MANY_PERSONS
        book.least = 2 if book.client or reach >= MANY_RECIPIENTS or not self.operators.get(book.source) else 1
        self._enough(book, book.vouched)
        book.begins, book.until = self.dates.get(hold, (None, now + HOURS))
        for one in book.vouched.values():
            if one.pool is not None:
                self.pools[one.pool][1].add(hold)

    def passes(self, hold, mail, now):
        """A later message may go under an approval."""
        book = self.holds[hold]
        assert book.source == mail.source
        assert book.begins is None or book.begins <= now
        assert now < book.until
        self._enough(book, self._without(book.vouched, {mail.sender} | book.own))

    def leaves(self, hold, message, positions, stops):
        """The next hop gets it now. stops: those in force, as (id, source; None is all mail)."""
        book, mail = self.holds[hold], self.mails[message]
        assert book.vouched, "nobody approved this"
        self._enough(book, self._without(book.vouched, {mail.sender}))
        for stop, source in stops:
            assert source not in {None, mail.source} or (stop, hold) in self.through, "it is stopped"
        book.sent |= {(message, position) for position in positions}
        assert len(book.sent) <= book.cap, "more than the cap"
        for cap, held in self.pools.values():
            assert sum(len(self.holds[one].sent) for one in held) <= cap, "more than the cap of several holds"

    def lets_through(self, hold, stop, login):
        """A second person lets an approved hold through a stop."""
        asker = self.asked[stop, hold]
        assert self._self(asker) != self._self(login), "nobody lets mail through alone"
        assert not self._selves({login, asker}) & (self.holds[hold].own | self.holds[hold].senders)
        self.through.add((stop, hold))

    # What it takes

    def sees(self, login, source):
        """Whether an approver may have to do with a source at all."""
        return not self.organisations.get(login) or source == "ski"  # whose mail is the client's

    def _enough(self, book, voices):
        authorities = {self._self(one.authority) for one in voices.values()}
        people = {self._self(login) for login in voices}
        assert min(len(authorities), len(people)) >= book.least, "too few approvals"
        assert not book.client or any(self.organisations.get(one.authority) for one in voices.values()), "no client"

    def _without(self, voices, own):
        return {login: one for login, one in voices.items() if not self._selves({login, one.authority}) & own}

    def _campaign(self, book):
        return [one for one in self.holds.values() if one.campaign == book.campaign]

    def _selves(self, logins):
        return {self._self(login) for login in logins}

    @staticmethod
    def _self(login):
        """sato2 is sato's second login."""
        return login.removesuffix("2")
