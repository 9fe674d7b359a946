"""A decision on a campaign on its way to the store, the same for the page and for the API.

In: a person's wish with the snapshot that was looked at. Out: what it did, or a `Refusal`. No rule stands here.
"""

from dataclasses import dataclass

from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import Choice
from mailguard.metrics import DECISIONS
from mailguard.store.campaign_views import Decided
from mailguard.store.saying import Said
from mailguard.store.snapshots import ChangedError
from mailguard.store.views import Person
from mailguard.web import deciding
from mailguard.web.deciding import REASON_CHARACTERS, Refusal
from mailguard.web.site import Site
from mailguard.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Intent:
    """What a person wants of a campaign. cap: recipients of all its holds together; None: only those received."""

    snapshot: str
    choice: Choice
    reason: str
    cap: int | None = None
    code: str = ""
    checked: tuple[str, ...] = ()


def decide(site: Site, t: Texts, campaign_id: str, person: Person, intent: Intent) -> Decided:
    """Decide all holds of the snapshot, or none; raises Refusal."""
    if len(intent.reason) > REASON_CHARACTERS:
        deciding.refuse(t, "reason_long")
    try:
        done = site.store.campaigns.decide(
            campaign_id,
            snapshot=intent.snapshot,
            choice=intent.choice,
            person_id=person.id,
            reason=intent.reason,
            cap=intent.cap,
            said=Said(intent.code, intent.checked, deciding.grounds(site)),
        )
    except RefusedError as error:
        deciding.refuse(t, error.code)
    except ChangedError as error:
        changes = error.changes
        said = t("campaign.changed", opened=changes.opened, decided=changes.decided, changed=changes.changed)
        raise Refusal(409, "conflict", said) from None
    except ConflictError as error:
        raise Refusal(409, "conflict", str(error)) from None
    DECISIONS.labels(intent.choice.value).inc()
    return done
