"""The clock of the service, which everything is given."""

from datetime import UTC, datetime


def now() -> datetime:
    """Aware UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock that everything is given
