"""How a task in the sandbox can end badly. Both hold the mail; neither text says anything about its content."""

from mailguard.errors import MailguardError


class TimedOutError(MailguardError):
    """The task ran past its time twice, each time in a fresh worker, and was killed."""


class CrashedError(MailguardError):
    """The task ended its worker twice: by a crash, an exception or too much memory."""
