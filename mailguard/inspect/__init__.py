"""What a scanner worker runs, and how the service asks for it: unpack, then detect."""

from mailguard.inspect.client import Inspector, Settings
from mailguard.inspect.engine import Engine

__all__ = ["Engine", "Inspector", "Settings"]
