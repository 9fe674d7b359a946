"""Who asks for something that only a person may do: a login, and the password from the terminal or a pipe."""

import getpass
import sys

from mailguard.errors import RefusedError
from mailguard.store import Store
from mailguard.store.views import Person


def authenticated(store: Store, login: str) -> Person:
    """The person; raises RefusedError."""
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    person = store.people.authenticate(login, password, "")
    if person is None:
        raise RefusedError("login_wrong", "Login or password is wrong. Nothing was changed.")
    return person
