"""How often one name may be guessed at: so often from each network, and so often from everywhere.

In: the key of a login name, and the client's address. Out: leave for one attempt, or ThrottledError. Kept are keyed digests
of name and of name with network, and times. An attacker locks only the network that the guesses come from: the tool
that owns the name goes on, until guesses from many networks together reach the bound of the name.
"""

import ipaddress
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from mailguard.errors import ThrottledError
from mailguard.store.context import Context
from mailguard.store.schema import attempts

FAILURES = 5  # of one name from one network within WINDOW
EVERYWHERE = 100  # of one name from all networks together
WINDOW = timedelta(minutes=15)
REMEMBERED = 10_000  # locks that are known without asking the database

_NETWORK_BITS = {4: 24, 6: 64}  # what one subscriber or site has for itself
_OF_NAME = select(attempts).where(attempts.c.name_key == bindparam("key")).order_by(attempts.c.at, attempts.c.serial)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One check of a password that is under way; it counts until `Throttle` hears how it ended."""

    serial: int
    name_key: bytes
    place_key: bytes


class Throttle:
    """The counts of one door. `purpose` keeps what is guessed at one door from closing another.

    Every process counts in the same table. A lock is remembered here as well: whoever goes on guessing costs no query and
    no password check.
    """

    def __init__(self, context: Context, purpose: str) -> None:
        self._context = context
        self._purpose = purpose
        self._locks: dict[bytes, datetime] = {}  # name or place → until when
        self._turn = threading.Lock()

    def check(self, key: bytes, client: str) -> None:
        """ThrottledError when a lock is remembered; asks nobody."""
        now = self._context.clock()
        for locked in self._keys(key, client):
            until = self._locks.get(locked)
            # Further ahead than a lock can reach: the clock was set back, so the database is asked again.
            if until is not None and now < until <= now + WINDOW:
                raise ThrottledError(until)

    def begin(self, tx: Connection, key: bytes, client: str) -> Attempt:
        """Leave for one attempt, counted before it is made: parallel guesses cannot slip through. Or ThrottledError."""
        name_key, place_key = self._keys(key, client)
        now = self._context.clock()
        tx.execute(delete(attempts).where(attempts.c.at <= now - WINDOW))
        everywhere = tx.execute(_OF_NAME, {"key": name_key}).all()
        self._refuse(place_key, [row for row in everywhere if row.place_key == place_key], FAILURES)
        self._refuse(name_key, everywhere, EVERYWHERE)
        row = {"name_key": name_key, "place_key": place_key, "failed": False, "at": now}
        serial = tx.execute(insert(attempts).returning(attempts.c.serial), row).scalar_one()
        return Attempt(serial, name_key, place_key)

    def succeeded(self, tx: Connection, attempt: Attempt) -> None:
        """Forget what failed under this name in this network; guesses from elsewhere stay counted."""
        place = attempts.c.place_key == attempt.place_key
        tx.execute(delete(attempts).where(attempts.c.name_key == attempt.name_key, place))

    def failed(self, tx: Connection, attempt: Attempt) -> None:
        """It counts for WINDOW."""
        tx.execute(update(attempts).where(*_is(attempt)).values(failed=True))

    def withdrawn(self, tx: Connection, attempt: Attempt) -> None:
        """Nothing was learnt about the password."""
        tx.execute(delete(attempts).where(*_is(attempt)))

    def _refuse(self, key: bytes, rows: Sequence[Any], bound: int) -> None:
        if len(rows) < bound:
            return
        failed = [row.at for row in rows if row.failed]
        if len(failed) < bound:
            raise ThrottledError(None)  # some are under way, and may be right
        # With so many failures none is under way that could take them back.
        until = failed[-bound] + WINDOW
        self._remember(key, until)
        raise ThrottledError(until)

    def _remember(self, key: bytes, until: datetime) -> None:
        with self._turn:
            self._locks.pop(key, None)
            while len(self._locks) >= REMEMBERED:
                del self._locks[next(iter(self._locks))]
            self._locks[key] = until

    def _keys(self, key: bytes, client: str) -> tuple[bytes, bytes]:
        """Of the name, and of the name in the client's network."""
        of, label = self._context.digester.of, f"attempts {self._purpose}"
        return of(label, key), of(f"{label} within a network", key + _network(client).encode())


def _is(attempt: Attempt) -> tuple[ColumnElement[bool], ...]:
    # SQLite gives a serial again once its row is gone: another name must not get what this one earned.
    return attempts.c.serial == attempt.serial, attempts.c.place_key == attempt.place_key


def _network(client: str) -> str:
    """192.0.2.0/24 or 2001:db8::/64 of an address; "" of what is none, so that all of those are one network."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address  # a dual-stack socket shows ::ffff:192.0.2.1
    return str(ipaddress.ip_network(f"{address}/{_NETWORK_BITS[address.version]}", strict=False))
