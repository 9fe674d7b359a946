"""`Store.holds`: everything about holds under one name. Each part is a module of its own."""

from mailguard.store.admissions import Admissions
from mailguard.store.queries import Queries
from mailguard.store.reservations import Reservations
from mailguard.store.retention import Retention


class Holds(Admissions, Reservations, Retention, Queries):
    """Admit, reserve, decide, expire, purge, read."""
