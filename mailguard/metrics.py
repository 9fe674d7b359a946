"""Prometheus metrics. Label sets are closed: never an address, subject, file name or id."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

MESSAGES = Counter(
    "mailguard_messages",
    "Messages by outcome: passed, held, joined_closed (kept under a rejected, expired or withdrawn hold), "
    "approved_pass (sent under an approval), refused_relay, refused_client, deferred",
    ["outcome"],
    registry=REGISTRY,
)
SCAN_SECONDS = Histogram(
    "mailguard_scan_duration_seconds",
    "From handing a message to a scanner to its inspection",
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60),
)
FINDINGS = Counter("mailguard_findings", "Findings in inspected messages by kind", ["kind"], registry=REGISTRY)
PROBLEMS = Counter("mailguard_problems", "Parts that could not be inspected by kind", ["kind"], registry=REGISTRY)
HELD_MESSAGES = Gauge("mailguard_held_messages", "Messages waiting for a decision", registry=REGISTRY)
HOLDS_PENDING = Gauge("mailguard_holds_pending", "Holds waiting for a decision", registry=REGISTRY)
OLDEST_PENDING = Gauge(
    "mailguard_oldest_pending_timestamp_seconds",
    "Unix time at which the oldest pending hold was opened; 0 when there is none",
    registry=REGISTRY,
)
APPROVERS = Gauge(
    "mailguard_approvers_enabled", "Persons who can approve; below 2 holds cannot be decided", registry=REGISTRY
)
DECISIONS = Counter("mailguard_decisions", "Decisions by choice", ["choice"], registry=REGISTRY)
RELAY_ATTEMPTS = Counter(
    "mailguard_relay_attempts",
    "Transactions with the next hop by use (handover, release, notice) and result (accepted, partly, refused, deferred, failed)",
    ["use", "result"],
    registry=REGISTRY,
)
NOTICES = Counter("mailguard_notices", "Notice mails by result (sent, failed)", ["result"], registry=REGISTRY)
