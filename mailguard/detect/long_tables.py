"""Tables that are read a batch at a time: each batch is a table under the same header, and what is found is put together.

In: a LongTable. Out: Evidence as if it were one table, in arrays. `beginning` answers from the first rows alone: the least that
holds, and how many persons there may be at most.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from mailguard.detect.distinct import Distinct, Place, place
from mailguard.detect.evidence import Evidence
from mailguard.detect.heap import give_back, keep_large_apart
from mailguard.detect.rows import Rows, merged, packed
from mailguard.model import DIGESTS, Finding, LongTable, Table

_FIRST = 8_000  # rows that answer for all
Detect = Callable[[Table, bytes, Distinct | None, int | None], Evidence]


def whole(table: LongTable, head: Sequence[Sequence[str]], detect: Detect, key: bytes) -> Evidence:
    """All rows. head: title lines and header, which stand over each batch."""
    keep_large_apart()
    distinct = Distinct()
    rows: list[Rows] = []
    by_place: dict[Place, list[Finding]] = defaultdict(list)
    titles = list(map(list, head))

    def read(batch: list[list[str]]) -> Evidence:
        return detect(Table(table.path, [*titles, *batch]), key, distinct, len(head))

    first = detect(Table(table.path, table.rows), key, distinct, None)
    for part in chain([first], map(read, table.rest())):  # `map` holds no batch while the next is read
        rows += [*part.rows, packed(part.records)] if part.records else part.rows  # the last batch may be short
        for finding in part.findings:
            by_place[place(finding)].append(finding)
    findings = tuple(_one(found, distinct.of(found)) for found in by_place.values())
    give_back()  # what batches took: the whole has arrays as long as the table
    whole = merged(rows) if rows and findings else None
    give_back()  # what they were made of: the count of persons has such arrays, too
    return Evidence(findings, crowded=True, rows=(whole,) if whole else ()) if findings else Evidence()


def beginning(table: LongTable, detect: Detect, key: bytes) -> Evidence:
    """What the first rows say. unread: persons that the rows behind them may name at most."""
    first = table.rows[:_FIRST]
    evidence = detect(Table(table.path, first), key, None, None)
    if not evidence.findings:
        return evidence
    named = max(
        (int(np.bincount(np.frombuffer(rows.named, np.int32)).max(initial=1)) for rows in evidence.rows), default=1
    )
    return replace(evidence, crowded=True, people=(), unread=named * max(0, table.at_most - len(first)))


def _one(findings: Sequence[Finding], distinct: int) -> Finding:
    """One finding for a column; its digests only when there are few, its rows not at all."""
    digests = tuple(dict.fromkeys(digest for finding in findings for digest in finding.digests))
    domains = tuple(dict.fromkeys(domain for finding in findings for domain in finding.domains))
    few = distinct <= DIGESTS
    return replace(
        findings[0],
        count=sum(finding.count for finding in findings),
        distinct=distinct,
        digests=digests if few else (),
        domains=domains if few else (),
        blocks=(),
        confidence=max(finding.confidence for finding in findings),
        organisation=all(finding.organisation for finding in findings),
    )
