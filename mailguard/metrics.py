"""Prometheus metrics. Label sets are closed: never an address, subject, file name or id.

In one process they stand in memory. An SMTP process beside others keeps them in mapped files of a folder, which the
service adds to its own when it is asked: so a process that was killed takes no count with it.
"""

import operator
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name
PROCESS = "PROMETHEUS_MULTIPROC_PROCESS"

# Files are named by the number of the process and not by its pid: started again, it goes on counting where it was.
if _process := os.environ.get(PROCESS):
    values.ValueClass = values.MultiProcessValue(lambda: _process)  # type: ignore[no-untyped-call]  # the library publishes no types
disable_created_metrics()  # type: ignore[no-untyped-call]  # files have no such samples: the same text from one process and from many

REGISTRY = CollectorRegistry()

MESSAGES = Counter(
    "mailguard_messages",
    "Messages by outcome: passed, held, folded (the same mail is held already), joined_closed (kept under a rejected, expired or withdrawn hold), "
    "approved_pass (sent under an approval), suppressed (all recipients are on the stop list), refused_relay, refused_client, deferred",
    ["outcome"],
    registry=REGISTRY,
)
SCAN_SECONDS = Histogram(
    "mailguard_scan_duration_seconds",
    "From handing a message to a scanner to its inspection",
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60),
)
DECISION_SECONDS = Histogram(
    "mailguard_decision_duration_seconds",
    "From the first look of a person at a revision of a hold to the decision, by choice",
    ["choice"],
    registry=REGISTRY,
    buckets=(2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400),
)
COUNTS = Counter(
    "mailguard_table_counts",
    "Held messages whose long tables were counted to their end afterwards, by result (counted, failed: the most there may be stands)",
    ["result"],
    registry=REGISTRY,
)
UNLOCKS = Counter(
    "mailguard_unlocks",
    "Held messages inspected again because another mail of their sender told a password, by result (opened, closed: nothing opened, failed)",
    ["result"],
    registry=REGISTRY,
)
FINDINGS = Counter("mailguard_findings", "Findings in inspected messages by kind", ["kind"], registry=REGISTRY)
PROBLEMS = Counter("mailguard_problems", "Parts that could not be inspected by kind", ["kind"], registry=REGISTRY)
WOULD_HOLD = Counter(
    "mailguard_would_hold",
    'Messages that only monitoring let pass, by source ("undeclared" together) and reason; one with two reasons counts twice',
    ["source", "reason"],
    registry=REGISTRY,
)
MONITORING = Gauge(
    "mailguard_monitoring",
    "SMTP processes that hold nothing because monitoring is on; 0 is normal",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
FALSE_POSITIVES = Gauge(
    "mailguard_false_positive_holds",
    "Holds that people called a false positive, by the rule whose findings held them",
    ["rule"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
RULES_LOADED = Gauge(
    "mailguard_rules_loaded",
    "SMTP processes that inspect by this version of the rules; 0: by another one now",
    ["version"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
RULES_RELOADS = Counter(
    "mailguard_rules_reloads",
    "Attempts to read rules and policy again, by result (ok, failed: the ones before stay in force)",
    ["result"],
    registry=REGISTRY,
)
HELD_MESSAGES = Gauge(
    "mailguard_held_messages", "Messages waiting for a decision", multiprocess_mode="livesum", registry=REGISTRY
)
HOLDS_PENDING = Gauge(
    "mailguard_holds_pending", "Holds waiting for a decision", multiprocess_mode="livesum", registry=REGISTRY
)
OLDEST_PENDING = Gauge(
    "mailguard_oldest_pending_timestamp_seconds",
    "Unix time at which the oldest pending hold was opened; 0 when there is none",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
APPROVERS = Gauge(
    "mailguard_approvers_enabled",
    "Persons who can approve; below 2 holds cannot be decided",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
ROUTES_SHORT = Gauge(
    "mailguard_routes_short_of_approvers",
    "Routes whose approvals the enabled persons cannot complete; 0 is normal",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
SETTINGS_DIFFER = Gauge(
    "mailguard_settings_differ",
    "Whether policy, rules, routes or settings in files differ from those agreed on, which are in force; 0 is normal",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
STOPS = Gauge(
    "mailguard_stops_active",
    "Emergency stops in force by scope (all, source, campaign); 0 is normal",
    ["scope"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
SUPPRESSED = Counter(
    "mailguard_suppressed_recipients",
    "Recipients on the stop list that were not sent to, by stage (intake: accepted and spared, refused: told 550, release: listed while held)",
    ["stage"],
    registry=REGISTRY,
)
STOP_LIST_ENTRIES = Gauge(
    "mailguard_stop_list_entries", "Entries of the stop list", multiprocess_mode="livesum", registry=REGISTRY
)
STOP_LIST_READS = Counter(
    "mailguard_stop_list_reads",
    "Files of the stop list that changed, by result (ok, failed: the entries before stay in force)",
    ["result"],
    registry=REGISTRY,
)
DECISIONS = Counter("mailguard_decisions", "Decisions by choice", ["choice"], registry=REGISTRY)
RELAY_ATTEMPTS = Counter(
    "mailguard_relay_attempts",
    "Transactions with the next hop by use (handover, release, notice, bounce) and result (accepted, partly, refused, deferred, failed)",
    ["use", "result"],
    registry=REGISTRY,
)
RELAY_UP = Gauge(
    "mailguard_relay_up",
    "Whether a next hop answered when it was last tried; hop 0 is relay.host, then relay.fallback in order",
    ["hop"],
    multiprocess_mode="livemin",  # down when one process finds it down: an idle one does not know yet
    registry=REGISTRY,
)
NOTICES = Counter("mailguard_notices", "Notice mails by result (sent, failed)", ["result"], registry=REGISTRY)
CONNECTIONS = Gauge(
    "mailguard_smtp_connections", "SMTP clients connected", multiprocess_mode="livesum", registry=REGISTRY
)
INFLIGHT_BYTES = Gauge(
    "mailguard_smtp_inflight_bytes",
    "Memory that messages under way take",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
WORKERS = Gauge("mailguard_smtp_workers", "SMTP processes that listen", multiprocess_mode="livesum", registry=REGISTRY)
RESTARTS = Counter(
    "mailguard_smtp_worker_restarts", "SMTP processes that ended and were started again", registry=REGISTRY
)
AUDIT_ROWS = Gauge("mailguard_audit_rows", "Rows of the record", multiprocess_mode="livesum", registry=REGISTRY)
AUDIT_HEAD = Info(
    "mailguard_audit_head",
    "End of the record when it was last remembered: rows and hash, as `mailguard audit verify --head ROWS:HASH` takes them",
    registry=REGISTRY,
)
AUDIT_SET_BACK = Gauge(
    "mailguard_audit_set_back",
    "Whether the record lacks an end that it had before (1); run `mailguard audit verify`",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
BUILD = Info("mailguard_build", "The version that runs", registry=REGISTRY)


def text(folder: Path | None = None) -> bytes:
    """The exposition of this process, with what the processes of `folder` counted."""
    if folder is None:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    together.register(_Together(folder))
    return generate_latest(together)


def environment(folder: Path, process: str) -> Mapping[str, str]:
    """What makes a process that starts count into `folder`."""
    return {FOLDER: str(folder), PROCESS: process}


def gone(folder: Path, process: str) -> None:
    """Drop the gauges of a process that ended; its counts stay."""
    mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]  # the library publishes no types


class _Together(Collector):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        theirs = {metric.name: metric for metric in MultiProcessCollector(None, str(self._folder)).collect()}  # type: ignore[no-untyped-call]  # the library's
        for metric in REGISTRY.collect():
            yield _sum(metric, theirs[metric.name]) if metric.name in theirs else metric


def _sum(ours: Metric, theirs: Metric) -> Metric:
    """Counters, buckets and gauges add up; the exception is a gauge whose mode says otherwise."""
    both = min if getattr(theirs, "_multiprocess_mode", "") == "livemin" else operator.add
    total: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for sample in (*ours.samples, *theirs.samples):
        key = (sample.name, frozenset(sample.labels.items()))
        total[key] = both(total[key], sample.value) if key in total else sample.value
    metric = Metric(ours.name, ours.documentation, ours.type)
    for (name, labels), value in total.items():
        metric.add_sample(name, dict(sorted(labels)), value)
    return metric
