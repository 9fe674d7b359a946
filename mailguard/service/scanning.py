"""What a configuration says about scanning: the rule files, the sandboxed workers, the policy."""

from datetime import timedelta
from pathlib import Path

import msgspec

from mailguard import routes
from mailguard.config import Config
from mailguard.config.passwords import listed
from mailguard.detect import ruleset
from mailguard.digest import Digester
from mailguard.inspect.settings import Settings
from mailguard.policy import Policy, thresholds
from mailguard.policy.thresholds import REASONS
from mailguard.routes import NONE, Routes
from mailguard.sandbox import Scanner, Table
from mailguard.store import unlocking
from mailguard.unpack.budget import Limits
from mailguard.unpack.tools import TOOLS

COUNT_SECONDS = 300.0  # longest count of one message after it is held; nobody waits for it
_NICE = 19  # a count takes what mail under way leaves


def rules_dir(config: Config) -> Path:
    """The rule files in force."""
    return config.rules_dir or ruleset.shipped_dir()


def scanner(config: Config, digester: Digester, password_key: bytes = b"") -> Scanner:
    """Sandboxed workers for this configuration, not yet started. password_key: as in `inspect.Settings`."""
    return _scanner(config, _settings(config, digester, password_key), config.scanner.processes)


def counter(config: Config, digester: Digester, password_key: bytes = b"", *, nice: int = _NICE) -> Scanner:
    """One worker that counts long tables to their end: with more time, as much memory, and behind all others."""
    return _scanner(config, _settings(config, digester, password_key), 1, least_seconds=COUNT_SECONDS, nice=nice)


def keep(config: Config) -> timedelta:
    """How long what mails tell is kept; nothing is none of it."""
    return timedelta(hours=config.passwords.keep_hours)


def _settings(config: Config, digester: Digester, password_key: bytes) -> Settings:
    return Settings(
        digester.key,
        str(rules_dir(config).absolute()),
        limits(config),
        password_key if keep(config) else b"",
        listed(config.passwords),
    )


def _scanner(config: Config, settings: Settings, workers: int, *, least_seconds: float = 0, nice: int = 0) -> Scanner:
    return Scanner(
        "mailguard.inspect.worker:worker",
        msgspec.msgpack.encode(settings),
        workers=workers,
        task_seconds=max(least_seconds, config.scanner.task_seconds),
        memory_mb=config.scanner.memory_mb,
        recycle_tasks=config.scanner.recycle_tasks,
        recycle_mb=config.scanner.recycle_mb,
        programs=Table({tool.name: tool.path for tool in TOOLS}, config.scanner.tool_seconds),
        nice=nice,
    )


def limits(config: Config) -> Limits:
    """What opening one mail may cost."""
    return Limits(**config.limits.model_dump())


def policy_file(config: Config) -> Path:
    """The policy file in force: a bare name is one of the rule files, anything else a path."""
    named = Path(config.policy.file)
    return rules_dir(config) / named if named.name == config.policy.file else named


def policy(config: Config, digester: Digester) -> Policy:
    """The policy of this configuration; raises ConfigError."""
    limits = thresholds(policy_file(config))
    return Policy.build(limits, config.own, digester, monitor=config.policy.monitor, routes=routes_of(config))


def routes_of(config: Config, path: Path | None = None) -> Routes:
    """Who must approve what, by this configuration; raises ConfigError. path: of a copy of the file."""
    if not config.holds.routes:
        return NONE
    named = Path(config.holds.routes)
    return routes.routes(path or named, shown=named, reasons=REASONS | {unlocking.OPENED})
