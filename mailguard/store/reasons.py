"""Why a hold is held: the codes as its row keeps them."""

from typing import Any

import msgspec

from mailguard.errors import DamagedError


def reasons_of(hold: Any) -> list[str]:
    """The reason codes of a hold; they stand in the clear, so anything may stand there."""
    try:
        return msgspec.json.decode(hold.reasons, type=list[str])
    except msgspec.DecodeError:
        raise DamagedError("database: the reasons of a hold were altered. Restore a backup.") from None
