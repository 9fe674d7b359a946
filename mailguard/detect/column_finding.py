"""A column becomes a finding: every distinct value is normalised once, and only what policy and page need is kept.

In: a column and which of its values tell. Out: a masked Finding, as `evidence.Values` makes it of single values.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.evidence import SAMPLES, domains
from mailguard.detect.forms import forms
from mailguard.detect.layout import Column
from mailguard.detect.mask import mask
from mailguard.detect.rows import once
from mailguard.detect.table_rows import block
from mailguard.digest import Digester
from mailguard.model import DIGESTS, Finding, PartPath


def hashed_forms(column: Column, telling: Sequence[bool]) -> NDArray[np.int64]:
    """Hashes of the forms of all values that tell; those of a form that is written in several ways several times."""
    told: NDArray[np.int64] = column.cells.hashes(column.kind, forms)[np.fromiter(telling, bool, len(telling))]
    return told


def finding(
    column: Column, telling: Sequence[bool], digester: Digester, path: PartPath, where: str, key: bytes
) -> Finding | None:
    """Mask and digest what a column holds; None when no cell tells."""
    cells = column.cells
    counts = cells.counts * np.fromiter(telling, bool, len(telling))
    met = np.flatnonzero(counts).tolist()
    if not met:
        return None
    count = int(counts.sum())
    distinct, shown = _by_form(column, met)
    capped = [form for form, _ in shown] if distinct <= DIGESTS else []
    return Finding(
        rule=f"table.{column.kind}",
        kind=column.kind,
        path=path,
        where=where,
        count=count,
        distinct=distinct,
        samples=tuple(mask(column.kind, value) for _, value in shown[:SAMPLES]),
        digests=tuple(digester.of(str(column.kind), form) for form in capped),
        domains=domains(column.kind, capped, digester),
        confidence=column.confidence,
        key=key,
        blocks=tuple(map(block, cells.rows(counts > 0))) if count <= DIGESTS else (),
        organisation=column.organisation,
    )


def _by_form(column: Column, met: list[int]) -> tuple[int, list[tuple[str, str]]]:
    """(how many forms, each with the value that is written first, in the order of their last rows: all, or the first few)."""
    cells = column.cells
    values, found, hashes = cells.values, cells.each(column.kind, forms), cells.hashes(column.kind, forms)
    if len(met) < len(values):
        values, found, hashes = [values[code] for code in met], [found[code] for code in met], hashes[met]
    distinct = len(once(hashes))
    few = distinct if distinct <= DIGESTS else SAMPLES
    last = np.empty(len(cells.values), np.int64)
    last[cells.codes] = np.arange(len(cells))
    if distinct == len(values):
        rows = last[met]
        first = np.argpartition(rows, few - 1)[:few]  # the rest need not be in order
        return distinct, [(found[at], values[at]) for at in first[np.argsort(rows[first])].tolist()]
    written = dict(zip(reversed(found), reversed(values), strict=True))
    latest: dict[str, int] = {}
    for form, row in zip(found, last[met].tolist(), strict=True):
        latest[form] = max(row, latest.get(form, -1))
    return distinct, [(form, written[form]) for form in sorted(latest, key=lambda form: latest[form])[:few]]
