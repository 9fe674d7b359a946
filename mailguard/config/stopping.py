"""The table of the configuration file about the stop list; the text on a field is its documentation."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from mailguard.config.sections import Section


class StopListSection(Section):
    """People who want no more mail (配信停止リスト): they are named in vain."""

    files: tuple[Path, ...] = Field(
        (),
        description="CSV files with the headings address, domain, source, from_domain, reason, since;"
        " read again when they change, and on SIGHUP",
    )
    reply: Literal[250, 550] = Field(
        250, description="what a tool hears at RCPT: 250 (accepted, not sent, reported to the operators) or 550"
    )
    never_sources: tuple[str, ...] = Field(
        (), description='sources whose mail the list never stops, as in ["invoices"]'
    )
    keep_days: int = Field(400, ge=1, le=3_650, description="who was not sent to is forgotten after so many days")

    @field_validator("reply", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        """The environment has only texts."""
        return int(value) if isinstance(value, str) and value.isdecimal() else value
