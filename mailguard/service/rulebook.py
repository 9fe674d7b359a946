"""Rules, policy and routes as they were when they were last good: a private copy that nothing changes any more.

In: a configuration. Out: the same one, pointing at the copy. Whoever starts later (a scanner, an SMTP process after a crash)
reads what was checked, not what somebody is editing: a broken file never replaces a good one.
"""

import shutil
from collections import deque
from collections.abc import Callable
from pathlib import Path

from mailguard.config import Config
from mailguard.detect import ruleset
from mailguard.errors import ConfigError
from mailguard.policy import thresholds
from mailguard.service.private_folder import private_folder
from mailguard.service.scanning import policy_file, routes_of, rules_dir
from mailguard.store.settings import Content

_KEPT = 3  # copies: those who still inspect by the one before may start a worker
_SETTINGS = "settings.json"
_PREFIX = "mailguard-rules-"
_POLICY, _ROUTES, _RULES = "policy.toml", "routes.toml", "rules"
_KEYS = "rules_dir and policy.file"


class Rulebook:
    """`config` is the configuration with the copy in force; `version` is that of its rules."""

    def __init__(self, config: Config) -> None:
        self._given = config
        self.obey: Callable[[Path, Config], None] | None = None  # puts the settings in force into a copy
        self._copies: deque[Path] = deque()
        self.config, self.version = self._taken()

    def renew(self) -> bool:
        """Copy again; whether anything changed. Raises ConfigError, and then what was in force stays."""
        config, version = self._taken()
        changed = _content(config) != _content(self.config)
        self.config, self.version = config, version
        return changed

    def close(self) -> None:
        """Delete the copies."""
        while self._copies:
            shutil.rmtree(self._copies.popleft(), ignore_errors=True)

    def _taken(self) -> tuple[Config, str]:
        folder = private_folder(_PREFIX)
        try:
            rules = folder / _RULES
            rules.mkdir()
            source, policy = rules_dir(self._given), policy_file(self._given)
            for path in sorted(source.glob("*.toml")):
                _copy(path, rules / path.name)
            _copy(policy, folder / _POLICY)
            version = ruleset.load(rules).version
            thresholds(folder / _POLICY, shown=policy)
            if self._given.holds.routes:
                _copy(Path(self._given.holds.routes), folder / _ROUTES, "holds.routes")
                routes_of(self._given, folder / _ROUTES)
            if self.obey is not None:
                self.obey(folder, self._given)
                version = _agreed(under(self._given, folder))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._copies.append(folder)
        if len(self._copies) > _KEPT:
            shutil.rmtree(self._copies.popleft(), ignore_errors=True)
        return under(self._given, folder), version


def under(config: Config, folder: Path) -> Config:
    """A configuration that reads its rules, policy and routes from a copy, routes only if it has some."""
    policy = config.policy.model_copy(update={"file": str(folder / _POLICY)})
    routes = str(folder / _ROUTES) if (folder / _ROUTES).exists() else ""
    holds = config.holds.model_copy(update={"routes": routes})
    copied = config.model_copy(update={"rules_dir": folder / _RULES, "policy": policy, "holds": holds})
    settings = folder / _SETTINGS
    return Content.read(settings.read_text("utf-8")).apply(copied) if settings.exists() else copied


def content_of(config: Config) -> Content:
    """The settings that a configuration and its files ask for. Raises ConfigError."""
    rules = {path.name: _text(path) for path in sorted(rules_dir(config).glob("*.toml"))}
    routes = _text(Path(config.holds.routes), "holds.routes") if config.holds.routes else ""
    return Content.of(config, _text(policy_file(config)), routes, rules)


def write_settings(folder: Path, content: Content) -> None:
    """Put settings into a copy that nobody reads yet."""
    rules = content.rules or {}
    for path in (folder / _RULES).glob("*.toml"):
        path.unlink()
    texts = {_POLICY: content.policy, _SETTINGS: content.text, _ROUTES: content.routes or ""}
    for name, text in {**texts, **{f"{_RULES}/{name}": text for name, text in rules.items()}}.items():
        (folder / name).write_bytes(text.encode())
    if not content.routes:
        (folder / _ROUTES).unlink()


def _agreed(config: Config) -> str:
    """The version of rules that were agreed on, if this program can use them and what else was. Raises ConfigError."""
    try:
        thresholds(policy_file(config))
        routes_of(config)
        return ruleset.load(rules_dir(config)).version
    except ConfigError as error:
        remedy = "`mailguard change list` shows the files of now: agree to them."
        raise ConfigError(f"The settings agreed on do not fit this version: {error} {remedy}") from None


def folder_of(config: Config) -> Path:
    """The copy that such a configuration reads from."""
    return policy_file(config).parent


def _copy(path: Path, to: Path, keys: str = _KEYS) -> None:
    try:
        to.write_bytes(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Check {keys} in the configuration.") from None


def _text(path: Path, keys: str = _KEYS) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8. Write it again as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Check {keys} in the configuration.") from None


def _content(config: Config) -> dict[str, bytes]:
    folder = folder_of(config)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}
