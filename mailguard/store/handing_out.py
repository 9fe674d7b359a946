"""Handing out what is due, one at a time, to one process: looked for without a lock, taken within one, opened after it.

In: a query of what is due, the most urgent first. Out: the first of it that can be opened; whatever cannot is settled on the way.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Select

from mailguard.errors import DamagedError
from mailguard.store.engine import Database

Taken = TypeVar("Taken")
Due = TypeVar("Due")


def next_due(
    database: Database,
    query: Select[Any],
    *,
    take: Callable[[Connection, Any], Taken | None],
    unseal: Callable[[Any, Taken], Due],
    damaged: Callable[[Any], object],
) -> Due | None:
    """None when nothing is due.

    take: notes in the transaction that a row is begun, and reads what belongs to it; None: it is given up, and due no more.
    unseal: makes of both what is handed out; when that raises DamagedError, `damaged` sees to it that the row is due no more.
    """
    while True:
        with database.read() as tx:
            if tx.execute(query).first() is None:
                return None  # the usual answer; nobody who writes has to wait for it
        with database.write() as tx:
            row = tx.execute(query).one_or_none()
            if row is None:
                return None
            taken = take(tx, row)
        if taken is None:
            continue
        try:
            return unseal(row, taken)
        except DamagedError:
            damaged(row)
