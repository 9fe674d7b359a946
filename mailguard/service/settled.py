"""Keeps policy, rules, routes, own contacts, monitoring, retention and what a decision takes to what was agreed on.

In: a fresh copy of the rules, and the configuration that was given. Out: the same copy with the settings in force: those of
the files when nothing was in force before or nobody has to consent, else those agreed on last; the files then wait as a
change. An error leaves what was in force.
"""

import logging
from pathlib import Path

from mailguard import metrics
from mailguard.config import Config
from mailguard.errors import ConflictError
from mailguard.service import rulebook
from mailguard.store import Store
from mailguard.store.orders import TakeSettings
from mailguard.store.settings import Content

_LOG = logging.getLogger("mailguard.service")


class Settled:
    """`obey` is handed to a Rulebook."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._obeyed = ""

    def obey(self, folder: Path, given: Config) -> None:
        """Write the settings in force into a copy. Raises StoreError."""
        wanted = rulebook.content_of(rulebook.under(given, folder))
        content = self._in_force(wanted)
        rulebook.write_settings(folder, content)
        self._obeyed = content.text
        metrics.SETTINGS_DIFFER.set(content.text != wanted.text)

    def stale(self) -> bool:
        """Whether other settings came into force since."""
        content = self._store.settings.in_force()
        return content is not None and content.text != self._obeyed

    def _in_force(self, wanted: Content) -> Content:
        content = self._store.settings.in_force()
        if content is None:
            content = self._store.settings.take_first(wanted.text)
        if not content.whole:
            content = self._store.settings.complete(wanted)
        if content.text == wanted.text:
            return content
        try:
            change = self._store.changes.submit("config", TakeSettings(wanted.text))
        except ConflictError as error:
            _LOG.warning("settings: the files differ from what is in force: %s", error)
            return content
        if change is None:
            return wanted
        _LOG.warning("settings: the files were changed; %s waits for consent, the settings agreed on stay", change.id)
        return content
