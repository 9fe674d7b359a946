"""Tables: columns become findings, rows become records of persons.

In: a Table and the digest of its file. Out: Evidence. Never decides by a single cell.
"""

from collections.abc import Iterator
from dataclasses import replace

from mailguard.detect import table_arrays
from mailguard.detect.cells import told
from mailguard.detect.column_finding import finding, hashed_forms
from mailguard.detect.distinct import Distinct
from mailguard.detect.evidence import Evidence
from mailguard.detect.layout import Layout
from mailguard.detect.personal import Personal
from mailguard.detect.rows import Rows
from mailguard.detect.table_rows import TableRows
from mailguard.digest import Digester
from mailguard.model import PEOPLE, Finding, PartPath, Table

FEW = 64  # rows of a table that is read row by row


def table_evidence(
    table: Table, layout: Layout, digester: Digester, key: bytes, *, few: int = FEW, distinct: Distinct | None = None
) -> Evidence:
    """Findings by column, and the persons of all rows. distinct: is told the forms behind each finding."""
    findings = tuple(_findings(layout, digester, table.path, key, distinct))
    if not findings:
        return Evidence()
    personal = Personal.of(layout)
    rows = TableRows(personal)
    if personal.height <= few:
        records = tuple(record for record in rows.records() if record.names or record.idents)
        arrays: tuple[Rows, ...] = ()
        count = len(records)
    else:
        found = table_arrays.records(personal)
        records, count = (), found.height
        arrays = (found,) if count else ()
    people = tuple(rows.people(table.path, digester, key)) if count <= PEOPLE else ()
    crowded = count > PEOPLE or len(people) > PEOPLE
    return Evidence(findings, records, people[:PEOPLE], crowded, arrays)


def _findings(
    layout: Layout, digester: Digester, path: PartPath, key: bytes, distinct: Distinct | None
) -> Iterator[Finding]:
    for column in layout.columns:
        where = f"列 {layout.title(column.index)}"
        telling = column.cells.each(column.kind, told)
        found = finding(column, telling, digester, path, where, key)
        if found is not None and layout.shops:
            found = replace(found, organisation=True)
        if found is not None and distinct is not None:
            distinct.add(found, hashed_forms(column, telling))
        if found is not None:
            yield found
