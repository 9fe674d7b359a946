"""The whole configuration: every section, and what must hold between them."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mailguard.config.inspection import Own, PolicySection, Scanner
from mailguard.config.limits import Limits
from mailguard.config.notifying import Notify
from mailguard.config.passwords import Passwords
from mailguard.config.reporting import ReportSection
from mailguard.config.retention import Retention
from mailguard.config.sections import (
    Holds,
    Log,
    Metrics,
    Relay,
    Release,
    Smtp,
    StoreSection,
    Web,
    is_loopback,
    split_endpoint,
)
from mailguard.config.stopping import StopListSection

PREFIX = "MAILGUARD_"


class Config(BaseSettings):
    """The whole configuration; the defaults run on one machine without root."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    data_dir: Path = Field(Path("var"), description="database and key file; only mailguard may read it")
    rules_dir: Path | None = Field(
        None, description="your own rule files in place of the shipped ones; read again on SIGHUP"
    )
    smtp: Smtp = Smtp()
    relay: Relay = Relay()
    release: Release = Release()
    web: Web = Web()
    metrics: Metrics = Metrics()
    store: StoreSection = StoreSection()
    notify: Notify = Notify()
    holds: Holds = Holds()
    retention: Retention = Retention()
    passwords: Passwords = Passwords()
    stop_list: StopListSection = StopListSection()
    report: ReportSection = ReportSection()
    own: Own = Own()
    policy: PolicySection = PolicySection()
    scanner: Scanner = Scanner()
    limits: Limits = Limits()
    log: Log = Log()

    @model_validator(mode="after")
    def _scans_fit(self) -> Self:
        if 2 * self.scanner.task_seconds > self.smtp.reply_seconds - 5:
            raise ValueError(
                "scanner.task_seconds: two attempts must fit into smtp.reply_seconds with 5 s to spare"
                f" (2 × {self.scanner.task_seconds:g} s, {self.smtp.reply_seconds:g} s)"
            )
        return self

    @model_validator(mode="after")
    def _release_can_log_in(self) -> Self:
        if self.smtp.auth == "pass-through" and not self.relay.username:
            raise ValueError(
                "relay.username is missing: with smtp.auth = pass-through mailguard never keeps a client's password,"
                " so that releasing held mail needs a login of its own at the relay"
            )
        return self

    @model_validator(mode="after")
    def _relay_is_somebody_else(self) -> Self:
        own = [split_endpoint(end) for end in (self.smtp.listen, self.smtp.tls_listen) if end]
        for host, port in [(self.relay.host, self.relay.port), *map(split_endpoint, self.relay.fallback)]:
            if any(port == there and port and _same_host(host, here) for here, there in own):
                raise ValueError(
                    f"relay: {host}:{port} is smtp.listen: each mail would come back for ever. Name the server behind"
                    " mailguard"
                )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL, with the default spelt out."""
        return self.store.url or f"sqlite:///{self.data_dir / 'mailguard.db'}"


def _same_host(host: str, listening: str) -> bool:
    """Whether somebody who connects to `host` meets who listens on `listening`, as far as the words tell."""
    everywhere = listening in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    return host.strip("[]") == listening or (is_loopback(host) and (everywhere or is_loopback(listening)))
