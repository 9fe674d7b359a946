"""SMTP logins of the tools that send: add, disable, verify.

In: names and passwords. Out: `Login`, or whether a password is right. Names are sealed at rest, passwords are argon2
hashes; guessing is throttled.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from mailguard.errors import ConflictError, NotFoundError, RefusedError, ThrottledError
from mailguard.store.audit import Audit
from mailguard.store.context import Context, fresh_id
from mailguard.store.passwords import Passwords, hashed
from mailguard.store.schema import logins
from mailguard.store.throttle import Attempt

NAME = 255  # characters at most
_BY_KEY = select(logins).where(logins.c.login_key == bindparam("key"))
_STAMP = select(logins.c.revision).where(logins.c.login_key == bindparam("key"), logins.c.enabled.is_(True))


@dataclass(frozen=True, slots=True)
class Login:
    """A name that a tool may log in with."""

    id: str
    name: str
    enabled: bool


class Logins:
    """The SMTP logins of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context = context
        self._audit = audit
        self._passwords = Passwords(context, audit, "smtp_login")
        self._throttle = self._passwords.throttle

    def add(self, name: str, password: str, actor: str) -> Login:
        """A new login, enabled. Upper and lower case of names are alike."""
        name = name.strip()
        if not name or len(name) > NAME or not name.isprintable():
            raise RefusedError("bad_login", f"A login needs a name of at most {NAME} printable characters.")
        login = Login(fresh_id("L"), name, enabled=True)
        row = {
            "id": login.id, "login_key": self._context.login_key(name), "password": hashed(password), "enabled": True,
            "sealed": self._context.vault.seal(msgspec.json.encode(name), f"login:{login.id}"), "revision": 1,
            "added_at": self._context.clock(),
        }  # fmt: skip
        with self._context.database.write() as tx:
            if tx.execute(_BY_KEY, {"key": row["login_key"]}).first():
                raise ConflictError("This login is there already. `mailguard login password` changes its password.")
            tx.execute(insert(logins), row)
            self._audit.changed(tx, actor, "smtp_login.added", login.id, ("smtp_login", login.id))
        return login

    def all(self) -> list[Login]:
        """Every login, the first added first."""
        with self._context.database.read() as tx:
            rows = tx.execute(select(logins).order_by(logins.c.added_at, logins.c.id)).all()
        return [self._login(row) for row in rows]

    def disable(self, name: str, actor: str) -> None:
        """Nobody logs in under this name until it gets a new password."""
        self._change(name, actor, "smtp_login.disabled", {"enabled": False})

    def set_password(self, name: str, password: str, actor: str) -> None:
        """A new password; a disabled login is enabled with it."""
        self._change(name, actor, "smtp_login.password", {"password": hashed(password), "enabled": True})

    def verify(self, name: str, password: str, client: str) -> bool:
        """Whether this is the password of an enabled login; ThrottledError after too many failures.

        client: the address that asks.
        """
        return self._passwords.check(self._context.login_key(name), client, _BY_KEY, password) is not None

    # What the relay decides is counted here all the same: it knows one address for all clients, ours, and SMTP processes
    # have no memory in common but the database.

    def locked(self, name: str, client: str) -> bool:
        """Whether this process knows that `begin` and `verify` would refuse. No I/O."""
        try:
            self._throttle.check(self._context.login_key(name), client)
        except ThrottledError:
            return True
        return False

    def begin(self, name: str, client: str) -> Attempt:
        """Before somebody else is asked for a password; ThrottledError after too many failures."""
        key = self._context.login_key(name)
        self._throttle.check(key, client)
        with self._context.database.write() as tx:
            return self._throttle.begin(tx, key, client)

    def settle(self, attempt: Attempt, *, right: bool | None) -> None:
        """What the answer was; None: there was none."""
        ends = {True: self._throttle.succeeded, False: self._throttle.failed, None: self._throttle.withdrawn}
        with self._context.database.write() as tx:
            ends[right](tx, attempt)

    def stamp(self, name: str) -> int | None:
        """Another number whenever the login changes; None when there is none, or it is disabled. One cheap read."""
        with self._context.database.read() as tx:
            found: int | None = tx.execute(_STAMP, {"key": self._context.login_key(name)}).scalar_one_or_none()
        return found

    def _login(self, row: Any) -> Login:
        return Login(row.id, self._context.vault.open_json(row.sealed, f"login:{row.id}", str), row.enabled)

    def _change(self, name: str, actor: str, action: str, values: dict[str, Any]) -> None:
        with self._context.database.write() as tx:
            row = tx.execute(_BY_KEY, {"key": self._context.login_key(name)}).one_or_none()
            if row is None:
                raise NotFoundError("No such login. `mailguard login list` shows them.")
            values = {**values, "revision": row.revision + 1}
            tx.execute(update(logins).where(logins.c.id == row.id).values(**values))
            self._audit.changed(tx, actor, action, row.id, ("smtp_login", row.id))
