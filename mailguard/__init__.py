"""mailguard: holds bulk mail that carries Japanese personal data until a second person approves it."""

__version__ = "0.1.0"
