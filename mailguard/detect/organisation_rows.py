"""Tables whose rows are about organisations, one a row: shops, branches, offices. Their contacts are nobody's own.

In: titles, what they mean, and cells of a table. Out: whether it is one. One row a name tells a list of shops from customers beside
the shop that they go to; a mobile phone or a mailbox of one's own tells a person.
"""

import re
from collections.abc import Sequence

import numpy as np

from mailguard.detect.categorical import Categorical
from mailguard.detect.headers import Header
from mailguard.detect.layout import Column, share
from mailguard.detect.organisation import names_organisation, shared_mailbox
from mailguard.model import Kind

_CONTACTS = frozenset({Kind.PHONE, Kind.ADDRESS, Kind.POSTAL_CODE, Kind.EMAIL})
_OF_PERSONS = re.compile(
    r"勤務|勤め|就業|就職|所属|利用|来店|購入|出身|在籍|希望|会員|顧客|客|自宅|個人|本人|携帯|employer|workplace|customer|home|mobile|cell",
    re.IGNORECASE,
)  # titles that say what organisation a person of the row goes to, or whose contact it is
_MOBILE = re.compile(r"\D*(?:\+?81\D*|0)[6-9]0\D*\d{4}\D*\d{4}\D*")
_ASKED = 60  # distinct cells asked whether they name an organisation
_SHARE = 0.8  # so many cells must say so
_FEW = 0.2  # more mobile phones than this are persons'


def about_organisations(
    titles: Sequence[str],
    headers: Sequence[Header | None],
    cells: Sequence[Categorical],
    columns: Sequence[Column | None],
) -> bool:
    """Whether each row names an organisation of its own, and nothing but its contacts is known of it."""
    meant = [column for column in columns if column is not None]
    if not meant or any(column.kind not in _CONTACTS for column in meant) or any(map(_OF_PERSONS.search, titles)):
        return False
    rows = max(column.cells.filled for column in meant)
    free = (index for index, column in enumerate(columns) if column is None)
    return any(_names_rows(headers[index], cells[index], rows) for index in free) and all(map(_shared, meant))


def _names_rows(header: Header | None, cells: Categorical, rows: int) -> bool:
    """Whether a column names an organisation in nearly every row, rarely one twice."""
    if cells.empty or np.count_nonzero(cells.counts) - (cells.filled < len(cells)) < _SHARE * rows:
        return False
    if header is not None and header.organisation:
        return True
    asked = cells.voters[:_ASKED]
    return sum(map(names_organisation, asked)) >= _SHARE * len(asked)


def _shared(column: Column) -> bool:
    """Whether the values of a column may be an organisation's."""
    if column.kind is Kind.PHONE:
        return share(_mobile, column.cells.voters) <= _FEW
    if column.kind is Kind.EMAIL:
        return share(_mailbox, column.cells.voters) >= _SHARE
    return True


def _mobile(value: str) -> float:
    return float(_MOBILE.fullmatch(value) is not None)


def _mailbox(value: str) -> float:
    return float(shared_mailbox(value))
