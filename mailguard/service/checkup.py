"""What `mailguard config check` finds on this machine beyond a file that is well formed.

In: a configuration. Out: findings, one a line: a fact, a warning, or a failure that `serve` would meet. Nothing is
changed: no database is made, no certificate stays loaded, every port is closed again. No secret is shown.
"""

import errno
import os
import resource
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mailguard.config import Config
from mailguard.config.passwords import listed
from mailguard.detect import ruleset
from mailguard.digest import Digester
from mailguard.errors import ConfigError, StoreError
from mailguard.notify.channels import Channels
from mailguard.policy import thresholds
from mailguard.service import loops, ports, routes_check, settled_check, tools
from mailguard.service.finding import Finding, Weight
from mailguard.service.scanning import policy, policy_file, rules_dir
from mailguard.store.engine import Database

__all__ = ["SOON", "Finding", "Weight", "findings"]

SOON = timedelta(days=21)
_OWN_FILES = 128  # listeners, database, scanners, log


def findings(config: Config, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Everything, in the order in which a message meets it; a file that cannot be used is a failure, and the rest goes on."""
    parts: dict[str, Callable[[], Iterator[Finding]]] = {
        "smtp": lambda: _listeners(config),
        "smtp.certificate": lambda: _certificate(config, clock()),
        "smtp.clients": lambda: _senders(config),
        "relay": lambda: iter((_relay(config),)),
        "store": lambda: iter((_store(config),)),
        "processes": lambda: _processes(config),
        "tools": tools.findings,
        "rules": lambda: _rules(config),
        "policy": lambda: _policy(config),
        "holds.routes": lambda: routes_check.findings(config, clock),
        "settings": lambda: settled_check.findings(config, clock),
        "passwords.list_file": lambda: _passwords(config),
        "notify.channels": lambda: _channels(config),
    }
    for place, part in parts.items():
        try:
            yield from part()
        except ConfigError as error:
            yield Finding(place, str(error).removeprefix(f"{place}: "), Weight.FAILED)


def _channels(config: Config) -> Iterator[Finding]:
    if config.notify.channels:
        try:
            Channels(config.notify)
        except ConfigError as error:
            yield Finding("notify.channels", str(error).removeprefix("notify.channels: "), Weight.FAILED)
        else:
            yield Finding("notify.channels", f"{len(config.notify.channels)} understood, none tried")


def _listeners(config: Config) -> Iterator[Finding]:
    places = {
        "smtp.listen": config.smtp.listen,
        "smtp.tls_listen": config.smtp.tls_listen,
        "web.listen": config.web.listen,
        "metrics.listen": config.metrics.listen,
    }
    for key, endpoint in places.items():
        if endpoint:
            yield _listener(key, endpoint)


def _listener(key: str, endpoint: str) -> Finding:
    number = ports.trouble(endpoint)
    if not number:
        return Finding(key, f"{endpoint} is free")
    if number == errno.EADDRINUSE:
        return Finding(key, f"{endpoint} is in use. If not by mailguard itself, choose another", Weight.WARNING)
    return Finding(key, f"{endpoint} cannot be used ({os.strerror(number)}). Choose another", Weight.FAILED)


def _certificate(config: Config, now: datetime) -> Iterator[Finding]:
    smtp, place = config.smtp, "smtp.certificate"
    if smtp.certificate is None or smtp.certificate_key is None:
        yield Finding(place, "none; STARTTLS is not offered")
        return
    try:
        chain = x509.load_pem_x509_certificates(smtp.certificate.read_bytes())
        _fits(smtp.certificate, smtp.certificate_key)
    except OSError as error:  # ssl.SSLError is one, too
        yield Finding(
            place, f"cannot be used ({_reason(error)}). Check path, mode, and that the key fits", Weight.FAILED
        )
        return
    except ValueError:
        yield Finding(place, f"{smtp.certificate} holds no PEM certificate. Write the chain there", Weight.FAILED)
        return
    until = chain[0].not_valid_after_utc
    fact = f"{chain[0].subject.rfc4514_string()}, until {until:%Y-%m-%d}"
    if until < now:
        yield Finding(place, f"{fact}: expired. Renew it, then send SIGHUP", Weight.FAILED)
    elif until - now < SOON:
        yield Finding(place, f"{fact}: expires soon. Renew it, then send SIGHUP", Weight.WARNING)
    else:
        yield Finding(place, fact)


def _fits(certificate: Path, key: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key, password=lambda: "")  # a key with a password: no prompt, an error


def _reason(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or type(error).__name__


def _senders(config: Config) -> Iterator[Finding]:
    smtp = config.smtp
    yield Finding("who may send without a login", ", ".join(smtp.clients) or "nobody")
    ways = {"local": "logins of `mailguard login list`", "pass-through": "logins that the relay accepts"}
    if smtp.auth == "none":
        yield Finding("who may send with a login", "nobody (smtp.auth = none)")
    else:
        where = ", ".join(smtp.auth_clients) or "nobody besides, smtp.auth_clients is empty"
        yield Finding("who may send with a login", f"{where} ({ways[smtp.auth]})")
    if not smtp.clients and not smtp.auth_clients:
        yield Finding("smtp.clients", "nobody may send. Name a network, here or in smtp.auth_clients", Weight.FAILED)


def _relay(config: Config) -> Finding:
    relay = config.relay
    hops = ", then ".join([f"{relay.host}:{relay.port}", *relay.fallback])
    tls = f"{relay.tls}, from the first byte" if relay.implicit_tls else relay.tls
    login = "with a login" if relay.username else "without a login"
    return Finding("relay", f"{hops} (tls = {tls}, {login})")


def _store(config: Config) -> Finding:
    try:
        url = make_url(config.database_url)
    except ArgumentError:
        return Finding("store", "store.url is not a database URL", Weight.FAILED)
    shown = url.set(query={}).render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        return Finding("store", f"{shown} will be made at the first start")
    try:
        database = Database(config.database_url)
        try:
            database.ping()
        finally:
            database.close()
    except StoreError as error:
        return Finding("store", f"{shown}: {error}", Weight.FAILED)
    return Finding("store", f"{shown} answers")


def _rules(config: Config) -> Iterator[Finding]:
    yield Finding("rules", f"ok (ruleset {ruleset.load(rules_dir(config)).version})")


def _policy(config: Config) -> Iterator[Finding]:
    file = policy_file(config)
    limits = thresholds(file)
    yield Finding("policy", str(file))
    if config.policy.monitor or limits.monitor.all:
        key = "policy.monitor" if config.policy.monitor else f"{file}: monitor.all"
        fact = "MONITORING IS ON: NOTHING IS HELD, personal data goes out. Switch it off when the first weeks are over"
        yield Finding(key, fact, Weight.WARNING)
    elif limits.monitor.rules:
        fact = f"ONLY MONITORED, holds nothing: {', '.join(sorted(limits.monitor.rules))}"
        yield Finding(f"{file}: monitor.rules", fact, Weight.WARNING)
    unrouted = config.holds.model_copy(update={"routes": ""})  # said below
    policy(config.model_copy(update={"holds": unrouted}), Digester(os.urandom(32)))  # with [own]


def _passwords(config: Config) -> Iterator[Finding]:
    if config.passwords.list_file:
        yield Finding("passwords.list_file", f"{len(listed(config.passwords))} to try on encrypted attachments")


def _processes(config: Config) -> Iterator[Finding]:
    smtp = config.smtp
    scanners = smtp.workers * config.scanner.processes
    yield Finding("processes", f"{smtp.workers} SMTP, {scanners} scanners, event loop {loops.available()}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * smtp.max_connections + _OWN_FILES  # each client has a connection to the relay beside it
    if most != resource.RLIM_INFINITY and most < needed:
        fact = f"{most}, but smtp.max_connections = {smtp.max_connections} needs {needed}. Raise the limit (LimitNOFILE) or lower the setting"
        yield Finding("open files", fact, Weight.WARNING)
    else:
        yield Finding("open files", f"{most} are enough")
