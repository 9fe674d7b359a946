"""What can go wrong, in words for people: place, fact, remedy.

An error of ours never becomes a permanent SMTP reply: a client retries after 4xx and gives up after 5xx.
"""

from datetime import datetime


class MailguardError(Exception):
    """Base of every error that mailguard raises on purpose; its text is safe to show and to log."""


class ConfigError(MailguardError):
    """A configuration or rule file cannot be used; the text names file, key and remedy."""


class StoreError(MailguardError):
    """The database cannot answer now; the client hears 451 and nothing was promised."""


class UnavailableError(StoreError):
    """The database is locked, full of waiting writers, or silent: whatever is asked of it now, it cannot answer."""


class DamagedError(StoreError):
    """Bytes in the database are not what was written there; trying again does not help, a backup does."""


class KeyFileError(StoreError):
    """The key file is missing, unreadable, too open or not the one that encrypted this database."""


class NotFoundError(MailguardError):
    """No such hold, person or source."""


class ConflictError(MailguardError):
    """The hold changed since it was looked at; the text says who changed it, and when."""


class RefusedError(MailguardError):
    """The person may not do this; `code` is stable, the text says why and who can."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class ThrottledError(RefusedError):
    """Too many wrong passwords; `until` is when one may be tried again, None: as soon as those under way are checked."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("throttled", "Too many wrong passwords. Wait 15 minutes and try again.")
        self.until = until


class ScannerBusyError(MailguardError):
    """No scanner came free before the deadline; the client hears 451 and tries again."""


class CalledBackError(MailguardError):
    """A message that was on its way to the next hop is not sent: its final dot never went out."""


class RelayError(MailguardError):
    """The next hop could not be reached or broke off; nothing is known to have been delivered.

    `sent`: the final dot had gone out, so that the next hop may have the message (RFC 5321 §6.1, RFC 1047).
    """

    def __init__(self, text: str, *, sent: bool = False) -> None:
        super().__init__(text)
        self.sent = sent
