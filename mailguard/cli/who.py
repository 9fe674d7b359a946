"""Who asks for something that only a person may do: a login, and the password from the terminal or a pipe."""

import getpass
import sys

from mailguard.errors import RefusedError
from mailguard.store import Store
from mailguard.store.views import Person


def secret(prompt: str = "Password: ") -> str:
    """One password, without an echo."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def authenticated(store: Store, login: str) -> Person:
    """The person; raises RefusedError."""
    person = store.people.authenticate(login, secret(), "")
    if person is None:
        raise RefusedError("login_wrong", "Login or password is wrong. Nothing was changed.")
    if person.given:
        raise RefusedError(
            "password_given",
            f"This password was made by somebody else. Choose your own first: on the page, or `mailguard person password {login} --own`.",
        )
    return person
