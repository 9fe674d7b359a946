"""Running code on hostile input: worker processes with no network, no files, little memory and a deadline."""

from mailguard.sandbox.errors import CrashedError, TimedOutError
from mailguard.sandbox.supervisor import Errand, Scanner
from mailguard.sandbox.worker import Memory

__all__ = ["CrashedError", "Errand", "Memory", "Scanner", "TimedOutError"]
