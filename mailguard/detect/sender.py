"""Whether the display name of a sender says more than who sends.

In: the hits of one display name. Out: whether they are data. A person's name there is the sender's own, and so is an
organisation's telephone number; a second person, a number beside a name, or somebody's address is not.
"""

from collections.abc import Sequence

from mailguard import normal
from mailguard.detect.groups import NAMES, Hit
from mailguard.detect.organisation import names_organisation, shared_mailbox
from mailguard.model import Kind

SURE_NAME = 0.8  # a family name alone may be a place or a product
_MOBILE = ("060", "070", "080", "090")
_OF_ANYBODY = frozenset({Kind.AGE, Kind.SEX, Kind.GRADE, Kind.POSTAL_CODE})


def is_data(hits: Sequence[Hit]) -> bool:
    """Whether the hits of one display name are more than a sender's own name."""
    organisation = any(names_organisation(hit.line.text) for hit in hits)
    names = {normal.name(hit.value) for hit in hits if hit.span.kind is Kind.NAME and hit.span.confidence >= SURE_NAME}
    # 渡辺・小林法律事務所 is one sender.
    if len(names) > (2 if organisation else 1):
        return True
    beside_name = bool(names) and not organisation
    return any(_tells(hit, beside_name=beside_name) for hit in hits)


def _tells(hit: Hit, *, beside_name: bool) -> bool:
    kind = hit.span.kind
    if kind in NAMES or kind in _OF_ANYBODY:
        return False
    if kind is Kind.EMAIL:
        return not shared_mailbox(hit.value)
    if kind is Kind.PHONE:
        own = hit.span.rule.endswith("toll_free") or not beside_name
        return normal.phone(hit.value).startswith(_MOBILE) or not own
    return beside_name or kind is not Kind.ADDRESS
