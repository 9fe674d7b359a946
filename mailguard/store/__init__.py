"""Where holds, people, sources and the record are kept: SQLAlchemy Core on SQLite or PostgreSQL.

In: facts from the edges. Out: the frozen rows of views.py. Synchronous; every call is one transaction (a refused decision
two). Whatever goes wrong with the database leaves as StoreError. Nothing is sent from here.
"""

from pathlib import Path
from typing import Self

from mailguard import config
from mailguard.digest import Digester
from mailguard.store import noting, sight
from mailguard.store.applying import Applying
from mailguard.store.audit import Audit
from mailguard.store.campaign_dossiers import CampaignDossiers
from mailguard.store.campaigns import Campaigns
from mailguard.store.candidates import PasswordCandidates
from mailguard.store.changes import Changes
from mailguard.store.context import Clock, Context
from mailguard.store.counting import Counting
from mailguard.store.departures import Departures
from mailguard.store.desk import Desk
from mailguard.store.dossiers import Dossiers
from mailguard.store.engine import Database
from mailguard.store.false_positives import FalsePositives
from mailguard.store.holds import Holds
from mailguard.store.keys import begin_rotation, unlock
from mailguard.store.let_through import LettingThrough
from mailguard.store.logins import Logins
from mailguard.store.notices import Notices
from mailguard.store.occupancy import Occupancy
from mailguard.store.outcomes import Outcomes
from mailguard.store.part_views import PartViews
from mailguard.store.pending import Pending
from mailguard.store.people import People
from mailguard.store.public_contacts import PublicContacts
from mailguard.store.reach import Reaches
from mailguard.store.record import Record
from mailguard.store.releases import Releases
from mailguard.store.reminders import Reminders
from mailguard.store.requests import Requests
from mailguard.store.rotation import Rotated, rotate
from mailguard.store.runs import Runs
from mailguard.store.sessions import Sessions
from mailguard.store.settings import Settings
from mailguard.store.shelf import Shelf
from mailguard.store.sources import Sources
from mailguard.store.sqlite import private_folder
from mailguard.store.standins import Deputies
from mailguard.store.stop_list import StopLists
from mailguard.store.stops import Stops
from mailguard.store.suppressions import Suppressions
from mailguard.store.switch import Switch
from mailguard.store.times import Times
from mailguard.store.unlocking import Unlocking
from mailguard.store.vault import Vault
from mailguard.store.watched_mailings import WatchedMailings
from mailguard.store.watching import Watching
from mailguard.store.witness import Witness

__all__ = ["Clock", "Rotated", "Store", "open_store", "rotate_key"]


class Store:
    """One open database; safe to use from several threads."""

    def __init__(self, context: Context, folder: Path, place: Occupancy) -> None:
        self._place = place
        self._database = context.database
        self.digester: Digester = context.digester
        self.password_key: bytes = context.vault.password_key
        self.audit = Audit(context)
        self.witness = Witness(self.audit, folder)
        self.outcomes = Outcomes(context, self.audit)
        self.record = Record(context, self.audit)
        self.reach = Reaches(context, self.audit)
        self.people = People(context, self.audit)
        self.logins = Logins(context, self.audit)
        self.sources = Sources(context, self.audit)
        self.deputies = Deputies(context, self.audit)
        self.sessions = Sessions(context, self.people)
        self.stop_list = StopLists(context, self.audit)
        self.suppressions = Suppressions(context, self.people)
        self.notices = Notices(context, self.people, self.suppressions)
        self.stops = Stops(context, self.audit, self.people, self.notices)
        self.settings = Settings(context, self.audit)
        parts = Applying(self.people, self.deputies, self.sources, self.stop_list, self.settings)
        self.changes = Changes(context, self.audit, parts, self.notices)
        desk = Desk(context, self.audit, self.notices, self.people, Shelf(context), Pending(context.database))
        self.holds = Holds(desk)
        self.campaigns = Campaigns(desk, self.holds)
        self.part_views = PartViews(desk)
        self.dossiers = Dossiers(context, self.holds, self.audit, self.people, self.part_views)
        self.campaign_dossiers = CampaignDossiers(self.dossiers, self.campaigns, self.stops, self.reach)
        self.runs = Runs(context)
        self.departures = Departures(context, self.holds, self.audit, self.people)
        self.reminders = Reminders(desk)
        self.public_contacts = PublicContacts(desk)
        self.requests = Requests(desk)
        self.counting = Counting(desk)
        self.candidates = PasswordCandidates(context)
        self.unlocking = Unlocking(desk, self.candidates)
        self.releases = Releases(desk)
        self.let_through = LettingThrough(desk)
        sight.fill(context)
        noting.fill(context, self.audit)
        self.switch = Switch(context, self.audit, self.people)
        self.times = Times(context, self.audit)
        self.watching = Watching(context)
        self.watched_mailings = WatchedMailings(context, self.audit)
        self.false_positives = FalsePositives(context)

    def ping(self) -> None:
        """Raises StoreError when the database does not answer."""
        self._database.ping()

    def compact(self) -> None:
        """Leave nothing of deleted bytes in the files, as far as the database can; takes as long as copying it."""
        self._database.compact()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
        self._place.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(
    url: str,
    data_dir: Path,
    clock: Clock,
    *,
    holds: config.Holds,
    retention: config.Retention | None = None,
    notify: config.Notify | None = None,
) -> Store:
    """Open the database at `url`, upgrade it, and check the key file in `data_dir`; makes both at the first start.

    retention: needed by who purges. notify: by who takes mail or decides; without it everybody is told of everything at once.
    """
    private_folder(data_dir)
    place = Occupancy(data_dir, alone=False)
    try:
        database = Database(url)
        try:
            database.upgrade()
            keys = unlock(database, data_dir)
        except BaseException:
            database.close()
            raise
    except BaseException:
        place.leave()
        raise
    told = notify or config.Notify(gather_seconds=0, digest_minutes=0)
    return Store(Context(database, Vault(keys), clock, holds, retention or config.Retention(), told), data_dir, place)


def rotate_key(url: str, data_dir: Path, clock: Clock, *, holds: config.Holds, actor: str) -> Rotated:
    """Seal everything under a new key; raises UnavailableError while anybody else has the database open."""
    private_folder(data_dir)
    place, database = Occupancy(data_dir, alone=True), Database(url)
    try:
        database.upgrade()
        unlock(database, data_dir)
        keys = begin_rotation(data_dir)
        context = Context(database, Vault(keys), clock, holds)
        done = rotate(context, Audit(context), keys, data_dir, actor)
        database.compact()
        return done
    finally:
        database.close()
        place.leave()
