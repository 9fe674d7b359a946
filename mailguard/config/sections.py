"""The tables of the configuration file; the text on a field is its documentation.

Durations are finite and bounded: one that no clock can be moved by would fail when it is used, not when it is read.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator


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


def _endpoint_or_none(value: str) -> str:
    return _endpoint(value) if value else value


def _client_network(value: str) -> str:
    if ipaddress.ip_network(_network(value)).prefixlen == 0:
        raise ValueError(
            f"{value} would let everybody send: an open relay. Name your own networks; who comes from elsewhere logs in"
            " (smtp.auth, smtp.auth_clients)"
        )
    return value


_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])[-–]([01][0-9]|2[0-3]|24):([0-5][0-9])")


def _hours(value: str) -> str:
    if value and (not _HOURS.fullmatch(value) or hours(value) is None):
        raise ValueError('must be "" or a part of a day such as "08:00-20:00"')
    return value


Endpoint = Annotated[str, AfterValidator(_endpoint)]
OptionalEndpoint = Annotated[str, AfterValidator(_endpoint_or_none)]
Network = Annotated[str, AfterValidator(_network)]
ClientNetwork = Annotated[str, AfterValidator(_client_network)]
Hours = Annotated[str, AfterValidator(_hours)]


def hours(value: str) -> tuple[int, int] | None:
    """(480, 1200), in minutes of the day, of "08:00-20:00"; None for "" and for what is no such part."""
    match = _HOURS.fullmatch(value)
    if match is None:
        return None
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    return (start, end) if start < end <= 1440 else None


def is_loopback(host: str) -> bool:
    """Whether a host name or address of a setting is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


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
    tls_listen: OptionalEndpoint = Field(
        "", description='address and port that speak TLS from the first byte; "" is none'
    )
    certificate: Path | None = Field(
        None, description="PEM chain of the server; with it STARTTLS is offered. Read again on SIGHUP"
    )
    certificate_key: Path | None = Field(None, description="PEM private key of the certificate")
    clients: tuple[ClientNetwork, ...] = Field(("127.0.0.0/8",), description="networks that may send without a login")
    auth: str = Field(
        "none",
        pattern="^(none|local|pass-through)$",
        description="logins: none | local (mailguard login add) | pass-through (the relay decides)",
    )
    auth_clients: tuple[Network, ...] = Field(
        (), description='networks that may send after a login, as in ["0.0.0.0/0"]'
    )
    auth_cache_seconds: float = Field(
        300, ge=0, le=3_600, description="a verified login is not verified again for so long: tools log in per message"
    )
    hostname: str = Field("", description='name in the greeting and in Received; "" asks the system once at start')
    received: bool = Field(default=True, description="prepend one Received line to clean and to released mail")
    bare_newline: str = Field(
        "reject", pattern="^(reject|normalise)$", description="bare CR or LF in a message: reject | normalise"
    )
    workers: int = Field(
        1, ge=1, le=64, description="SMTP processes on one port, each with its scanners; 1 is the service itself"
    )
    max_message_bytes: int = Field(50_000_000, ge=10_000, le=200_000_000, description="largest message, in bytes")
    max_header_bytes: int = Field(250_000, ge=1_000, description="largest header block of a message, in bytes")
    max_inflight_bytes: int = Field(
        256_000_000, ge=20_000, description="messages of all connections together; beyond it clients hear 452"
    )
    max_recipients: int = Field(1_000, ge=100, description="recipients of one message")
    max_connections: int = Field(500, ge=1, description="connections at the same time, in each SMTP process")
    max_connections_per_client: int = Field(
        200, ge=1, description="of them from one address; tools that send in parallel need 100 and more"
    )
    command_seconds: float = Field(300, gt=0, le=86_400, description="a client silent for so long hears 421")
    data_seconds: float = Field(
        900, gt=0, le=86_400, description="longest time for one message to come in, from DATA to the final dot"
    )
    reply_seconds: float = Field(
        100, gt=0, le=3_600, description="from the final dot to the reply, waiting for a scanner included"
    )
    drain_seconds: float = Field(
        30, gt=0, le=600, description="at a stop, messages under way get so long to come to their end"
    )

    @model_validator(mode="after")
    def _one_message_fits(self) -> Self:
        if self.max_inflight_bytes < self.max_message_bytes:
            raise ValueError(
                "max_inflight_bytes must not be smaller than max_message_bytes"
                f" ({self.max_inflight_bytes}, {self.max_message_bytes}): the biggest messages would never find room"
            )
        return self

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key go together: name both, or neither")
        if self.tls_listen and self.certificate is None:
            raise ValueError("tls_listen needs certificate and certificate_key")
        return self

    @model_validator(mode="after")
    def _logins_are_possible(self) -> Self:
        if self.auth_clients and self.auth == "none":
            raise ValueError('auth_clients needs auth = "local" or "pass-through"')
        beyond = [network for network in self.auth_clients if not ipaddress.ip_network(network).is_loopback]
        if beyond and self.certificate is None:
            raise ValueError(
                "auth_clients beyond this machine need certificate and certificate_key: a login is taken under TLS only"
            )
        return self


class Relay(Section):
    """The next hop: where clean and approved mail goes."""

    host: str = Field("127.0.0.1", min_length=1, description="name or address of the server that mail goes to next")
    port: int = Field(25, ge=1, le=65535, description="its port")
    fallback: tuple[Endpoint, ...] = Field(
        (), description='tried in this order while the one before does not answer, as in ["mx2.example.co.jp:25"]'
    )
    tls: str = Field(
        "off",
        pattern="^(off|opportunistic|verify)$",
        description="off | opportunistic (TLS when offered, any certificate) | verify (TLS always, name and chain checked)",
    )
    implicit_tls: bool = Field(default=False, description="TLS from the first byte (port 465) in place of STARTTLS")
    ca_file: Path | None = Field(None, description="PEM certificates to trust in place of the system's")
    username: str = Field("", description='login at the relay; "" is none')
    password: SecretStr = Field(SecretStr(""), description="its password; better in MAILGUARD_RELAY__PASSWORD_FILE")
    connect_seconds: float = Field(10, gt=0, le=3_600, description="longest wait for a connection")
    reply_seconds: float = Field(
        60, gt=0, le=3_600, description="longest wait for a reply; RFC 5321 §4.5.3.2 allows more after the dot"
    )
    max_idle: int = Field(
        20, ge=0, le=1_000, description="connections kept open for the next message, per hop and login"
    )
    idle_seconds: float = Field(
        30,
        gt=0,
        le=3_600,
        description="a kept connection is closed after so long without use; less than the relay's limit",
    )
    max_age_seconds: float = Field(300, gt=0, le=86_400, description="a connection is not used again after so long")
    down_seconds: float = Field(
        30, gt=0, le=3_600, description="a hop that did not answer is tried last for so long, when there is a fallback"
    )

    @model_validator(mode="after")
    def _login_is_whole_and_safe(self) -> Self:
        if bool(self.username) != bool(self.password.get_secret_value()):
            raise ValueError("username and password go together: name both, or neither")
        hosts = [self.host, *(split_endpoint(hop)[0] for hop in self.fallback)]
        if self.username and self.tls != "verify" and not all(map(is_loopback, hosts)):
            raise ValueError('username needs tls = "verify": a password is not sent where anybody could read it')
        if self.implicit_tls and self.tls == "off":
            raise ValueError('implicit_tls needs tls = "verify" or "opportunistic"')
        return self


class Release(Section):
    """How approved mail is sent."""

    concurrency: int = Field(4, ge=1, le=100, description="messages sent at the same time")
    per_minute: float = Field(0, ge=0, le=1_000_000, description="messages a minute at most; 0 is no limit")
    hours: Hours = Field("", description='only at this time of day (Asia/Tokyo), as in "08:00-20:00"; "" is always')
    late_hours: float = Field(
        12, ge=0, le=8_760, description="what was not sent so long after its approval is asked about again; 0 is never"
    )
    retry_seconds: float = Field(
        30, gt=0, le=3_600, description="wait after the first failure; doubles each time, up to an hour"
    )
    give_up_hours: float = Field(
        120, gt=0, le=8_760, description="after so long without success a message is marked as failed"
    )
    lease_seconds: float = Field(
        300, gt=0, le=86_400, description="a claim on a message, renewed as long as this process works on it"
    )
    dsn: bool = Field(
        default=True, description="tell the envelope sender by a delivery status notification when a release failed"
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


class Holds(Section):
    """The time a hold waits, who must approve it, and what a decision on it takes."""

    routes: str = Field(
        "",
        description="file of routes: who must approve which hold (rules/routes-example.toml shows one);"
        ' "" is one approval, two for a source that is not declared. Read again on SIGHUP',
    )
    business_days: int = Field(
        3, ge=1, le=60, description="a hold expires after so many business days; it is never sent then"
    )
    explain_persons: int = Field(
        100,
        ge=0,
        description="more persons than this, or data whose leak would have to be reported: approve in words, too",
    )
    contact_days: int = Field(
        90, ge=1, le=366, description="a published contact that two persons put on the allow list stays there so long"
    )
    hasty_seconds: int = Field(
        10, ge=0, le=3_600, description="an approval sooner than this after the hold was first shown is flagged"
    )
    approval_hours: float = Field(
        24, gt=0, le=720, description="so long after an approval later mail of what was approved passes, up to its cap"
    )


class Log(Section):
    """Logging to standard error."""

    level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG | INFO | WARNING | ERROR")
