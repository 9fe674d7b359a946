"""Campaigns for programs: the list, one with its snapshot, its holds, and the decision on a snapshot.

In: a bearer token, or a browser's cookie with its CSRF header. Out: masks, counts and states; problem details.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StrictInt
from starlette.requests import Request
from starlette.responses import Response

from mailguard.dossier import FORMATS, written
from mailguard.lifecycle import Choice, HoldState
from mailguard.store.campaign_views import CampaignRow, Snapshot
from mailguard.store.decisions import CAP
from mailguard.store.joint_checklist import JointPoint
from mailguard.web import compared, mailing, say, show
from mailguard.web.api import ROWS, hold_row
from mailguard.web.deciding import Refusal
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.mailing import Intent
from mailguard.web.site import AUDIT_ROLES, Site
from mailguard.web.texts import Texts

Json = dict[str, Any]
Limit = Annotated[int, Query(ge=1, le=ROWS)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]


class CampaignDecisionBody(Strict):
    """Body of a decision on a campaign. cap: recipients of all its holds together; without it only those received."""

    snapshot: str = Field(max_length=200)
    choice: Literal["approve", "reject", "return", "answer", "withdraw"]
    reason: str = Field("", max_length=5000)
    cap: Annotated[StrictInt, Field(ge=1, le=CAP)] | None = None
    code: str = Field("", max_length=100)
    checked: Annotated[list[Annotated[str, Field(max_length=100)]], Field(default_factory=list, max_length=100)]


class CampaignApi(Entrance):
    """Routes under /api/campaigns."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter(prefix="/api/campaigns")
        add = self.router.add_api_route
        add("", self.overview, methods=["GET"])
        add("/{campaign_id}", self.one, methods=["GET"])
        add("/{campaign_id}/holds", self.holds, methods=["GET"])
        add("/{campaign_id}/decision", self.decide, methods=["POST"])
        add("/{campaign_id}/record", self.record, methods=["GET"], response_model=None)

    def overview(
        self, request: Request, state: HoldState = HoldState.PENDING, limit: Limit = ROWS, offset: Offset = 0
    ) -> Json:
        """Campaigns with holds in one state, the newest first."""
        session, _ = self._session(request)
        t = self._site.texts(request)
        found = self._site.store.campaigns.recent((state,), limit, offset, session.person.id)
        return {"campaigns": [_row(t, row) for row in found]}

    def one(self, request: Request, campaign_id: str) -> Json:
        """One campaign, some of its holds, and the snapshot that a decision names."""
        session, _ = self._session(request)
        return self._view(request, campaign_id, session.person.id)

    def holds(self, request: Request, campaign_id: str, limit: Limit = ROWS, offset: Offset = 0) -> Json:
        """Its holds, those that wait first."""
        session, _ = self._session(request)
        t, campaigns = self._site.texts(request), self._site.store.campaigns
        campaigns.get(campaign_id, session.person.id)
        return {"holds": [hold_row(t, row) for row in campaigns.holds(campaign_id, limit, offset)]}

    def record(self, request: Request, campaign_id: str, form: Literal["csv", "json", "html"] = "json") -> Response:
        """The record of a campaign and all its holds to keep or print; for who may take that of a hold."""
        session, _ = self._session(request)
        if session.person.role not in AUDIT_ROLES:
            raise Refusal(403, "not_auditor", self._site.texts(request)("refused.not_auditor"))
        text = written(self._site.store.campaign_dossiers.take(campaign_id, session.person.id), form)
        name = f'attachment; filename="mailguard-record.{form}"'
        return Response(text, media_type=FORMATS[form], headers={"Content-Disposition": name})

    def decide(self, request: Request, campaign_id: str, body: CampaignDecisionBody) -> Json:
        """Decide exactly the holds of a snapshot, all or none; answers with the campaign as it is then."""
        session, _ = self._changing(request)
        intent = Intent(body.snapshot, Choice(body.choice), body.reason, body.cap, body.code, tuple(body.checked))
        done = mailing.decide(self._site, self._site.texts(request), campaign_id, session.person, intent)
        decided = {"states": {state.value: count for state, count in done.states.items()}, "cap": done.cap}
        return self._view(request, campaign_id, session.person.id) | {"decided": decided}

    def _view(self, request: Request, campaign_id: str, person_id: str) -> Json:
        t, store = self._site.texts(request), self._site.store
        row, samples = store.campaigns.get(campaign_id, person_id), store.campaigns.samples(campaign_id)
        for view in samples:
            store.record.viewed(view.row.id, view.row.revision, person_id)
        returned, questions = store.campaigns.returned(campaign_id, person_id)
        return _row(t, row) | {
            "snapshot": _snapshot(store.campaigns.snapshot(campaign_id, person_id)),
            "returned": _snapshot(returned) | {"questions": [asdict(question) for question in questions]},
            "checklist": [_point(one) for one in store.campaigns.checklist(campaign_id, person_id)],
            "differs": list(compared.of(self._site, t, row, samples).codes),
            "samples": [hold_row(t, view.row) | {"why": say.headline(t, view)} for view in samples],
        }


def _snapshot(snapshot: Snapshot) -> Json:
    return {
        "token": snapshot.token,
        "holds": snapshot.holds,
        "messages": snapshot.messages,
        "recipients": snapshot.recipients,
        "persons": snapshot.persons,
        "already_approved": snapshot.agreed,
    }


def _point(one: JointPoint) -> Json:
    return {**asdict(one.point), "holds": one.holds, "named": list(one.named)}


def _row(t: Texts, row: CampaignRow) -> Json:
    return {
        "id": row.id,
        "source": {"id": row.source_id, "title": row.source_title},
        "subject": row.subject,
        "reasons": list(row.reasons),
        "why": t("reasons.separator").join(dict.fromkeys(say.reason(t, code) for code in row.reasons)),
        "holds": row.holds,
        "states": {state.value: count for state, count in row.states.items()},
        "messages": row.messages,
        "recipients": row.recipients,
        "persons": row.persons,
        "persons_exact": row.persons_exact,
        "submitted_twice": row.folded,
        "first_seen": show.iso(row.first_seen),
        "last_seen": show.iso(row.last_seen),
    }
