"""Chat rooms and webhooks that hear what people are mailed: Slack, Teams, LINE WORKS and whatever else Apprise speaks to.

In: a notice for a channel. Out: whether the channel took it. Their addresses are secrets, and stand in no log.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from mailguard.config import Notify
from mailguard.errors import ConfigError
from mailguard.notify.mail import link
from mailguard.notify.texts import compose
from mailguard.store.views import Notice

if TYPE_CHECKING:
    from apprise import Apprise

logger = logging.getLogger(__name__)
_SECONDS = 20.0  # for one message to one channel


class Channels:
    """The channels of the settings; raises ConfigError when one cannot be used."""

    def __init__(self, settings: Notify) -> None:
        self._language = settings.language
        self._known = {
            name: _opened(number, url) for number, (name, url) in enumerate(settings.channel_names.items(), 1)
        }

    async def send(self, notice: Notice, url: str) -> bool:
        """Whether the channel took it; one that is not in the settings any more counts as told."""
        channel = self._known.get(notice.channel)
        if channel is None:
            return True
        title, text = compose(notice, link(notice, url), self._language)
        try:
            async with asyncio.timeout(_SECONDS):
                return bool(await channel.async_notify(body=text, title=title))
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, others are told and this one again
            logger.warning("notify: channel=%s failed type=%s", notice.channel, type(error).__name__)
            return False


def _opened(number: int, url: str) -> "Apprise":
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError(
            "notify.channels: Apprise is not installed. Run pip install 'mailguard[apprise]', or remove the channels."
        ) from None
    channel = apprise.Apprise()
    if not channel.add(url):
        raise ConfigError(f"notify.channels: Apprise does not understand channel {number}. Correct its URL.")
    return channel
