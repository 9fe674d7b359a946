"""What the form for a draft of a report offers. In: the settings. Out: the day of today in Japan, and who may be told."""

from dataclasses import dataclass
from datetime import date

from mailguard.store.calendar import TOKYO
from mailguard.web.site import Site


@dataclass(frozen=True, slots=True)
class Offer:
    """receivers: id and name."""

    today: date
    receivers: tuple[tuple[str, str], ...]


def offered(site: Site) -> Offer:
    """For a reader who may draft."""
    receivers = tuple((receiver.id, receiver.name) for receiver in site.reporting.receivers)
    return Offer(site.clock().astimezone(TOKYO).date(), receivers)
