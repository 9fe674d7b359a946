"""Passwords of people and of SMTP logins: hashed with argon2, guessing throttled, every check on record.

In: a password and the row it should belong to. Out: whether it does. An unknown name costs as much time as a wrong
password. Never keeps a password.
"""

import functools
import secrets
from typing import Any

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select

from mailguard.errors import RefusedError
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.throttle import Throttle

PASSWORD = 12  # characters at least

_HASHER = argon2.PasswordHasher()


class Passwords:
    """The checks at one door: `purpose` names it in the record and to the throttle."""

    def __init__(self, context: Context, audit: Audit, purpose: str) -> None:
        self._context = context
        self._audit = audit
        self._purpose = purpose
        self.throttle = Throttle(context, purpose)

    def check(self, key: bytes, client: str, by_key: Select[Any], password: str) -> Any | None:
        """The row that `by_key` finds for `key` if it may be used with this password, else None.

        The row has `id`, `enabled` and `password`. ThrottledError after too many failures under this key.
        """
        self.throttle.check(key, client)
        with self._context.database.write() as tx:
            attempt = self.throttle.begin(tx, key, client)
            row = tx.execute(by_key, {"key": key}).one_or_none()
        usable = row is not None and row.enabled and row.password is not None
        right = _matches(row.password if row is not None and usable else _nobody(), password) and usable
        with self._context.database.write() as tx:
            (self.throttle.succeeded if right else self.throttle.failed)(tx, attempt)
            if row is not None:
                self._audit.append(tx, row.id, f"{self._purpose}.{'accepted' if right else 'refused'}", row.id)
        return row if right else None


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
