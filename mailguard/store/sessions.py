"""Logins of the page. In: a person id. Out: a token; the database keeps only its SHA-256."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, insert, select

from mailguard.store.context import Context
from mailguard.store.people import People
from mailguard.store.schema import people, sessions
from mailguard.store.views import Session


class Sessions:
    """The sessions of one database."""

    def __init__(self, context: Context, folk: People) -> None:
        self._context = context
        self._people = folk

    def create(self, person_id: str, hours: float) -> str:
        """A fresh token for the cookie; it is not stored and cannot be read back."""
        token, now = secrets.token_urlsafe(32), self._context.clock()
        with self._context.database.write() as tx:
            tx.execute(delete(sessions).where(sessions.c.expires_at <= now))
            row = {"id": _key(token), "person_id": person_id, "expires_at": now + timedelta(hours=hours)}
            tx.execute(insert(sessions), row)
        return token

    def get(self, token: str) -> Session | None:
        """The session while it lasts and its person is enabled."""
        query = (
            select(people, sessions.c.expires_at)
            .join(sessions, sessions.c.person_id == people.c.id)
            .where(
                sessions.c.id == _key(token), people.c.enabled.is_(True), sessions.c.expires_at > self._context.clock()
            )
        )
        with self._context.database.read() as tx:
            row = tx.execute(query).one_or_none()
        if row is None:
            return None
        csrf = self._context.digester.of("csrf", token).hex()
        return Session(self._people.person(row), csrf, row.expires_at)

    def delete(self, token: str) -> None:
        """End a session; ending it twice is no error."""
        with self._context.database.write() as tx:
            tx.execute(delete(sessions).where(sessions.c.id == _key(token)))


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
