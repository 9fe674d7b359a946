"""What people do about emergency stops."""

from functools import partial

from staff_moves import PEOPLE, StaffMoves


class StopMoves(StaffMoves):
    """Begin, let through, end."""

    def stop(self, login, everything):
        """All mail, or that of ski."""
        person, stops = self.people[login].id, self.stage.store.stops
        self._try(lambda: stops.stop_all(person, "stop") if everything else stops.stop_source(person, "ski", "stop"))

    def stop_mailing(self, login, which):
        """The mailing of a hold."""
        row = self._hold(which)
        if row is not None:
            self._try(lambda: self.stage.store.stops.stop_campaign(self.people[login].id, row.id, "stop"))

    def through(self, login, which, agree):
        """Somebody wants a hold to go in spite of stops, or agrees."""
        row, letting = self._hold(which), self.stage.store.let_through
        if row is None:
            return
        waiting = {one.stop_id for one in letting.of(row.id) if one.agreed_at is None}
        if not self._try(
            lambda: (
                letting.agree(row.id, self.people[login].id)
                if agree
                else letting.ask(row.id, self.people[login].id, "sorry")
            )
        ):
            return
        for one in letting.of(row.id):
            if agree and one.stop_id in waiting and one.agreed_at:
                self.ledger.lets_through(row.id, one.stop_id, login)
            elif not agree and one.asked_by == self.people[login].id:
                self.ledger.asked[one.stop_id, row.id] = login

    def resume(self, login, agree):
        """Somebody wants to go on, or agrees."""
        person, stops = self.people[login].id, self.stage.store.stops
        for stop in stops.active()[:1]:
            end = stops.agree_end if agree else lambda who, what: stops.ask_end(who, what, "go on")
            same = {self.people[name].id for name in PEOPLE if name.removesuffix("2") == login.removesuffix("2")}
            if self._try(partial(end, person, stop.id)):
                assert not agree or stop.asked_by not in {"", *same}
