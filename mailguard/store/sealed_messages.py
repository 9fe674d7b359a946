"""Held messages with their sealed bytes, which stand in a table of their own.

What selects from `WITH_BYTES` finds every message, without `envelope` and `skeleton` where a purge, or damage, has taken them.
"""

from typing import Any

from sqlalchemy import Select, select

from mailguard.store.schema import contents, messages

WITH_BYTES = messages.outerjoin(contents, contents.c.message == messages.c.serial)
BYTES = (contents.c.envelope, contents.c.skeleton)


def whole() -> Select[Any]:
    """Messages with their bytes, where these are there."""
    return select(messages, *BYTES).select_from(WITH_BYTES)
