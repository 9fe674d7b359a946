"""What people do to people and settings, and time and crashes to all of them."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from ledger import CLIENT, Ledger
from sqlalchemy import select
from stage import Stage

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import IllegalTransitionError
from mailguard.model import Source
from mailguard.store import orders
from mailguard.store.schema import people
from mailguard.store.settings import Content

PEOPLE = ("tanaka", "sato", "sato2", "suzuki", "kato", "hana")  # tanaka operates ski, kato operates own and approves
REFUSALS = (RefusedError, ConflictError, NotFoundError, IllegalTransitionError)


def routed(number):
    """Settings with routes of their own."""
    return Content("", monitor=False, own={}, retention={}, routes=f"# {number}", rules={}).text


@dataclass
class StaffMoves:
    """One store, whose people and sources are known."""

    stage: Stage
    people: dict = field(default_factory=dict)
    sources: list = field(default_factory=list)
    asked: dict = field(default_factory=dict)  # change → (whose password, it) or ("", routes)
    force: dict = field(default_factory=dict)  # what was consented to: whose password, "" for routes → it

    def __post_init__(self):
        stage = self.stage
        for login in PEOPLE:
            facts = {"email": "sato@example.co.jp"} if login == "sato2" else {}
            known = stage.store.people.by_login(login)
            self.people[login] = known or stage.person(
                login,
                "operator" if login == "tanaka" else "approver",
                organisation=CLIENT if login == "hana" else "",
                **facts,
            )
        if not stage.store.sources.all():
            stage.source(self.people["tanaka"], name="ski", logins=("ski",), organisation=CLIENT)
            stage.source(self.people["kato"], name="own", logins=("own",))
        self.sources = [*stage.store.sources.all(), Source("", "?", declared=False)]
        stage.store.settings.take_first(routed(0))
        self.ledger = Ledger(
            {"ski": {"tanaka"}, "own": {"kato"}},
            {login: "operator" if login == "tanaka" else "approver" for login in PEOPLE},
            {"hana": CLIENT},
        )

    def forward(self, seconds):
        """Time goes by."""
        self.stage.clock.forward(seconds=seconds)
        self.stage.store.holds.expire_due()

    def crash(self):
        """The process is gone, and comes back."""
        self.stage.reopen()

    def operate(self, logins):
        """Other people operate ski."""
        source = next(one for one in self.stage.store.sources.all() if one.id == "ski")
        fresh = replace(source, operators=tuple(self.people[login].id for login in sorted(logins)))
        self.stage.store.sources.change(fresh, "test")
        self.sources = [fresh if one.id == "ski" else one for one in self.sources]
        self.ledger.operates("ski", set(logins))

    def appoint(self, login, role):
        """Another role."""
        self.stage.store.people.set_role(login, role, "test")
        self.ledger.roles[login] = role

    def stand_in(self, absent, login):
        """A deputy for today."""
        day, ids = self._today(), (self.people[absent].id, self.people[login].id)
        if self._try(lambda: self.stage.store.deputies.add(*ids, day, day, "test")):
            self.ledger.deputies.add((absent, login, day))

    def ask(self, password, login, number, alone):
        """The machine wants a password for somebody or other routes; or a person wants it alone."""
        person, key = self.people[login].id, login if password else ""
        value = f"secret {number}" if password else routed(number)
        order = orders.GivePassword(person, value) if password else orders.TakeSettings(value)
        able = self._guarded()
        try:
            change = self.stage.store.changes.submit(person if alone else "cli" if password else "config", order)
        except REFUSALS:
            return
        assert not alone
        if change is None:
            assert not able
            self.force[key] = value
        else:
            self.asked[change.id] = key, value

    def _guarded(self):
        roles = [login for login, role in self.ledger.roles.items() if role == "approver"]
        return len(roles) > 1 and roles != ["hana"]

    def consent(self, login, agree):
        """Somebody decides what waits."""
        changes, person = self.stage.store.changes, self.people[login].id
        for change in [one for one in changes.all() if one.state == "waiting"][:1]:
            if not self._try(partial(changes.agree if agree else changes.refuse, change.id, person)):
                return
            key, value = self.asked[change.id]
            assert self.ledger.roles[login] == "approver"
            assert login != "hana"
            assert key.removesuffix("2") != login.removesuffix("2")
            if agree:
                self.force[key] = value

    def in_force(self):
        """As the database has it."""
        with self.stage.store._database.read() as tx:
            secrets = {row.id: row.password for row in tx.execute(select(people))}
        found = {login: secrets[person.id] for login, person in self.people.items() if secrets[person.id]}
        text = self.stage.store.settings.in_force().text
        return found | ({"": text} if text != routed(0) or "" in self.force else {})

    def _today(self):
        return (self.stage.clock() + timedelta(hours=9)).date().isoformat()

    @staticmethod
    def _try(call):
        try:
            call()
        except REFUSALS:
            return False
        return True
