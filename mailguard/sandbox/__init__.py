"""Running code on hostile input: worker processes with no network, no files, little memory and a deadline."""

from mailguard.sandbox.errand import Errand, Memory
from mailguard.sandbox.errors import CrashedError, TimedOutError
from mailguard.sandbox.programs import End, Programs, Ran, Table
from mailguard.sandbox.supervisor import Scanner

__all__ = ["CrashedError", "End", "Errand", "Memory", "Programs", "Ran", "Scanner", "Table", "TimedOutError"]
