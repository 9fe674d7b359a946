"""A campaign (配信): its totals, a few of its holds in full, the list of all, and one decision on those that wait.

In: a logged-in person's request. Out: a page. What is decided is the snapshot that the form carries; whether it may be is the
store's to say.
"""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.lifecycle import Choice, HoldState
from mailguard.presets import PRESETS
from mailguard.store.campaign_views import CampaignRow
from mailguard.store.views import HoldView, Session
from mailguard.web import compared, deciding, mailing, say, show, stops
from mailguard.web.alert import Alert
from mailguard.web.deciding import Refusal
from mailguard.web.forms import Typing
from mailguard.web.mailing import Intent
from mailguard.web.show import Pager
from mailguard.web.site import AUDIT_ROLES, Site
from mailguard.web.texts import Texts

PER_PAGE = 50
Page = Annotated[int, Query(ge=1, le=100_000)]
SAID = {
    Choice.APPROVE: "approved",
    Choice.REJECT: "rejected",
    Choice.RETURN: "returned",
    Choice.ANSWER: "answered",
    Choice.WITHDRAW: "withdrawn",
}
DONE = frozenset({*SAID.values(), "first"})


class DecisionForm(BaseModel):
    """What the form of a campaign sends. room: "received" or "up_to", and then cap is the number."""

    snapshot: Typing = ""
    csrf: Typing = ""
    reason: Typing = ""
    code: Typing = ""
    room: Typing = "received"
    cap: Typing = ""
    checked: Annotated[list[Typing], Field(default_factory=list, max_length=100)]


@dataclass(frozen=True, slots=True)
class Sample:
    """One hold of a campaign, ready to print."""

    view: HoldView
    headline: str
    tree: list[show.Node]
    groups: list[show.Group]


class CampaignPages:
    """Routes under /campaigns."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/campaigns/{campaign_id}", self.one, methods=["GET"], response_model=None)
        add("/campaigns/{campaign_id}/{form}", self.back, methods=["GET"], response_model=None)
        add("/campaigns/{campaign_id}/approve", self.approve, methods=["POST"], response_model=None)
        add("/campaigns/{campaign_id}/reject", self.reject, methods=["POST"], response_model=None)
        add("/campaigns/{campaign_id}/return", self.ask, methods=["POST"], response_model=None)
        add("/campaigns/{campaign_id}/answer", self.answer, methods=["POST"], response_model=None)
        add("/campaigns/{campaign_id}/withdraw", self.withdraw, methods=["POST"], response_model=None)

    def one(self, request: Request, campaign_id: str, page: Page = 1, done: str = "") -> Response:
        """Everything about one campaign."""
        session, t = self._site.session(request), self._site.texts(request)
        notice = Alert("good", t(f"campaign.done.{done}")) if done in DONE else None
        return self._page(request, session, campaign_id, alert=notice, page=page)

    def approve(self, request: Request, campaign_id: str, form: Annotated[DecisionForm, Form()]) -> Response:
        """Approve the holds of a snapshot."""
        cap = deciding.number(form.cap) if form.room == "up_to" else None
        missing = form.room == "up_to" and cap is None
        return self._decide(request, campaign_id, Choice.APPROVE, form, cap, missing=missing)

    def reject(self, request: Request, campaign_id: str, form: Annotated[DecisionForm, Form()]) -> Response:
        """Reject the holds of a snapshot."""
        return self._decide(request, campaign_id, Choice.REJECT, form, None)

    def ask(self, request: Request, campaign_id: str, form: Annotated[DecisionForm, Form()]) -> Response:
        """Return the holds of a snapshot with a question."""
        return self._decide(request, campaign_id, Choice.RETURN, form, None)

    def answer(self, request: Request, campaign_id: str, form: Annotated[DecisionForm, Form()]) -> Response:
        """Answer what was asked about the holds of a snapshot, as an operator."""
        return self._decide(request, campaign_id, Choice.ANSWER, form, None)

    def withdraw(self, request: Request, campaign_id: str, form: Annotated[DecisionForm, Form()]) -> Response:
        """Take the holds of a snapshot back, as an operator."""
        return self._decide(request, campaign_id, Choice.WITHDRAW, form, None)

    def back(self, campaign_id: str, form: Literal["approve", "reject", "return", "answer", "withdraw"]) -> Response:
        """Where a reload of a refused form leads."""
        del form
        return RedirectResponse(f"/campaigns/{quote(campaign_id)}", 303)

    def _decide(
        self,
        request: Request,
        campaign_id: str,
        choice: Choice,
        form: DecisionForm,
        cap: int | None,
        *,
        missing: bool = False,
    ) -> Response:
        session, t = self._site.session(request), self._site.texts(request)
        self._site.check_form(request, session.csrf, form.csrf)
        intent = Intent(form.snapshot, choice, form.reason, cap, form.code, tuple(form.checked))
        try:
            if missing:
                deciding.refuse(t, "cap_missing")
            done = mailing.decide(self._site, t, campaign_id, session.person, intent)
        except Refusal as refusal:
            title = {409: "alert.stale", 422: "alert.input"}.get(refusal.status, "alert.refused")
            remedy = t("alert.stale.remedy") if refusal.status == 409 else ""
            alert = Alert("bad", t(title), refusal.text, remedy)
            return self._page(request, session, campaign_id, alert=alert, status=refusal.status, typed=form)
        state = "first" if choice is Choice.APPROVE and HoldState.PENDING in done.states else SAID[choice]
        return RedirectResponse(f"/campaigns/{quote(campaign_id)}?done={state}", 303)

    def _page(
        self,
        request: Request,
        session: Session,
        campaign_id: str,
        *,
        alert: Alert | None,
        page: int = 1,
        status: int = 200,
        typed: DecisionForm | None = None,
    ) -> Response:
        store, t, person = self._site.store, self._site.texts(request), session.person
        row = store.campaigns.get(campaign_id, person.id)
        views = store.campaigns.samples(campaign_id)
        for view in views:
            store.record.viewed(view.row.id, view.row.revision, person.id)
        pager = Pager.at(page, PER_PAGE, row.holds)
        first = views[0]
        return self._site.page(
            request,
            "campaign.html",
            status=status,
            session=session,
            alert=alert,
            typed=typed or DecisionForm(checked=[]),
            campaign=row,
            card=card(self._site, t, row),
            snapshot=store.campaigns.snapshot(campaign_id, person.id),
            returned=(asked := store.campaigns.returned(campaign_id, person.id))[0],
            questions=asked[1],
            samples=[self._sample(t, view) for view in views],
            barred=deciding.barred(self._site, first, person) if row.pending else None,
            operates=deciding.operates(first, person),
            points=store.campaigns.checklist(campaign_id, person.id) if row.pending else (),
            presets=PRESETS,
            compared=(changed := compared.of(self._site, t, row, views)),
            preset_cap=changed.earlier if changed.earlier > row.recipients else "",
            approval_hours=store.campaigns.approval_hours,
            explain_persons=store.holds.explain_persons,
            pager=pager,
            rows=store.campaigns.holds(campaign_id, limit=PER_PAGE, offset=pager.offset),
            why=lambda hold: say.row_reason(t, hold),
            persons_of=lambda hold: say.persons_of_row(t, hold),
            path=lambda steps: show.path(t, steps),
            stopped=(over := stops.of_campaign(self._site, row.first_hold, person))[0],
            may_stop=over[1],
            reads_record=person.role in AUDIT_ROLES,
            receiving=row.messages > 0 and self._site.clock() - row.last_seen <= show.ARRIVING,
        )

    def _sample(self, t: Texts, view: HoldView) -> Sample:
        inspection = view.inspection
        return Sample(view, say.headline(t, view), show.tree(inspection), show.groups(inspection.findings))


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """One campaign in the list of holds, ready to print."""

    campaign: CampaignRow
    why: str
    persons: str
    receiving: bool


def card(site: Site, t: Texts, row: CampaignRow) -> CampaignCard:
    """What the list says of a campaign."""
    reasons = list(dict.fromkeys(say.reason(t, code) for code in row.reasons))[:3]
    persons = say.persons(t, row.persons, exact=row.persons_exact) if row.persons else t.count("count.unknown", 0)
    arriving = bool(row.pending and row.messages) and site.clock() - row.last_seen <= show.ARRIVING
    return CampaignCard(row, t("reasons.separator").join(reasons), persons, arriving)
