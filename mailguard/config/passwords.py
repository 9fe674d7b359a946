"""Passwords for encrypted attachments: how long those that mails tell are kept, and a list of your own.

In: the path of the list. Out: its lines, or a ConfigError with place, fact and remedy; never a password in an error.
"""

import os
from pathlib import Path
from typing import Final

from pydantic import Field

from mailguard.config.sections import Section
from mailguard.errors import ConfigError

LINES: Final = 100
LONGEST: Final = 64
_BYTES = 100_000


class Passwords(Section):
    """Passwords to try on encrypted attachments (PPAP)."""

    list_file: Path | None = Field(
        None,
        description="your own list, one password a line, which nobody else may read; {yyyymmdd} {yymmdd} {mmdd} {yyyy} {yy} {mm} {dd}"
        " stand for the day and the six before it. Read at the start",
    )
    keep_hours: float = Field(
        24,
        ge=0,
        le=720,
        description="what a mail tells may open others of the same sender for so long, kept sealed; 0 keeps nothing",
    )


def listed(config: Passwords) -> tuple[str, ...]:
    """The lines of the list; raises ConfigError. Blank lines and those that begin with "# " say nothing."""
    path = config.list_file
    if path is None:
        return ()
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_BYTES + 1)
    except OSError as error:
        raise _wrong(path, f"cannot be read ({error.strerror}). Check its path, owner and mode") from None
    if mode & 0o007:
        raise _wrong(path, f"everybody may read it (mode {mode & 0o777:04o}). Run: chmod 600 {path}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong(path, "not UTF-8. Save it as UTF-8") from None
    lines = [line.strip() for line in text.splitlines()]
    words = tuple(dict.fromkeys(line for line in lines if line and line != "#" and not line.startswith("# ")))
    if len(words) > LINES or len(data) > _BYTES:
        raise _wrong(path, f"more than {LINES} passwords. Keep those that are in use")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST and not line.startswith("# "):
            raise _wrong(path, f"line {number} has more than {LONGEST} characters. Correct that line")
    return words


def _wrong(path: Path, fact: str) -> ConfigError:
    return ConfigError(f"passwords.list_file: {path}: {fact}.")
