"""Passwords of people and of SMTP logins: hashed with argon2, guessing throttled.

In: a password and the row it should belong to. Out: whether it does. An unknown name costs as much time as a wrong
password. Never keeps a password.
"""

import functools
import secrets
from datetime import timedelta
from typing import Any

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select

from mailguard.errors import RefusedError
from mailguard.store.context import Context
from mailguard.store.schema import attempts

PASSWORD = 12  # characters at least
FAILURES = 5  # within WINDOW, then a login must wait
WINDOW = timedelta(minutes=15)

_HASHER = argon2.PasswordHasher()
_FAILED = select(func.count()).where(attempts.c.login_key == bindparam("key"))


class Passwords:
    """The checks of one database. `purpose` keeps what is guessed at one door from closing another."""

    def __init__(self, context: Context, purpose: str = "") -> None:
        self._context = context
        self._purpose = purpose

    def check(self, key: bytes, by_key: Select[Any], password: str) -> tuple[Any, bool]:
        """(the row that `by_key` finds, whether it may be used with this password).

        The row has `enabled` and `password`. RefusedError("throttled") after too many failures.
        """
        guesses, now = self._guesses(key), self._context.clock()
        with self._context.database.write() as tx:
            tx.execute(delete(attempts).where(attempts.c.at <= now - WINDOW))
            if tx.execute(_FAILED, {"key": guesses}).scalar_one() >= FAILURES:
                raise RefusedError("throttled", "Too many wrong passwords. Wait 15 minutes and try again.")
            # Counted before the check: parallel guesses cannot slip through, a success takes it back.
            tx.execute(insert(attempts), {"login_key": guesses, "at": now})
            row = tx.execute(by_key, {"key": key}).one_or_none()
        usable = row is not None and row.enabled and row.password is not None
        right = _matches(row.password if row is not None and usable else _nobody(), password)
        return row, bool(right and usable)

    def forgive(self, tx: Connection, key: bytes) -> None:
        """Forget the failures of a login that was right in the end."""
        tx.execute(delete(attempts).where(attempts.c.login_key == self._guesses(key)))

    def _guesses(self, key: bytes) -> bytes:
        return self._context.digester.of(f"attempts {self._purpose}", key) if self._purpose else key


def hashed(password: str) -> str:
    """What is kept of a new password; RefusedError when it is too short."""
    if len(password) < PASSWORD:
        raise RefusedError("password_short", f"A password needs at least {PASSWORD} characters.")
    return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


@functools.cache
def _nobody() -> str:
    """The hash that an unknown login is checked against, so that it takes as long."""
    return _HASHER.hash(secrets.token_hex(16))


def _matches(secret: str, password: str) -> bool:
    try:
        return _HASHER.verify(secret, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
