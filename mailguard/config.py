"""Configuration: one TOML file, then the environment, then secret files; unknown keys are refused.

In: a path (or nothing: the embedded defaults). Out: a frozen `Config`. Every error says file, key and remedy.
`MAILGUARD_RELAY__HOST=mx` overrides `[relay] host`; `MAILGUARD_RELAY__PASSWORD_FILE=/run/secrets/relay` reads a secret.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mailguard.errors import ConfigError

PREFIX = "MAILGUARD_"


def _endpoint(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError('must be "host:port", as in "127.0.0.1:2525"')
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f'must be a network such as "10.0.0.0/8": {error}') from None
    return value


Endpoint = Annotated[str, AfterValidator(_endpoint)]
Network = Annotated[str, AfterValidator(_network)]


def split_endpoint(value: str) -> tuple[str, int]:
    """("127.0.0.1", 2525) of "127.0.0.1:2525"; brackets around an IPv6 address go."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


class Section(BaseModel):
    """A table of the configuration file."""

    # No inf and no nan: a duration that no clock can be moved by fails when it is used, not when it is read.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Smtp(Section):
    """Where the bulk-mail tool delivers."""

    listen: Endpoint = Field("127.0.0.1:2525", description="address and port for the bulk-mail tool")
    clients: tuple[Network, ...] = Field(("127.0.0.0/8",), description="networks that may send through mailguard")
    hostname: str = Field("", description='name in the greeting and in Received; "" asks the system once at start')
    received: bool = Field(default=True, description="prepend one Received line to clean and to released mail")
    bare_newline: str = Field(
        "reject", pattern="^(reject|normalise)$", description="bare CR or LF in a message: reject | normalise"
    )
    max_message_bytes: int = Field(50_000_000, ge=10_000, le=200_000_000, description="largest message, in bytes")
    max_inflight_bytes: int = Field(
        256_000_000, ge=20_000, description="messages of all connections together; beyond it clients hear 452"
    )
    max_recipients: int = Field(1_000, ge=100, description="recipients of one message")
    max_connections: int = Field(500, ge=1, description="connections at the same time")
    command_seconds: float = Field(300, gt=0, le=86_400, description="a client silent for so long hears 421")
    data_seconds: float = Field(
        900, gt=0, le=86_400, description="longest time for one message to come in, from DATA to the final dot"
    )
    reply_seconds: float = Field(
        100, gt=0, le=3_600, description="from the final dot to the reply, waiting for a scanner included"
    )

    @model_validator(mode="after")
    def _one_message_fits(self) -> Self:
        if self.max_inflight_bytes < self.max_message_bytes:
            raise ValueError(
                "max_inflight_bytes must not be smaller than max_message_bytes"
                f" ({self.max_inflight_bytes}, {self.max_message_bytes}): the biggest messages would never find room"
            )
        return self


class Relay(Section):
    """The next hop: where clean and approved mail goes."""

    host: str = Field("127.0.0.1", min_length=1, description="name or address of the server that mail goes to next")
    port: int = Field(25, ge=1, le=65535, description="its port")
    tls: str = Field("off", pattern="^off$", description="off (opportunistic and verify come later)")
    connect_seconds: float = Field(10, gt=0, le=3_600, description="longest wait for a connection")
    reply_seconds: float = Field(
        60, gt=0, le=3_600, description="longest wait for a reply; RFC 5321 §4.5.3.2 allows more after the dot"
    )


class Release(Section):
    """How approved mail is sent."""

    concurrency: int = Field(4, ge=1, le=100, description="messages sent at the same time")
    retry_seconds: float = Field(
        30, gt=0, le=3_600, description="wait after the first failure; doubles each time, up to an hour"
    )
    give_up_hours: float = Field(
        120, gt=0, le=8_760, description="after so long without success a message is marked as failed"
    )
    lease_seconds: float = Field(
        300, gt=0, le=86_400, description="a claim on a message; longer than the relay's longest reply"
    )


class Web(Section):
    """The page of the approvers."""

    listen: Endpoint = Field("127.0.0.1:8080", description="address and port of the page")
    url: str = Field(
        "http://127.0.0.1:8080", pattern="^https?://", description="how people reach the page; stands in notices"
    )
    session_hours: float = Field(10, gt=0, le=720, description="a login ends after so long")


class Metrics(Section):
    """Prometheus and health checks."""

    listen: Endpoint = Field("127.0.0.1:9464", description="address and port of /metrics, /healthz and /readyz")


class StoreSection(Section):
    """Where holds are kept."""

    url: str = Field("", description='SQLAlchemy URL; "" is SQLite, mailguard.db in data_dir')


class Notify(Section):
    """Notices to operators and approvers."""

    enabled: bool = Field(default=True, description="send notices by mail")
    sender: str = Field("mailguard@localhost", min_length=3, description="From address of the notices")


class Holds(Section):
    """The time a hold waits, and how long its bytes are kept."""

    business_days: int = Field(
        3, ge=1, le=60, description="a hold expires after so many business days; it is never sent then"
    )
    keep_released_hours: float = Field(24, ge=0, le=87_600, description="held bytes are deleted so long after release")
    keep_closed_days: float = Field(
        7, ge=0, le=3_650, description="held bytes are deleted so long after rejection or expiry"
    )


class Own(Section):
    """Contact details of your own organisation: never a reason to hold."""

    domains: tuple[str, ...] = Field((), description='your mail domains, as in ["example.co.jp"]')
    phones: tuple[str, ...] = Field((), description="your published phone numbers")
    addresses: tuple[str, ...] = Field((), description="your published postal addresses")
    names: tuple[str, ...] = Field((), description="names of staff who sign mailings")


class Scanner(Section):
    """The sandboxed workers that open attachments."""

    workers: int = Field(2, ge=1, le=64, description="scanner processes")
    task_seconds: float = Field(
        20, gt=0, le=1_800, description="longest scan of one message; then the worker is killed and the mail held"
    )
    memory_mb: int = Field(1024, ge=256, description="memory of one worker")
    recycle_tasks: int = Field(1000, ge=1, description="a worker is replaced after so many messages")


class Log(Section):
    """Logging to standard error."""

    level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG | INFO | WARNING | ERROR")


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
    rules_dir: Path | None = Field(None, description="your own rule files in place of the shipped ones")
    smtp: Smtp = Smtp()
    relay: Relay = Relay()
    release: Release = Release()
    web: Web = Web()
    metrics: Metrics = Metrics()
    store: StoreSection = StoreSection()
    notify: Notify = Notify()
    holds: Holds = Holds()
    own: Own = Own()
    scanner: Scanner = Scanner()
    log: Log = Log()

    @model_validator(mode="after")
    def _scans_fit(self) -> Self:
        if 2 * self.scanner.task_seconds > self.smtp.reply_seconds - 5:
            raise ValueError(
                "scanner.task_seconds: two attempts must fit into smtp.reply_seconds with 5 s to spare"
                f" (2 × {self.scanner.task_seconds:g} s, {self.smtp.reply_seconds:g} s)"
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


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read `path` (or only defaults and environment) into a Config; raises ConfigError with place, fact and remedy."""
    environ = os.environ if environ is None else environ
    values = _read(path) if path else {}
    known = _known_variables()
    for variable in environ:
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            raise ConfigError(
                f"environment: {variable} is not a setting. Remove it, or see `mailguard config example`."
            )
    try:
        return Config(**values)
    except ValidationError as error:
        raise ConfigError(_explain(path, error)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Make one with `mailguard config example > {path}`.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Check its owner and mode.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}. Correct that line.") from None


def _known_variables() -> set[str]:
    known = set()
    for name, field in Config.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            known |= {f"{PREFIX}{name}__{key}".upper() for key in section.model_fields}
        known.add(f"{PREFIX}{name}".upper())
    return known


def _explain(path: Path | None, error: ValidationError) -> str:
    place = str(path) if path else "configuration"
    lines = []
    for problem in error.errors():
        key = ".".join(str(step) for step in problem["loc"])
        fact = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            lines.append(f"{place}: {key} is not a setting. Remove it, or see `mailguard config example`.")
        else:
            where = f"{place}: {key}" if key else place
            lines.append(f"{where}: {fact}. Correct it; `mailguard config example` shows every setting.")
    return "\n".join(lines)


def example() -> str:
    """The annotated configuration file, generated from the fields above."""
    lines = ["# mailguard: every setting with its default. Remove what you do not change."]
    sections = []
    for name, field in Config.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            sections.append((name, section))
        else:
            lines += ["", f"# {field.description}", _line(name, field.default)]
    for name, section in sections:
        lines += ["", f"[{name}]  # {(section.__doc__ or '').strip()}"]
        for key, field in section.model_fields.items():
            lines += [f"# {field.description}", _line(key, field.default)]
    return "\n".join(lines) + "\n"


def _line(name: str, value: Any) -> str:
    return f"# {name} =" if value is None else f"{name} = {_toml(value)}"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
