"""Metrics: named alike, explained, closed label sets, and summed over processes that come and go."""

import re
import subprocess
import sys

import pytest
from prometheus_client import Gauge
from prometheus_client.parser import text_string_to_metric_families

from mailguard import metrics

LABELS = {
    "scope",
    "outcome",
    "kind",
    "choice",
    "use",
    "result",
    "le",
    "version",
    "hop",
    "rule",
    "source",
    "reason",
    "stage",
}
COUNT = """
import os
from mailguard import metrics
metrics.MESSAGES.labels("held").inc(3)
metrics.SCAN_SECONDS.observe(0.03)
metrics.CONNECTIONS.set(7)
os._exit(9)  # as a process that is killed
"""


def families():
    return list(metrics.REGISTRY.collect())


def test_every_metric_is_explained_and_named_alike():
    for family in families():
        assert re.fullmatch(r"mailguard_[a-z]+(_[a-z]+)*", family.name), family.name
        assert family.documentation[0].isupper(), family.name
        assert family.type in {"counter", "gauge", "histogram", "info"}
    text = metrics.text().decode()
    assert "_created" not in text
    assert text.count("# HELP ") == len(families())


def test_gauges_have_a_mode_that_the_sum_knows():
    for metric in vars(metrics).values():
        if isinstance(metric, Gauge):
            assert metric._multiprocess_mode in {"livesum", "livemin"}, metric._name


@pytest.mark.parametrize("name", [name for name in vars(metrics) if name.isupper()])
def test_labels_are_of_a_closed_set(name):
    metric = getattr(metrics, name)
    assert set(getattr(metric, "_labelnames", ())) <= LABELS


def counted(folder, process):
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **metrics.environment(folder, process)}
    assert subprocess.run([sys.executable, "-c", COUNT], env=environ, check=False).returncode == 9


def samples(text: bytes):
    return {
        (sample.name, tuple(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_counts_of_killed_processes_stay_and_their_gauges_go(tmp_path):
    before = samples(metrics.text())
    for process in ("1", "2", "1"):  # the first one was killed and started again
        counted(tmp_path, process)
    held, scans = ("mailguard_messages_total", (("outcome", "held"),)), ("mailguard_scan_duration_seconds_count", ())
    bucket = ("mailguard_scan_duration_seconds_bucket", (("le", "0.05"),))
    after = samples(metrics.text(tmp_path))
    assert after[held] - before.get(held, 0) == 9
    assert after[scans] - before[scans] == 3
    assert after[bucket] - before[bucket] == 3
    assert after["mailguard_smtp_connections", ()] == 14
    metrics.gone(tmp_path, "1")
    after = samples(metrics.text(tmp_path))
    assert after["mailguard_smtp_connections", ()] == 7
    assert after[held] - before.get(held, 0) == 9


def test_the_text_of_many_processes_is_that_of_one(tmp_path):
    counted(tmp_path, "1")
    metrics.MESSAGES.labels("held").inc()

    def shape(text):
        return re.sub(rb" [0-9.e+-]+\n", b"\n", text)

    assert shape(metrics.text(tmp_path)) == shape(metrics.text())
