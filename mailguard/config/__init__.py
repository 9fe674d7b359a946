"""Configuration: one TOML file, then the environment, then secret files; unknown keys are refused.

In: a path (or nothing: the embedded defaults). Out: a frozen `Config`. Every error says file, key and remedy.
`MAILGUARD_RELAY__HOST=mx` overrides `[relay] host`; `MAILGUARD_RELAY__PASSWORD_FILE=/run/secrets/relay` reads a secret.
"""

from mailguard.config.example import example
from mailguard.config.inspection import Own, PolicySection, Scanner
from mailguard.config.limits import Limits
from mailguard.config.notifying import Notify
from mailguard.config.reading import load
from mailguard.config.reporting import COMMISSION, Receiver, ReportSection
from mailguard.config.retention import Retention
from mailguard.config.sections import (
    Holds,
    Log,
    Metrics,
    Relay,
    Release,
    Section,
    Smtp,
    StoreSection,
    Web,
    hours,
    is_loopback,
    split_endpoint,
)
from mailguard.config.stopping import StopListSection
from mailguard.config.whole import PREFIX, Config

__all__ = [
    "COMMISSION",
    "PREFIX",
    "Config",
    "Holds",
    "Limits",
    "Log",
    "Metrics",
    "Notify",
    "Own",
    "PolicySection",
    "Receiver",
    "Relay",
    "Release",
    "ReportSection",
    "Retention",
    "Scanner",
    "Section",
    "Smtp",
    "StopListSection",
    "StoreSection",
    "Web",
    "example",
    "hours",
    "is_loopback",
    "load",
    "split_endpoint",
]
