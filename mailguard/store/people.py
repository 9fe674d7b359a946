"""People who log in: add, disable, authenticate.

In: names, addresses and passwords. Out: `Person`. At rest they are sealed, passwords are argon2 hashes; guessing is
throttled, and an unknown login costs as much time as a wrong password.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from mailguard.errors import ConflictError, DamagedError, NotFoundError, RefusedError
from mailguard.lifecycle import Candidate
from mailguard.store.audit import Audit
from mailguard.store.context import Context, fresh_id
from mailguard.store.passwords import Passwords, hashed
from mailguard.store.schema import people, sessions
from mailguard.store.views import Person

ROLES = ("operator", "approver", "auditor", "administrator")

_BY_ID = select(people).where(people.c.id == bindparam("key"))
_BY_LOGIN = select(people).where(people.c.login_key == bindparam("key"))


class _Profile(msgspec.Struct, frozen=True):
    login: str
    name: str
    email: str
    organisation: str


class People:
    """The people of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context = context
        self._audit = audit
        self._passwords = Passwords(context, audit, "login")

    def approvers(self) -> int:
        """How many enabled approvers there are."""
        query = select(func.count()).select_from(people).where(people.c.role == "approver", people.c.enabled.is_(True))
        with self._context.database.read() as tx:
            return tx.execute(query).scalar_one()

    def add(  # noqa: PLR0913 - a person has so many facts, all by keyword
        self,
        *,
        login: str,
        name: str,
        email: str,
        role: str,
        password: str | None,
        organisation: str = "",
        language: str = "ja",
        actor: str,
    ) -> Person:
        """Add somebody; without a password nobody can log in as this person yet."""
        secret = None if password is None else hashed(password)
        person = Person(fresh_id("P"), login.strip(), name, email.strip(), role, organisation.strip(), language)
        with self._context.database.write() as tx:
            self.put(tx, person, secret, actor)
        return person

    def all(self) -> list[Person]:
        """Everybody, the first added first."""
        with self._context.database.read() as tx:
            rows = tx.execute(select(people).order_by(people.c.added_at, people.c.id)).all()
        return [self.person(row) for row in rows]

    def get(self, person_id: str) -> Person | None:
        """By id."""
        return self._one(_BY_ID, person_id)

    def by_login(self, login: str) -> Person | None:
        """By login name, upper and lower case alike."""
        return self._one(_BY_LOGIN, self._context.login_key(login))

    def disable(self, login: str, actor: str) -> None:
        """Nobody logs in or decides as this person any more; what was decided stays."""
        self._change(login, actor, "person.disabled", {"enabled": False})

    def enable(self, login: str, actor: str) -> None:
        """Undo `disable`."""
        self._change(login, actor, "person.enabled", {"enabled": True})

    def set_role(self, login: str, role: str, actor: str) -> None:
        """Another role; every session of this person ends. Raises RefusedError."""
        with self._context.database.write() as tx:
            self.change_role(tx, self._found(tx, login).id, role, actor)

    def set_organisation(self, login: str, organisation: str, actor: str) -> None:
        """Another organisation, "" for the own company; every session of this person ends."""
        with self._context.database.write() as tx:
            self.change_organisation(tx, self._found(tx, login).id, organisation, actor)

    def choose_password(self, person_id: str, old: str, new: str, client: str) -> None:
        """A person's own new password; every session ends. Raises RefusedError, ThrottledError, ConflictError.

        client: the address that asks.
        """
        secret = hashed(new)
        with self._context.database.read() as tx:
            key = tx.execute(_BY_ID, {"key": person_id}).one().login_key
        row = self._passwords.check(key, client, _BY_LOGIN, old)
        if row is None:
            raise RefusedError("password_wrong", "The password of now is wrong. Nothing was changed.")
        if old == new:
            raise RefusedError("password_same", "Choose a password that is not the one of now.")
        with self._context.database.write() as tx:
            if tx.execute(_BY_ID, {"key": person_id}).one().password != row.password:
                raise ConflictError("This password was changed meanwhile. Nothing was changed now.")
            self._write(tx, person_id, person_id, "person.password", {"password": secret, "given": False})

    # Within a transaction of somebody else

    def give_password(self, tx: Connection, person_id: str, secret: str, actor: str) -> None:
        """One that is hashed already, made by somebody else: it is good for choosing another one."""
        self._write(tx, person_id, actor, "person.password", {"password": secret, "given": True}, given=True)

    def put(self, tx: Connection, person: Person, secret: str | None, actor: str) -> None:
        """Add a person whose password is hashed already. Raises RefusedError, ConflictError."""
        context, organisation = self._context, person.organisation
        if not person.login:
            raise RefusedError("login_missing", "A person needs a login name.")
        if not person.name.strip():
            raise RefusedError("name_missing", "A person needs a name.")
        _check_role(person.role)
        profile = _Profile(person.login, person.name, person.email, organisation)
        row = {
            "id": person.id, "login_key": context.login_key(person.login), "mail_key": context.mail_key(person.email),
            "sealed": self._sealed(person.id, profile), "role": person.role, "language": person.language,
            "enabled": True, "password": secret, "given": person.given, "added_at": context.clock(),
            "organisation_key": context.organisation_key(organisation),
        }  # fmt: skip
        if tx.execute(_BY_LOGIN, {"key": row["login_key"]}).first():
            raise ConflictError("This login name is taken. Choose another one.")
        tx.execute(insert(people), row)
        self._audit.changed(tx, actor, "person.added", person.id, ("person", person.id), role=person.role)

    def switch(self, tx: Connection, person_id: str, actor: str, *, enabled: bool) -> None:
        """`enable` or `disable` by id."""
        self._write(tx, person_id, actor, "person.enabled" if enabled else "person.disabled", {"enabled": enabled})

    def change_role(self, tx: Connection, person_id: str, role: str, actor: str) -> None:
        """`set_role` by id."""
        _check_role(role)
        self._write(tx, person_id, actor, "person.role", {"role": role}, role=role)

    def change_organisation(self, tx: Connection, person_id: str, organisation: str, actor: str) -> None:
        """`set_organisation` by id."""
        row = tx.execute(_BY_ID, {"key": person_id}).one()
        profile = self._context.vault.open_json(row.sealed, f"person:{row.id}", _Profile)
        fresh = msgspec.structs.replace(profile, organisation=organisation.strip())
        values = {
            "sealed": self._sealed(row.id, fresh),
            "organisation_key": self._context.organisation_key(organisation),
        }
        self._write(tx, row.id, actor, "person.organisation", values)

    def authenticate(self, login: str, password: str, client: str) -> Person | None:
        """The person, or None for a wrong login or password; ThrottledError after too many failures.

        client: the address that asks.
        """
        row = self._passwords.check(self._context.login_key(login), client, _BY_LOGIN, password)
        return None if row is None else self.person(row)

    def some(self, tx: Connection, ids: Collection[str]) -> dict[str, Person]:
        """Those of these ids that there are, by their ids."""
        rows = tx.execute(select(people).where(people.c.id.in_(ids))) if ids else ()
        return {row.id: self.person(row) for row in rows}

    def names(self, tx: Connection, ids: Collection[str]) -> dict[str, str]:
        """The same, their names alone."""
        return {key: person.name for key, person in self.some(tx, ids).items()}

    def person(self, row: Any) -> Person:
        """The person of a row of `people`."""
        profile = self._context.vault.open_json(row.sealed, f"person:{row.id}", _Profile)
        return Person(
            row.id,
            profile.login,
            profile.name,
            profile.email,
            row.role,
            profile.organisation,
            row.language,
            row.enabled,
            row.given,
        )

    def _one(self, query: Any, key: str | bytes) -> Person | None:
        with self._context.database.read() as tx:
            row = tx.execute(query, {"key": key}).one_or_none()
        return None if row is None else self.person(row)

    def _change(self, login: str, actor: str, action: str, values: dict[str, Any]) -> None:
        with self._context.database.write() as tx:
            self._write(tx, self._found(tx, login).id, actor, action, values)

    def _found(self, tx: Connection, login: str) -> Any:
        row = tx.execute(_BY_LOGIN, {"key": self._context.login_key(login)}).one_or_none()
        if row is None:
            raise NotFoundError("No such person. `mailguard person list` shows everybody.")
        return row

    def _write(
        self, tx: Connection, person_id: str, actor: str, action: str, values: dict[str, Any], **facts: object
    ) -> None:
        """Change the row of a person, and end every session."""
        tx.execute(update(people).where(people.c.id == person_id).values(**values))
        tx.execute(delete(sessions).where(sessions.c.person_id == person_id))
        self._audit.changed(tx, actor, action, person_id, ("person", person_id), **facts)

    def _sealed(self, person_id: str, profile: _Profile) -> bytes:
        return self._context.vault.seal(msgspec.json.encode(profile), f"person:{person_id}")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise RefusedError("bad_role", f"The role must be one of {', '.join(sorted(ROLES))}.")


def candidate(row: Any) -> Candidate:
    """A row of `people` as lifecycle.py compares it: digests in place of login and address."""
    return Candidate(row.id, row.role, row.login_key.hex(), row.mail_key, row.enabled, row.organisation_key)


def organisation(context: Context, row: Any) -> str:
    """The organisation of a row of `people`, as it was typed."""
    return context.vault.open_json(row.sealed, f"person:{row.id}", _Profile).organisation


def selves(tx: Connection, ids: Collection[str]) -> frozenset[str]:
    """These ids, and those of everybody with the e-mail address of one of them: two logins of one person are one person."""
    same = select(people.c.mail_key).where(people.c.id.in_(ids), people.c.mail_key != b"")
    query = select(people.c.id).where(or_(people.c.id.in_(ids), people.c.mail_key.in_(same)))
    return frozenset((*ids, *tx.execute(query).scalars())) if ids else frozenset()


def fill(context: Context, tx: Connection) -> None:
    """Give people of an older version the digests of their mailboxes; an address with + had one of its own."""
    for row in tx.execute(select(people)).all():
        if (key := _mailbox(context, row)) != bytes(row.mail_key):
            tx.execute(update(people).where(people.c.id == row.id).values(mail_key=key))


def _mailbox(context: Context, row: Any) -> bytes:
    try:
        return context.mail_key(context.vault.open_json(row.sealed, f"person:{row.id}", _Profile).email)
    except DamagedError:
        return bytes(row.mail_key)  # whoever looks at this person hears of it


def approvers(tx: Connection) -> Sequence[Any]:
    """Rows of everybody enabled who has the role of an approver."""
    query = select(people).where(people.c.role == "approver", people.c.enabled.is_(True)).order_by(people.c.added_at)
    return tx.execute(query).all()
