"""A column becomes a finding: every distinct value is normalised once, and only what policy and page need is kept.

In: a column and which of its values tell. Out: a masked Finding, as `evidence.Values` makes it of single values.
"""

from collections.abc import Sequence

import numpy as np

from mailguard.detect.evidence import SAMPLES, domains
from mailguard.detect.forms import forms
from mailguard.detect.layout import Column
from mailguard.detect.mask import mask
from mailguard.detect.table_rows import block
from mailguard.digest import Digester
from mailguard.model import DIGESTS, Finding, PartPath


def finding(
    column: Column, telling: Sequence[bool], digester: Digester, path: PartPath, where: str, key: bytes
) -> Finding | None:
    """Mask and digest what a column holds; None when no cell tells."""
    cells = column.cells
    counts = np.where(np.array(telling, bool), cells.counts, 0)
    met = np.flatnonzero(counts).tolist()
    if not met:
        return None
    count = int(counts.sum())
    written, last = _by_form(column, met)
    capped = last if len(written) <= DIGESTS else []
    return Finding(
        rule=f"table.{column.kind}",
        kind=column.kind,
        path=path,
        where=where,
        count=count,
        distinct=len(written),
        samples=tuple(mask(column.kind, written[form]) for form in last[:SAMPLES]),
        digests=tuple(digester.of(str(column.kind), form) for form in capped),
        domains=domains(column.kind, capped, digester),
        confidence=column.confidence,
        key=key,
        blocks=tuple(map(block, cells.rows(counts > 0))) if count <= DIGESTS else (),
        organisation=column.organisation,
    )


def _by_form(column: Column, met: list[int]) -> tuple[dict[str, str], list[str]]:
    """(each form with the value that is written first, the forms in the order of their last rows: all, or the first few)."""
    cells = column.cells
    codes = met if len(met) < len(cells.values) else range(len(cells.values))
    values = [cells.values[code] for code in codes]
    found = forms(column.kind, values)
    written = dict(zip(reversed(found), reversed(values), strict=True))
    last = np.empty(len(cells.values), np.int64)
    last[cells.codes] = np.arange(len(cells))
    if len(written) == len(values):
        order = np.argsort(last[met]).tolist()
        return written, [found[at] for at in (order if len(order) <= DIGESTS else order[:SAMPLES])]
    latest: dict[str, int] = {}
    for form, row in zip(found, last[met].tolist(), strict=True):
        latest[form] = max(row, latest.get(form, -1))
    return written, sorted(latest, key=lambda form: latest[form])
