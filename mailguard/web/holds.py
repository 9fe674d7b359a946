"""The list of holds, one hold, and its two forms.

In: a logged-in person's request. Out: a page. Who sees a hold and who may decide is the store's to say; the latter is said
on the page before anybody tries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.lifecycle import Choice, HoldState
from mailguard.presets import PRESETS, Preset
from mailguard.store.campaign_views import CampaignRow
from mailguard.store.views import AuditRow, HoldRow, HoldView, Person, RuleCount, Session
from mailguard.web import compared, deciding, law, offer, routed, say, show, stops, watched
from mailguard.web import rest as resting
from mailguard.web.alert import Alert
from mailguard.web.campaigns import CampaignCard
from mailguard.web.campaigns import card as campaign_card
from mailguard.web.deciding import Refusal, Wish
from mailguard.web.forms import ApprovalForm, ReasonForm, Typed
from mailguard.web.names import Names, acted
from mailguard.web.show import Pager
from mailguard.web.site import AUDIT_ROLES, Site
from mailguard.web.texts import Texts

PENDING_ROWS = 200
OTHER_ROWS = 30
PER_PAGE = 50
ANSWERS = {"late": Choice.DELIVER_LATE, "stop": Choice.STOP_REST}
DONE = frozenset(
    {
        "approved",
        "first",
        "rejected",
        "returned",
        "answered",
        "withdrawn",
        "late",
        "late_first",
        "stopped",
        "let_asked",
        "let_through",
    }
)
Text = Annotated[str, Form(max_length=5000)]
Page = Annotated[int, Query(ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class Card:
    """One hold in the list, ready to print."""

    row: HoldRow
    why: str
    persons: str
    left: str
    receiving: bool


class HoldPages:
    """Routes under /holds."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/holds", self.overview, methods=["GET"], response_model=None)
        add("/holds/{hold_id}", self.one, methods=["GET"], response_model=None)
        add("/holds/{hold_id}/{form}", self.back, methods=["GET"], response_model=None)
        add("/holds/{hold_id}/approve", self.approve, methods=["POST"], response_model=None)
        for choice in (Choice.REJECT, Choice.RETURN, Choice.ANSWER, Choice.WITHDRAW):
            add(f"/holds/{{hold_id}}/{choice}", self._route(choice), methods=["POST"], response_model=None)
        add("/holds/{hold_id}/late", self.late, methods=["POST"], response_model=None)
        add("/holds/{hold_id}/stop", self.stop, methods=["POST"], response_model=None)

    def overview(self, request: Request, state: HoldState | None = None, page: Page = 1) -> Response:
        """Pending holds first, then the others; or one state, page by page."""
        session, campaigns = self._site.session(request), self._site.store.campaigns
        t, more, viewer = self._site.texts(request), False, session.person.id
        if state is None:
            others = [other for other in HoldState if other is not HoldState.PENDING]
            sections = [
                (
                    t("holds.pending"),
                    self._grouped(t, campaigns.recent((HoldState.PENDING,), PENDING_ROWS, viewer=viewer)),
                ),
                (t("holds.others"), self._grouped(t, campaigns.recent(others, OTHER_ROWS, viewer=viewer))),
            ]
        else:
            rows = campaigns.recent((state,), PER_PAGE + 1, (page - 1) * PER_PAGE, viewer)
            more = len(rows) > PER_PAGE
            sections = [(t(f"state.{state.value}"), self._grouped(t, rows[:PER_PAGE]))]
        return self._site.page(
            request,
            "holds.html",
            session=session,
            sections=sections,
            state=state,
            states=list(HoldState),
            page=page,
            more=more,
            per=PER_PAGE,
            watched=watched.said(self._site, t, viewer),
        )

    def one(self, request: Request, hold_id: str, page: Page = 1, done: str = "") -> Response:
        """Everything about one hold."""
        session = self._site.session(request)
        t = self._site.texts(request)
        notice = Alert("good", t(f"done.{done}")) if done in DONE else None
        return self._hold(request, session, hold_id, alert=notice, page=page)

    def approve(self, request: Request, hold_id: str, form: Annotated[ApprovalForm, Form()]) -> Response:
        """Approve up to a cap that was typed twice."""
        session = self._genuine(request, form.csrf)
        limit, checked = deciding.number(form.cap), tuple(form.checked)
        code = form.code or (Preset.FALSE_POSITIVE if form.false_positive else "")
        typed = Typed(Choice.APPROVE, form.reason, form.cap, code, checked)
        if limit is not None and deciding.number(form.cap_again) != limit and not self._barred(hold_id, session.person):
            text = self._site.texts(request)("refused.cap_unconfirmed")
            return self._refused(request, session, hold_id, Refusal(422, "cap_unconfirmed", text), typed)
        wish = Wish(Choice.APPROVE, form.revision, form.reason, limit, bool(form.false_positive), code, checked)
        return self._decide(request, session, hold_id, wish, typed)

    def _route(self, choice: Choice) -> Callable[..., Response]:
        """Reject, return, answer or withdraw with a reason."""

        def route(request: Request, hold_id: str, form: Annotated[ReasonForm, Form()]) -> Response:
            session = self._genuine(request, form.csrf)
            wish = Wish(choice, form.revision, form.reason, code=form.code)
            return self._decide(request, session, hold_id, wish, Typed(choice, form.reason, code=form.code))

        return route

    def late(
        self, request: Request, hold_id: str, revision: Annotated[int, Form()], csrf: Text = "", reason: Text = ""
    ) -> Response:
        """Deliver what was not sent in time after all."""
        return self._answer(request, hold_id, csrf, Wish(Choice.DELIVER_LATE, revision, reason))

    def stop(
        self, request: Request, hold_id: str, revision: Annotated[int, Form()], csrf: Text = "", reason: Text = ""
    ) -> Response:
        """Never send what is left."""
        return self._answer(request, hold_id, csrf, Wish(Choice.STOP_REST, revision, reason))

    def back(
        self, hold_id: str, form: Literal["approve", "reject", "return", "answer", "withdraw", "late", "stop"]
    ) -> Response:
        """Where a reload of a refused form leads."""
        del form
        return RedirectResponse(f"/holds/{quote(hold_id)}", 303)

    def _genuine(self, request: Request, csrf: str) -> Session:
        session = self._site.session(request)
        self._site.check_form(request, session.csrf, csrf)
        return session

    def _barred(self, hold_id: str, person: Person) -> str | None:
        return self._site.store.holds.may_decide(hold_id, person.id)

    def _decide(self, request: Request, session: Session, hold_id: str, wish: Wish, typed: Typed) -> Response:
        try:
            state = deciding.decide(self._site, self._site.texts(request), hold_id, session.person, wish)
        except Refusal as refusal:
            return self._refused(request, session, hold_id, refusal, typed)
        done = "answered" if wish.choice is Choice.ANSWER else "first" if state is HoldState.PENDING else state.value
        return RedirectResponse(f"/holds/{quote(hold_id)}?done={done}", 303)

    def _answer(self, request: Request, hold_id: str, csrf: str, wish: Wish) -> Response:
        session = self._genuine(request, csrf)
        try:
            resting.answer(self._site, self._site.texts(request), hold_id, session.person, wish)
        except Refusal as refusal:
            return self._refused(request, session, hold_id, refusal, Typed(wish.choice, wish.reason))
        done = "stopped" if wish.choice is Choice.STOP_REST else "late"
        if done == "late" and self._site.store.releases.rest(hold_id).asked_at is not None:
            done = "late_first"
        return RedirectResponse(f"/holds/{quote(hold_id)}?done={done}", 303)

    def _refused(self, request: Request, session: Session, hold_id: str, refusal: Refusal, typed: Typed) -> Response:
        t = self._site.texts(request)
        title = {409: "alert.stale", 422: "alert.input"}.get(refusal.status, "alert.refused")
        remedy = t("alert.stale.remedy") if refusal.status == 409 else ""
        alert = Alert("bad", t(title), refusal.text, remedy)
        return self._hold(request, session, hold_id, alert=alert, status=refusal.status, typed=typed)

    def _hold(
        self,
        request: Request,
        session: Session,
        hold_id: str,
        *,
        alert: Alert | None,
        page: int = 1,
        status: int = 200,
        typed: Typed | None = None,
    ) -> Response:
        store, t, now = self._site.store, self._site.texts(request), self._site.clock()
        view = store.holds.get(hold_id, session.person.id)
        store.record.viewed(hold_id, view.row.revision, session.person.id)
        person, pending = session.person, view.row.state is HoldState.PENDING
        returned = view.row.state is HoldState.RETURNED
        pager = Pager.at(page, PER_PAGE, sum(view.progress.recipients.values()))
        approved = view.row.state is HoldState.APPROVED or _stopped(view)
        stopped = stops.of_hold(self._site, view.row, person)
        over = [] if stopped.through else stopped.stops
        rest = resting.shown(self._site, t, view, person, store.switch.state(person.id), over)
        return self._site.page(
            request,
            "hold.html",
            status=status,
            session=session,
            alert=alert,
            typed=typed or Typed(),
            view=view,
            card=(card := self._card(t, view.row)),
            campaign=(campaign := store.campaigns.of(hold_id)),
            compared=(changed := compared.of(self._site, t, campaign, [view])),
            preset_cap=changed.earlier if card.receiving and changed.earlier > view.row.recipients else 0,
            headline=say.headline(t, view),
            mistaken=self._mistaken(view, person.id),
            law=law.said(t, view, self._site.report),
            route=(route := routed.said(t, view, person)),
            who_approved=t("list.separator").join(one.name for one in route.approved),
            tree=show.tree(view.inspection),
            groups=show.groups(view.inspection.findings),
            path=lambda steps: show.path(t, steps),
            step=lambda name: show.step(t, name),
            size=lambda count: show.size(t, count),
            barred=deciding.barred(self._site, view, person) if pending else None,
            agreed=pending and deciding.agreed(view, person),
            deciders=(deciders := store.holds.deciders(hold_id) if pending or (rest and rest.asked) else []),
            lacking=routed.lacking(t, view, deciders) if pending else "",
            rest=rest,
            stopped=stopped,
            requested=store.requests.of_hold(hold_id),
            choices=ANSWERS,
            returned=returned,
            offers=store.public_contacts.offers(hold_id) if pending else [],
            asked=deciding.asked(view),
            operates=deciding.operates(view, person),
            presets=PRESETS,
            explain_persons=store.holds.explain_persons,
            points=store.holds.checklist(hold_id) if pending else (),
            pager=pager,
            recipients=store.holds.recipients(hold_id, limit=PER_PAGE, offset=pager.offset) if approved else [],
            release=show.release_state(view.progress.messages) if approved else None,
            bars=self._bars(t, view) if approved else [],
            say_who=lambda decided: acted(t, decided.person_name, decided.acting_for_name),
            audit=(audit := self._audit(person, hold_id)),
            names=Names(t, {somebody.id: somebody.name for somebody in store.people.all()}) if audit else None,
            leak=offer.offered(self._site) if person.role in AUDIT_ROLES else None,
            live=pending or returned or show.unfinished(view.progress.messages),
            now=now,
        )

    def _audit(self, person: Person, hold_id: str) -> list[AuditRow]:
        return self._site.store.audit.rows(limit=100, offset=0, subject=hold_id) if person.role in AUDIT_ROLES else []

    def _mistaken(self, view: HoldView, viewer: str) -> list[RuleCount]:
        """How often people called findings of this hold's rules a false positive."""
        rules = {finding.rule for finding in view.inspection.findings} or set(view.row.reasons)
        return [counted for counted in self._site.store.false_positives.by_rule(viewer) if counted.rule in rules]

    def _bars(self, t: Texts, view: HoldView) -> list[tuple[str, str, list[show.Slice]]]:
        progress = view.progress
        return [
            (t("release.recipients"), "recipient", show.bar(progress.recipients, show.RECIPIENT_ORDER)),
            (t("release.messages"), "message", show.bar(progress.messages, show.MESSAGE_ORDER)),
        ]

    def _grouped(self, t: Texts, rows: Sequence[CampaignRow]) -> list[Card | CampaignCard]:
        """A campaign of one hold is shown as that hold."""
        alone = self._site.store.campaigns.listed([row.only for row in rows if row.only])
        return [self._card(t, alone[row.only]) if row.only else campaign_card(self._site, t, row) for row in rows]

    def _card(self, t: Texts, row: HoldRow) -> Card:
        now = self._site.clock()
        pending = row.state is HoldState.PENDING
        return Card(
            row,
            say.row_reason(t, row),
            say.persons_of_row(t, row),
            show.left(t, row, now) if pending else "",
            pending and show.receiving(row, now),
        )


def _stopped(view: HoldView) -> bool:
    """Whether the rest of an approved hold was stopped: then it has been sent in part, perhaps."""
    return any(decided.choice is Choice.STOP_REST for decided in view.decisions)
