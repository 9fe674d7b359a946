"""The table of the configuration file about notices; the text on a field is its documentation."""

import hashlib

from pydantic import Field, SecretStr, field_validator

from mailguard.config.sections import Section


class Notify(Section):
    """Notices to operators and approvers."""

    enabled: bool = Field(default=True, description="send notices by mail")
    sender: str = Field("mailguard@localhost", min_length=3, description="From address of the notices")
    gather_seconds: float = Field(
        5, ge=0, le=600, description="holds of one mailing that open within so long are one notice"
    )
    digest_minutes: float = Field(
        30, ge=0, le=1_440, description="those that open later are told together, once in so long; 0 tells each"
    )
    reminders: tuple[float, ...] = Field(
        (0.5, 0.8), description="approvers are reminded when so much of the time of a hold has passed"
    )
    channels: tuple[SecretStr, ...] = Field(
        (),
        description='chat and webhooks that hear of everything too: URLs of Apprise, as in ["slack://…"], or one a'
        " line in MAILGUARD_NOTIFY__CHANNELS_FILE; needs pip install 'mailguard[apprise]'",
    )
    language: str = Field("ja", pattern="^(ja|en)$", description="the language that comes first in channels: ja | en")

    @property
    def channel_names(self) -> dict[str, str]:
        """Each channel's URL by a name that tells nothing of it."""
        urls = [channel.get_secret_value() for channel in self.channels]
        return {hashlib.sha256(url.encode()).hexdigest()[:12]: url for url in urls}

    @field_validator("channels", mode="before")
    @classmethod
    def _lines(cls, value: object) -> object:
        """A secret file has one a line."""
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("channels")
    @classmethod
    def _are_addresses(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, url in enumerate(value, 1):
            if "://" not in url.get_secret_value():
                raise ValueError(f'channel {number} must be a URL of Apprise, as in "slack://…"')
        return value

    @field_validator("reminders")
    @classmethod
    def _are_shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(set(value)) or any(not 0 < share < 1 for share in value):
            raise ValueError("must be shares of the time of a hold between 0 and 1, each later than the one before")
        return value
