"""What changed against the earlier runs of a mailing (前回との違い), said first on a hold, on its campaign and in the API.

In: a hold with its campaign. Out: codes, and sentences. Compared when it is shown: recipients still come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailguard.model import Envelope, Run, Source
from mailguard.policy.earlier import DIFFERS, differences
from mailguard.store.campaign_views import CampaignRow
from mailguard.store.views import HoldView
from mailguard.traits import series, traits
from mailguard.web.site import Site
from mailguard.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Changed:
    """codes: how it differs; lines: the same in words; earlier: recipients of the last run, 0 where there was none."""

    codes: tuple[str, ...]
    lines: tuple[str, ...]
    earlier: int


def of(site: Site, t: Texts, campaign: CampaignRow | None, views: Sequence[HoldView]) -> Changed:
    """Of some holds of a campaign, or of one hold."""
    if campaign is None or not views:
        return Changed((), (), 0)
    store, runs = site.store, site.store.runs
    known = {source.id for source in store.sources.all()}
    codes: dict[str, None] = {}
    earlier: list[Run] = []
    for view in views:
        inspection = view.inspection
        source = Source(view.row.source_id, "", declared=view.row.source_id in known)
        keys = series(source, inspection, store.digester)
        earlier = runs.earlier(view.row.source_id, keys, campaign.first_seen) or earlier
        now = traits(Envelope("", ()), inspection, store.digester)
        # Who sent it stands in the reasons: the login of a message is not shown.
        senders = earlier[0].senders if earlier else frozenset()
        now = replace(now, senders=senders, recipients=campaign.recipients)
        codes |= dict.fromkeys(differences(now, earlier, site.earlier_factor))
    if not codes and any(DIFFERS in view.row.reasons for view in views):
        codes["sender_other"] = None
    return Changed(tuple(codes), _lines(t, tuple(codes), campaign, earlier), earlier[0].recipients if earlier else 0)


def _lines(t: Texts, codes: Sequence[str], campaign: CampaignRow, earlier: Sequence[Run]) -> tuple[str, ...]:
    most = max((run.recipients for run in earlier), default=0)
    return tuple(t(f"compared.{code}", runs=len(earlier), before=most, now=campaign.recipients) for code in codes)
