"""A SQLite file with all tables and nothing in them: made once in a test process, copied for each test.

What upgrading does is tested where the steps are (`test_store_upgrade.py`); a fresh database takes all of them, a quarter of a second.
"""

import tempfile
from functools import cache
from pathlib import Path

from mailguard.store.engine import Database


def tables(folder: Path, name: str = "mailguard.db") -> str:
    """The URL of a fresh copy in `folder`, which is made where it is not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / name
    assert not file.exists()
    file.write_bytes(_empty())
    file.chmod(0o600)
    return f"sqlite:///{file}"


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        made = Database(f"sqlite:///{file}")
        made.upgrade()
        made.close()
        assert not file.with_name("empty.db-wal").exists()
        return file.read_bytes()
