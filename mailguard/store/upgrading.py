"""The steps that bring an older database to the tables of this version: Alembic, and what only it needs.

Loaded when there is something to do (`engine.Database.upgrade`): it takes a fifth of what a command loads.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from mailguard.errors import StoreError


def upgrade(connection: Connection, steps: Path) -> None:
    """Take all steps that are missing, in the transaction of this connection. steps: the folder of migrations."""
    setup = Config()
    setup.set_main_option("script_location", str(steps).replace("%", "%%"))
    setup.attributes["connection"] = connection
    try:
        command.upgrade(setup, "head")
    except CommandError:
        raise StoreError(
            "database: made by a newer mailguard. Install that version, or restore a backup of this one."
        ) from None
